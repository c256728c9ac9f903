package broker_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// bad is one thing that can be wrong with a packet.
type bad struct {
	what  string
	spoil func(e *brokertest.Env, p *document.Packet)
	want  []document.FaultCode
}

type fc = document.FaultCode

// signedWith replaces the signature under the first file by one with a fault.
func signedWith(fault signature.Fault) func(*brokertest.Env, *document.Packet) {
	return func(e *brokertest.Env, p *document.Packet) {
		f := &p.Document.Files[0]
		f.Signatures = []document.Signature{e.SignWith("petrov", f.Inline, signature.SignerOptions{Fault: fault})}
	}
}

// to changes the receiver, with an executor there unless the code is empty.
func to(contour document.ContourCode, executor document.ParticipantCode) func(*brokertest.Env, *document.Packet) {
	return func(_ *brokertest.Env, p *document.Packet) {
		p.To[0].Contour, p.Tasks = contour, nil
		if executor != "" {
			p.Tasks = []document.Task{brokertest.Task("t-1", document.Inform, contour, executor)}
		}
	}
}

func task(change func(*document.Task)) func(*brokertest.Env, *document.Packet) {
	return func(_ *brokertest.Env, p *document.Packet) { change(&p.Tasks[0]) }
}

func doc(change func(*document.Document)) func(*brokertest.Env, *document.Packet) {
	return func(_ *brokertest.Env, p *document.Packet) { change(p.Document) }
}

func whole(change func(*document.Packet)) func(*brokertest.Env, *document.Packet) {
	return func(_ *brokertest.Env, p *document.Packet) { change(p) }
}

func file(change func(*document.Attachment)) func(*brokertest.Env, *document.Packet) {
	return doc(func(d *document.Document) { change(&d.Files[0]) })
}

func badInput() []bad {
	aDay := document.Date{Year: 2026, Month: 12, Day: 1}
	return []bad{
		{"unsigned file", file(func(f *document.Attachment) { f.Signatures = nil }), []fc{document.SignatureMissing}},
		{"signature of another file", signedWith(signature.FaultWrongDigest), []fc{document.SignatureInvalid}},
		{"file changed after it was signed", file(func(f *document.Attachment) {
			f.Inline = append(slices.Clone(f.Inline), ' ')
			f.Size, f.SHA256 = int64(len(f.Inline)), sha256.Sum256(f.Inline)
		}), []fc{document.SignatureInvalid}},
		{"untrusted certificate", signedWith(signature.FaultUnknownRoot), []fc{document.SignatureUntrusted}},
		{"expired certificate", signedWith(signature.FaultExpired), []fc{document.SignatureUntrusted}},
		{"certificate not valid yet", signedWith(signature.FaultNotYetValid), []fc{document.SignatureUntrusted}},
		{"garbage for a signature", file(func(f *document.Attachment) { f.Signatures[0].CMS = []byte("не подпись") }), []fc{document.SignatureMalformed}},
		{"content of another digest", file(func(f *document.Attachment) { f.SHA256[0] ^= 1 }), []fc{document.FileDigest}},
		{"unknown kind of document", doc(func(d *document.Document) { d.Kind = "Стихотворение" }), []fc{document.DocumentKindUnknown}},
		{"no kind of document", doc(func(d *document.Document) { d.Kind = "" }), []fc{document.DocumentKindMissing}},
		{"missing sheets", doc(func(d *document.Document) { d.Sheets = 0 }), []fc{document.DocumentSheets}},
		{"no number and no date", doc(func(d *document.Document) { d.Number = document.RegNumber{} }), []fc{document.DocumentNumber, document.DocumentDate}},
		{"control characters", doc(func(d *document.Document) { d.Title = "О\x00 согласовании\x1b[2J" }), []fc{document.PacketText}},
		{"control characters in what names the document", doc(func(d *document.Document) { d.ID, d.Kind, d.Number.Number = "\x00", "\x00", "\x00" }), []fc{document.DocumentKindUnknown, document.PacketText}},
		{"term on an СМДО task", task(func(k *document.Task) { k.Deadline = aDay }), []fc{document.TaskTerm}},
		{"controller on an СМДО task", task(func(k *document.Task) { k.Controller = &document.Person{} }), []fc{document.TaskController}},
		{"report on an СМДО task", task(func(k *document.Task) { k.Report = true }), []fc{document.TaskReport}},
		{"errand without term and controller", task(func(k *document.Task) { k.SMDO, k.Kind = false, document.Errand }), []fc{document.TaskErrand}},
		{"forbidden kind of task", task(func(k *document.Task) { k.Kind = document.Agree }), []fc{document.TaskKindForbidden, document.TrustTaskKind}},
		{"no executor", task(func(k *document.Task) { k.Executors = nil }), []fc{document.TaskNoExecutor}},
		{"executor who is no participant", task(func(k *document.Task) { k.Executors[0].Participant = "nobody" }), []fc{document.TaskExecutor}},
		{"executor outside of the receivers", task(func(k *document.Task) { k.Executors[0].Contour = "head-b" }), []fc{document.TaskReceiver}},
		{"a task twice", whole(func(p *document.Packet) { p.Tasks = append(p.Tasks, p.Tasks[0]) }), []fc{document.TaskTwice}},
		{"unknown contour", to("nowhere", ""), []fc{document.ContourUnknown}},
		{"contour whose code is none", to("../\x00", ""), []fc{document.ContourUnknown}},
		{"untrusted pair", to("sub-b1", "belova"), []fc{document.TrustNone}},
		{"kind of task that the pair forbids", whole(func(p *document.Packet) {
			to("head-b", "orlova")(nil, p)
			p.Tasks[0].Kind = document.Sign
		}), []fc{document.TrustTaskKind}},
		{"restricted document where the pair forbids it", whole(func(p *document.Packet) {
			to("sub-a2", "kozlov")(nil, p)
			p.Document.Confidential.Restricted = true
		}), []fc{document.TrustRestricted}},
		{"author without the right", whole(func(p *document.Packet) { p.Author = "smirnova" }), []fc{document.ParticipantNoRight}},
		{"author whom nobody knows", whole(func(p *document.Packet) { p.Author = "nobody" }), []fc{document.ParticipantUnknown}},
		{"no receiver", whole(func(p *document.Packet) { p.To = nil }), []fc{document.PacketNoReceiver, document.TaskReceiver}},
		{"a receiver twice", whole(func(p *document.Packet) { p.To = append(p.To, p.To[0]) }), []fc{document.PacketTwice}},
		{"more than a hundred receivers", whole(func(p *document.Packet) {
			for i := range document.MaxReceivers {
				p.To = append(p.To, document.Receiver{Contour: document.ContourCode(fmt.Sprint("sub-", i))})
			}
		}), []fc{document.PacketReceivers}},
		{"no attachment", doc(func(d *document.Document) { d.Files = nil }), []fc{document.FileNone}},
		{"empty attachment", func(e *brokertest.Env, p *document.Packet) {
			p.Document.Files[0] = e.File("пусто.txt", []byte{}, "petrov")
		}, []fc{document.FileEmpty}},
		{"a name twice", doc(func(d *document.Document) { d.Files = append(d.Files, d.Files[0]) }), []fc{document.FileTwice}},
		{"a path for a name", file(func(f *document.Attachment) { f.Name = "../../etc/passwd" }), []fc{document.FileName}},
		{"a path of another system", file(func(f *document.Attachment) { f.Name = `C:\Windows\win.ini` }), []fc{document.FileName}},
		{"dots for a name", file(func(f *document.Attachment) { f.Name = ".." }), []fc{document.FileName}},
		{"a line end in a name", file(func(f *document.Attachment) { f.Name = "a\r\nb" }), []fc{document.FileName}},
		{"a file that was never uploaded", file(func(f *document.Attachment) { f.Inline = nil }), []fc{document.FileMissing}},
		{"a file that is too large to be carried inside", func(e *brokertest.Env, p *document.Packet) {
			p.Document.Files[0] = e.File("большой.pdf", make([]byte, 64<<10+1), "petrov")
		}, []fc{document.FileInline}},
		{"files that are too large together", func(e *brokertest.Env, p *document.Packet) {
			p.Document.Files = nil
			for i := range 9 {
				p.Document.Files = append(p.Document.Files, e.File(fmt.Sprint(i), make([]byte, 64<<10), "petrov"))
			}
		}, []fc{document.PacketTooLarge}},
		{"a packet that the bus cannot carry", func(e *brokertest.Env, p *document.Packet) {
			p.Document.Files[0] = e.File("огромный.pdf", make([]byte, 1<<20), "petrov")
		}, []fc{document.PacketTooLarge, document.FileInline}},
		{"ten thousand parts", doc(func(d *document.Document) {
			for i := range 10_000 {
				f := d.Files[0]
				f.Name, f.Inline, f.Size, f.Signatures = fmt.Sprint(i), []byte{1}, 1, nil
				f.SHA256 = sha256.Sum256(f.Inline)
				d.Files = append(d.Files, f)
			}
		}), []fc{document.FileMany, document.SignatureMissing}},
		{"unknown edition", whole(func(p *document.Packet) { p.Edition = "smdo-hub/99" }), []fc{document.PacketEdition}},
		{"unknown kind of packet", whole(func(p *document.Packet) { p.Kind = 9 }), []fc{document.PacketKindUnknown}},
		{"a main packet without a document", whole(func(p *document.Packet) { p.Document = nil }), []fc{document.PacketZone}},
		{"an answer to nothing", whole(func(p *document.Packet) { p.Kind, p.Tasks = document.Answer, nil }), []fc{document.DocumentParent}},
		{"an id that is none", whole(func(p *document.Packet) { p.ID.MsgID = "../x" }), []fc{document.PacketMsgID}},
	}
}

func TestEveryBadInputIsToldByItsCode(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open, Rules: testRules(), Broker: broker.Options{Custody: 3 * time.Second}})
		for _, b := range badInput() {
			p := signing(e)
			b.spoil(e, p)
			o := submit(t, e, p)
			slices.Sort(b.want)
			if o.Standing != broker.Refused || !slices.Equal(codes(o.Faults), b.want) {
				t.Errorf("%s: standing %s, faults %v, want %v", b.what, o.Standing, codes(o.Faults), b.want)
			}
		}
		for _, d := range dead(t, e) {
			t.Errorf("a dead letter: %s", d.Reason)
		}
		accepted(t, e, signing(e))
		sound(t, e)
	})
}

func TestEverythingWrongWithAPacketIsToldAtOnce(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{Rules: testRules()})
	p := signing(e)
	var want []document.FaultCode
	together := []string{"signature of another file", "unknown kind of document", "missing sheets", "term on an СМДО task", "controller on an СМДО task",
		"executor who is no participant", "a path for a name", "unknown edition", "author whom nobody knows"}
	for _, b := range badInput() {
		if slices.Contains(together, b.what) {
			b.spoil(e, p)
			want = append(want, b.want...)
		}
	}
	o := standing(t, submit(t, e, p), broker.Refused)
	slices.Sort(want)
	if got := codes(o.Faults); len(want) != len(together) || !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
	if len(o.Receipts) != 1 || o.Receipts[0].Stage != document.Reject || o.Receipts[0].Leaf < 0 {
		t.Errorf("receipts %+v", o.Receipts)
	}
	for _, f := range o.Faults {
		if f.Text(document.Russian) == "" || f.Text(document.English) == "" || strings.Contains(f.Text(document.Russian), "{0}") {
			t.Errorf("fault %s says %q", f.Code, f.Text(document.Russian))
		}
	}
}

func TestASuspendedReceiverIsToldBy104AndTheOthersGetTheirs(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{Rules: testRules()})
	p := signing(e)
	p.To = append(p.To, document.Receiver{Contour: "sub-b2"})
	o := accepted(t, e, p)
	if !o.Faults.Has(document.ContourSuspended) {
		t.Errorf("faults %v", o.Faults)
	}
	if got := stages(t, e, p.ID, "sub-b2"); !slices.Equal(got, []document.Stage{document.Accept, document.Block}) {
		t.Errorf("toward the suspended one there are receipts %v", got)
	}
	registered(t, e, p, "sub-a1")
	mine := e.Letter("head-a")
	mine.ID.Sender, mine.Author, mine.To[0].Contour = "sub-b2", "morozova", "head-a"
	o = submit(t, e, mine)
	if got := stages(t, e, mine.ID, "head-a"); !slices.Equal(codes(o.Faults), []fc{document.SenderSuspended}) || !slices.Equal(got, []document.Stage{document.Accept, document.Block}) {
		t.Errorf("a suspended sender is told %v, receipts %v", o.Faults, got)
	}
}

func TestAContourCanSpeakForItselfOnly(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{})
	p := signing(e)
	o, err := e.Submit(bounded(t), "head-b", p)
	if err == nil || !slices.Equal(codes(o.Faults), []document.FaultCode{document.PacketSender}) {
		t.Errorf("head-b speaks for head-a: %v, %v", o, err)
	}
}

func TestAFileOfAnotherContourCannotBeNamed(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{})
	content := []byte("%PDF-1.4 чужое")
	upload := &record.Upload{UploadKey: record.UploadKey{Contour: "head-b", SHA256: sha256.Sum256(content)}, Size: int64(len(content)), At: time.Now()}
	err := e.Record.Update(bounded(t), record.Reads{}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewUploads: []*record.Upload{upload}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p := signing(e)
	p.Document.Files[0] = e.File("чужое.pdf", content, "petrov")
	p.Document.Files[0].Inline = nil
	o := standing(t, submit(t, e, p), broker.Refused)
	if !slices.Equal(codes(o.Faults), []document.FaultCode{document.FileMissing}) {
		t.Errorf("faults %v", o.Faults)
	}
}

func TestAnAnswerToSomebodyElsesPacketLearnsNothingOfIt(t *testing.T) {
	t.Parallel()
	e := brokertest.Start(t, brokertest.Options{})
	secret := signing(e)
	secret.Document.Files = []document.Attachment{e.File("О сокращении штата.pdf", []byte("%PDF-1.4 секрет"), "petrov")}
	accepted(t, e, secret)
	spy := e.Letter("head-a")
	spy.ID.Sender, spy.Author, spy.Kind = "sub-b1", "belova", document.Answer
	spy.Document.Parent = &document.Parent{Contour: "head-a", LastMsgID: secret.ID.MsgID}
	spy.Answer = &document.TaskAnswer{Task: "t-1", Outcome: document.Signed, Executor: "belova"}
	o := standing(t, submit(t, e, spy), broker.Refused)
	if !o.Faults.Has(document.DocumentParentGone) {
		t.Errorf("faults %v", o.Faults)
	}
	for _, f := range o.Faults {
		if strings.Contains(fmt.Sprint(f.Args), "штата") {
			t.Errorf("the fault names a file of a packet that was never sent to sub-b1: %s", f.Error())
		}
	}
	got := registered(t, e, secret, "sub-a1")
	if got.Tasks[0].State != document.TaskActive {
		t.Errorf("the task is %s", got.Tasks[0].State)
	}
}

func TestASentCardCannotBeEditedAndTheAttemptIsReceipted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		ctx := bounded(t)
		card, err := e.CreateCard(ctx, "head-a", signing(e))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.RegisterCard(ctx, "head-a", card.Key); err != nil {
			t.Fatal(err)
		}
		o, err := e.SendCard(ctx, "head-a", card.Key)
		if err != nil {
			t.Fatal(err)
		}
		standing(t, o, broker.Custody)
		before, err := e.Record.Card(ctx, card.Key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.EditCard(ctx, "head-a", card.Key, 0, func(p *document.Packet) error { p.Subject = "Подмена"; return nil })
		if faults, _ := err.(document.Faults); !faults.Has(document.CardLocked) {
			t.Errorf("edit: %v", err)
		}
		until(t, e, "the attempt is receipted", func() bool {
			return slices.Contains(stages(t, e, o.Packet, "sub-a1"), document.EditRefused)
		})
		if after, err := e.Record.Card(ctx, card.Key); err != nil || string(after.Draft) != string(before.Draft) {
			t.Errorf("the sent card changed (%v)", err)
		}
		sound(t, e)
	})
}

func TestRulesThatCannotHoldAreRefusedWithTheirCode(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		rules []byte
		want  document.FaultCode
	}{
		"a numbering template without a sequence": {with(contours.Example(), "        index: 01-вх", "        index: 01-вх\n        template: \"{index}/{year}\""), document.JournalSequence},
		"more seats than were ordered": {with(contours.Example(), "      - {code: belova, name: Белова Ирина Сергеевна, rights: [send, execute, clerk]}",
			"      - {code: belova, name: Белова, rights: [send]}\n      - {code: a, name: А, rights: [execute]}\n      - {code: b, name: Б, rights: [execute]}\n      - {code: c, name: В, rights: [execute]}"), document.QuotaSeats},
	} {
		_, problems := contours.Parse(c.rules)
		if !slices.ContainsFunc(problems, func(p contours.Problem) bool { return p.Code == c.want && p.Line > 0 }) {
			t.Errorf("%s: %v, want %s", what, problems, c.want)
		}
	}
}
