package upstream_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// What cannot be taken is put aside with the reason, answered with all faults where it can be, and stops nobody.
func TestWhatCannotBeTakenIsPutAsideAndAnswered(t *testing.T) {
	s := start(t)
	give := func(from string, p object, files ...upstream.FakeFile) document.MsgID {
		t.Helper()
		if _, err := s.fake.Give(from, "head-a", p, files...); err != nil {
			t.Fatal(err)
		}
		id, _ := dig(p, "body", "envelop", "msg_id").(string)
		return document.MsgID(id)
	}
	content := []byte("%PDF")
	unknown := give("stranger", s.remote("stranger", "head-a"), s.attached(content, "sidorova"))
	forged := give("stranger", s.remote("sub-a1", "head-a"), s.attached(content, "sidorova"))
	others := give("sub-a1", s.remote("sub-a1", "sub-a2"), s.attached(content, "sidorova"))
	without := give("sub-a1", s.remote("sub-a1", "head-a"))
	two := s.remote("sub-a1", "head-a")
	d := dig(two, "body", "envelop", "body", "document").(object)
	delete(d, "pages")
	delete(d["regNumber"].(object), "regdate")
	faulty := give("sub-a1", two, s.attached(content, "sidorova"))
	give("sub-a1", object{"body": object{"nothing": "known"}})
	give("sub-a1", object{"body": object{"message": "as if it were the router's"}})
	stray := s.ack(s.remote("head-a", "sub-a1"), "sub-a1", 1, 0, "") // about what was never sent
	stray["parentId"] = uuid.NewString()
	give("sub-a1", stray)
	good, _ := s.give()
	s.stands(good, "head-a", document.Registered)

	for id, want := range map[document.MsgID]string{unknown: "1 11", forged: "1 12", others: "1 11", without: "1 -21", faulty: "1 35 35"} {
		from := "sub-a1"
		if id == unknown || id == forged { // the answer goes to who sent it, not to whom it names
			from = "stranger"
		}
		s.eventually("answer to "+want, func() bool { return len(s.got(from, id, true)) > 0 })
		if said := acks(s.got(from, id, true)); !slices.Equal(said, []string{want}) {
			t.Errorf("answers are %q, want %q", said, want)
		}
	}
	s.confirmed()
	list, err := s.link.Aside(t.Context(), "head-a")
	if err != nil || len(list) != 7 { // the stray receipt waits in the hub for its packet (D11)
		t.Fatalf("%d put aside: %v %+v", len(list), err, list)
	}
	for _, a := range list {
		text, err := s.link.AsidePackage(t.Context(), a)
		if err != nil || !json.Valid(text) || len(a.Faults) == 0 || a.At.IsZero() {
			t.Errorf("%v: %+v", err, a)
		}
	}
}

// Where nobody can be told and there are files, the package stays at the router, and others pass it by.
func TestAPackageThatNobodyAnswersForIsNotConfirmedAway(t *testing.T) {
	s := start(t)
	if _, err := s.fake.Give("sub-a1", "head-a", object{"body": object{"nothing": "known"}}, s.attached([]byte("%PDF"), "sidorova")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		id, _ := s.give()
		s.stands(id, "head-a", document.Registered)
	}
	s.eventually("all others are confirmed", func() bool { return s.fake.New("head-a") == 1 })
	if list, err := s.link.Aside(t.Context(), "head-a"); err != nil || len(list) != 1 {
		t.Errorf("%v %+v", err, list)
	}
}

// More than a page of packages, some of which stay.
func TestManyPages(t *testing.T) {
	s := begin(t)
	for range 30 { // these stay
		if _, err := s.fake.Give("sub-a1", "head-a", object{"body": object{"n": uuid.NewString()}}, s.attached([]byte("%PDF"), "sidorova")); err != nil {
			t.Fatal(err)
		}
	}
	for range 230 {
		p := s.remote("sub-a1", "head-a")
		p["body"] = object{"n": uuid.NewString()}
		if _, err := s.fake.Give("sub-a1", "head-a", p); err != nil {
			t.Fatal(err)
		}
	}
	id, _ := s.give()
	s.run()
	s.stands(id, "head-a", document.Registered)
	s.eventually("the rest is confirmed", func() bool { return s.fake.New("head-a") == 30 })
}

// failedWith demands that a packet counts as not delivered, with a fault.
func (s *site) failedWith(p *document.Packet, to document.ContourCode, code document.FaultCode) {
	s.t.Helper()
	s.stands(p.ID, to, document.DeliveryFailed)
	sealed, err := s.Record.Receipts(s.t.Context(), p.ID, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range sealed {
		r, err := wire.UnmarshalReceipt(x.Bytes)
		if err != nil {
			s.t.Fatal(err)
		}
		if r.Stage == document.Deliver && r.Receiver == to {
			if !document.Faults(r.Faults).Has(code) || r.Code == 0 {
				s.t.Errorf("receipt %+v", r)
			}
			return
		}
	}
	s.t.Error("no receipt")
}

func TestWhatTheRouterWillNotCarryIsNotDelivered(t *testing.T) {
	s := start(t)
	t.Run("sender without an account", func(t *testing.T) {
		p := s.Letter("head-b")
		p.ID.Sender, p.Author = "sub-b1", "belova"
		p.Document.Files[0] = s.File("Письмо.pdf", []byte("%PDF"), "belova")
		s.submit(p)
		s.failedWith(p, "head-b", document.ContourUnknown)
	})
	t.Run("blocked", func(t *testing.T) {
		s.fake.Block("head-b")
		p := s.letter("head-b")
		s.failedWith(p, "head-b", document.FormatOther) // 104
		s.confirmed()
	})
	t.Run("refused by HTTP", func(t *testing.T) {
		p := s.Letter("sub-a1")
		p.ID.MsgID = "no-guid"
		s.submit(p)
		s.failedWith(p, "sub-a1", document.FormatOther)
	})
	t.Run("others go on", func(t *testing.T) {
		s.once(s.letter("sub-a1"))
	})
	t.Run("refused by its receiver", func(t *testing.T) {
		p := s.letter("sub-a1")
		s.eventually("it arrives", func() bool { return len(s.got("sub-a1", p.ID.MsgID, false)) == 1 })
		s.reply(s.got("sub-a1", p.ID.MsgID, false)[0], "sub-a1", 1, -22, "")
		s.failedWith(p, "sub-a1", document.SignatureMissing)
	})
	if n := len(s.fake.Sent()); n != 3 {
		t.Errorf("%d packages were sent", n)
	}
}

// A packet that an operator gives back is sent anew, once.
func TestRedelivery(t *testing.T) {
	s := start(t)
	p := s.letter("sub-a1")
	s.eventually("it arrives", func() bool { return len(s.got("sub-a1", p.ID.MsgID, false)) == 1 })
	s.reply(s.got("sub-a1", p.ID.MsgID, false)[0], "sub-a1", 1, 35, "")
	s.stands(p.ID, "sub-a1", document.DeliveryFailed)
	if err := s.Redeliver(t.Context(), p.ID, "sub-a1"); err != nil {
		t.Fatal(err)
	}
	s.eventually("it arrives again", func() bool { return len(s.got("sub-a1", p.ID.MsgID, false)) == 2 })
	s.reply(s.got("sub-a1", p.ID.MsgID, false)[1], "sub-a1", 2, 0, "553-вх")
	s.stands(p.ID, "sub-a1", document.Registered)
	if n := len(s.fake.Sent()); n != 2 {
		t.Errorf("%d packages were sent", n)
	}
}

// What the router itself finds wrong comes back as a package without an envelope (103).
func TestTheRouterFindsFaults(t *testing.T) {
	s := begin(t)
	p := s.letter("sub-a1")
	s.fake.Script("sign", upstream.FakePretend, upstream.FakePretend) // it says that it took the signatures, and did not
	s.run()
	s.failedWith(p, "sub-a1", document.SignatureMissing)
	s.confirmed()
}

func TestDirectories(t *testing.T) {
	clock := new(brokertest.Clock)
	s := start(t, func(o *upstream.Options) { o.Clock = clock.Now })
	rows := func(d upstream.Directory, at time.Time) (codes []string) {
		t.Helper()
		list, err := s.link.Directory(t.Context(), d, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			codes = append(codes, r.Code)
		}
		slices.Sort(codes)
		return codes
	}
	s.eventually("subscribers", func() bool { return len(rows(upstream.Subscribers, clock.Now())) == 5 })
	s.eventually("systems", func() bool { return len(rows(upstream.Systems, clock.Now())) == 1 })
	if got := rows(upstream.DocumentKinds, clock.Now()); !slices.Equal(got, []string{"Письмо", "Приказ"}) {
		t.Errorf("%q", got)
	}
	before := clock.Now()
	clock.Forward(time.Minute)
	s.fake.SetKinds("Письмо", "Акт")
	fetched := s.fake.Served("directory")
	p := s.remote("sub-a1", "head-a")
	e := dig(p, "body", "envelop").(object)
	e["header"].(object)["msg_type"] = 0
	e["header"].(object)["sender"].(object)["id"] = "pkinci"
	e["body"] = object{"datadir": object{"type": "acknowledgement", "value": "Справочник изменён [b774521b-c2db-44ea-8118-244cbc07ab00]"}}
	if _, err := s.fake.Give("sub-a1", "head-a", p); err != nil {
		t.Fatal(err)
	}
	s.eventually("it is fetched anew", func() bool {
		return slices.Equal(rows(upstream.DocumentKinds, clock.Now()), []string{"Акт", "Письмо"})
	})
	s.confirmed()
	if got := rows(upstream.DocumentKinds, before); !slices.Equal(got, []string{"Письмо", "Приказ"}) {
		t.Errorf("then it was %q", got)
	}
	s.eventually("the fetch is over", func() bool { return s.fake.Served("directory") >= fetched+3 })
	listed := s.fake.Served("list")
	s.eventually("the next turn", func() bool { return s.fake.Served("list") > listed+2 })
	fetched = s.fake.Served("directory")
	s.fake.Join("newcomer")
	clock.Forward(25 * time.Hour)
	s.eventually("daily", func() bool {
		return s.fake.Served("directory") > fetched && len(rows(upstream.Subscribers, clock.Now())) == 6
	})
}

// An attachment that is in the message itself is taken like any other.
func TestFilesInsideTheMessage(t *testing.T) {
	s := start(t)
	p := s.remote("sub-a1", "head-a")
	content := []byte(strings.Repeat("%PDF ", 30_000))
	dig(p, "body", "envelop", "body", "document").(object)["docTransfer"] = []any{object{"name": "Письмо.pdf", "data": object{"value": base64.StdEncoding.EncodeToString(content)},
		"signature": []any{object{"value": base64.StdEncoding.EncodeToString(s.Sign("sidorova", content).CMS)}}}}
	if _, err := s.fake.Give("sub-a1", "head-a", p); err != nil {
		t.Fatal(err)
	}
	s.stands(document.PacketID{Sender: "sub-a1", MsgID: idOf(p)}, "head-a", document.Registered)
}

func TestOptionsThatCannotWork(t *testing.T) {
	good := upstream.Options{URL: "https://router.test/api", Every: time.Second, Accounts: []upstream.Account{{Contour: "a", User: "a", Password: "p"}}}
	if _, err := upstream.New(good); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]func(*upstream.Options){
		"plain":    func(o *upstream.Options) { o.URL = "http://router.test/api" },
		"no URL":   func(o *upstream.Options) { o.URL = "" },
		"twice":    func(o *upstream.Options) { o.Accounts = append(slices.Clone(o.Accounts), o.Accounts...) },
		"no user":  func(o *upstream.Options) { o.Accounts = []upstream.Account{{Contour: "a", Password: "p"}} },
		"no pause": func(o *upstream.Options) { o.Every = 0 },
	} {
		o := good
		if change(&o); func() error { _, err := upstream.New(o); return err }() == nil {
			t.Error(fmt.Sprint(what, " is taken"))
		}
	}
}
