package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// start makes a database with the schema.
var start = pgtest.Template(func(url string) error { return postgres.Migrate(context.Background(), url) })

// open opens a record in a new database.
func open(t testing.TB) *postgres.Record {
	t.Helper()
	return openURL(t, start(t))
}

func openURL(t testing.TB, url string) *postgres.Record {
	t.Helper()
	r, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil { // a second time where the test has closed it
			t.Error(err)
		}
	})
	return r
}

// run executes SQL behind the back of the record, on a connection of its own.
func run(t testing.TB, url, sql string, args ...any) {
	t.Helper()
	exec(t, connect(t, url), sql, args...)
}

func exec(t testing.TB, c *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// invented makes packet n of a sender, with one exchange and one task.
func invented(sender document.ContourCode, n int, body []byte) (*record.Packet, *record.Exchange) {
	p := &record.Packet{Key: record.NewKey(), ID: document.PacketID{Sender: sender, MsgID: document.MsgID(fmt.Sprintf("3f2504e0-4f89-11d3-9a0c-%012d", n))},
		Attempt: 1, Kind: document.Main, State: document.Accepted, At: noon, Rules: 1, Size: int64(len(body)), DocumentID: fmt.Sprintf("doc-%d", n),
		DocumentKind: "Письмо", Number: document.RegNumber{Number: fmt.Sprintf("01-15/%d", n), Date: document.Date{Year: 2026, Month: 3, Day: 2}},
		Title: "О предоставлении сведений", Sheets: 2, Body: body}
	e := &record.Exchange{Packet: p.Key, ID: p.ID, Receiver: "min-fin", State: document.Forwarded, Delivery: record.Hosted, Rule: "r1", Due: record.DueDeliver,
		DueAt: noon.Add(time.Minute), Deadline: noon.Add(72 * time.Hour), Changed: noon}
	e.Tasks = []record.Task{{Packet: p.Key, Receiver: "min-fin", ID: "t1", Ordinal: 1, Kind: document.Sign, SMDO: true, Executor: "ivanov", Text: "на подпись", Changed: noon}}
	return p, e
}

// stated makes a receipt of about the size that real ones have.
func stated(p *record.Packet, receiver document.ContourCode, stage document.Stage) *record.Receipt {
	id := document.NewReceiptID(p.ID, receiver, "", stage, "event")
	return &record.Receipt{Receipt: document.Receipt{ID: id, Packet: p.ID, Receiver: receiver, Stage: stage, At: noon}, PacketKey: p.Key,
		Bytes: append([]byte(id), make([]byte, 200)...)}
}

// admitted commits packets with their receipts 100 and 101, and returns them.
func admitted(t testing.TB, r record.Updater, packets ...*record.Packet) []*record.Receipt {
	t.Helper()
	var list []*record.Receipt
	for _, p := range packets {
		list = append(list, stated(p, "-", document.Accept), stated(p, "min-fin", document.Forward))
	}
	err := r.Update(t.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewPackets: packets, Receipts: list}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
