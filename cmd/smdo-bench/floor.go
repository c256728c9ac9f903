package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The floor is the same road bare: what the hops and commits cost when nothing is done on them.
//
//	publish   the packet on a stream                         (embedded JetStream, files, default sync)
//	consume   what is there, 512 at most; one ECDSA P-256 signature each, on all cores
//	commit    the packets, one insert                        (PostgreSQL, fsync on: custody)
//	publish   a thin delivery
//	consume   what is there, 512 at most
//	commit    the cards under the journals' next numbers, one statement
//	publish   a receipt: the packet has arrived when the bus has it
//
// A packet is 2 KB: t0, identifier, journal, signature, body; as large as the hub's document and file.
const (
	floorBatch = 512
	floorSize  = 2048
	headSize   = 16 + 4 // identifier, journal
)

const floorSchema = `
create table packet(id uuid primary key, body bytea not null);
alter table packet alter body set storage external;
create table journal(id int primary key, last bigint not null) with (fillfactor=50);
create table card(journal int not null, no bigint not null, packet uuid not null unique, at timestamptz not null default now(), primary key(journal, no));`

const registerFloor = `with ins as (
	insert into card(journal, no, packet)
	select u.j, q.last + row_number() over (partition by u.j order by u.o), u.p
	from unnest($1::int[], $2::uuid[]) with ordinality u(j, p, o) join journal q on q.id = u.j returning journal, no)
update journal q set last = s.m from (select journal, max(no) m from ins group by 1) s where q.id = s.journal`

type floorID = [16]byte

type floorRoad struct {
	tally
	key      *ecdsa.PrivateKey
	signed   [][]byte // bodies with their signatures, made beforehand
	journals int
	server   *server.Server
	nc       *nats.Conn
	js       jetstream.JetStream
	pool     *pgxpool.Pool

	mu      sync.Mutex
	waiting map[floorID]*floorWaiter
	failed  chan error
}

type floorWaiter struct {
	custody time.Time
	arrived chan struct{}
}

func openFloor(ctx context.Context, dir, dsn string, journals int) (*floorRoad, error) {
	f := &floorRoad{journals: journals, waiting: map[floorID]*floorWaiter{}, failed: make(chan error, 2)}
	if err := f.sign(); err != nil {
		return nil, err
	}
	var err error
	if f.pool, err = pgxpool.New(ctx, dsn); err != nil {
		return nil, err
	}
	if _, err := f.pool.Exec(ctx, floorSchema); err != nil {
		return nil, err
	}
	if _, err := f.pool.Exec(ctx, "insert into journal select g, 0 from generate_series(0, $1::int - 1) g", journals); err != nil {
		return nil, err
	}
	if f.server, err = server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: filepath.Join(dir, "bus"), NoSigs: true, NoLog: true}); err != nil {
		return nil, err
	}
	go f.server.Start()
	if !f.server.ReadyForConnections(20 * time.Second) {
		return nil, errors.New("the floor's bus does not start")
	}
	if f.nc, err = nats.Connect("", nats.InProcessServer(f.server)); err != nil {
		return nil, err
	}
	if f.js, err = jetstream.New(f.nc, jetstream.WithPublishAsyncMaxPending(16*1024)); err != nil {
		return nil, err
	}
	if err := f.stage(ctx, "in", f.admit); err != nil {
		return nil, err
	}
	if err := f.stage(ctx, "out", f.register); err != nil {
		return nil, err
	}
	_, err = f.js.CreateStream(ctx, jetstream.StreamConfig{Name: "receipt", Subjects: []string{"receipt.*"}})
	return f, err
}

func (f *floorRoad) sign() (err error) {
	if f.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	for range signedFiles {
		body := make([]byte, floorSize-headSize-1-72)
		_, _ = rand.Read(body)
		sum := sha256.Sum256(body)
		signature, err := ecdsa.SignASN1(rand.Reader, f.key, sum[:])
		if err != nil {
			return err
		}
		f.signed = append(f.signed, append(append([]byte{byte(len(signature))}, signature...), body...))
	}
	return nil
}

// stage makes a stream and hands what comes on it to work, in batches, until work fails or ctx ends.
func (f *floorRoad) stage(ctx context.Context, name string, work func(context.Context, []jetstream.Msg) error) error {
	stream, err := f.js.CreateStream(ctx, jetstream.StreamConfig{Name: name, Subjects: []string{name + ".*"}})
	if err != nil {
		return err
	}
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 8 * 1024})
	if err != nil {
		return err
	}
	messages := make(chan jetstream.Msg, 4*floorBatch)
	if _, err := consumer.Consume(func(m jetstream.Msg) { messages <- m }, jetstream.PullMaxMessages(4*floorBatch)); err != nil {
		return err
	}
	go func() {
		for {
			batch := []jetstream.Msg{<-messages}
			for more := true; more && len(batch) < floorBatch; {
				select {
				case m := <-messages:
					batch = append(batch, m)
				default:
					more = false
				}
			}
			if err := work(ctx, batch); err != nil {
				f.failed <- err
				return
			}
			for _, m := range batch {
				_ = m.Ack()
			}
		}
	}()
	return nil
}

func (f *floorRoad) admit(ctx context.Context, batch []jetstream.Msg) error {
	ids, bodies, out := make([]floorID, len(batch)), make([][]byte, len(batch)), make([]*nats.Msg, len(batch))
	valid := make([]bool, len(batch))
	var cores sync.WaitGroup
	for w := range runtime.GOMAXPROCS(0) {
		cores.Go(func() {
			for i := w; i < len(batch); i += runtime.GOMAXPROCS(0) {
				data := batch[i].Data()
				end := headSize + 1 + int(data[headSize])
				sum := sha256.Sum256(data[end:])
				valid[i] = ecdsa.VerifyASN1(&f.key.PublicKey, sum[:], data[headSize+1:end])
				ids[i], bodies[i] = floorID(data), data
				out[i] = &nats.Msg{Subject: fmt.Sprint("out.", binary.BigEndian.Uint32(data[16:])), Data: data[:headSize]}
			}
		})
	}
	cores.Wait()
	for i := range valid {
		if !valid[i] {
			return errors.New("a signature of the floor is wrong")
		}
	}
	if _, err := f.pool.Exec(ctx, "insert into packet select * from unnest($1::uuid[], $2::bytea[])", ids, bodies); err != nil {
		return err
	}
	f.add("admit", len(batch))
	now := time.Now()
	f.mu.Lock()
	for _, id := range ids {
		f.waiting[id].custody = now
	}
	f.mu.Unlock()
	return f.publish(out)
}

func (f *floorRoad) register(ctx context.Context, batch []jetstream.Msg) error {
	ids, journals, out := make([]floorID, len(batch)), make([]int32, len(batch)), make([]*nats.Msg, len(batch))
	for i, m := range batch {
		ids[i], journals[i] = floorID(m.Data()), int32(binary.BigEndian.Uint32(m.Data()[16:]))
		out[i] = &nats.Msg{Subject: fmt.Sprint("receipt.", journals[i]), Data: m.Data()}
	}
	err := pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select 1 from journal where id = any($1) order by id for update", journals); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, registerFloor, journals, ids)
		return err
	})
	if err != nil {
		return err
	}
	f.add("register", len(batch))
	if err := f.publish(out); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		close(f.waiting[id].arrived)
		delete(f.waiting, id)
	}
	return nil
}

// publish sends all and waits for every acknowledgement.
func (f *floorRoad) publish(messages []*nats.Msg) error {
	futures := make([]jetstream.PubAckFuture, len(messages))
	for i, m := range messages {
		future, err := f.js.PublishMsgAsync(m)
		if err != nil {
			return err
		}
		futures[i] = future
	}
	for _, future := range futures {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			return err
		}
	}
	return nil
}

func (f *floorRoad) travel(ctx context.Context, i int) (time.Time, error) {
	data := make([]byte, headSize, floorSize)
	_, _ = rand.Read(data[:16])
	binary.BigEndian.PutUint32(data[16:], uint32((i+i/64)%f.journals))
	data = append(data, f.signed[i%len(f.signed)]...)
	w := &floorWaiter{arrived: make(chan struct{})}
	f.mu.Lock()
	f.waiting[floorID(data)] = w
	f.mu.Unlock()
	if err := f.publish([]*nats.Msg{{Subject: fmt.Sprint("in.", i%64), Data: data}}); err != nil {
		return time.Time{}, err
	}
	select {
	case <-w.arrived:
		return w.custody, nil
	case err := <-f.failed:
		return time.Time{}, err
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

func (f *floorRoad) batches() map[string]float64 { return f.means() }

func (f *floorRoad) audit(ctx context.Context, n int) error {
	var packets, cards, gaps int
	err := f.pool.QueryRow(ctx, `select (select count(*) from packet), (select count(*) from card),
		(select count(*) from journal j where j.last <> (select count(*) from card where journal = j.id) or j.last <> (select coalesce(max(no), 0) from card where journal = j.id))`).Scan(&packets, &cards, &gaps)
	if err != nil || packets != n || cards != n || gaps > 0 {
		return fmt.Errorf("the floor: %d packets sent, %d kept, %d registered, %d journals with gaps (%w)", n, packets, cards, gaps, err)
	}
	return nil
}

func (f *floorRoad) close() error {
	f.nc.Close()
	f.server.Shutdown()
	f.server.WaitForShutdown()
	f.pool.Close()
	return nil
}
