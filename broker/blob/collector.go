package blob

import (
	"context"
	"fmt"
	"time"
)

// Collector removes contents that no packet names: of uploads whose packet never came, was refused, or has been
// destroyed at the end of its keeping.
//
// It races two others. An uploader puts a content and then enters it in the record as its contour's (rule D13). A
// packet adopts a content: admission finds that entry in the record, and writes the packet, in one commit (D2).
// Three rules, all kept by unique keys inside the record, make every interleaving safe without clocks or leases,
// also when any of the three is stopped for hours between two steps:
//
//	doom   One commit, [References.Unreferenced]: for each content that no packet names, and of which no upload
//	       entry is stored later than listed, delete its upload entries and set a doom mark (digest, stored),
//	       the later one of two.
//	enter  One commit of the uploader, after Put: insert the entry (contour, digest, stored), unless a doom mark
//	       of the digest is stored at the same time or later; then tell the caller to upload again.
//	adopt  One commit of admission: the entry exists, is locked against doom, and the packet names the digest.
//
// The claim: what a packet has adopted is never deleted. Store.Delete takes away nothing but the version that was
// listed, and runs after the doom commit. Let D be that deletion, of version v, and A an adoption.
//
//   - A commits before doom: doom sees the packet and spares the content. There is no D.
//   - Doom commits before A: the entry that A found was inserted after doom, for doom deleted those there were. The
//     doom mark let it pass, so it is stored later than v, so it was put after v (see [Info]). If D came before that
//     putting, the putting stored the content anew; if D comes after it, the store holds another version and
//     D leaves it.
//
// Thus a repeated upload wins against doom at any time. An uploader that was overtaken between Put and its
// entry is told so, and repeats. What hands other than ours take out of a store is noticed when it is read.
//
// Marks are kept: they refuse only an uploader that put before doom and has not entered yet. They may be dropped
// after longer than any upload may last, say a month. A crash of the collector after doom leaves the content without entries; the next pass dooms it again, which changes nothing, and deletes it.
type Collector struct {
	Store      Store
	References References

	// Grace is how old, by the store's clock, a content must be before it is looked at. It spares the record
	// pointless questions, and packets that follow their files slowly; safety does not rest on it.
	Grace time.Duration
}

// References is what the collector needs of the record.
type References interface {
	// Unreferenced dooms, in one durable commit, those of the contents that nothing references, as rule doom of
	// [Collector] says, and returns them unchanged. Contents doomed before, and not deleted, are returned again.
	Unreferenced(ctx context.Context, contents []Info) ([]Info, error)
}

const collectPage = 256 // contents asked about in one commit

// Collect passes once over the whole store, as at the time now, and tells how many contents it deleted. It may be
// stopped, and run in several processes at once.
func (c Collector) Collect(ctx context.Context, now time.Time) (deleted int, err error) {
	var after Digest
	for {
		page, err := c.Store.List(ctx, after, collectPage)
		if err != nil || len(page) == 0 {
			return deleted, err
		}
		after = page[len(page)-1].Digest
		n, err := c.collect(ctx, olderThan(page, now.Add(-c.Grace)))
		if deleted += n; err != nil {
			return deleted, err
		}
	}
}

func (c Collector) collect(ctx context.Context, old []Info) (deleted int, err error) {
	if len(old) == 0 {
		return 0, nil
	}
	doomed, err := c.References.Unreferenced(ctx, old)
	if err != nil {
		return 0, fmt.Errorf("ask for unreferenced contents: %w", err)
	}
	for _, info := range doomed {
		if err := c.Store.Delete(ctx, info); err != nil {
			return deleted, err
		}
		deleted++
	}
	return deleted, nil
}

func olderThan(page []Info, limit time.Time) []Info {
	var old []Info
	for _, info := range page {
		if info.Stored.Before(limit) {
			old = append(old, info)
		}
	}
	return old
}
