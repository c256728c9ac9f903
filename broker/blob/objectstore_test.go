package blob_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/blob/blobtest"
)

const busBytes = 1 << 30 // size of the test's buckets

func TestObjectStore(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return openObjects(t, startBus(t), busBytes) })
}

func TestObjectStoreBrokenUploadLeavesNoMessages(t *testing.T) {
	js := startBus(t)
	blobtest.Break(t, openObjects(t, js, busBytes))
	if got := subjects(t, js); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestObjectStoreKeepsOneCopyAndDeletingLeavesNothing(t *testing.T) {
	js := startBus(t)
	s := openObjects(t, js, busBytes)
	content := strings.Repeat("an order ", 50_000) // four chunks
	var info blob.Info
	for range 3 {
		info = putDir(t, s, content)
	}
	if got := subjects(t, js); len(got) != 2 {
		t.Errorf("one content is kept as %v, want its chunks and its meta message", got)
	}
	if err := s.Delete(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	if got := subjects(t, js); len(got) != 0 {
		t.Errorf("after deletion: %v", got)
	}
}

func TestObjectStoreIsReadByTheClientLibrary(t *testing.T) {
	js := startBus(t)
	content := strings.Repeat("an order ", 50_000)
	info := putDir(t, openObjects(t, js, busBytes), content)
	objects, err := js.ObjectStore(t.Context(), "documents")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := objects.GetString(t.Context(), info.Digest.String()); got != content || err != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestObjectStoreTellsDamage(t *testing.T) {
	for name, damage := range map[string]func(js jetstream.JetStream, stream jetstream.Stream, chunk *jetstream.RawStreamMsg) error{
		"a lost chunk": func(_ jetstream.JetStream, stream jetstream.Stream, chunk *jetstream.RawStreamMsg) error {
			return stream.DeleteMsg(t.Context(), chunk.Sequence)
		},
		"a changed chunk": func(js jetstream.JetStream, stream jetstream.Stream, chunk *jetstream.RawStreamMsg) error {
			chunk.Data[0]++
			_, err := js.Publish(t.Context(), chunk.Subject, chunk.Data)
			return errors.Join(err, stream.DeleteMsg(t.Context(), chunk.Sequence))
		},
	} {
		t.Run(name, func(t *testing.T) {
			js := startBus(t)
			s := openObjects(t, js, busBytes)
			content := strings.Repeat("an order ", 50_000)
			info := putDir(t, s, content)
			stream := bucketStream(t, js)
			chunk, err := stream.GetMsg(t.Context(), 1, jetstream.WithGetMsgSubject("$O.documents.C.*"))
			if err == nil {
				err = damage(js, stream, chunk)
			}
			if err != nil {
				t.Fatal(err)
			}
			read, err := readDir(t, s, info.Digest)
			if damaged := (*blob.DamagedError)(nil); !errors.As(err, &damaged) || len(read) >= len(content) {
				t.Errorf("read %d bytes, got %v, want a damaged content", len(read), err)
			}
		})
	}
}

func TestObjectStoreFullRefusesAndGoesOnWhenSpaceReturns(t *testing.T) {
	js := startBus(t)
	s := openObjects(t, js, 2<<20)
	first := putDir(t, s, string(blobtest.Content(1<<20, 1)))
	second := string(blobtest.Content(1<<20+1, 2))
	if _, err := s.Put(t.Context(), strings.NewReader(second), 1<<30); err == nil {
		t.Fatal("a full bucket took a content")
	}
	if got := subjects(t, js); len(got) != 2 {
		t.Errorf("the refused upload left chunks: %v", got)
	}
	if _, err := readDir(t, s, first.Digest); err != nil {
		t.Errorf("the first content: %v", err)
	}
	if err := s.Delete(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	putDir(t, s, second)
}

func TestObjectStoreSweepsAbandonedChunksOnly(t *testing.T) {
	js := startBus(t)
	s := openObjects(t, js, busBytes)
	info := putDir(t, s, strings.Repeat("an order ", 50_000))
	kept := subjects(t, js)
	for range 3 { // what a crash in mid-upload leaves
		if _, err := js.Publish(t.Context(), "$O.documents.C.abandoned", []byte("a chunk")); err != nil {
			t.Fatal(err)
		}
	}
	openObjects(t, js, busBytes) // they are young
	if got := subjects(t, js); len(got) != len(kept)+1 {
		t.Errorf("a young upload was swept: %v", got)
	}
	if err := s.Sweep(t.Context(), -time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := subjects(t, js); !slices.Equal(got, kept) {
		t.Errorf("after the sweep: %v, want %v", got, kept)
	}
	if _, err := readDir(t, s, info.Digest); err != nil {
		t.Errorf("the content: %v", err)
	}
}

func TestObjectStoreRefusesWhatCannotHaveCustody(t *testing.T) {
	js := startBus(t)
	fit := jetstream.StreamConfig{Subjects: []string{"$O.x.C.>", "$O.x.M.>"}, Name: "OBJ_x",
		Storage: jetstream.FileStorage, MaxBytes: busBytes, Discard: jetstream.DiscardNew, AllowRollup: true}
	change := func(f func(*jetstream.StreamConfig)) jetstream.StreamConfig {
		c := fit
		f(&c)
		return c
	}
	for name, stream := range map[string]jetstream.StreamConfig{
		"memory":   change(func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }),
		"no size":  change(func(c *jetstream.StreamConfig) { c.MaxBytes = -1 }),
		"old go":   change(func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld }),
		"expiry":   change(func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }),
		"late":     change(func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode; c.AllowRollup = false }),
		"sync not": fit,
		"fit":      fit,
	} {
		if _, err := js.CreateStream(t.Context(), stream); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cfg := blob.ObjectStoreConfig{Bucket: "x", MaxBytes: busBytes, ServersSyncAlways: name != "sync not"}
		if _, err := blob.OpenObjectStore(t.Context(), js, cfg); (err == nil) != (name == "fit") {
			t.Errorf("%s: got %v", name, err)
		}
		if err := js.DeleteStream(t.Context(), "OBJ_x"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := blob.OpenObjectStore(t.Context(), js, blob.ObjectStoreConfig{Bucket: "x", ServersSyncAlways: true}); err == nil {
		t.Error("a bucket without a size was made")
	}
}

func TestObjectStoreContentsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	js, stop := startBusIn(t, dir)
	content := strings.Repeat("an order ", 50_000)
	info := putDir(t, openObjects(t, js, busBytes), content)
	stop()
	js, stop = startBusIn(t, dir)
	defer stop()
	s := openObjects(t, js, busBytes)
	if got, err := s.Stat(t.Context(), sha256.Sum256([]byte(content))); err != nil || got != info {
		t.Errorf("got %+v, %v, want %+v", got, err, info)
	}
	if read, err := readDir(t, s, info.Digest); string(read) != content {
		t.Errorf("read: %v", err)
	}
}

func startBus(t *testing.T) jetstream.JetStream {
	t.Helper()
	js, stop := startBusIn(t, t.TempDir())
	t.Cleanup(stop)
	return js
}

func startBusIn(t *testing.T, dir string) (js jetstream.JetStream, stop func()) {
	t.Helper()
	bus, err := server.NewServer(&server.Options{
		DontListen: true, JetStream: true, StoreDir: dir, SyncAlways: true, NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	bus.Start()
	if !bus.ReadyForConnections(20 * time.Second) {
		t.Fatal("the bus does not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(bus))
	if err != nil {
		t.Fatal(err)
	}
	if js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	return js, func() {
		conn.Close()
		bus.Shutdown()
		bus.WaitForShutdown()
	}
}

func openObjects(t *testing.T, js jetstream.JetStream, size int64) *blob.ObjectStore {
	t.Helper()
	s, err := blob.OpenObjectStore(t.Context(), js, blob.ObjectStoreConfig{Bucket: "documents", MaxBytes: size, ServersSyncAlways: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bucketStream(t *testing.T, js jetstream.JetStream) jetstream.Stream {
	t.Helper()
	stream, err := js.Stream(t.Context(), "OBJ_documents")
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// subjects returns those that hold messages.
func subjects(t *testing.T, js jetstream.JetStream) []string {
	t.Helper()
	info, err := bucketStream(t, js).Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for subject := range info.State.Subjects {
		found = append(found, subject)
	}
	slices.Sort(found)
	return found
}
