package broker_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// centre is a certification centre whose certificate has not come to the trust folder yet.
type centre struct {
	emulator *signature.Emulator
	folder   signature.Folder
	away     string
}

func newCentre(t *testing.T) *centre {
	t.Helper()
	dir := t.TempDir()
	emulator, err := signature.OpenEmulator(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := &centre{emulator: emulator, folder: emulator.Folder(), away: filepath.Join(dir, "root.later")}
	c.folder.Domain = "Новый центр"
	if err := os.Rename(filepath.Join(c.folder.Path, "root.pem"), c.away); err != nil {
		t.Fatal(err)
	}
	return c
}

// arrives puts the certificate where the hub looks for it.
func (c *centre) arrives(t *testing.T, e *brokertest.Env) {
	t.Helper()
	if err := os.Rename(c.away, filepath.Join(c.folder.Path, "root.pem")); err != nil {
		t.Fatal(err)
	}
	if err := e.Trust.Reload(); err != nil {
		t.Fatal(err)
	}
}

// letter is one that is signed with a certificate of the centre.
func (c *centre) letter(t *testing.T, e *brokertest.Env) *document.Packet {
	t.Helper()
	p := signing(e)
	f := &p.Document.Files[0]
	signer, err := c.emulator.Issue("petrov", signature.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cms, err := signer.Sign(signature.ContentOf(f.Inline))
	if err != nil {
		t.Fatal(err)
	}
	f.Signatures = []document.Signature{{CMS: cms}}
	return p
}

func (c *centre) start(t *testing.T, open opener, families ...signature.Family) (*brokertest.Env, *brokertest.Clock) {
	t.Helper()
	clock := new(brokertest.Clock)
	return brokertest.Start(t, brokertest.Options{Open: open, Trust: []signature.Folder{c.folder}, Families: families,
		Broker: broker.Options{Clock: clock.Now, ReconcileEvery: time.Hour}}), clock
}

func TestAPacketWhoseChainIsIncompleteIsHeldAndItsNeighboursGoOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		c := newCentre(t)
		e, clock := c.start(t, open)
		held := c.letter(t, e)
		outcomes := make([]broker.Outcome, 12)
		together(len(outcomes), func(i int) {
			p := held
			if i > 0 {
				p = signing(e)
			}
			outcomes[i] = submit(t, e, p)
		})
		for i, o := range outcomes[1:] {
			if o.Standing != broker.Custody {
				t.Errorf("neighbour %d: %s", i, o.Standing)
			}
		}
		o := standing(t, outcomes[0], broker.Pending)
		if !slices.Equal(codes(o.Faults), []fc{document.SignatureChain}) {
			t.Errorf("faults %v", o.Faults)
		}
		ex := await(t, e, held.ID, "sub-a1", inState(document.Held))
		if left := ex.Deadline.Sub(clock.Now()); left < 71*time.Hour || left > 72*time.Hour {
			t.Errorf("the deadline is in %s", left)
		}
		standing(t, submit(t, e, held), broker.Pending)
		e.Restart()
		c.arrives(t, e)
		clock.Forward(time.Minute)
		reconcile(t, e)
		ex = registered(t, e, held, "sub-a1")
		if ex.Tasks[0].State != document.TaskActive || !ex.Doc.Emulated {
			t.Errorf("exchange %+v, packet %+v", ex, ex.Doc)
		}
		accepted(t, e, held)
		want := []document.Stage{document.Hold, document.Accept, document.Forward, document.Deliver, document.Register}
		if got := stages(t, e, held.ID, "sub-a1"); !slices.Equal(got, want) {
			t.Errorf("receipts %v, want %v", got, want)
		}
		sound(t, e)
	})
}

func TestWhatCannotBeDecidedInItsTimeIsRefusedWithItsFaults(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		c := newCentre(t)
		e, clock := c.start(t, open)
		p := c.letter(t, e)
		standing(t, submit(t, e, p), broker.Pending)
		clock.Forward(71 * time.Hour)
		reconcile(t, e)
		await(t, e, p.ID, "sub-a1", inState(document.Held))
		clock.Forward(2 * time.Hour)
		reconcile(t, e)
		await(t, e, p.ID, "sub-a1", inState(document.Rejected))
		o := standing(t, submit(t, e, p), broker.Refused)
		if !o.Faults.Has(document.SignatureChain) || !o.Faults.Has(document.HeldTooLong) {
			t.Errorf("faults %v", o.Faults)
		}
		sound(t, e)
	})
}

func TestAHeldPacketIsJudgedAsOfTheTimeWhenItCame(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	e, clock := c.start(t, openSQLite)
	c.emulator.Now = func() time.Time { return time.Now().AddDate(-3, 0, 2) } // its certificates end in two days
	p := c.letter(t, e)
	standing(t, submit(t, e, p), broker.Pending)
	c.arrives(t, e)
	clock.Forward(70 * time.Hour)
	reconcile(t, e)
	registered(t, e, p, "sub-a1")
}

func TestACardWhosePacketWasHeldIsLockedWhenItIsAccepted(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	e, clock := c.start(t, openSQLite)
	ctx := bounded(t)
	card, err := e.CreateCard(ctx, "head-a", c.letter(t, e))
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
	standing(t, o, broker.Pending)
	c.arrives(t, e)
	clock.Forward(time.Minute)
	reconcile(t, e)
	await(t, e, o.Packet, "sub-a1", inState(document.Registered))
	if card, err = e.Record.Card(ctx, card.Key); err != nil || card.State != document.CardSent {
		t.Errorf("the card is %s, %v", card.State, err)
	}
}

// crashing is a provider of signatures that panics while it is told to.
type crashing struct {
	signature.Family
	on atomic.Pointer[[]byte] // the key at which it panics
}

func (c *crashing) Verify(spki []byte, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed signature.Signed, sig []byte) error {
	if key := c.on.Load(); key != nil && slices.Equal(*key, spki) {
		panic("the provider crashed")
	}
	return c.Family.Verify(spki, algorithm, digest, signed, sig)
}

// at makes the provider crash at the certificate of a participant.
func (c *crashing) at(t testing.TB, emulator *signature.Emulator, participant string) {
	t.Helper()
	signer, err := emulator.Issue(participant, signature.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	key := signer.Certificate().RawSubjectPublicKeyInfo
	c.on.Store(&key)
}

func TestAHeldPacketThatCannotBeExaminedDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	c, other := newCentre(t), newCentre(t)
	provider := &crashing{Family: signature.Std()}
	clock := new(brokertest.Clock)
	other.folder.Domain = "Другой центр"
	e := brokertest.Start(t, brokertest.Options{Trust: []signature.Folder{c.folder, other.folder}, Families: []signature.Family{provider},
		Broker: broker.Options{Clock: clock.Now, ReconcileEvery: time.Hour}})
	p, q := c.letter(t, e), other.letter(t, e)
	standing(t, submit(t, e, p), broker.Pending)
	standing(t, submit(t, e, q), broker.Pending)
	c.arrives(t, e)
	other.arrives(t, e)
	provider.at(t, c.emulator, "petrov")
	clock.Forward(time.Minute)
	reconcile(t, e)
	registered(t, e, q, "sub-a1")
	await(t, e, p.ID, "sub-a1", inState(document.Held))
	provider.on.Store(nil)
	clock.Forward(time.Minute)
	reconcile(t, e)
	registered(t, e, p, "sub-a1")
	if letters, err := e.Record.DeadLetters(bounded(t), "", record.Key{}, 10); err != nil || len(letters) > 0 {
		t.Errorf("dead letters %v, %v", letters, err)
	}
}
