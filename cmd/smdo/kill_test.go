package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

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
	url, bus := externalBus(t, dir)
	r := openPostgres(t, database)
	defer r.Close()
	key := prepare(t, r)
	var hubs [2]*process
	for i := range hubs {
		data := t.TempDir()
		hubs[i] = newProcess(t, data, fmt.Sprintf("record: {url: '%s'}\n%s", database, bus))
	}
	l := newLoad(t, hubs[0].data, url, key)
	shareEmulator(t, hubs[0].data, hubs[1].data)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hubs[0].start()
	l2 := l.run(ctx, 8)
	l.waitFor(1)
	hubs[1].start()
	for range cycles(6, 200) {
		l.waitFor(20 + rand.IntN(20))
		victim := hubs[rand.IntN(2)]
		victim.kill()
		l.waitFor(10) // the other one goes on alone
		victim.start()
	}
	cancel()
	l2.Wait()
	for _, h := range hubs {
		settle(t, h)
	}
	config, err := loadConfig(hubs[0].config)
	if err != nil {
		t.Fatal(err)
	}
	if a := audit(t, config); len(a.Discrepancies) > 0 || a.Open > 0 {
		t.Errorf("after the kills: %+v", a)
	}
	judge(t, r, l)
}
