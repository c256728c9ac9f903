package postgres_test

import (
	"bytes"
	"fmt"
	"net"
	neturl "net/url"
	"sync/atomic"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// TestCutAroundCommit: the connection is cut before COMMIT reaches the server, or after it was carried out and
// before its answer came back. Both times the caller gets an error, and running the batch again has the same
// outcome: one packet, one number of the journal, the same receipts.
func TestCutAroundCommit(t *testing.T) {
	for _, test := range []struct {
		name   string
		cut    func(*wire)
		stored bool // by the first run
	}{
		{"before COMMIT", (*wire).dropQuestion, false},
		{"after COMMIT", (*wire).dropAnswer, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := start(t)
			direct := openURL(t, url)
			w := stretch(t, url)
			r, err := postgres.Open(t.Context(), w.url, postgres.Options{Connections: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := accept(t, r, 2, func() {}); err != nil { // its statements are prepared from now on
				t.Fatal(err)
			}
			if err := accept(t, r, 1, func() { test.cut(w) }); err == nil {
				t.Fatal("the connection was cut and the update reports success")
			}
			_, _, err = direct.Packet(t.Context(), document.PacketID{Sender: "min-econ", MsgID: "3f2504e0-4f89-11d3-9a0c-000000000001"})
			if stored := err == nil; stored != test.stored {
				t.Fatalf("after the cut the packet is stored: %v (%v)", stored, err)
			}
			if err := accept(t, r, 1, func() {}); err != nil {
				t.Fatalf("again: %v", err)
			}
			check(t, direct, 2)
		})
	}
}

// accept is what a stage does: it takes packet n and gives it a number, unless that was done.
func accept(t *testing.T, r record.Updater, n int, before func()) error {
	p, _ := invented("min-econ", n, []byte("body"))
	journal := record.JournalKey{Contour: "min-fin", Journal: document.JournalCode(fmt.Sprint("j", n)), Year: 2026}
	return r.Update(t.Context(), record.Reads{Packets: []document.PacketID{p.ID}, Journals: []record.JournalKey{journal}}, func(s *record.State) (*record.Writes, error) {
		before()
		if s.Packets[p.ID] != nil {
			return nil, nil
		}
		j := s.Journals[journal]
		j.Last++
		return &record.Writes{NewPackets: []*record.Packet{p}, SetJournals: []*record.Journal{j}, Receipts: []*record.Receipt{stated(p, "-", document.Accept)}}, nil
	})
}

// check looks that n packets have one number and one receipt each.
func check(t *testing.T, r *postgres.Record, n int) {
	t.Helper()
	journals, err := r.Journals(t.Context(), "min-fin")
	if err != nil || len(journals) != n {
		t.Errorf("%d journals, %v; want %d", len(journals), err, n)
	}
	for _, j := range journals {
		if j.Last != 1 {
			t.Errorf("journal %s gave %d numbers, want 1", j.Journal, j.Last)
		}
	}
	if u, err := r.Unsealed(t.Context(), nil, 10); err != nil || len(u) != n {
		t.Errorf("%d receipts, %v; want %d", len(u), err, n)
	}
}

// wire is a TCP connection to the server that can be cut at a chosen moment.
type wire struct {
	url string
	cut atomic.Int32
}

const (
	question = 1 + iota // what the client sends next is lost
	answer              // what the server answers next is lost
)

func (w *wire) dropQuestion() { w.cut.Store(question) }
func (w *wire) dropAnswer()   { w.cut.Store(answer) }

// stretch puts a wire between the tests and the server of url.
func stretch(t *testing.T, url string) *wire {
	t.Helper()
	u, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	u.Host = l.Addr().String()
	w := &wire{url: u.String()}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			go w.carry(far, near, question, func([]byte) bool { return true })
			go w.carry(near, far, answer, func(b []byte) bool { return bytes.HasSuffix(b, readyIdle) })
		}
	}()
	return w
}

// readyIdle is ReadyForQuery outside of a transaction: the commit has been carried out.
var readyIdle = []byte{'Z', 0, 0, 0, 5, 'I'}

// carry copies until the cut. What is to be lost is read to its end first.
func (w *wire) carry(to, from net.Conn, direction int32, end func([]byte) bool) {
	defer to.Close()
	defer from.Close()
	var lost []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if w.cut.Load() == direction {
			if lost = append(lost, buf[:n]...); err == nil && !end(lost) {
				continue
			}
			w.cut.Store(0)
			return
		}
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

// TestBackendKilled: the server process that holds the transaction is killed in mid-transaction.
func TestBackendKilled(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	err := accept(t, r, 1, func() {
		run(t, url, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'smdo' and datname = current_database() and state = 'idle in transaction'")
	})
	if err == nil {
		t.Fatal("the backend was killed and the update reports success")
	}
	if u, err := r.Unsealed(t.Context(), nil, 10); err != nil || len(u) != 0 {
		t.Fatalf("%d receipts, %v; want nothing stored", len(u), err)
	}
	if err := accept(t, r, 1, func() {}); err != nil {
		t.Fatal(err)
	}
	check(t, r, 1)
}
