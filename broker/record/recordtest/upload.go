package recordtest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var uploadPromises = []promise{
	{"files: what was given up cannot be adopted, nor entered as it was put; a later putting can", (*bed).givenUp},
	{"files: what is adopted, or younger than listed, is not given up", (*bed).spared},
	{"files: one that two contours uploaded is given up for both or for none", (*bed).sharedFile},
	{"files: the latest mark counts, and giving up again is no error", (*bed).marks},
	{"files: an upload that exists takes the younger time, to the nanosecond", (*bed).younger},
	{"files: marks are dropped after their time", (*bed).maintained},
	{"files: entering, adopting and giving up at once never lose an adopted file", (*bed).fileRace},
}

func upload(contour document.ContourCode, content byte, at time.Time) *record.Upload {
	return &record.Upload{UploadKey: record.UploadKey{Contour: contour, SHA256: [32]byte{content}}, Size: 10, At: at, Digests: map[string][]byte{"std": {1}}}
}

func stored(content byte, at time.Time) record.StoredFile {
	return record.StoredFile{SHA256: [32]byte{content}, Stored: at}
}

func (b *bed) enter(u *record.Upload) error {
	return b.r.Update(b.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewUploads: []*record.Upload{u}}, nil
	})
}

func (b *bed) uploaded(uploads ...*record.Upload) {
	b.Helper()
	b.write(&record.Writes{NewUploads: uploads})
}

// doom gives up files, of which want are free.
func (b *bed) doom(want []record.StoredFile, files ...record.StoredFile) {
	b.Helper()
	free, err := b.r.Doom(b.Context(), files)
	b.must(err)
	b.same("files that can be deleted", free, want)
}

func (b *bed) adopt(k record.UploadKey) error {
	return b.r.Update(b.Context(), record.Reads{Uploads: []record.UploadKey{k}}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{Adopted: []record.UploadKey{k}}, nil
	})
}

func (b *bed) uploadOf(k record.UploadKey) *record.Upload {
	b.Helper()
	return b.state(record.Reads{Uploads: []record.UploadKey{k}}).Uploads[k]
}

// stale demands that err is ErrStale.
func (b *bed) stale(what string, err error) {
	b.Helper()
	if !errors.Is(err, record.ErrStale) {
		b.Errorf("%s: %v, want ErrStale", what, err)
	}
}

func (b *bed) givenUp() {
	u, f := upload("snd", 1, start), stored(1, start)
	b.uploaded(u)
	b.doom([]record.StoredFile{f}, f)
	if got := b.uploadOf(u.UploadKey); got != nil {
		b.Errorf("a stage sees %+v, want nothing", got)
	}
	b.stale("adopting what was given up", b.adopt(u.UploadKey))
	b.stale("adopting what was never uploaded", b.adopt(upload("snd", 77, start).UploadKey))
	b.stale("entering it as it was put then", b.enter(u))
	b.stale("entering it as it was put before", b.enter(upload("other", 1, start.Add(-time.Hour))))
	b.must(b.enter(upload("snd", 1, start.Add(time.Nanosecond))))
	b.must(b.adopt(u.UploadKey))
	if got := b.uploadOf(u.UploadKey); got == nil || !got.Adopted {
		b.Errorf("after adoption: %+v", got)
	}
	b.stale("entering late what another adopted", b.enter(upload("other", 1, start)))
}

func (b *bed) spared() {
	adopted, young, old := upload("snd", 1, start), upload("snd", 2, start.Add(time.Nanosecond)), upload("snd", 3, start)
	b.uploaded(adopted, young, old)
	b.must(b.adopt(adopted.UploadKey))
	unknown := stored(4, start)
	b.doom([]record.StoredFile{stored(3, start), unknown}, stored(1, start.Add(time.Hour)), stored(2, start), stored(3, start), unknown)
	b.doom(nil)
	b.must(b.adopt(young.UploadKey))
	b.uploaded(upload("snd", 1, start.Add(time.Minute)))
	if got := b.uploadOf(adopted.UploadKey); !got.Adopted {
		b.Error("a new upload of an adopted file made it loose")
	}
}

func (b *bed) sharedFile() {
	f := stored(1, start)
	mine, later := upload("snd", 1, start), upload("other", 1, start.Add(time.Second))
	b.uploaded(mine, later)
	b.doom(nil, f)
	if b.uploadOf(mine.UploadKey) == nil {
		b.Error("one of two uploads was removed")
	}
	again := stored(1, start.Add(time.Second))
	b.doom([]record.StoredFile{again}, again)
	if b.uploadOf(mine.UploadKey) != nil || b.uploadOf(later.UploadKey) != nil {
		b.Error("an upload of a file that was given up is still there")
	}
	b.uploaded(upload("snd", 2, start), upload("other", 2, start))
	b.must(b.adopt(record.UploadKey{Contour: "other", SHA256: [32]byte{2}}))
	b.doom(nil, stored(2, start.Add(time.Hour)))
}

func (b *bed) marks() {
	late, early := stored(1, start.Add(time.Hour)), stored(1, start)
	b.doom([]record.StoredFile{late}, late)
	b.doom([]record.StoredFile{late}, late)
	b.doom([]record.StoredFile{early}, early)
	b.stale("entering what the later mark covers", b.enter(upload("snd", 1, late.Stored)))
}

func (b *bed) younger() {
	u := upload("snd", 1, start)
	b.uploaded(u, upload("snd", 1, start.Add(time.Nanosecond)))
	b.uploaded(upload("snd", 1, start.Add(-time.Hour)))
	if got := b.uploadOf(u.UploadKey); got == nil || !got.At.Equal(start.Add(time.Nanosecond)) {
		b.Errorf("after an older putting: %+v", got)
	}
	b.uploaded(upload("snd", 1, start.Add(3*time.Nanosecond)))
	if got, want := b.uploadOf(u.UploadKey).At, start.Add(3*time.Nanosecond); !got.Equal(want) {
		b.Errorf("put at %s, want %s", got, want)
	}
}

func (b *bed) maintained() {
	old, young := stored(1, start), stored(2, start.Add(time.Second))
	b.doom([]record.StoredFile{old, young}, old, young)
	b.must(b.r.Maintain(b.Context(), start.Add(record.KeepMarks+time.Second)))
	b.must(b.enter(upload("snd", 1, start)))
	b.stale("entering against a mark that is not old yet", b.enter(upload("snd", 2, start)))
}

// fileRace has contours enter and adopt files while others give them up: whoever was told that a file is adopted
// finds it so, and no upload stands that is as old as a putting that was given up.
func (b *bed) fileRace() {
	const contours, files, passes = 4, 24, 24
	r := race{now: start, freed: map[[32]byte]time.Time{}, adopted: map[record.UploadKey]bool{}}
	together(contours+2, func(i int) {
		if i < contours {
			for f := range byte(files) {
				b.enterAndAdopt(&r, document.ContourCode(fmt.Sprint("c", i)), f)
			}
			return
		}
		for range passes {
			var all []record.StoredFile
			for f := range byte(files) {
				all = append(all, stored(f, r.put()))
			}
			free, err := b.r.Doom(b.Context(), all)
			if err != nil {
				b.Error(err)
			}
			r.gaveUp(free)
		}
	})
	if len(r.adopted) == 0 {
		b.Error("nothing was adopted")
	}
	for i := range contours {
		for f := range byte(files) {
			u := b.uploadOf(upload(document.ContourCode(fmt.Sprint("c", i)), f, start).UploadKey)
			if u == nil && r.adopted[upload(document.ContourCode(fmt.Sprint("c", i)), f, start).UploadKey] {
				b.Errorf("file %d was adopted by c%d and is gone", f, i)
			}
			if u != nil && !u.At.After(r.freed[u.SHA256]) {
				b.Errorf("file %d of c%d stands as put at %s, and was given up as put at %s", f, i, u.At, r.freed[u.SHA256])
			}
		}
	}
}

// enterAndAdopt leaves the entry loose at times, and does not insist.
func (b *bed) enterAndAdopt(r *race, contour document.ContourCode, file byte) {
	u := upload(contour, file, r.put())
	err := b.enter(u)
	if err == nil && file%3 > 0 {
		if err = b.adopt(u.UploadKey); err == nil {
			r.adopt(u.UploadKey)
		}
	}
	if err != nil && !errors.Is(err, record.ErrStale) {
		b.Error(err)
	}
}

// race is what those who run in it know of each other.
type race struct {
	mu      sync.Mutex
	now     time.Time
	freed   map[[32]byte]time.Time // by file the latest putting that was given up
	adopted map[record.UploadKey]bool
}

// put is the store's clock: each putting is later than the one before.
func (r *race) put() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(time.Nanosecond)
	return r.now
}

func (r *race) gaveUp(free []record.StoredFile) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range free {
		if f.Stored.After(r.freed[f.SHA256]) {
			r.freed[f.SHA256] = f.Stored
		}
	}
}

func (r *race) adopt(k record.UploadKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.adopted[k] = true
}
