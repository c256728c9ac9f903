package blob

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Put implements [Store]. Chunks are published one by one: a server that syncs always gains nothing from more.
func (s *ObjectStore) Put(ctx context.Context, r io.Reader, limit int64, also ...io.Writer) (Info, error) {
	ctx, cancel := context.WithTimeout(ctx, abandonedAfter) // from then on a sweep may take the chunks
	defer cancel()
	in := newIntake(ctx, r, limit, also)
	chunks := nuid.Next()
	count, err := s.putChunks(ctx, chunks, in)
	if err != nil {
		s.dropChunks(ctx, chunks)
		return Info{}, fmt.Errorf("store content: %w", err)
	}
	d := in.digest()
	object := jetstream.ObjectInfo{NUID: chunks, Size: uint64(in.size), Chunks: count,
		Digest: "SHA-256=" + base64.URLEncoding.EncodeToString(d[:])}
	object.Opts = &jetstream.ObjectMetaOptions{ChunkSize: chunkSize}
	shown, err := s.reveal(ctx, d, object)
	if err != nil { // whether our meta message was written may be unknown: the sweep decides about the chunks
		return Info{}, fmt.Errorf("store content %s: %w", d, err)
	}
	if shown.NUID != chunks {
		s.dropChunks(ctx, chunks) // the content was there already
	}
	return shown.info(d), nil
}

// reveal makes object the content of d, or renews the one that is there. Each try is conditional on what was looked
// at; to be overtaken means that somebody else got through, so that all get through in the end.
func (s *ObjectStore) reveal(ctx context.Context, d Digest, object jetstream.ObjectInfo) (meta, error) {
	for {
		last, err := s.lastMeta(ctx, d)
		if err != nil {
			return meta{}, err
		}
		next := meta{ObjectInfo: object}
		if !last.absent() {
			next.ObjectInfo = last.ObjectInfo
		}
		stored := time.Now()
		if !stored.After(last.stored()) {
			stored = last.stored().Add(time.Nanosecond)
		}
		next.Metadata = map[string]string{storedKey: stored.UTC().Format(time.RFC3339Nano)}
		next.sequence, err = s.writeMeta(ctx, d, next.ObjectInfo, last.sequence)
		if err != errOvertaken {
			return next, err
		}
	}
}

func (s *ObjectStore) putChunks(ctx context.Context, nuid string, in *intake) (count uint32, err error) {
	chunk := make([]byte, chunkSize)
	for {
		n, err := io.ReadFull(in, chunk)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		if n > 0 {
			if _, err := s.js.Publish(ctx, s.chunkSubject(nuid), chunk[:n]); err != nil {
				return 0, fmt.Errorf("chunk %d: %w", count, err)
			}
			count++
		}
		if err != nil {
			return count, nil
		}
	}
}

// dropChunks outlives ctx: clearing up must go on when the upload may not. What it misses the sweep finds.
func (s *ObjectStore) dropChunks(ctx context.Context, nuid string) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	_ = s.stream.Purge(after, jetstream.WithPurgeSubject(s.chunkSubject(nuid)))
}

// Delete implements [Store]. First a mark replaces the meta message under the condition that this is still the one
// that info describes; then chunks and mark go. A crash in between leaves chunks that nothing names, for the sweep.
func (s *ObjectStore) Delete(ctx context.Context, info Info) error {
	last, err := s.lastMeta(ctx, info.Digest)
	if err != nil {
		return fmt.Errorf("delete content %s: %w", info.Digest, err)
	}
	if last.absent() || strconv.FormatUint(last.sequence, 10) != info.Version {
		return nil
	}
	mark, err := s.writeMeta(ctx, info.Digest, jetstream.ObjectInfo{NUID: last.NUID, Deleted: true}, last.sequence)
	if err == errOvertaken {
		return nil
	}
	if err == nil {
		err = s.stream.Purge(ctx, jetstream.WithPurgeSubject(s.chunkSubject(last.NUID)))
	}
	if err == nil {
		err = s.stream.Purge(ctx, jetstream.WithPurgeSubject(s.metaSubject(info.Digest)), jetstream.WithPurgeSequence(mark+1))
	}
	if err != nil {
		return fmt.Errorf("delete content %s: %w", info.Digest, err)
	}
	return nil
}

// List implements [Store]. Subjects are not in order of digest, so each call passes over all meta messages
// and keeps the limit lowest: memory grows with limit only, time with the number of contents.
func (s *ObjectStore) List(ctx context.Context, after Digest, limit int) ([]Info, error) {
	if limit <= 0 {
		return nil, nil
	}
	var lowest infoHeap
	err := s.eachMeta(ctx, func(m meta) {
		d, err := ParseDigest(m.Name)
		if err != nil || bytes.Compare(d[:], after[:]) <= 0 {
			return
		}
		if i := slices.IndexFunc(lowest, func(info Info) bool { return info.Digest == d }); i >= 0 {
			heap.Remove(&lowest, i) // renewed or deleted meanwhile
		}
		if m.Deleted {
			return
		}
		if heap.Push(&lowest, m.info(d)); len(lowest) > limit {
			heap.Pop(&lowest)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list contents: %w", err)
	}
	slices.SortFunc(lowest, func(a, b Info) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	return lowest, nil
}

// eachMeta calls f with the meta message of every content. One that is renewed meanwhile may come twice, the later
// version last; none is left out, or an error tells. A consumer's count of what is pending cannot end the loop by itself: a
// message that is pending may be replaced or purged before it comes.
func (s *ObjectStore) eachMeta(ctx context.Context, f func(meta)) error {
	consumer, err := s.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubject: "$O." + s.bucket + ".M.*", DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return err
	}
	defer s.dropConsumer(ctx, consumer.CachedInfo().Name)
	var received uint64
	for {
		n, err := nextMetas(consumer, f)
		if err != nil {
			return err
		}
		if received += n; n > 0 {
			continue
		}
		switch info, err := consumer.Info(ctx); {
		case err != nil:
			return err
		case info.Delivered.Consumer != received:
			return fmt.Errorf("%d of %d meta messages came", received, info.Delivered.Consumer)
		case info.NumPending == 0:
			return nil
		}
	}
}

// nextMetas fetches what is there, up to a batch.
func nextMetas(consumer jetstream.Consumer, f func(meta)) (n uint64, err error) {
	batch, err := consumer.FetchNoWait(512)
	if err != nil {
		return 0, err
	}
	for msg := range batch.Messages() {
		n++
		place, err := msg.Metadata()
		if err != nil {
			return n, err
		}
		m := meta{sequence: place.Sequence.Stream}
		if json.Unmarshal(msg.Data(), &m.ObjectInfo) == nil { // what cannot be read is Stat's and Open's to report
			f(m)
		}
	}
	return n, batch.Error()
}

func (s *ObjectStore) dropConsumer(ctx context.Context, name string) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	_ = s.stream.DeleteConsumer(after, name) // what stays ends by itself in a minute
}

// Sweep removes chunks that no meta message names and whose last one is older than age. With an age below a
// day no upload may be under way, in any process: Put gives up after a day and counts on its chunks until then.
func (s *ObjectStore) Sweep(ctx context.Context, age time.Duration) error {
	before := time.Now().Add(-age)
	orphans, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(s.chunkSubject("*")))
	if err != nil {
		return fmt.Errorf("sweep uploads: %w", err)
	}
	// Chunks are looked at before the meta messages: an upload that ends in between is named, not an orphan.
	named := map[string]bool{}
	if err := s.eachMeta(ctx, func(m meta) { named[m.NUID] = !m.Deleted }); err != nil {
		return fmt.Errorf("sweep uploads: %w", err)
	}
	for subject := range orphans.State.Subjects {
		if named[strings.TrimPrefix(subject, s.chunkSubject(""))] {
			continue
		}
		last, err := s.stream.GetLastMsgForSubject(ctx, subject)
		if err == nil && last.Time.Before(before) {
			err = s.stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
		}
		if err != nil {
			return fmt.Errorf("sweep upload %s: %w", subject, err)
		}
	}
	return nil
}

// infoHeap has the highest digest on top.
type infoHeap []Info

func (h infoHeap) Len() int           { return len(h) }
func (h infoHeap) Less(i, j int) bool { return bytes.Compare(h[i].Digest[:], h[j].Digest[:]) > 0 }
func (h infoHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *infoHeap) Push(x any)        { *h = append(*h, x.(Info)) }
func (h *infoHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
