package blob

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ObjectStore keeps contents in a JetStream object store: a stream with the chunks of each content on a subject of
// its own and one meta message a content, as laid down in the NATS architecture record ADR-20, so that the nats tool
// reads it too. A content becomes visible by its meta message, which is written last.
//
// We read and write the messages ourselves where the client library cannot promise what [Store] does. It keeps up to
// 4,000 chunks in memory, ends a reading after five seconds, and renews and removes a meta message whatever has
// happened to it, while here each is written under the
// condition that the last one on its subject is still the one that was looked at (Nats-Expected-Last-Subject-Sequence).
// The version of a content is the stream sequence of its meta message.
//
// JetStream acknowledges before it syncs unless sync_interval is "always", which no client can see.
// Hence [ObjectStoreConfig] makes the caller say it.
type ObjectStore struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	bucket string
}

// ObjectStoreConfig says where an [ObjectStore] lives.
type ObjectStoreConfig struct {
	Bucket   string
	MaxBytes int64 // of the stream; must be set: when it is full, Put fails and nothing is discarded
	Replicas int   // 1 when 0

	// ServersSyncAlways is the caller's word that every server holding a replica runs with sync_interval "always".
	// Without it custody would rest on a page cache, and the store does not open.
	ServersSyncAlways bool
}

const chunkSize = 128 << 10 // bytes, as the client library chooses; far below the largest message

// OpenObjectStore opens the bucket, making it if need be, and removes uploads that were abandoned a day ago.
// It refuses a bucket that is kept in memory, has no size, discards old messages, lets them expire, persists late, or
// lets replicas that lag answer reads.
func OpenObjectStore(ctx context.Context, js jetstream.JetStream, cfg ObjectStoreConfig) (*ObjectStore, error) {
	if !cfg.ServersSyncAlways {
		return nil, fmt.Errorf("open object store %s: its servers must sync always", cfg.Bucket)
	}
	if cfg.MaxBytes <= 0 {
		return nil, fmt.Errorf("open object store %s: it must have a size", cfg.Bucket)
	}
	stream, err := js.Stream(ctx, "OBJ_"+cfg.Bucket)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: "OBJ_" + cfg.Bucket, Subjects: []string{"$O." + cfg.Bucket + ".C.>", "$O." + cfg.Bucket + ".M.>"},
			Storage: jetstream.FileStorage, MaxBytes: cfg.MaxBytes, Discard: jetstream.DiscardNew,
			AllowRollup: true, Replicas: max(cfg.Replicas, 1),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open object store %s: %w", cfg.Bucket, err)
	}
	if err := fitForCustody(stream.CachedInfo().Config); err != nil {
		return nil, fmt.Errorf("open object store %s: %w", cfg.Bucket, err)
	}
	s := &ObjectStore{js: js, stream: stream, bucket: cfg.Bucket}
	if err := s.Sweep(ctx, abandonedAfter); err != nil {
		return nil, err
	}
	return s, nil
}

func fitForCustody(c jetstream.StreamConfig) error {
	switch {
	case c.Storage != jetstream.FileStorage:
		return errors.New("its stream is kept in memory")
	case c.PersistMode != jetstream.DefaultPersistMode:
		return errors.New("its stream persists late")
	case c.MaxBytes <= 0 || c.Discard != jetstream.DiscardNew:
		return errors.New("its stream needs a size, and to discard new messages when full")
	case c.MaxAge != 0:
		return errors.New("its messages expire")
	case c.AllowDirect && c.Replicas > 1:
		return errors.New("its replicas answer reads (allow_direct), and may not have what was just stored")
	}
	return nil
}

// Open implements [Store].
func (s *ObjectStore) Open(ctx context.Context, d Digest) (io.ReadCloser, Info, error) {
	last, err := s.lastMeta(ctx, d)
	if err != nil || last.absent() {
		return nil, Info{}, fmt.Errorf("open content: %w", orNotFound(err, d))
	}
	reader := &chunkReader{ctx: ctx, store: s, digest: d, subject: s.chunkSubject(last.NUID), chunks: last.Chunks, next: 1}
	return newVerifying(ctx, reader, last.info(d)), last.info(d), nil
}

// chunkReader fetches one chunk after the other. It keeps no consumer, so a reader that is forgotten costs nothing.
type chunkReader struct {
	ctx     context.Context // of one Open
	store   *ObjectStore
	digest  Digest
	subject string
	chunks  uint32 // still to be fetched
	next    uint64 // sequence to look from
	rest    []byte // of the last chunk
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.chunks == 0 {
			return 0, io.EOF
		}
		msg, err := r.store.stream.GetMsg(r.ctx, r.next, jetstream.WithGetMsgSubject(r.subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return 0, &DamagedError{r.digest, "a chunk is missing"}
		}
		if err != nil {
			return 0, fmt.Errorf("fetch chunk: %w", err)
		}
		r.rest, r.next, r.chunks = msg.Data, msg.Sequence+1, r.chunks-1
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *chunkReader) Close() error { return nil }

// Stat implements [Store].
func (s *ObjectStore) Stat(ctx context.Context, d Digest) (Info, error) {
	last, err := s.lastMeta(ctx, d)
	if err != nil || last.absent() {
		return Info{}, fmt.Errorf("look up content: %w", orNotFound(err, d))
	}
	return last.info(d), nil
}

func orNotFound(err error, d Digest) error {
	if err != nil {
		return err
	}
	return &NotFoundError{d}
}

// meta is the last meta message of a content; the zero meta says that there has been none.
type meta struct {
	jetstream.ObjectInfo
	sequence uint64 // in the stream
}

// storedKey names the time of storing in the metadata of a meta message. The time of the message itself would
// go back with the server's clock; this one is written by reveal, and only ever grows.
const storedKey = "stored"

func (m meta) stored() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, m.Metadata[storedKey]) // zero for what another tool put here
	return t
}

func (m meta) absent() bool { return m.sequence == 0 || m.Deleted }

func (m meta) info(d Digest) Info {
	return Info{Digest: d, Size: int64(m.Size), Stored: m.stored(), Version: strconv.FormatUint(m.sequence, 10)}
}

func (s *ObjectStore) metaSubject(d Digest) string {
	return "$O." + s.bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(d.String()))
}

func (s *ObjectStore) chunkSubject(nuid string) string { return "$O." + s.bucket + ".C." + nuid }

func (s *ObjectStore) lastMeta(ctx context.Context, d Digest) (meta, error) {
	msg, err := s.stream.GetLastMsgForSubject(ctx, s.metaSubject(d))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return meta{}, nil
	}
	if err != nil {
		return meta{}, err
	}
	m := meta{sequence: msg.Sequence}
	if err := json.Unmarshal(msg.Data, &m.ObjectInfo); err != nil {
		return meta{}, &DamagedError{d, "its meta message: " + err.Error()}
	}
	return m, nil
}

// errOvertaken says that somebody else wrote the meta message first.
var errOvertaken = errors.New("overtaken")

// writeMeta replaces the meta message with sequence last, 0 for none, and tells the new one's sequence.
func (s *ObjectStore) writeMeta(ctx context.Context, d Digest, object jetstream.ObjectInfo, last uint64) (uint64, error) {
	object.Bucket, object.Name, object.ModTime = s.bucket, d.String(), time.Time{}
	data, err := json.Marshal(object)
	if err != nil {
		return 0, err
	}
	msg := &nats.Msg{Subject: s.metaSubject(d), Data: data, Header: nats.Header{}}
	msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	ack, err := s.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(last))
	if refusal := (*jetstream.APIError)(nil); errors.As(err, &refusal) && refusal.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return 0, errOvertaken
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}
