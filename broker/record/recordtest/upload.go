package recordtest

import (
	"errors"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var uploadPromises = []promise{
	{"uploads: doomed ones cannot be adopted, a new upload makes them whole", (*bed).doomed},
	{"uploads: what a packet adopted, or is young, is not doomed", (*bed).spared},
	{"uploads: a file that another upload holds is not given up", (*bed).sharedFile},
	{"uploads: forgotten only while doomed", (*bed).forgotten},
}

func upload(contour document.ContourCode, content byte, at time.Time) *record.Upload {
	return &record.Upload{UploadKey: record.UploadKey{Contour: contour, SHA256: [32]byte{content}}, Size: 10, At: at, Digests: map[string][]byte{"std": {1}}}
}

func (b *bed) uploaded(uploads ...*record.Upload) {
	b.Helper()
	b.write(&record.Writes{NewUploads: uploads})
}

func (b *bed) doom(want []record.UploadKey, keys ...record.UploadKey) {
	b.Helper()
	free, err := b.r.Doom(b.Context(), keys, start.Add(time.Hour))
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

func (b *bed) doomed() {
	u := upload("snd", 1, start)
	b.uploaded(u)
	b.doom([]record.UploadKey{u.UploadKey}, u.UploadKey)
	if got := b.uploadOf(u.UploadKey); got == nil || !got.Doomed {
		b.Fatalf("a stage sees %+v, want it doomed", got)
	}
	if err := b.adopt(u.UploadKey); !errors.Is(err, record.ErrStale) {
		b.Errorf("adopting a doomed upload: %v, want ErrStale", err)
	}
	if err := b.adopt(record.UploadKey{Contour: "snd", SHA256: [32]byte{77}}); !errors.Is(err, record.ErrStale) {
		b.Errorf("adopting what was never uploaded: %v, want ErrStale", err)
	}
	b.uploaded(upload("snd", 1, start.Add(2*time.Hour)))
	if got := b.uploadOf(u.UploadKey); got.Doomed || !got.At.Equal(start.Add(2*time.Hour)) {
		b.Errorf("after a new upload: %+v, want it whole and young", got)
	}
	b.doom(nil, u.UploadKey)
	b.must(b.adopt(u.UploadKey))
	if got := b.uploadOf(u.UploadKey); !got.Adopted {
		b.Errorf("after adoption: %+v", got)
	}
}

func (b *bed) spared() {
	adopted, young, old := upload("snd", 1, start), upload("snd", 2, start.Add(2*time.Hour)), upload("snd", 3, start.Add(-time.Hour))
	b.uploaded(adopted, young, old)
	b.must(b.adopt(adopted.UploadKey))
	loose, err := b.r.Uploads(b.Context(), start.Add(time.Hour), 10)
	b.must(err)
	b.same("loose uploads", loose, []*record.Upload{old})
	b.doom([]record.UploadKey{old.UploadKey}, adopted.UploadKey, young.UploadKey, old.UploadKey, record.UploadKey{Contour: "none"})
	b.must(b.adopt(young.UploadKey))
	b.uploaded(upload("snd", 1, start.Add(time.Minute)))
	if got := b.uploadOf(adopted.UploadKey); !got.Adopted {
		b.Error("a new upload of an adopted file made it loose")
	}
}

func (b *bed) sharedFile() {
	mine, other := upload("snd", 1, start), upload("other", 1, start)
	b.uploaded(mine, other)
	b.doom(nil, mine.UploadKey)
	b.doom([]record.UploadKey{other.UploadKey}, other.UploadKey)
}

func (b *bed) forgotten() {
	gone, again := upload("snd", 1, start), upload("snd", 2, start)
	b.uploaded(gone, again)
	b.doom([]record.UploadKey{gone.UploadKey, again.UploadKey}, gone.UploadKey, again.UploadKey)
	b.uploaded(upload("snd", 2, start.Add(time.Minute)))
	b.must(b.r.Forget(b.Context(), []record.UploadKey{gone.UploadKey, again.UploadKey}))
	if b.uploadOf(gone.UploadKey) != nil || b.uploadOf(again.UploadKey) == nil {
		b.Error("Forget has to remove what is doomed, and to keep what was uploaded again")
	}
}
