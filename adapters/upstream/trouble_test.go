package upstream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// once demands that a packet of ours arrived at sub-a1 exactly once, whole, and is answered.
func (s *site) once(p *document.Packet) {
	s.t.Helper()
	s.eventually("it arrives", func() bool { return len(s.got("sub-a1", p.ID.MsgID, false)) > 0 && s.fake.Scripted() == 0 })
	got := s.got("sub-a1", p.ID.MsgID, false)
	for i := range got[0]["attachments"].([]any) {
		content, err := s.fake.Content("sub-a1", got[0]["id"].(string), fmt.Sprint("attach", i+1))
		if err != nil || int64(len(content)) != p.Document.Files[i].Size {
			s.t.Errorf("file %d: %v, %d octets", i+1, err, len(content))
		}
	}
	s.reply(got[0], "sub-a1", 2, 0, "552-вх")
	s.stands(p.ID, "sub-a1", document.Registered)
	s.confirmed()
	if n := len(s.got("sub-a1", p.ID.MsgID, false)); n != 1 {
		s.t.Errorf("it arrived %d times", n)
	}
}

// Whatever call fails on the way out, in whatever way, the document arrives exactly once.
func TestTroubleOnTheWayOut(t *testing.T) {
	s := start(t)
	all := []upstream.FakeTrouble{upstream.FakeUnauthorized, upstream.FakeBroken, upstream.FakeLost, upstream.FakeCut, upstream.FakeCutRequest, upstream.FakeSlow, upstream.FakeBusy}
	for _, op := range []string{"create", "attach", "sign", "send"} {
		for _, trouble := range all {
			t.Run(op+" "+string(trouble), func(t *testing.T) {
				s.t = t
				s.fake.Script(op, trouble)
				if trouble != upstream.FakeUnauthorized && (op == "attach" || op == "sign") {
					s.fake.Script("show", trouble) // and again when it looks how far it has come
				}
				s.once(s.letter("sub-a1"))
			})
		}
	}
	s.t = t
	s.nothingAside()
}

// A router that forgets drafts when they were sent makes nothing doubled of a «send» in doubt.
func TestSendInDoubtAtARouterThatForgets(t *testing.T) {
	s := begin(t)
	s.fake.Forget = true
	s.run()
	for _, trouble := range []upstream.FakeTrouble{upstream.FakeLost, upstream.FakeCut, upstream.FakeBroken} {
		s.fake.Script("send", trouble)
		s.once(s.letter("sub-a1"))
	}
}

// Whatever call fails on the way in, in whatever way, the document is registered exactly once and its sender hears of it once.
func TestTroubleOnTheWayIn(t *testing.T) {
	s := start(t)
	all := []upstream.FakeTrouble{upstream.FakeUnauthorized, upstream.FakeBroken, upstream.FakeLost, upstream.FakeCut, upstream.FakeCutRequest, upstream.FakeSlow, upstream.FakeBusy}
	for _, op := range []string{"list", "fetch", "batch", "token"} {
		troubles := all
		switch op {
		case "list":
			troubles = append([]upstream.FakeTrouble{upstream.FakeTwice}, all...)
		case "fetch":
			troubles = append([]upstream.FakeTrouble{upstream.FakeShort}, all...)
		}
		for _, trouble := range troubles {
			t.Run(op+" "+string(trouble), func(t *testing.T) {
				s.t = t
				before := s.cards("head-a")
				if op == "token" {
					s.fake.Script("list", upstream.FakeUnauthorized)
				}
				s.fake.Script(op, trouble)
				id, _ := s.give()
				s.stands(id, "head-a", document.Registered)
				s.eventually("receipts", func() bool { return len(s.got("sub-a1", id.MsgID, true)) == 2 && s.fake.Scripted() == 0 })
				s.confirmed()
				if after := s.cards("head-a"); after != before+1 || len(s.got("sub-a1", id.MsgID, true)) != 2 {
					t.Errorf("%d cards after %d, receipts %v", after, before, acks(s.got("sub-a1", id.MsgID, true)))
				}
			})
		}
	}
	s.t = t
	s.nothingAside()
}

// While a router is in trouble it is left alone, for as long as it asks, and then tried with one call.
func TestARouterInTroubleIsLeftAlone(t *testing.T) {
	s := start(t)
	s.eventually("it begins", func() bool { return s.fake.Served("list") > 2 })
	s.fake.Script("list", upstream.FakeBusy)
	var since time.Time
	open := func() bool {
		c := s.link.Circuits()
		for i := range c {
			if c[i].State == upstream.Open && c[i].Last != "" && c[i].Until.Sub(c[i].Since) >= time.Second {
				since = c[i].Since
				return true
			}
		}
		return false
	}
	s.eventually("the circuit opens at Retry-After", open)
	s.eventually("it closes", func() bool {
		for _, c := range s.link.Circuits() {
			if c.State != upstream.Closed || c.Failures != 0 {
				return false
			}
		}
		return true
	})
	if took := time.Since(since); took < time.Second {
		t.Errorf("it was tried again after %v", took)
	}
	for range 8 { // of both accounts
		s.fake.Script("list", upstream.FakeBroken)
	}
	s.eventually("circuits open after several failures", func() bool {
		for _, c := range s.link.Circuits() {
			if c.State == upstream.Open && c.Failures >= 3 {
				return true
			}
		}
		return false
	})
	id, _ := s.give()
	s.stands(id, "head-a", document.Registered)
}

// A token is fetched anew before it ends.
func TestTokensAreRenewedBeforeTheyEnd(t *testing.T) {
	s := begin(t)
	s.fake.TokenLife = 2 * time.Second
	s.run(func(o *upstream.Options) { o.Accounts = o.Accounts[:1] })
	s.eventually("tokens are renewed", func() bool { return s.fake.Served("token") >= 4 })
	for _, c := range s.link.Circuits() {
		if c.State != upstream.Closed || c.Failures > 0 {
			t.Errorf("%+v", c)
		}
	}
}
