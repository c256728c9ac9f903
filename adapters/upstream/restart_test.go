package upstream_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// A hub that is stopped in the middle of any call goes on where it was.
func TestRestartInTheMiddle(t *testing.T) {
	s := begin(t)
	patient := func(o *upstream.Options) { o.Patience = time.Minute } // a call that hangs does so until the hub is stopped
	s.run(patient)
	for _, op := range []string{"create", "attach", "sign", "send", "list", "fetch", "batch"} {
		t.Run(op, func(t *testing.T) {
			s.t = t
			in := op == "list" || op == "fetch" || op == "batch"
			s.fake.Script(op, upstream.FakeSlow)
			var id document.PacketID
			var p *document.Packet
			if in {
				id, _ = s.give()
			} else {
				p = s.letter("sub-a1")
			}
			s.eventually("it hangs", func() bool { return s.fake.Scripted() == 0 })
			s.stop()
			s.Restart()
			s.run(patient)
			if !in {
				s.once(p)
				return
			}
			s.stands(id, "head-a", document.Registered)
			s.eventually("receipts", func() bool { return len(s.got("sub-a1", id.MsgID, true)) == 2 })
			s.confirmed()
			if n := len(s.got("sub-a1", id.MsgID, true)); n != 2 {
				t.Errorf("%d receipts", n)
			}
		})
	}
	s.t = t
	s.stop()
}

// A hub that dies between an effect at the router and its note of it finds out after its start what it has done.
func TestStoppedAfterTheEffect(t *testing.T) {
	s := start(t)
	for _, op := range []string{"create", "attach", "sign", "send"} {
		t.Run(op, func(t *testing.T) {
			s.t = t
			s.fake.Script(op, upstream.FakeLostSlow)
			p := s.letter("sub-a1")
			s.eventually("it hangs", func() bool { return s.fake.Scripted() == 0 })
			s.stop()
			s.Restart()
			s.run()
			s.once(p)
		})
	}
	s.t = t
	s.stop()
}

// Of two instances one works with the router; when it stops, or is lost, the other takes over.
func TestTwoInstances(t *testing.T) {
	open := openPostgres(pgtest.Start(t))
	one := &site{Env: brokertest.Start(t, brokertest.Options{Rules: rules(), Open: open}), t: t, top: t}
	one.serve()
	two := &site{Env: brokertest.Start(t, brokertest.Options{Open: open, Beside: one.Env}), t: t, top: t, fake: one.fake, url: one.url}
	one.run()
	one.eventually("the first works", func() bool { return one.fake.Served("list") > 2 })
	two.run()
	one.once(one.letter("sub-a1"))
	if n := one.fake.Served("token"); n != 2 { // one for each account
		t.Errorf("%d tokens were fetched", n)
	}
	one.stop()
	two.once(two.letter("sub-a1"))
	id, _ := two.give()
	two.stands(id, "head-a", document.Registered)
	if n := one.fake.Served("token"); n != 4 {
		t.Errorf("%d tokens were fetched", n)
	}
	two.confirmed()
	two.stop()
}

func openPostgres(url string) func(testing.TB, string) record.Record {
	return func(t testing.TB, _ string) record.Record {
		t.Helper()
		r, err := postgres.Open(context.Background(), url, postgres.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// cutOff is a record that an instance loses sight of.
type cutOff struct {
	adapters.HanderRecord
	away atomic.Bool
}

func (c *cutOff) Keep(ctx context.Context, put []record.Kept, drop []record.KeptKey) error {
	if c.away.Load() {
		return errors.New("the record is away")
	}
	return c.HanderRecord.Keep(ctx, put, drop)
}

// An instance that cannot renew its lease stops, and gives nothing back that it does not hold; another takes over.
func TestAnInstanceThatIsCutOffIsReplaced(t *testing.T) {
	s := begin(t)
	seam := &cutOff{HanderRecord: s.Record}
	s.run(func(o *upstream.Options) { o.Record = seam })
	s.eventually("the first works", func() bool { return s.fake.Served("list") > 2 })
	if n := s.fake.Served("token"); n != 2 {
		t.Fatalf("%d tokens were fetched", n)
	}
	stopFirst := s.stop
	s.run()
	seam.away.Store(true)
	s.eventually("the second works", func() bool { return s.fake.Served("token") == 4 })
	s.once(s.letter("sub-a1"))
	seam.away.Store(false)
	id, _ := s.give()
	s.stands(id, "head-a", document.Registered)
	if n := s.fake.Served("token"); n != 4 {
		t.Errorf("%d tokens were fetched: both work", n)
	}
	s.stop()
	stopFirst()
}

// noise is a file that nobody holds in memory.
func noise(size int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{1}), size)
}

// A file of 64 MiB goes out and another comes in, and neither is ever in memory.
func TestALargeFileIsStreamed(t *testing.T) {
	const size = 64 << 20
	s := begin(t)
	slow := func(o *upstream.Options) { o.Every, o.Patience = 500*time.Millisecond, time.Minute }
	content, err := io.ReadAll(noise(size))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Letter("sub-a1")
	p.Document.Files = append(p.Document.Files, s.upload("head-a", "Запись.bin", content, "petrov"))
	in := s.remote("sub-a1", "head-a")
	signed := s.attached(content, "sidorova")
	content, signed.Content = nil, noise(size)
	if _, err := s.fake.Give("sub-a1", "head-a", in, signed); err != nil {
		t.Fatal(err)
	}
	s.submit(p)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.run(slow)
	s.stands(document.PacketID{Sender: "sub-a1", MsgID: idOf(in)}, "head-a", document.Registered)
	s.eventually("it arrives", func() bool { return s.fake.New("sub-a1") > 0 && len(s.got("sub-a1", p.ID.MsgID, false)) == 1 })
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > size/2 {
		t.Errorf("%d MiB were allocated for two files of %d MiB", used>>20, size>>20)
	}
	got := s.got("sub-a1", p.ID.MsgID, false)[0]
	sent, err := s.fake.Content("sub-a1", got["id"].(string), "attach2")
	want, _ := io.ReadAll(noise(size))
	if err != nil || string(sent) != string(want) {
		t.Errorf("%v: %d octets arrived, and are not those that were sent", err, len(sent))
	}
}
