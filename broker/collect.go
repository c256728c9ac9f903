package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// runKeeper does the housekeeping of the store and the record, at start and then by the clock: every hour it
// collects files that nothing holds, every day it has the record maintained. Several processes may do so at
// once. What fails is tried again the next time; only a record that went back stops the hub (D5).
func (h *Hub) runKeeper(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	var maintained time.Time
	for {
		now := h.Clock()
		if now.Sub(maintained) >= 24*time.Hour {
			if err := h.record.Maintain(ctx, now); err == nil {
				maintained = now
			} else if ctx.Err() == nil {
				h.log.Error("the record cannot be maintained", "error", err)
			}
		}
		if _, err := h.Collect(ctx, now); h.fatal(err) {
			return err
		} else if err != nil && ctx.Err() == nil {
			h.log.Error("unused files stay", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Collect removes from the store the files that no packet and no draft holds and that are older than
// Options.FileGrace at the time now; it says how many.
func (h *Hub) Collect(ctx context.Context, now time.Time) (int, error) {
	n, err := blob.Collector{Store: h.blobs, References: references{h.record}, Grace: h.FileGrace}.Collect(ctx, now)
	if n > 0 {
		h.log.Info("unused files removed", "files", n)
	}
	if err != nil {
		return n, fmt.Errorf("collect unused files: %w", err)
	}
	return n, nil
}

// references is the record as the collector asks it.
type references struct{ record.Files }

// Unreferenced implements blob.References.
func (r references) Unreferenced(ctx context.Context, contents []blob.Info) ([]blob.Info, error) {
	files := make([]record.StoredFile, len(contents))
	listed := make(map[blob.Digest]blob.Info, len(contents))
	for i, info := range contents {
		files[i] = record.StoredFile{SHA256: info.Digest, Stored: info.Stored}
		listed[info.Digest] = info
	}
	free, err := r.Doom(ctx, files)
	if err != nil {
		return nil, err
	}
	doomed := make([]blob.Info, len(free))
	for i, f := range free {
		doomed[i] = listed[f.SHA256]
	}
	return doomed, nil
}

// putAgain stores a file once more that is given up and perhaps not deleted yet: so it gets another version, which the
// collector spares. A file that is gone already has to come from its owner again: record.ErrStale.
func (h *Hub) putAgain(ctx context.Context, info blob.Info) (blob.Info, error) {
	content, _, err := h.blobs.Open(ctx, info.Digest)
	if gone := (*blob.NotFoundError)(nil); errors.As(err, &gone) {
		return info, fmt.Errorf("file %s: %w", info.Digest, record.ErrStale)
	}
	if err != nil {
		return info, fmt.Errorf("put file again: %w", err)
	}
	defer func() { _ = content.Close() }()
	again, err := h.blobs.Put(ctx, content, info.Size)
	if err != nil {
		return info, fmt.Errorf("put file again: %w", err)
	}
	return again, nil
}

// hold keeps the files that a draft names from the collector: a person may leave it lying for weeks.
func (h *Hub) hold(ctx context.Context, draft *document.Packet) error {
	keys := uploadKeys([]*submission{{packet: draft}})
	if len(keys) == 0 {
		return nil
	}
	err := h.record.Update(ctx, record.Reads{Uploads: keys}, func(s *record.State) (*record.Writes, error) {
		var w record.Writes
		for _, k := range keys {
			if u := s.Uploads[k]; u != nil && !u.Adopted {
				w.Adopted = append(w.Adopted, k)
			}
		}
		return &w, nil
	})
	if err != nil {
		return fmt.Errorf("hold the files of draft %s: %w", draft.ID, err)
	}
	return nil
}

// latestPut is when a file that the packet names was put last. What was refused before that, for the want of it, is
// worth another look.
func latestPut(p *document.Packet, uploads map[record.UploadKey]*record.Upload) (latest time.Time) {
	for _, k := range uploadKeys([]*submission{{packet: p}}) {
		if u := uploads[k]; u != nil && u.At.After(latest) {
			latest = u.At
		}
	}
	return latest
}

// putBetween says whether a file that the packet names was put last between two times.
func (h *Hub) putBetween(ctx context.Context, p *document.Packet, from, to time.Time) bool {
	keys := uploadKeys([]*submission{{packet: p}})
	if len(keys) == 0 {
		return false
	}
	var at time.Time
	err := h.record.Update(ctx, record.Reads{Uploads: keys}, func(s *record.State) (*record.Writes, error) {
		at = latestPut(p, s.Uploads)
		return nil, nil
	})
	return err == nil && at.After(from) && at.Before(to)
}
