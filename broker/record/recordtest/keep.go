package recordtest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var keepPromises = []promise{
	{"kept: stored, changed, listed, dropped", (*bed).kept},
	{"kept: all or nothing, and only over the version that was read", (*bed).keptStale},
	{"kept: of many at once one wins", (*bed).keptRace},
	{"kept: forgotten after its time", (*bed).keptUntil},
}

func keeping(contour document.ContourCode, key string, version int64, value string) record.Kept {
	return record.Kept{KeptKey: record.KeptKey{Adapter: "smdo", Contour: contour, Key: key}, Version: version, Value: []byte(value), At: start}
}

// keptNow checks one; an empty value means that there is none.
func (b *bed) keptNow(key record.KeptKey, version int64, value string) {
	b.Helper()
	got, err := b.r.Kept(b.Context(), key)
	if value == "" {
		if !errors.Is(err, record.ErrNotFound) {
			b.Errorf("%s is there: %v", key.Key, err)
		}
		return
	}
	b.must(err)
	b.same(key.Key, got, keeping(key.Contour, key.Key, version, value))
}

func (b *bed) kept() {
	ctx := b.Context()
	var all []record.Kept
	for _, contour := range []document.ContourCode{"a", "b", ""} {
		for i := range 4 {
			all = append(all, keeping(contour, fmt.Sprint("k", i), 0, "one"))
		}
	}
	b.must(b.r.Keep(ctx, all, nil))
	b.must(b.r.Keep(ctx, []record.Kept{keeping("a", "k1", 1, "two"), keeping("a", "k9", 0, "new")}, []record.KeptKey{all[2].KeptKey, {Adapter: "smdo", Key: "never there"}}))
	b.keptNow(all[1].KeptKey, 2, "two")
	b.keptNow(all[2].KeptKey, 0, "")
	b.must(b.r.Keep(ctx, []record.Kept{keeping("a", "k1", 2, "")}, nil))
	got, err := b.r.KeptBy(ctx, "smdo", "a", "k0", "", 2)
	b.must(err)
	b.same("a page", got, []record.Kept{keeping("a", "k1", 3, ""), keeping("a", "k3", 1, "one")})
	got, err = b.r.KeptBy(ctx, "smdo", "b", "", "k2", 10)
	b.must(err)
	b.same("below k2", got, []record.Kept{keeping("b", "k0", 1, "one"), keeping("b", "k1", 1, "one")})
	for most, want := range map[int]int{10: 4, 3: 3} {
		n, err := b.r.KeptCount(ctx, "smdo", "b", "k", "l", most)
		b.must(err)
		b.same("how many", n, want)
	}
	got, err = b.r.KeptBy(ctx, "medo", "b", "", "", 10)
	b.must(err)
	b.same("another adapter's", got, []record.Kept(nil))
}

func (b *bed) keptStale() {
	ctx := b.Context()
	first := keeping("a", "k", 0, "one")
	b.must(b.r.Keep(ctx, []record.Kept{first}, nil))
	for name, put := range map[string]record.Kept{"made twice": first, "an older version": keeping("a", "k", 7, "x"), "none there": keeping("a", "other", 1, "x")} {
		err := b.r.Keep(ctx, []record.Kept{keeping("a", "beside", 0, "x"), put}, []record.KeptKey{first.KeptKey})
		if !errors.Is(err, record.ErrStale) {
			b.Errorf("%s: %v, want ErrStale", name, err)
		}
	}
	b.keptNow(first.KeptKey, 1, "one")
	b.keptNow(record.KeptKey{Adapter: "smdo", Contour: "a", Key: "beside"}, 0, "")
}

func (b *bed) keptRace() {
	b.must(b.r.Keep(b.Context(), []record.Kept{keeping("a", "k", 0, "one")}, nil))
	var won atomic.Int64
	together(16, func(i int) {
		switch err := b.r.Keep(b.Context(), []record.Kept{keeping("a", "k", 1, "two"), keeping("a", fmt.Sprint("of ", i), 0, "x")}, nil); {
		case err == nil:
			won.Add(1)
		case !errors.Is(err, record.ErrStale):
			b.Error(err)
		}
	})
	got, err := b.r.KeptBy(b.Context(), "smdo", "a", "", "", 100)
	b.must(err)
	if won.Load() != 1 || len(got) != 2 {
		b.Errorf("%d won, %d rows", won.Load(), len(got))
	}
}

func (b *bed) keptUntil() {
	ctx := b.Context()
	old, young, always := keeping("a", "old", 0, "x"), keeping("a", "young", 0, "x"), keeping("a", "always", 0, "x")
	old.Until, young.Until = start, start.Add(2*time.Hour)
	b.must(b.r.Keep(ctx, []record.Kept{old, young, always}, nil))
	b.must(b.r.Maintain(ctx, start.Add(time.Hour)))
	got, err := b.r.KeptBy(ctx, "smdo", "a", "", "", 100)
	b.must(err)
	young.Version, always.Version = 1, 1
	b.same("after maintenance", got, []record.Kept{always, young})
}
