package main

import (
	"os"
	"runtime/debug"
)

// tuneMemory trades memory for processor time: the hub's live heap is small beside what passes through it, so
// collecting half as often costs little; near the limit it is collected as often as it takes. GOGC and
// GOMEMLIMIT, where set, win.
func tuneMemory(c Config) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if c.Memory > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(c.Memory)
	}
}
