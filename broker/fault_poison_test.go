package broker_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// put publishes what no door would: a message of the hub's own user, as a broken or older hub might leave it.
func put(t testing.TB, e *brokertest.Env, subject, kind string, body []byte) {
	t.Helper()
	js, err := jetstream.New(e.Conn)
	if err != nil {
		t.Fatal(err)
	}
	m := &nats.Msg{Subject: subject, Data: body, Header: nats.Header{}}
	if kind != "" {
		m.Header.Set("ce-type", kind)
	}
	if _, err := js.PublishMsg(bounded(t), m); err != nil {
		t.Fatal(err)
	}
}

func deadLetters(t testing.TB, e *brokertest.Env, n int) []*record.Dead {
	t.Helper()
	var letters []*record.Dead
	until(t, e, fmt.Sprint("there are dead letters: ", n), func() bool { letters = dead(t, e); return len(letters) == n })
	return letters
}

func TestPoisonBecomesADeadLetterAndItsNeighboursDoNotNotice(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		whole, err := wire.MarshalPacket(signing(e))
		if err != nil {
			t.Fatal(err)
		}
		poison := map[string]func(){
			"PKT-01 : the":           func() { put(t, e, "smdo.in.head-a", "by.smdo.packet.v1", []byte("\xff\xff\xff\xff мусор")) },
			"truncated":              func() { put(t, e, "smdo.in.head-a", "by.smdo.packet.v1", whole[:len(whole)-7]) },
			"by.smdo.something.v9":   func() { put(t, e, "smdo.in.head-a", "by.smdo.something.v9", whole) },
			`kind of submission ""`:  func() { put(t, e, "smdo.in.head-a", "", whole) },
			"delivery:":              func() { put(t, e, "smdo.deliver.sub-a1", "by.smdo.delivery.v1", []byte("\xff\xff\xff")) },
			"delivery: a claim of 3": func() { put(t, e, "smdo.deliver.sub-a1", "by.smdo.delivery.v1", []byte{0x22, 3, 1, 2, 3}) },
		}
		together(40, func(i int) {
			if i > 0 {
				accepted(t, e, signing(e))
				return
			}
			for _, spread := range poison {
				spread()
			}
		})
		letters := deadLetters(t, e, len(poison))
		for reason := range poison {
			if n := len(slices.DeleteFunc(slices.Clone(letters), func(d *record.Dead) bool { return !strings.Contains(d.Reason, reason) })); n == 0 {
				t.Errorf("no letter says %q", reason)
			}
		}
		until(t, e, "all neighbours are registered", func() bool {
			cards, _, err := e.Record.Cards(bounded(t), record.CardQuery{Contour: "sub-a1", Journal: "tasks", Year: time.Now().Year(), Page: record.Page{Limit: 100}})
			return err == nil && len(cards) == 39
		})
		sound(t, e)
		e.Restart()
		if got := dead(t, e); len(got) != len(letters) {
			t.Errorf("after a restart there are %d letters", len(got))
		}
	})
}

func TestADeadLetterIsReturnedOrDropped(t *testing.T) {
	t.Parallel()
	provider := &crashing{Family: signature.Std()}
	e := brokertest.Start(t, brokertest.Options{Families: []signature.Family{provider}, Broker: broker.Options{Custody: 300 * time.Millisecond}})
	ctx := bounded(t)
	p, q := signing(e), signing(e)
	f := &q.Document.Files[0]
	f.Signatures = []document.Signature{e.Sign("smirnova", f.Inline)}
	provider.at(t, e.Emulator, "petrov")
	standing(t, submit(t, e, p), broker.Waiting)
	accepted(t, e, q) // in the same contour, with another certificate
	letter := deadLetters(t, e, 1)[0]
	if !strings.Contains(letter.Reason, "panic") || letter.Stage != "admit" || letter.Contour != "head-a" {
		t.Errorf("the letter says %+v", letter)
	}
	if err := e.ReturnDead(ctx, letter.Key); err != nil {
		t.Fatal(err)
	}
	until(t, e, "it failed again", func() bool { got := dead(t, e); return len(got) == 1 && got[0].Key != letter.Key })
	letter = dead(t, e)[0]
	provider.on.Store(nil)
	if err := e.ReturnDead(ctx, letter.Key); err != nil {
		t.Fatal(err)
	}
	registered(t, e, p, "sub-a1")
	if got := dead(t, e); len(got) > 0 {
		t.Errorf("letters are left: %+v", got)
	}
	put(t, e, "smdo.in.head-a", "by.smdo.something.v9", nil)
	letter = deadLetters(t, e, 1)[0]
	if err := e.DropDead(ctx, letter.Key); err != nil {
		t.Fatal(err)
	}
	if err := e.ReturnDead(ctx, letter.Key); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a dropped letter is returned: %v", err)
	}
	if got := dead(t, e); len(got) > 0 {
		t.Errorf("letters are left: %+v", got)
	}
	sound(t, e)
}

func TestWhatFailsInTheCommitStandsAloneInTheEnd(t *testing.T) {
	t.Parallel()
	for what, fail := range map[string]func(){
		"an error": nil,
		"a panic":  func() { panic("a decision crashed") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var s *seam
			e := brokertest.Start(t, brokertest.Options{Open: through(&s, openSQLite), Broker: broker.Options{Custody: 10 * time.Second}})
			culprit := signing(e)
			s.set(func(s *seam) {
				s.update = func(reads record.Reads, run func() error) error {
					if !slices.Contains(reads.Packets, culprit.ID) {
						return run()
					}
					if fail != nil {
						fail()
					}
					return errors.New("a row that cannot be stored")
				}
			})
			together(60, func(i int) {
				if i == 30 {
					put(t, e, "smdo.in.head-a", "by.smdo.packet.v1", marshal(t, culprit))
					return
				}
				accepted(t, e, signing(e))
			})
			letter := deadLetters(t, e, 1)[0]
			if !strings.Contains(letter.Reason, "a ") {
				t.Errorf("the letter says %q", letter.Reason)
			}
			s.set(func(s *seam) { s.update = nil })
			if err := e.ReturnDead(bounded(t), letter.Key); err != nil {
				t.Fatal(err)
			}
			registered(t, e, culprit, "sub-a1")
			sound(t, e)
		})
	}
}

func marshal(t testing.TB, p *document.Packet) []byte {
	t.Helper()
	b, err := wire.MarshalPacket(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// However often the record is away while one packet is admitted, the packet is not to blame.
func TestAnAbsentRecordBuriesNobody(t *testing.T) {
	t.Parallel()
	var s *seam
	e := brokertest.Start(t, brokertest.Options{Open: through(&s, openSQLite)})
	p := signing(e)
	times := 0
	s.set(func(s *seam) {
		s.update = func(reads record.Reads, run func() error) error {
			if slices.Contains(reads.Packets, p.ID) && times < 6 {
				times++
				return fmt.Errorf("%w: the connection was cut", record.ErrAway)
			}
			return run()
		}
	})
	accepted(t, e, p)
	if letters := dead(t, e); len(letters) > 0 || times != 6 {
		t.Errorf("after %d cuts: %+v", times, letters)
	}
}
