package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"runtime/pprof"
)

// job is one run, done by a process of its own: with its own heap and peak, and nothing left from the run
// before. Bus, record (but for PostgreSQL), hub and the senders' goroutines are in it; what the senders
// need is small, and counts against the hub.
type job struct {
	Road     string // floor, postgres, sqlite
	Family   string // of the files' signatures, but for the floor's: std, gost, stb
	Region   region
	Packets  int
	InFlight int
	Dir      string
	DSN      string
	Server   int    // PostgreSQL's process
	Profile  string // files for CPU profiles begin so
}

// name tells jobs apart in tables: "sqlite", "sqlite-gost".
func (j job) name() string {
	if j.Road == "floor" || j.Family == "std" {
		return j.Road
	}
	return j.Road + "-" + j.Family
}

// gcPercent is the runtime's setting of the hub, as cmd/smdo has it, and of the floor.
const gcPercent = 200

// memoryLimit bounds Go's heap. The live heap is some 100 MB, of which the bus keeps most: what was written
// lately; the rules take 10 KB a contour. What SQLite holds, 130 MB of pages, lies outside Go's heap.
func (j job) memoryLimit() int64 {
	limit := int64(320 << 20)
	if j.Road == "sqlite" {
		limit = 224 << 20
	}
	return limit + int64(j.Region.Ring)*(10<<10)
}

// run starts a child for the job and returns what it measured.
func run(ctx context.Context, j job) (Result, error) {
	var result Result
	dir, err := os.MkdirTemp(j.Dir, "smdo-bench-")
	if err != nil {
		return result, err
	}
	defer os.RemoveAll(dir)
	j.Dir = dir
	text, err := json.Marshal(j)
	if err != nil {
		return result, err
	}
	self, err := os.Executable()
	if err != nil {
		return result, err
	}
	child := exec.CommandContext(ctx, self, "child", string(text))
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		return result, fmt.Errorf("%s, %d in flight: %w", j.name(), j.InFlight, err)
	}
	return result, json.Unmarshal(out, &result)
}

// child does the job that text describes and prints the result.
func child(ctx context.Context, text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(j.memoryLimit())
	rate, err := syncs(j.Dir)
	if err != nil {
		return err
	}
	r, err := j.open(ctx)
	if err != nil {
		return err
	}
	result, err := drive(ctx, r, j.Packets, j.InFlight, j.Server, &profile{name: j.Profile, suffix: fmt.Sprintf(".%s-%d", j.name(), j.InFlight)})
	if err := errors.Join(err, r.close()); err != nil {
		return err
	}
	result.Road, result.Syncs = j.name(), rate
	return json.NewEncoder(os.Stdout).Encode(result)
}

func (j job) open(ctx context.Context) (road, error) {
	if j.Road == "floor" {
		return openFloor(ctx, j.Dir, j.DSN, max(j.Region.Receivers, 1))
	}
	return openHub(ctx, j.Road, j.Dir, j.DSN, j.Family, j.Region)
}

// profile writes profiles of the measured part of a run, when it has a name.
type profile struct {
	name, suffix string
	cpu          *os.File
}

func (p *profile) start() (err error) {
	if p.name == "" {
		return nil
	}
	if p.cpu, err = os.Create(p.name + p.suffix); err != nil {
		return err
	}
	return pprof.StartCPUProfile(p.cpu)
}

func (p *profile) stop() error {
	if p.name == "" {
		return nil
	}
	pprof.StopCPUProfile()
	heap, err := os.Create(p.name + ".heap" + p.suffix)
	if err != nil {
		return err
	}
	return errors.Join(p.cpu.Close(), pprof.WriteHeapProfile(heap), heap.Close())
}
