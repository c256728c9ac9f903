package recordtest

import (
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var storedPromises = []promise{
	{"sums: an upload weighs on its own contour once, a repeat and a lent one nothing", (*bed).weighs},
	{"sums: what is given up is given back to all who uploaded it", (*bed).givesBack},
	{"sums: a change that fails, or decides nothing, moves none", (*bed).movesNone},
	{"sums: of uploads at once only as many pass as a decision on the sum lets, and repeats always", (*bed).lastBytes},
	{"sums: they equal the rows while uploads are entered and given up at once", (*bed).sumRace},
}

func weighing(contour document.ContourCode, content byte, size int64) *record.Upload {
	u := upload(contour, content, start)
	u.Size = size
	return u
}

// sum demands that a stage and a reader see the contour's sum.
func (b *bed) sum(contour document.ContourCode, want int64) {
	b.Helper()
	got, err := b.r.Stored(b.Context(), contour)
	b.must(err)
	seen := b.state(record.Reads{Stored: []document.ContourCode{contour}}).Stored
	if got != want || seen[contour] != want {
		b.Errorf("%s stores %d bytes, a stage sees %v; want %d", contour, got, seen, want)
	}
}

func (b *bed) weighs() {
	b.sum("snd", 0)
	b.uploaded(weighing("snd", 1, 10), weighing("snd", 2, 5), weighing("snd", 2, 5), weighing("other", 1, 10))
	b.uploaded(weighing("snd", 1, 10))
	lent, own := weighing("snd", 3, 100), weighing("snd", 2, 5)
	lent.Lent, own.Lent = true, true
	b.uploaded(lent, own)
	b.uploaded(weighing("snd", 3, 100))
	b.sum("snd", 15)
	b.sum("other", 10)
	if u := b.uploadOf(own.UploadKey); u.Lent {
		b.Errorf("an upload of its own became a lent one: %+v", u)
	}
	if u := b.uploadOf(lent.UploadKey); !u.Lent {
		b.Errorf("a lent upload is no longer: %+v", u)
	}
}

func (b *bed) givesBack() {
	lent := weighing("third", 1, 10)
	lent.Lent = true
	b.uploaded(weighing("snd", 1, 10), weighing("snd", 2, 5), weighing("snd", 3, 7), weighing("other", 1, 10), lent)
	b.must(b.adopt(weighing("snd", 2, 5).UploadKey))
	b.doom([]record.StoredFile{stored(1, start), stored(3, start)}, stored(1, start), stored(2, start), stored(3, start))
	b.doom([]record.StoredFile{stored(1, start)}, stored(1, start))
	for contour, want := range map[document.ContourCode]int64{"snd": 5, "other": 0, "third": 0} {
		b.sum(contour, want)
	}
	again := weighing("snd", 1, 10)
	again.At = start.Add(1)
	b.uploaded(again)
	b.sum("snd", 15)
}

func (b *bed) movesNone() {
	b.uploaded(weighing("snd", 1, 10))
	b.doom([]record.StoredFile{stored(2, start)}, stored(2, start))
	err := b.r.Update(b.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewUploads: []*record.Upload{weighing("snd", 2, 5), weighing("snd", 3, 7)}}, nil
	})
	b.stale("entering what was given up", err)
	full := errors.New("full")
	reads := record.Reads{Stored: []document.ContourCode{"snd", "unheard-of", "snd"}}
	err = b.r.Update(b.Context(), reads, func(st *record.State) (*record.Writes, error) {
		b.same("sums", st.Stored, map[document.ContourCode]int64{"snd": 10, "unheard-of": 0})
		return &record.Writes{NewUploads: []*record.Upload{weighing("snd", 4, 7)}}, full
	})
	if !errors.Is(err, full) {
		b.Errorf("error %v, want that of the decision", err)
	}
	b.sum("snd", 10)
}

// lastBytes has many enter files of ten bytes at once where fifty may be stored, some of them the same file.
func (b *bed) lastBytes() {
	const quota, files = 50, 12
	passed := make([]bool, 2*files)
	together(2*files, func(i int) {
		u := weighing("snd", byte(i%files), 10)
		err := b.r.Update(b.Context(), record.Reads{Stored: []document.ContourCode{"snd"}, Uploads: []record.UploadKey{u.UploadKey}}, func(st *record.State) (*record.Writes, error) {
			if passed[i] = st.Uploads[u.UploadKey] != nil || st.Stored["snd"]+u.Size <= quota; !passed[i] {
				return nil, nil
			}
			return &record.Writes{NewUploads: []*record.Upload{u}}, nil
		})
		if err != nil {
			b.Error(err)
		}
	})
	b.sum("snd", quota)
	for i, ok := range passed { // the sum only grows: what was refused once never stands, and of what stands both were let pass
		there := b.uploadOf(weighing("snd", byte(i%files), 10).UploadKey) != nil
		if ok != there {
			b.Errorf("upload %d passed: %v, and its file is there: %v", i, ok, there)
		}
	}
}

// sumRace has contours enter files, which all of them share, while others give them up.
func (b *bed) sumRace() {
	const contours, files, passes = 4, 12, 12
	r := race{now: start}
	together(contours+2, func(i int) {
		if i < contours {
			for n := range byte(2 * files) {
				u := weighing(document.ContourCode(fmt.Sprint("c", i)), n%files, int64(n%files)+1)
				u.At = r.put()
				reads := record.Reads{Stored: []document.ContourCode{u.Contour}, Uploads: []record.UploadKey{u.UploadKey}}
				err := b.r.Update(b.Context(), reads, func(*record.State) (*record.Writes, error) {
					return &record.Writes{NewUploads: []*record.Upload{u}}, nil
				})
				if err != nil && !errors.Is(err, record.ErrStale) {
					b.Error(err)
				}
			}
			return
		}
		for range passes {
			var all []record.StoredFile
			for f := range byte(files) {
				all = append(all, stored(f, r.put()))
			}
			if _, err := b.r.Doom(b.Context(), all); err != nil {
				b.Error(err)
			}
		}
	})
	for i := range contours {
		contour, rows := document.ContourCode(fmt.Sprint("c", i)), int64(0)
		for f := range byte(files) {
			if u := b.uploadOf(upload(contour, f, start).UploadKey); u != nil {
				rows += u.Size
			}
		}
		b.sum(contour, rows)
	}
}
