package signature

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	folderEvery  = time.Minute // how often folders and the trust store are looked at
	minFetch     = time.Minute // between two requests to an address
	maxFetches   = 4           // at once
	emptyRefresh = time.Hour   // longest pause after failures
)

// crlSource is an address that lists are fetched from.
type crlSource struct {
	due      time.Time
	failures int   // in a row; a list that is not renewed in time is one too
	err      error // the last, nil after a success
}

// fileState is what a file was when it was last taken or refused, and the trust store with it.
type fileState struct {
	size     int64
	modified time.Time
	anchors  *anchors
	err      error
}

func (s *RevocationStore) runLists(ctx context.Context) error {
	for {
		_ = s.refresh(ctx, false) // logged, and kept for Problems
		timer := time.NewTimer(folderEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// Refresh looks at all folders and asks all addresses now. The error joins what went wrong; what could be had is
// taken all the same.
func (s *RevocationStore) Refresh(ctx context.Context) error { return s.refresh(ctx, true) }

func (s *RevocationStore) refresh(ctx context.Context, all bool) error {
	err := s.readFolders()
	s.findSources()
	var group sync.WaitGroup
	slots := make(chan struct{}, maxFetches)
	due := s.due(all)
	failed := make([]error, len(due))
	for i, address := range due {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			failed[i] = s.refreshFrom(ctx, address)
		})
	}
	group.Wait()
	return errors.Join(err, errors.Join(failed...))
}

// due lists the addresses to ask now.
func (s *RevocationStore) due(all bool) (addresses []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for address, source := range s.sources {
		if all || !time.Now().Before(source.due) {
			addresses = append(addresses, address)
		}
	}
	slices.Sort(addresses)
	return addresses
}

// refreshFrom fetches one list and, when it is news, keeps it in the cache.
func (s *RevocationStore) refreshFrom(ctx context.Context, address string) error {
	data, err := s.fetch.do(ctx, http.MethodGet, address, nil, "", maxCRL)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var list *CRL
	if err == nil {
		list, err = s.take(data)
	}
	if err == nil && s.config.Cache != "" {
		if failed := writeWhole(s.cacheFile(address), data, true); failed != nil { // the list counts all the same
			s.config.Log.Warn("revocation list not cached", "address", address, "error", failed)
		}
	}
	if err != nil {
		err = fmt.Errorf("refresh revocation list from %s: %w", address, err)
		s.config.Log.Warn("revocation list not refreshed", "address", address, "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	source := s.sources[address]
	source.err = err
	source.plan(list, time.Now(), s.config.Every)
	return err
}

// plan sets when to ask next: ahead of nextUpdate by a quarter of the list's time, but within every; after a
// failure, and after a list that should have been renewed by now, at growing intervals. list is nil after a failure.
func (c *crlSource) plan(list *CRL, now time.Time, every time.Duration) {
	if list != nil {
		ahead := list.NextUpdate.Add(-list.NextUpdate.Sub(list.ThisUpdate) / 4)
		if ahead.After(now) {
			c.failures = 0
			c.due = now.Add(max(minFetch, min(every, ahead.Sub(now))))
			return
		}
	}
	pause := min(minFetch<<min(c.failures, 16), emptyRefresh, every)
	c.failures++
	c.due = now.Add(max(minFetch, pause))
}

// findSources adds addresses: those configured, and those of allowed hosts that certificates of the trust store
// name. The first time it reads what the cache has from there.
func (s *RevocationStore) findSources() {
	addresses := slices.Clone(s.config.Addresses)
	anchors := s.trust.current.Load()
	for _, index := range []map[string][]*authority{anchors.roots, anchors.intermediates} {
		for _, authorities := range index {
			for _, a := range authorities {
				addresses = append(addresses, slices.DeleteFunc(slices.Clone(a.certificate.CRLDistributionPoints), func(address string) bool { return !s.fetch.allows(address) })...)
			}
		}
	}
	for _, address := range addresses {
		s.mu.Lock()
		known := s.sources[address] != nil
		if !known {
			s.sources[address] = new(crlSource)
		}
		s.mu.Unlock()
		if !known && s.config.Cache != "" {
			s.readCache(address)
		}
	}
}

func (s *RevocationStore) cacheFile(address string) string {
	return filepath.Join(s.config.Cache, fmt.Sprintf("%x.crl", sha256.Sum256([]byte(address))))
}

// readCache: what is wrong with the cache a fetch will mend.
func (s *RevocationStore) readCache(address string) {
	data, err := readLimited(s.cacheFile(address))
	if err == nil {
		_, err = s.take(data)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrOlderCRL) {
		s.config.Log.Warn("cached revocation list not used", "address", address, "error", err)
	}
}

// readFolders takes files that are new or changed, or that met another trust store last time.
func (s *RevocationStore) readFolders() error {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.mu.Lock()
	last := s.files
	s.mu.Unlock()
	var failed []error
	files := make(map[string]fileState)
	for _, folder := range s.config.Folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			files[folder] = fileState{err: err}
			failed = append(failed, err)
		}
		for _, e := range entries {
			if slices.Contains([]string{".crl", ".pem", ".der"}, strings.ToLower(filepath.Ext(e.Name()))) {
				path := filepath.Join(folder, e.Name())
				files[path] = s.readListFile(path, last[path])
				failed = append(failed, files[path].err)
			}
		}
	}
	s.mu.Lock()
	s.files = files
	s.mu.Unlock()
	return errors.Join(failed...)
}

func (s *RevocationStore) readListFile(path string, last fileState) fileState {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{err: err}
	}
	state := fileState{size: info.Size(), modified: info.ModTime(), anchors: s.trust.current.Load()}
	if last.size == state.size && last.modified.Equal(state.modified) && last.anchors == state.anchors {
		return last
	}
	data, err := readLimited(path)
	if err == nil {
		_, err = s.take(data)
	}
	if err != nil && !errors.Is(err, ErrOlderCRL) { // old files lie about, and do no harm
		state.err = fmt.Errorf("revocation list %s: %w", path, err)
		s.config.Log.Warn("revocation list not taken", "file", path, "error", err)
	}
	return state
}

func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxCRL {
		return nil, refusedCRL("longer than 64 MiB")
	}
	return os.ReadFile(path)
}

// Problems says, by address, file or folder, why lists from there were not taken the last time.
func (s *RevocationStore) Problems() map[string]error {
	s.mu.Lock()
	defer s.mu.Unlock()
	problems := make(map[string]error)
	for path, f := range s.files {
		if f.err != nil {
			problems[path] = f.err
		}
	}
	for address, source := range s.sources {
		if source.err != nil {
			problems[address] = source.err
		}
	}
	return problems
}
