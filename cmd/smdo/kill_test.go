package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// load is a connector of head-a that submits packets over the bus and repeats each until it has custody.
type load struct {
	t      *testing.T
	url    string
	key    string
	signer *signature.EmulatedSigner

	mu      sync.Mutex
	custody []document.PacketID
	more    chan struct{} // a packet got custody
}

func (l *load) run(ctx context.Context, senders int) *sync.WaitGroup {
	var wait sync.WaitGroup
	for n := range senders {
		wait.Go(func() { l.send(ctx, n) })
	}
	return &wait
}

func (l *load) send(ctx context.Context, n int) {
	for i := 0; ctx.Err() == nil; i++ {
		p := l.packet(fmt.Sprintf("%d-%d", n, i))
		for !l.submit(ctx, p) {
			if ctx.Err() != nil {
				return
			}
		}
		l.mu.Lock()
		l.custody = append(l.custody, p.ID)
		l.mu.Unlock()
		select {
		case l.more <- struct{}{}:
		default:
		}
	}
}

func (l *load) packet(name string) *document.Packet {
	content := []byte("%PDF-1.4 " + name)
	cms, err := l.signer.Sign(signature.ContentOf(content))
	if err != nil {
		l.t.Error(err)
	}
	return &document.Packet{
		ID: document.PacketID{Sender: "head-a", MsgID: document.MsgID(record.NewKey().String())}, Edition: document.Edition, Kind: document.Main, Acknow: document.AcknowAlways,
		Author: "petrov", To: []document.Receiver{{Contour: "sub-a1"}},
		Document: &document.Document{ID: "doc-" + name, Kind: "Письмо", Sheets: 1, Number: document.RegNumber{Number: name, Date: document.Date{Year: 2026, Month: 11, Day: 25}},
			Files: []document.Attachment{{Name: "a.pdf", Size: int64(len(content)), SHA256: sha256.Sum256(content), Inline: content, Signatures: []document.Signature{{CMS: cms}}}}},
		Tasks: []document.Task{{ID: "t", Kind: document.Inform, SMDO: true, Executors: []document.Executor{{Contour: "sub-a1", Participant: "ivanov"}}}},
	}
}

// submit says whether the packet has custody. It connects anew for a hub that was away.
func (l *load) submit(ctx context.Context, p *document.Packet) bool {
	nc, err := nats.Connect(l.url, nats.UserInfo("head-a", l.key), nats.CustomInboxPrefix(broker.InboxPrefix("head-a")), nats.Timeout(time.Second), nats.NoReconnect())
	if err != nil {
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond): // nobody listens yet; there is no event to wait for
		}
		return false
	}
	defer nc.Close()
	body, err := wire.MarshalPacket(p)
	if err != nil {
		l.t.Error(err)
		return true
	}
	wait, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	m, err := nc.RequestWithContext(wait, "smdo.submit.head-a", body)
	if err != nil {
		return false
	}
	var reply smdov1.SubmitReply
	if err := proto.Unmarshal(m.Data, &reply); err != nil {
		l.t.Error(err)
	}
	if reply.GetStanding() == smdov1.Standing_STANDING_REFUSED {
		l.t.Errorf("refused: %v", reply.GetFaults())
		return true
	}
	return reply.GetStanding() == smdov1.Standing_STANDING_CUSTODY
}

// waitFor waits until n more packets got custody.
func (l *load) waitFor(n int) {
	l.t.Helper()
	deadline := time.After(time.Minute)
	for range n {
		select {
		case <-l.more:
		case <-deadline:
			l.t.Fatal("no packet gets custody any more")
		}
	}
}

// cycles is how often to do something: many times under «make soak».
func cycles(usual, long int) int {
	if os.Getenv("SMDO_SOAK") != "" {
		return long
	}
	return usual
}

func newLoad(t *testing.T, dir, url, key string) *load {
	t.Helper()
	emulator, err := signature.OpenEmulator(filepath.Join(dir, "emulator"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := emulator.Issue("petrov", signature.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &load{t: t, url: url, key: key, signer: signer, more: make(chan struct{}, 1)}
}

// judge demands that every packet with custody ended in exactly one registration, and that numbers have
// neither gaps nor repeats.
func judge(t *testing.T, r record.Record, l *load) {
	t.Helper()
	numbers := map[string]document.PacketID{}
	for _, id := range l.custody {
		ex := exchangeOf(t, r, id)
		if ex.State != document.Registered || ex.Tasks[0].Number.Number == "" {
			t.Errorf("packet %s has custody and is %s", id, ex.State)
		}
		if other, taken := numbers[ex.Tasks[0].Number.Number]; taken {
			t.Errorf("number %s was given to %s and %s", ex.Tasks[0].Number.Number, other, id)
		}
		numbers[ex.Tasks[0].Number.Number] = id
	}
	t.Logf("%d packets got custody", len(l.custody))
}

func TestKilledAtRandomUnderLoadNothingAcceptedIsLostOrDoubled(t *testing.T) {
	dir := t.TempDir()
	r := openSQLite(t, dir)
	key := prepare(t, r)
	r.Close()
	port := testPort(t)
	p := newProcess(t, dir, fmt.Sprintf("bus: {port: %d}\n", port))
	l := newLoad(t, dir, fmt.Sprintf("nats://127.0.0.1:%d", port), key)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.start()
	wait := l.run(ctx, 8)
	for range cycles(50, 1000) {
		l.waitFor(1 + rand.IntN(20))
		p.kill()
		p.start()
	}
	l.waitFor(5)
	cancel()
	wait.Wait()
	settle(t, p)
	config, err := loadConfig(p.config)
	if err != nil {
		t.Fatal(err)
	}
	if a := audit(t, config); len(a.Discrepancies) > 0 || a.Open > 0 {
		t.Errorf("after the kills: %+v", a)
	}
	r = openSQLite(t, dir)
	defer r.Close()
	judge(t, r, l)
}

func TestTwoProcessesShareTheWorkAndNumberWithoutGaps(t *testing.T) {
	dir := t.TempDir()
	database := pgtest.Start(t)
	bus := externalBus(t, dir)
	r := openPostgres(t, database)
	defer r.Close()
	key := prepare(t, r)
	var hubs [2]*process
	for i := range hubs {
		data := t.TempDir()
		hubs[i] = newProcess(t, data, fmt.Sprintf("record: {url: '%s&application_name=smdo-%d'}\n%s", database, i, bus.settings))
	}
	l := newLoad(t, hubs[0].data, bus.url(), key)
	shareEmulator(t, hubs[0].data, hubs[1].data)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hubs[0].start()
	l2 := l.run(ctx, 8)
	l.waitFor(1)
	hubs[1].start()
	for i := range cycles(4, 80) {
		l.waitFor(20 + rand.IntN(20))
		if i%2 == 0 {
			victim := hubs[rand.IntN(2)]
			victim.kill()
			l.waitFor(10) // the other one goes on alone
			victim.start()
			continue
		}
		victim := stopNumbering(t, database, hubs)
		l.goesOn(r)
		if os.Getenv("SMDO_SOAK") != "" {
			<-time.After(70 * time.Second) // beyond the acknowledgement wait of what the stopped one holds
		}
		victim.signal(syscall.SIGCONT) // it wakes up with what it had in hand, and must not number it again
	}
	cancel()
	l2.Wait()
	for _, h := range hubs {
		settle(t, h)
	}
	for i, h := range hubs {
		config, err := loadConfig(h.config)
		if err != nil {
			t.Fatal(err)
		}
		if a := audit(t, config); len(a.Discrepancies) > 0 || a.Open > 0 {
			t.Errorf("after the kills and stops, by the ledger of process %d: %+v", i, a)
		}
	}
	judge(t, r, l)
}

// stopNumbering stops one of the hubs at the worst moment, and returns it: within a transaction that holds the
// head row, without which nobody numbers receipts. It stops one and the other until it meets one there.
func stopNumbering(t *testing.T, database string, hubs [2]*process) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, h := range hubs {
		h.await()
	}
	for try := 0; ; try++ {
		victim := hubs[try%2]
		victim.signal(syscall.SIGSTOP)
		if holdsHead(ctx, t, conn, fmt.Sprintf("smdo-%d", try%2)) {
			t.Logf("hub %d is stopped", try%2)
			return victim
		}
		victim.signal(syscall.SIGCONT)
	}
}

// holdsHead says whether a session of that name pauses within a transaction while the head row is locked. It
// looks several times: the lock could be another's, which passes.
func holdsHead(ctx context.Context, t *testing.T, conn *pgx.Conn, name string) bool {
	t.Helper()
	for range 3 {
		var pauses, free bool
		err := conn.QueryRow(ctx, `with free as (select from hub_head where one for update skip locked)
			select exists (select from pg_stat_activity where application_name = $1 and state = 'idle in transaction'), exists (select from free)`, name).Scan(&pauses, &free)
		if err != nil {
			t.Fatal(err)
		}
		if !pauses || free {
			return false
		}
	}
	return true
}

// goesOn demands that packets get custody and numbers within maxOutage.
func (l *load) goesOn(r record.Record) {
	l.t.Helper()
	began := time.Now()
	l.mu.Lock()
	before := len(l.custody)
	l.mu.Unlock()
	l.waitFor(10)
	custody := time.Since(began)
	l.mu.Lock()
	packets := slices.Clone(l.custody[before:])
	l.mu.Unlock()
	for _, id := range packets {
		for exchangeOf(l.t, r, id).State != document.Registered && time.Since(began) < 2*maxOutage {
			<-time.After(50 * time.Millisecond) // another process registers it; there is no event to wait for
		}
	}
	registered := time.Since(began)
	l.t.Logf("one hub is stopped: custody of %d packets after %s, their numbers after %s", len(packets), custody, registered)
	if registered > maxOutage {
		l.t.Errorf("with one of two hubs stopped the other one went on after %s", registered)
	}
}

// maxOutage is how long a stopped hub may keep the other one from its work: the 15 s of package broker, and the
// time in which senders repeat what went to the stopped one; they wait 5 s for an answer.
const maxOutage = 25 * time.Second
