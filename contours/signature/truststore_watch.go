package signature

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"
)

// Run looks at the folders every minute and reloads them when a file came, went or changed, until ctx ends; it returns
// its error. What cannot be loaded is logged once, and the store stays as it was until the folders change again.
func (s *TrustStore) Run(ctx context.Context, log *slog.Logger) error {
	if s.folders == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	ticker := time.NewTicker(folderEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			s.look(log)
		}
	}
}

// look reloads when the folders are not what they were at the last look.
func (s *TrustStore) look(log *slog.Logger) {
	s.loading.Lock()
	last := s.seen
	s.loading.Unlock()
	if stateOf(s.folders) == last {
		return
	}
	if err := s.Reload(); err != nil {
		log.Error("trust folders not reloaded; what was trusted before still is", "error", err)
		return
	}
	log.Info("trust folders reloaded", "roots", count(s.current.Load().roots), "lists", len(s.current.Load().lists))
}

// stateOf sums up names, sizes and dates of all files of folders.
func stateOf(folders []Folder) string {
	var b strings.Builder
	for _, f := range folders {
		entries, err := os.ReadDir(f.Path)
		fmt.Fprintln(&b, f.Path, err)
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				fmt.Fprintln(&b, e.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}

func count(index map[string][]*authority) (n int) {
	for _, all := range index {
		n += len(all)
	}
	return n
}
