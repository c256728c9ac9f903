package broker_test

import (
	"slices"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// mailboxHub starts a hub whose reconciler works only when it is asked to, and whose clock can be put forward.
// sub-a2 pulls from a mailbox.
func mailboxHub(t *testing.T, open opener, o broker.Options) (*brokertest.Env, *brokertest.Clock) {
	t.Helper()
	clock := new(brokertest.Clock)
	o.Clock, o.ReconcileEvery = clock.Now, time.Hour
	return brokertest.Start(t, brokertest.Options{Open: open, Rules: testRules(), Broker: o}), clock
}

// inform is a letter with a task for sub-a2.
func inform(e *brokertest.Env) *document.Packet {
	return e.Letter("sub-a2", brokertest.Task("t-1", document.Inform, "sub-a2", "kozlov"))
}

// says is what sub-a2 reports.
func says(id string, p *document.Packet, stage document.Stage, code int) *document.Report {
	r := &document.Report{ID: id, Packet: p.ID, Stage: stage, Code: code, At: time.Now()}
	switch {
	case stage == document.Register && code == document.CodeRegistered:
		r.Number = document.RegNumber{Number: "вх-17", Date: document.Date{Year: 2026, Month: 11, Day: 25}}
	case code != 0:
		r.Note = "причина"
	}
	return r
}

func report(t testing.TB, e *brokertest.Env, r *document.Report) broker.Outcome {
	t.Helper()
	o, err := e.Report(bounded(t), "sub-a2", r)
	if err != nil && len(o.Faults) == 0 {
		t.Fatalf("report %s: %v", r.ID, err)
	}
	return o
}

func exchange(t testing.TB, e *brokertest.Env, p *document.Packet) *record.Exchange {
	t.Helper()
	return await(t, e, p.ID, "sub-a2", func(*record.Exchange) bool { return true })
}

func wantStages(t testing.TB, e *brokertest.Env, p *document.Packet, want ...document.Stage) {
	t.Helper()
	if got := stages(t, e, p.ID, "sub-a2"); !slices.Equal(got, want) {
		t.Errorf("receipts %v, want %v", got, want)
	}
}

func reconcile(t testing.TB, e *brokertest.Env) {
	t.Helper()
	if _, err := e.Reconcile(bounded(t)); err != nil {
		t.Fatal(err)
	}
}

func TestAReportBeforeItsPacketWaitsForIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e, _ := mailboxHub(t, open, broker.Options{EarlyReports: 2})
		p := inform(e)
		standing(t, report(t, e, says("r-1", p, document.Register, 0)), broker.Pending)
		standing(t, report(t, e, says("r-1", p, document.Register, 0)), broker.Pending) // a repeat is not one more
		standing(t, report(t, e, says("r-2", inform(e), document.Deliver, 0)), broker.Pending)
		o := standing(t, report(t, e, says("r-3", inform(e), document.Deliver, 0)), broker.Refused)
		if !slices.Equal(codes(o.Faults), []fc{document.ReportTooMany}) {
			t.Errorf("one too many is told %v", o.Faults)
		}
		e.Restart()
		accepted(t, e, p)
		ex := await(t, e, p.ID, "sub-a2", inState(document.Registered))
		if ex.Number.Number != "вх-17" || ex.Tasks[0].State != document.TaskActive {
			t.Errorf("exchange %+v", ex)
		}
		wantStages(t, e, p, document.Accept, document.Forward, document.Register)
		standing(t, report(t, e, says("r-1", p, document.Register, 0)), broker.Custody)
		standing(t, report(t, e, says("r-3", inform(e), document.Deliver, 0)), broker.Pending) // there is room again
		wantStages(t, e, p, document.Accept, document.Forward, document.Register)
		sound(t, e)
	})
}

func TestARegistrationThatOvertakesTheDeliveryCountsAndTheDeliveryIsRecorded(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e, _ := mailboxHub(t, open, broker.Options{})
		p := inform(e)
		accepted(t, e, p)
		standing(t, report(t, e, says("r-2", p, document.Register, 0)), broker.Custody)
		o := standing(t, report(t, e, says("r-1", p, document.Deliver, 0)), broker.Custody)
		if r := o.Receipts[0]; r.From != document.Registered || r.To != document.Registered || len(o.Faults) > 0 {
			t.Errorf("the late delivery is %+v", r)
		}
		if ex := exchange(t, e, p); ex.State != document.Registered {
			t.Errorf("state %s", ex.State)
		}
		wantStages(t, e, p, document.Accept, document.Forward, document.Register, document.Deliver)
	})
}

func TestAnImpossibleStepIsFlaggedAndKept(t *testing.T) {
	t.Parallel()
	e, _ := mailboxHub(t, openSQLite, broker.Options{})
	p := inform(e)
	accepted(t, e, p)
	standing(t, report(t, e, says("r-1", p, document.Register, 0)), broker.Custody)
	o := standing(t, report(t, e, says("r-2", p, document.Register, document.CodeRefused)), broker.Custody)
	if !slices.Equal(codes(o.Faults), []fc{document.ReportIllegal}) {
		t.Errorf("faults %v", o.Faults)
	}
	if ex := exchange(t, e, p); ex.State != document.Registered {
		t.Errorf("state %s", ex.State)
	}
	wantStages(t, e, p, document.Accept, document.Forward, document.Register, document.Flag)
}

func TestARepeatedReportIsNeverFlagged(t *testing.T) {
	t.Parallel()
	e, _ := mailboxHub(t, openSQLite, broker.Options{})
	said := map[string]*document.Packet{}
	reports := map[string]struct {
		stage document.Stage
		code  int
		state document.State
	}{
		"delivered":            {document.Deliver, 0, document.Delivered},
		"not taken":            {document.Deliver, 7, document.DeliveryFailed},
		"registered":           {document.Register, document.CodeRegistered, document.Registered},
		"not subject":          {document.Register, document.CodeNotSubject, document.NotSubject},
		"registration refused": {document.Register, document.CodeRefused, document.Refused},
		"signature distrusted": {document.Register, document.CodeUntrusted, document.Untrusted},
	}
	for what, r := range reports {
		p := inform(e)
		accepted(t, e, p)
		together(10, func(int) { standing(t, report(t, e, says("r-1", p, r.stage, r.code)), broker.Custody) })
		said[what] = p
	}
	e.Restart()
	for what, r := range reports {
		o := standing(t, report(t, e, says("r-1", said[what], r.stage, r.code)), broker.Custody)
		if len(o.Receipts) != 1 || o.Receipts[0].Code != r.code {
			t.Errorf("%s: a repeat is told %+v", what, o.Receipts)
		}
		if ex := exchange(t, e, said[what]); ex.State != r.state {
			t.Errorf("%s: state %s, want %s", what, ex.State, r.state)
		}
		wantStages(t, e, said[what], document.Accept, document.Forward, r.stage)
	}
}

func TestAnOldReportOfFailureDoesNotUndoARedelivery(t *testing.T) {
	t.Parallel()
	e, _ := mailboxHub(t, openSQLite, broker.Options{})
	p := inform(e)
	accepted(t, e, p)
	report(t, e, says("r-1", p, document.Deliver, 7))
	if err := e.Redeliver(bounded(t), p.ID, "sub-a2"); err != nil {
		t.Fatal(err)
	}
	report(t, e, says("r-1", p, document.Deliver, 7))
	if ex := exchange(t, e, p); ex.State != document.Forwarded {
		t.Errorf("state %s", ex.State)
	}
	report(t, e, says("r-2", p, document.Deliver, 7))
	if ex := exchange(t, e, p); ex.State != document.DeliveryFailed {
		t.Errorf("after another failure the state is %s", ex.State)
	}
}

func TestNobodyReportsAboutAPacketThatWasNotSentToHim(t *testing.T) {
	t.Parallel()
	e, _ := mailboxHub(t, openSQLite, broker.Options{})
	p := signing(e)
	accepted(t, e, p)
	registered(t, e, p, "sub-a1")
	o := standing(t, report(t, e, says("r-1", p, document.Register, document.CodeRefused)), broker.Refused)
	if !slices.Equal(codes(o.Faults), []fc{document.PacketUnknown}) {
		t.Errorf("faults %v", o.Faults)
	}
	if got := stages(t, e, p.ID, "sub-a2"); len(got) > 0 {
		t.Errorf("receipts %v", got)
	}
}

func TestWhatIsBeingPulledNeitherExpiresNorIsWithdrawn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e, clock := mailboxHub(t, open, broker.Options{})
		ctx := bounded(t)
		p := inform(e)
		accepted(t, e, p)
		clock.Forward(72*time.Hour - time.Minute)
		items, err := e.Mailbox(ctx, "sub-a2", record.Key{}, 10)
		if err != nil || len(items) != 1 {
			t.Fatalf("mailbox %v, %v", items, err)
		}
		clock.Forward(2 * time.Minute)
		reconcile(t, e)
		if ex := exchange(t, e, p); ex.State != document.Forwarded {
			t.Fatalf("expired under the puller's hands: %s", ex.State)
		}
		faults, _ := e.Withdraw(ctx, p.ID, "").(document.Faults)
		if !faults.Has(document.PacketPulled) {
			t.Errorf("withdraw: %v", faults)
		}
		clock.Forward(20 * time.Minute)
		reconcile(t, e)
		if ex := exchange(t, e, p); ex.State != document.Expired || ex.Due != record.DueNothing {
			t.Fatalf("after the pull ran out: %s, due %q", ex.State, ex.Due)
		}
		o := standing(t, report(t, e, says("r-1", p, document.Deliver, 0)), broker.Custody)
		if r := o.Receipts[0]; r.From != document.Expired || r.To != document.Delivered {
			t.Errorf("the correcting receipt is %+v", r)
		}
		wantStages(t, e, p, document.Accept, document.Forward, document.Expire, document.Deliver)
		sound(t, e)
	})
}

func TestNothingExpiresSoonAfterAStart(t *testing.T) {
	t.Parallel()
	e, clock := mailboxHub(t, openSQLite, broker.Options{})
	p := inform(e)
	accepted(t, e, p)
	e.Stop()
	clock.Forward(5 * 24 * time.Hour) // the hub was away that long: nobody could pull
	if err := e.Again(); err != nil {
		t.Fatal(err)
	}
	reconcile(t, e)
	if ex := exchange(t, e, p); ex.State != document.Forwarded {
		t.Fatalf("state %s", ex.State)
	}
	clock.Forward(16 * time.Minute)
	reconcile(t, e)
	if ex := exchange(t, e, p); ex.State != document.Expired {
		t.Fatalf("after the grace: %s", ex.State)
	}
}

func TestAPacketThatExpiresAgainIsReceiptedAgain(t *testing.T) {
	t.Parallel()
	e, clock := mailboxHub(t, openSQLite, broker.Options{})
	p := inform(e)
	accepted(t, e, p)
	clock.Forward(73 * time.Hour)
	reconcile(t, e)
	if err := e.Redeliver(bounded(t), p.ID, "sub-a2"); err != nil {
		t.Fatal(err)
	}
	clock.Forward(73 * time.Hour)
	reconcile(t, e)
	until(t, e, "all is sealed", func() bool { return len(stages(t, e, p.ID, "sub-a2")) >= 5 })
	wantStages(t, e, p, document.Accept, document.Forward, document.Expire, document.Redeliver, document.Expire)
}

func TestWhatIsWithdrawnWhileTheMailboxIsReadIsNotHandedOut(t *testing.T) {
	t.Parallel()
	var s *seam
	e, _ := mailboxHub(t, through(&s, openSQLite), broker.Options{})
	ctx := bounded(t)
	p, other := inform(e), inform(e)
	accepted(t, e, p)
	accepted(t, e, other)
	s.set(func(s *seam) {
		s.mailbox = func() { // the list is read, the pull not noted yet
			if err := e.Withdraw(ctx, p.ID, ""); err != nil {
				t.Error(err)
			}
		}
	})
	items, err := e.Mailbox(ctx, "sub-a2", record.Key{}, 10)
	if err != nil || len(items) != 1 || items[0].Packet.ID != other.ID {
		t.Errorf("mailbox %v, %v", items, err)
	}
}

func TestWhatWasRegisteredCannotBeWithdrawn(t *testing.T) {
	t.Parallel()
	e, _ := mailboxHub(t, openSQLite, broker.Options{})
	ctx := bounded(t)
	p := signing(e)
	p.To = append(p.To, document.Receiver{Contour: "sub-a2"})
	accepted(t, e, p)
	registered(t, e, p, "sub-a1")
	faults, _ := e.Withdraw(ctx, p.ID, "sub-a1").(document.Faults)
	if !faults.Has(document.PacketSettled) {
		t.Errorf("withdraw from sub-a1: %v", faults)
	}
	if err := e.Withdraw(ctx, p.ID, ""); err != nil { // from those that it has not reached
		t.Errorf("withdraw: %v", err)
	}
	await(t, e, p.ID, "sub-a2", inState(document.Withdrawn))
	if ex := registered(t, e, p, "sub-a1"); ex.State != document.Registered {
		t.Errorf("state %s", ex.State)
	}
	o := standing(t, report(t, e, says("r-1", p, document.Deliver, 0)), broker.Custody)
	if !slices.Equal(codes(o.Faults), []fc{document.ReportIllegal}) {
		t.Errorf("a report about what was withdrawn is told %v", o.Faults)
	}
}
