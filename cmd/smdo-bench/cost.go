package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func memory() (m runtime.MemStats) {
	runtime.ReadMemStats(&m)
	return m
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest resident size of this process so far, in bytes; 0 where the system does not say.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

// syncs writes and syncs 1 KB again and again for a while and says how many times a second the disk of dir
// did it: what every figure beside it depends on.
func syncs(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "probe")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	n, start := 0, time.Now()
	for time.Since(start) < 300*time.Millisecond {
		if _, err := f.Write(make([]byte, 1024)); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// serverCPU is how long a server has computed so far, with all its processes, those that ended included; 0
// when there is none.
func serverCPU(pid int) (total time.Duration) {
	if pid == 0 {
		return 0
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Go runs on Linux
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest) // from "state" on; see proc(5)
		number := func(i int) int { n, _ := strconv.Atoi(fields[i]); return n }
		switch {
		case len(fields) < 15:
		case filepath.Base(filepath.Dir(name)) == strconv.Itoa(pid):
			total += time.Duration(number(11)+number(12)+number(13)+number(14)) * tick
		case number(1) == pid:
			total += time.Duration(number(11)+number(12)) * tick
		}
	}
	return total
}
