package contours_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// letter is a request that small allows: Петров asks Иванов to sign.
func letter(change ...func(*contours.Request)) contours.Request {
	r := contours.Request{
		From: "a", To: "b", Receiver: 2, Author: "petrov", Packet: document.Main, Kind: "Письмо", Size: 1000, At: noon(),
		Tasks: []contours.TaskRequest{{Index: 1, Kind: document.Sign, SMDO: true, Executors: []contours.ExecutorRequest{{3, "ivanov"}}}},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

// with is small with a pair that says more.
func with(pair string) string {
	return strings.Replace(small, "{from: a, to: b}", "{from: a, to: b, "+pair+"}", 1)
}

func TestWhatIsDecided(t *testing.T) {
	answer := func(r *contours.Request) {
		*r = contours.Request{From: "b", To: "a", Author: "ivanov", Packet: document.Answer, Kind: "Приказ", Answer: true, Restricted: true, At: noon()}
	}
	errand := func(r *contours.Request) { r.Tasks[0].Kind, r.Tasks[0].SMDO = document.Errand, false }
	noAuthor := func(r *contours.Request) { r.Author = "" }
	noTasks := func(r *contours.Request) { r.Tasks = nil }
	restricted := func(r *contours.Request) { r.Restricted = true }
	executor := func(code document.ParticipantCode) func(*contours.Request) {
		return func(r *contours.Request) { r.Tasks[0].Executors[0].Participant = code }
	}
	suspended := func(org string) string {
		return strings.Replace(small, "{code: "+org+",", "{code: "+org+", state: suspended,", 1)
	}
	for _, c := range []struct {
		promise string
		file    string
		request contours.Request
		verdict contours.Verdict
		faults  string // code and field
	}{
		{"a trusted pair passes", small, letter(), contours.Allow, ""},
		{"no rule, no way (C02)", small, letter(func(r *contours.Request) { r.From, r.To, r.Author, r.Tasks = "b", "a", "ivanov", nil }),
			contours.Refuse, "TRU-01 to[2]"},
		{"a suspended receiver blocks (C01)", suspended("ob"), letter(), contours.Block, "CTR-02 to[2]"},
		{"a suspended sender blocks (C01)", suspended("oa"), letter(), contours.Block, "CTR-03 sender"},
		{"a suspended receiver blocks an answer too", suspended("oa"), letter(answer), contours.Block, "CTR-02 to[0]"},
		{"an unknown receiver is refused", small, letter(func(r *contours.Request) { r.To = "z" }), contours.Refuse, "CTR-01 to[2]"},
		{"an unknown sender is refused", small, letter(func(r *contours.Request) { r.From = "z" }), contours.Refuse, "CTR-01 sender"},
		{"tasks need the right to send (C04)", small, letter(func(r *contours.Request) { r.Author = "lunin" }), contours.Refuse, "CTR-04 author"},
		{"a stranger cannot send (C03)", small, letter(func(r *contours.Request) { r.Author = "nobody" }), contours.Refuse, "CTR-05 author"},
		{"tasks need an author", small, letter(noAuthor), contours.Refuse, "CTR-05 author"},
		{"a contour may send on a participant's behalf", strings.Replace(small, "delivery: mailbox", "delivery: mailbox\n    sends_as: petrov", 1),
			letter(noAuthor), contours.Allow, ""},
		{"a document without tasks needs no author", small, letter(noAuthor, noTasks), contours.Allow, ""},
		{"a document without tasks needs no right", small, letter(noTasks, func(r *contours.Request) { r.Author = "lunin" }), contours.Allow, ""},
		{"kinds come from the directory (S03)", small, letter(func(r *contours.Request) { r.Kind = "Указ" }), contours.Refuse, "DOC-02 document.kind"},
		{"the pair names kinds", with("kinds: [Приказ]"), letter(), contours.Refuse, "TRU-02 document.kind"},
		{"restricted documents need the pair's word", small, letter(restricted), contours.Refuse, "TRU-03 document.confidential"},
		{"restricted documents pass where allowed", with("restricted: true"), letter(restricted), contours.Allow, ""},
		{"size up to the limit passes", with("max_size: 1000"), letter(), contours.Allow, ""},
		{"size beyond it does not", with("max_size: 999"), letter(), contours.Refuse, "TRU-04 document.files"},
		{"errands only where the pair names them (T04)", small, letter(errand), contours.Refuse, "TRU-07 tasks[1].kind"},
		{"and there they pass", with("tasks: [errand]"), letter(errand), contours.Allow, ""},
		{"an empty list allows no task", with("tasks: []"), letter(), contours.Refuse, "TRU-07 tasks[1].kind"},
		{"executors are participants of the receiver (S04)", small, letter(executor("petrov")), contours.Refuse, "TSK-06 tasks[1].executors[3]"},
		{"who may execute", small, letter(executor("clerk")), contours.Refuse, "TSK-06 tasks[1].executors[3]"},
		{"the pair names executors", with("executors: [belova]"), letter(), contours.Refuse, "TRU-08 tasks[1].executors[3]"},
		{"then one has to be named", with("executors: [belova]"), letter(executor("")), contours.Refuse, "TRU-08 tasks[1].executors[3]"},
		{"an executor need not be named otherwise", small, letter(executor("")), contours.Allow, ""},
		{"a correspondent demands requisites (T04a)", with("requisites: [title, addressee]"),
			letter(func(r *contours.Request) { r.Requisites = []contours.Requisite{contours.Title} }), contours.Refuse, "TRU-09 to[2]"},
		{"additions carry no requisites", with("requisites: [title]"),
			letter(noTasks, func(r *contours.Request) { r.Packet, r.Kind = document.Additions, "" }), contours.Allow, ""},
		{"the emulator is refused (S02)", small, letter(func(r *contours.Request) { r.Emulated = true }), contours.Refuse, "SIG-28 document.files"},
		{"unless the pair allows it", with("signatures: {emulator: allow}"), letter(func(r *contours.Request) { r.Emulated = true }), contours.Allow, ""},
		{"an answer needs no pair, and no pair's terms bind it", with("max_size: 1"), letter(answer), contours.Allow, ""},
		{"but its kind is of the directory", small, letter(answer, func(r *contours.Request) { r.Kind = "Указ" }), contours.Refuse, "DOC-02 document.kind"},
		{"and tasks in it need a pair", small, letter(answer, func(r *contours.Request) { r.Tasks = letter().Tasks }), contours.Refuse, "CTR-04 author TRU-01 to[0]"},
		{"an answer follows the first packet's pair on the emulator", small,
			letter(answer, func(r *contours.Request) { r.Emulated = true }), contours.Refuse, "SIG-28 document.files"},
		{"answers by pair need one", strings.Replace(small, "kinds: [П", "answers: by-pair\nkinds: [П", 1), letter(answer), contours.Refuse, "TRU-01 to[0]"},
		{"everything wrong is told at once (S08)", with("max_size: 1, kinds: [Приказ]"),
			letter(errand, restricted, executor("petrov"), func(r *contours.Request) { r.Author, r.Emulated = "lunin", true }), contours.Refuse,
			"CTR-04 author TRU-02 document.kind TRU-03 document.confidential TRU-04 document.files TRU-07 tasks[1].kind TSK-06 tasks[1].executors[3] SIG-28 document.files"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			d := compile(t, []byte(c.file)).Decide(c.request)
			if d.Verdict() != c.verdict {
				t.Errorf("verdict %s, want %s: %v", d.Verdict(), c.verdict, d.Faults)
			}
			var got []string
			for _, f := range d.Faults {
				got = append(got, string(f.Code)+" "+f.Field)
			}
			if diff := cmp.Diff(c.faults, strings.Join(got, " ")); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARuleRunsFromItsFirstDayToItsLastWhereTheSenderIs(t *testing.T) {
	file := strings.Replace(with("valid_from: 2026-03-01, valid_until: 2026-03-31"), "delivery: mailbox", "delivery: mailbox\n    time_zone: Europe/Minsk", 1)
	book := compile(t, []byte(file))
	minsk := book.Zone("a")
	for at, allowed := range map[time.Time]bool{
		time.Date(2026, 2, 28, 23, 59, 59, 0, minsk):   false,
		time.Date(2026, 3, 1, 0, 0, 0, 0, minsk):       true,
		time.Date(2026, 3, 31, 23, 59, 59, 0, minsk):   true,
		time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC):  false, // 1 April in Minsk
		time.Date(2026, 2, 28, 21, 30, 0, 0, time.UTC): true,  // 1 March in Minsk
	} {
		d := book.Decide(letter(func(r *contours.Request) { r.At = at }))
		if d.Allowed != allowed || !allowed && !d.Faults.Has(document.TrustValidity) {
			t.Errorf("at %v: allowed %v, want %v (%v)", at, d.Allowed, allowed, d.Faults)
		}
	}
}

func TestADecisionSaysUnderWhichRuleAndHowToGoOn(t *testing.T) {
	config, problems := contours.Parse([]byte(with("id: R-17, ttl: 5d, signatures: {emulator: allow, undeterminable: refuse, hold_for: 30m}")))
	if problems != nil {
		t.Fatal(problems)
	}
	book, err := contours.NewBook(config, 42)
	if err != nil {
		t.Fatal(err)
	}
	want := contours.Decision{
		Allowed: true, Rule: "R-17", Version: 42, TTL: 5 * 24 * time.Hour,
		Signatures: contours.SignaturePolicy{
			Emulator: contours.AllowEmulator, Undeterminable: contours.RefuseUndeterminable, HoldFor: contours.Duration(30 * time.Minute),
		},
	}
	if diff := cmp.Diff(want, book.Decide(letter())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	refused := book.Decide(letter(func(r *contours.Request) { r.Restricted = true }))
	if got := refused.Faults[0].Rule; got != "R-17" {
		t.Errorf("the fault names rule %q, want R-17", got)
	}
	back := contours.Request{From: "b", To: "a", Author: "ivanov", Packet: document.Answer, Kind: "Письмо", Answer: true, Emulated: true, At: noon()}
	want.TTL = contours.DefaultTTL // of contour a: the pair's is for the other direction
	if diff := cmp.Diff(want, book.Decide(back)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestTheChoiceOfContoursOffersTrustedOnesOnly(t *testing.T) {
	book := compile(t, contours.Example())
	if diff := cmp.Diff([]document.ContourCode{"head-b", "sub-a1", "sub-a2"}, book.Trusted("head-a")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := book.Trusted("sub-b2"); len(got) != 0 {
		t.Errorf("sub-b2 may send to %v, want nobody", got)
	}
}

func TestARequestIsTakenFromThePacketForOneReceiver(t *testing.T) {
	p := document.Packet{
		ID: document.PacketID{Sender: "a", MsgID: "m1"}, Kind: document.Main, Author: "petrov",
		To: []document.Receiver{{Contour: "x"}, {Contour: "b", Organization: &document.Organization{FullName: "Б"}}},
		Document: &document.Document{
			Kind: "Письмо", Title: "О премиях", Confidential: document.Confidential{Restricted: true},
			Files: []document.Attachment{{Name: "a.pdf", Size: 700}, {Name: "b.pdf", Size: 300}},
		},
		Tasks: []document.Task{
			{Kind: document.Inform, SMDO: true, Executors: []document.Executor{{Contour: "x", Participant: "somebody"}}},
			{Kind: document.Sign, SMDO: true, Executors: []document.Executor{
				{Contour: "x"}, {Contour: "x"}, {Contour: "x"}, {Contour: "b", Participant: "ivanov"}}},
		},
	}
	want := letter(func(r *contours.Request) {
		r.Receiver, r.Restricted = 1, true
		r.Requisites = []contours.Requisite{contours.Addressee, contours.Title}
	})
	if diff := cmp.Diff(want, contours.RequestFor(&p, 1, noon())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
