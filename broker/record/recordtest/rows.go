package recordtest

import (
	"errors"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var rowPromises = []promise{
	{"what Update wrote is what Update and the readers see, in every column", func(b *bed) { b.everyColumn(new(filler)) }},
	{"so it is with empty columns", func(b *bed) { b.everyColumn(nil) }},
	{"what is set is replaced", (*bed).setColumns},
	{"what is absent is told apart", (*bed).absent},
	{"the latest attempt is what Packets returns", (*bed).latestAttempt},
	{"an answer's exchange brings its parent's", (*bed).answerBringsParent},
	{"tasks come in the order of the packet", (*bed).taskOrder},
	{"early reports wait under the packet, a repeat once, until they are gone", (*bed).early},
}

// sample is one row of everything, hanging together.
type sample struct {
	packet   record.Packet
	exchange record.Exchange
	journal  record.Journal
	card     record.Card
	claim    record.Claim
	receipt  record.Receipt
	note     record.Note
	early    record.Early
	dead     record.Dead
	upload   record.Upload
}

func newSample(f *filler) *sample {
	s := &sample{exchange: record.Exchange{Tasks: make([]record.Task, 2)}}
	if f != nil {
		for _, row := range []any{&s.packet, &s.exchange, &s.journal, &s.card, &s.claim, &s.receipt, &s.note, &s.early, &s.dead, &s.upload} {
			f.fill(row)
		}
	}
	p, e, c := &s.packet, &s.exchange, &s.card
	p.Key, p.ID, p.Attempt, p.Body = record.NewKey(), document.PacketID{Sender: "snd", MsgID: "m-1"}, 1, append(p.Body, "body"...)
	e.Packet, e.ID, e.Receiver, e.Doc = p.Key, p.ID, "rcv", nil
	for i, id := range []string{"t1", "t2"} {
		t := &e.Tasks[i]
		t.Packet, t.Receiver, t.ID, t.Ordinal = p.Key, e.Receiver, id, i
	}
	s.journal.JournalKey = record.JournalKey{Contour: "rcv", Journal: "in", Year: 2026}
	c.Key, c.Contour, c.Packet, c.PacketID, c.Task, c.Receipt = record.NewKey(), "rcv", p.Key, p.ID, "t1", document.NewReceiptID(p.ID, "rcv", "t1", document.Register, "e")
	c.TaskState = e.Tasks[0].State
	s.claim.Key = record.ClaimKey{1, 2, 3}
	s.receipt.ID, s.receipt.Packet, s.receipt.Receiver, s.receipt.Stage, s.receipt.PacketKey = c.Receipt, p.ID, "rcv", document.Register, p.Key
	s.receipt.Bytes = append(s.receipt.Bytes, "receipt"...)
	s.note.Packet, s.note.Receipt = p.Key, c.Receipt
	s.early.Packet, s.early.Reporter, s.early.ID, s.early.Body = p.ID, "rcv", "r-1", append(s.early.Body, "early"...)
	s.dead.Key, s.dead.Stage = record.NewKey(), "admit"
	s.upload.UploadKey = record.UploadKey{Contour: "snd", SHA256: [32]byte{9}}
	return s
}

func (s *sample) writes() *record.Writes {
	return &record.Writes{NewPackets: []*record.Packet{&s.packet}, NewExchanges: []*record.Exchange{&s.exchange}, SetJournals: []*record.Journal{&s.journal}, NewCards: []*record.Card{&s.card},
		NewClaims: []*record.Claim{&s.claim}, Receipts: []*record.Receipt{&s.receipt}, Notes: []record.Note{s.note}, NewEarly: []record.Early{s.early}, NewDead: []*record.Dead{&s.dead},
		NewUploads: []*record.Upload{&s.upload}}
}

func (s *sample) reads() record.Reads {
	return record.Reads{Packets: []document.PacketID{s.packet.ID}, Exchanges: []record.ExchangeKey{s.exchange.Key()}, Journals: []record.JournalKey{s.journal.JournalKey}, Cards: []record.Key{s.card.Key},
		Claims: []record.ClaimKey{s.claim.Key}, Uploads: []record.UploadKey{s.upload.UploadKey}, Early: []document.PacketID{s.packet.ID}, Dead: []record.Key{s.dead.Key}}
}

// loaded are the packet without its body and the exchange with the packet beside it.
func (s *sample) loaded() (*record.Packet, *record.Exchange) {
	p, e := s.packet, s.exchange
	p.Body, e.Doc = nil, &p
	return &p, &e
}

func (b *bed) everyColumn(f *filler) {
	s := newSample(f)
	b.write(s.writes())
	b.seal(&s.receipt)
	b.sees(s)
	b.readers(s)
}

// sees compares the sample with what a stage sees.
func (b *bed) sees(s *sample) {
	b.Helper()
	st := b.state(s.reads())
	p, e := s.loaded()
	b.same("packet", st.Packets, map[document.PacketID]*record.Packet{p.ID: p})
	b.same("exchange", st.Exchanges, map[record.ExchangeKey]*record.Exchange{e.Key(): e})
	b.same("journal", st.Journals, map[record.JournalKey]*record.Journal{s.journal.JournalKey: &s.journal})
	b.same("card", st.Cards, map[record.Key]*record.Card{s.card.Key: &s.card})
	b.same("claim", st.Claims, map[record.ClaimKey]*record.Claim{s.claim.Key: &s.claim})
	b.same("upload", st.Uploads, map[record.UploadKey]*record.Upload{s.upload.UploadKey: &s.upload})
	b.same("early report", st.Early, map[document.PacketID][]record.Early{p.ID: {s.early}})
	b.same("dead letter", st.Dead, map[record.Key]*record.Dead{s.dead.Key: &s.dead})
}

// readers compares the sample with what the readers show.
func (b *bed) readers(s *sample) {
	b.Helper()
	ctx := b.Context()
	p, e := s.loaded()
	gotPacket, gotExchanges, err := b.r.Packet(ctx, p.ID)
	b.must(err)
	b.same("Packet", gotPacket, p)
	b.same("exchanges of Packet", gotExchanges, []*record.Exchange{e})
	body, err := b.r.Body(ctx, p.Key)
	b.must(err)
	b.same("Body", body, s.packet.Body)
	for _, q := range []record.PacketQuery{{Contour: "rcv"}, {Contour: "snd", Outgoing: true}} {
		q.Limit = 10
		exchanges, _, err := b.r.Exchanges(ctx, q)
		b.must(err)
		b.same("Exchanges", exchanges, []*record.Exchange{e})
	}
	card, err := b.r.Card(ctx, s.card.Key)
	b.must(err)
	b.same("Card", card, &s.card)
	cards, err := b.r.CardsOf(ctx, p.ID, "rcv")
	b.must(err)
	b.same("CardsOf", cards, []*record.Card{&s.card})
	journals, err := b.r.Journals(ctx, "rcv")
	b.must(err)
	b.same("Journals", journals, []record.Journal{s.journal})
	note, err := b.r.Note(ctx, s.note.Receipt)
	b.must(err)
	b.same("Note", note, s.note)
	dead, err := b.r.DeadLetters(ctx, "admit", record.Key{}, 10)
	b.must(err)
	b.same("DeadLetters", dead, []*record.Dead{&s.dead})
	sealed := record.SealedReceipt{Sender: "snd", Receiver: "rcv", Bytes: s.receipt.Bytes}
	one, err := b.r.Receipt(ctx, s.receipt.ID)
	b.must(err)
	b.same("Receipt", one, sealed)
	all, err := b.r.Receipts(ctx, p.ID, 10)
	b.must(err)
	b.same("Receipts", all, []record.SealedReceipt{sealed})
}

func (b *bed) setColumns() {
	f := new(filler)
	s := newSample(f)
	b.write(s.writes())
	b.seal(&s.receipt)
	was, now := *s, newSample(f)
	now.card.Key, now.card.Version, now.card.Packet = was.card.Key, was.card.Version+1, was.card.Packet
	now.card.PacketID, now.card.Receipt = was.card.PacketID, was.receipt.ID
	s.packet.State, s.packet.Rules, s.packet.At = now.packet.State, now.packet.Rules, now.packet.At
	tasks := s.exchange.Tasks
	s.exchange = now.exchange
	s.exchange.Packet, s.exchange.Tasks = was.packet.Key, tasks
	for i := range tasks { // what the sender wrote stays
		t, n := &tasks[i], &now.exchange.Tasks[i]
		t.Executor, t.Others, t.State, t.Outcome, t.Card, t.Journal, t.Number, t.Changed = n.Executor, n.Others, n.State, n.Outcome, n.Card, n.Journal, n.Number, n.Changed
	}
	s.journal, s.card = now.journal, now.card
	s.card.TaskState = tasks[0].State
	b.write(&record.Writes{SetPackets: []*record.Packet{&s.packet}, SetExchanges: []*record.Exchange{&s.exchange}, SetTasks: []*record.Task{&tasks[0], &tasks[1]},
		SetJournals: []*record.Journal{&s.journal}, SetCards: []*record.Card{&s.card}})
	b.sees(s)
	b.readers(s)
}

func (b *bed) absent() {
	s := newSample(nil)
	st := b.state(s.reads())
	if st.EarlyOf == nil {
		b.Error("EarlyOf is nil")
	}
	empty := &record.State{Head: st.Head, Journals: map[record.JournalKey]*record.Journal{s.journal.JournalKey: {JournalKey: s.journal.JournalKey}}}
	b.same("state of an empty record", st, empty)
	ctx := b.Context()
	_, _, packetErr := b.r.Packet(ctx, s.packet.ID)
	_, bodyErr := b.r.Body(ctx, s.packet.Key)
	_, receiptErr := b.r.Receipt(ctx, s.receipt.ID)
	_, noteErr := b.r.Note(ctx, s.receipt.ID)
	_, cardErr := b.r.Card(ctx, s.card.Key)
	_, rulesErr := b.r.RulesVersion(ctx, 0)
	_, keyErr := b.r.Key(ctx, "none")
	for what, err := range map[string]error{"Packet": packetErr, "Body": bodyErr, "Receipt": receiptErr, "Note": noteErr, "Card": cardErr, "RulesVersion": rulesErr, "Key": keyErr,
		"RevokeKey": b.r.RevokeKey(ctx, "none", start), "ApproveRules": b.r.ApproveRules(ctx, 7, "x")} {
		if !errors.Is(err, record.ErrNotFound) {
			b.Errorf("%s of what is absent: %v, want ErrNotFound", what, err)
		}
	}
}

func (b *bed) latestAttempt() {
	first := b.packet("snd")
	first.State = document.Rejected
	second := b.packet("snd")
	second.ID, second.Attempt = first.ID, 2
	b.write(&record.Writes{NewPackets: []*record.Packet{first}, NewExchanges: []*record.Exchange{exchange(first, "rcv", document.Rejected)}})
	b.write(&record.Writes{NewPackets: []*record.Packet{second}, NewExchanges: []*record.Exchange{exchange(second, "rcv", document.Forwarded)}})
	k := record.ExchangeKey{Packet: first.ID, Receiver: "rcv"}
	st := b.state(record.Reads{Packets: []document.PacketID{first.ID}, Exchanges: []record.ExchangeKey{k}})
	if got := st.Packets[first.ID]; got.Key != second.Key || got.Attempt != 2 {
		b.Errorf("Packets has attempt %d", got.Attempt)
	}
	if got := st.Exchanges[k]; got.Packet != second.Key || got.State != document.Forwarded {
		b.Errorf("Exchanges has that of another attempt: %+v", got)
	}
	p, exchanges, err := b.r.Packet(b.Context(), first.ID)
	b.must(err)
	if p.Key != second.Key || len(exchanges) != 1 || exchanges[0].Packet != second.Key {
		b.Errorf("Packet returns attempt %d with %d exchanges", p.Attempt, len(exchanges))
	}
}

func (b *bed) answerBringsParent() {
	asked, _ := b.admitted("snd", "rcv", "t1")
	answer := b.packet("rcv")
	answer.Kind, answer.Parent = document.Answer, asked.ID
	b.write(&record.Writes{NewPackets: []*record.Packet{answer}, NewExchanges: []*record.Exchange{exchange(answer, "snd", document.Accepted), exchange(answer, "third", document.Accepted)}})
	st := b.state(record.Reads{Exchanges: []record.ExchangeKey{{Packet: answer.ID, Receiver: "snd"}}})
	parent := st.Exchanges[record.ExchangeKey{Packet: asked.ID, Receiver: "rcv"}]
	if len(st.Exchanges) != 2 || parent == nil || parent.Doc == nil || len(parent.Tasks) != 1 {
		b.Fatalf("got %d exchanges, the parent's is %+v", len(st.Exchanges), parent)
	}
}

func (b *bed) taskOrder() {
	p, _ := b.admitted("snd", "rcv", "z", "a", "m")
	_, exchanges, err := b.r.Packet(b.Context(), p.ID)
	b.must(err)
	var got []string
	for _, t := range exchanges[0].Tasks {
		got = append(got, t.ID)
	}
	b.same("tasks", got, []string{"z", "a", "m"})
}

func (b *bed) early() {
	id := document.PacketID{Sender: "snd", MsgID: "later"}
	other := document.PacketID{Sender: "snd", MsgID: "other"}
	first := record.Early{Packet: id, Reporter: "rcv", ID: "r1", At: start, Body: []byte("1")}
	second := record.Early{Packet: id, Reporter: "rcv", ID: "r2", At: start.AddDate(0, 0, 1), Body: []byte("2")}
	elsewhere := record.Early{Packet: other, Reporter: "rcv", ID: "r1", At: start, Body: []byte("3")}
	again := first
	again.Body = []byte("again")
	b.write(&record.Writes{NewEarly: []record.Early{first, elsewhere}})
	b.write(&record.Writes{NewEarly: []record.Early{again, second}})
	b.same("early", b.state(record.Reads{Early: []document.PacketID{id}}).Early[id], []record.Early{first, second})
	counts := b.state(record.Reads{EarlyOf: []document.ContourCode{"rcv", "none"}}).EarlyOf
	if counts["rcv"] != 3 || counts["none"] != 0 {
		b.Errorf("waiting reports by contour: %v, want 3 of rcv", counts)
	}
	b.write(&record.Writes{GoneEarly: []document.PacketID{id}})
	b.same("early after they were applied", b.state(record.Reads{Early: []document.PacketID{id, other}}).Early, map[document.PacketID][]record.Early{other: {elsewhere}})
}
