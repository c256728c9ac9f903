package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// mark is what was used up to a moment.
type mark struct {
	at          time.Time
	cpu, server time.Duration
}

// marks are set at the start of a run and after each tenth of its packets. Rates of a shared machine swing with
// its neighbours; what a packet costs swings less.
type marks struct {
	pid, each int
	count     atomic.Int64
	mu        sync.Mutex
	list      []mark
}

func newMarks(pid, packets int) *marks {
	m := &marks{pid: pid, each: max(packets/10, 1)}
	m.set()
	return m
}

func (m *marks) set() {
	now := mark{time.Now(), cpuTime(), serverCPU(m.pid)}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, now)
}

func (m *marks) arrived() {
	if m.count.Add(1)%int64(m.each) == 0 {
		m.set()
	}
}

// judge fills in what the marks say.
func (m *marks) judge(r *Result) {
	per := func(d time.Duration, packets int) float64 { return d.Seconds() * 1e6 / float64(packets) }
	for i := 1; i < len(m.list); i++ {
		was, is := m.list[i-1], m.list[i]
		r.Tenths = append(r.Tenths, float64(m.each)/is.at.Sub(was.at).Seconds())
		r.Costs = append(r.Costs, per(is.cpu-was.cpu+is.server-was.server, m.each))
	}
	first, last := m.list[0], m.list[len(m.list)-1]
	n := m.each * (len(m.list) - 1)
	r.Rate, r.CPU, r.Postgres = float64(n)/last.at.Sub(first.at).Seconds(), per(last.cpu-first.cpu, n), per(last.server-first.server, n)
}

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
