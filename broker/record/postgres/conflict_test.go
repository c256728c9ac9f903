package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// TestDeadlock: somebody who takes two rows in the wrong order costs a repetition and nothing else.
func TestDeadlock(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	first, _ := invented("min-econ", 1, nil)
	second, _ := invented("min-econ", 2, nil)
	admitted(t, r, first, second)
	other := connect(t, url)
	exec(t, other, "set deadlock_timeout = '1min'") // so that the record's transaction is the one that gives way
	exec(t, other, "begin")
	exec(t, other, "select 1 from packet where key = $1 for update", second.Key)

	calls := 0
	done := make(chan error, 1)
	go func() {
		done <- r.Update(t.Context(), record.Reads{Packets: []document.PacketID{first.ID, second.ID}}, func(s *record.State) (*record.Writes, error) {
			calls++
			p := s.Packets[second.ID]
			p.State = document.Held
			return &record.Writes{SetPackets: []*record.Packet{p}}, nil
		})
	}()
	awaitBlocked(t, url)
	exec(t, other, "select 1 from packet where key = $1 for update", first.Key) // waits until the record has given way
	exec(t, other, "update packet set rules = 7 where key = $1", second.Key)
	exec(t, other, "commit")
	if err := <-done; err != nil || calls != 1 {
		t.Fatalf("update after a deadlock: decided %d times, %v", calls, err)
	}
	p, _, err := r.Packet(t.Context(), second.ID)
	if err != nil || p.State != document.Held || p.Rules != 7 {
		t.Errorf("packet is %+v, %v; want both changes", p, err)
	}
	awaitTrue(t, url, "select deadlocks = 1 from pg_stat_database where datname = current_database()")
}

// TestSerializationFailure: what the server asks to repeat is decided anew and stored once.
func TestSerializationFailure(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	run(t, url, "create sequence fails")
	run(t, url, `create function fail() returns trigger language plpgsql as $$ begin
		if nextval('fails') <= 2 then raise exception 'try again' using errcode = 'serialization_failure'; end if; return new; end $$`)
	run(t, url, "create trigger fail after insert on packet for each row execute function fail()")
	p, e := invented("min-econ", 1, []byte("body"))
	calls := 0
	var receipts []*record.Receipt
	err := r.Update(t.Context(), record.Reads{Packets: []document.PacketID{p.ID}}, func(s *record.State) (*record.Writes, error) {
		calls++
		if s.Packets[p.ID] != nil {
			t.Error("what was rolled back is seen")
		}
		receipts = []*record.Receipt{stated(p, "-", document.Accept)}
		return &record.Writes{NewPackets: []*record.Packet{p}, NewExchanges: []*record.Exchange{e}, Receipts: receipts}, nil
	})
	if err != nil || calls != 3 || receipts[0].Seq == 0 {
		t.Fatalf("decided %d times, %v, receipt %+v", calls, err, receipts[0])
	}
	unsealed, err := r.Unsealed(t.Context(), nil, 10)
	if err != nil || len(unsealed) != 1 || unsealed[0].Seq != receipts[0].Seq {
		t.Errorf("receipts %+v, %v; want the one of the last try", unsealed, err)
	}
}

// TestConflictThatStays: a key that is taken for good is an error after some tries, not an endless loop.
func TestConflictThatStays(t *testing.T) {
	r := open(t)
	p, _ := invented("min-econ", 1, nil)
	admitted(t, r, p)
	calls := 0
	err := r.Update(t.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
		calls++
		return &record.Writes{NewPackets: []*record.Packet{p}}, nil
	})
	if err == nil || calls != 10 {
		t.Errorf("decided %d times, error %v", calls, err)
	}
}

// TestCancelledWhileWaiting: who gives up waiting for a lock leaves no transaction behind.
func TestCancelledWhileWaiting(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	p, _ := invented("min-econ", 1, nil)
	admitted(t, r, p)
	other := connect(t, url)
	exec(t, other, "begin")
	exec(t, other, "select 1 from packet for update")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- r.Update(ctx, record.Reads{Packets: []document.PacketID{p.ID}}, func(*record.State) (*record.Writes, error) {
			t.Error("decided without the lock")
			return nil, nil
		})
	}()
	awaitBlocked(t, url)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	awaitTrue(t, url, "select count(*) = 0 from pg_stat_activity where application_name = 'smdo' and datname = current_database() and state <> 'idle'")
	exec(t, other, "commit")
	if err := r.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestErrorOfDecision: the error comes back as it is, and the locks are gone.
func TestErrorOfDecision(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	p, _ := invented("min-econ", 1, nil)
	admitted(t, r, p)
	mine := errors.New("mine")
	err := r.Update(t.Context(), record.Reads{Packets: []document.PacketID{p.ID}}, func(*record.State) (*record.Writes, error) { return nil, mine })
	if err != mine {
		t.Errorf("got %v", err)
	}
	run(t, url, "select 1 from packet for update nowait")
}

// awaitBlocked waits until a session of the record waits for a lock.
func awaitBlocked(t *testing.T, url string) {
	t.Helper()
	awaitTrue(t, url, "select exists (select 1 from pg_stat_activity where application_name = 'smdo' and datname = current_database() and wait_event_type = 'Lock')")
}

// awaitTrue asks until the answer is yes.
func awaitTrue(t *testing.T, url, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // an idle connection reports its statistics after ten seconds or more
	defer cancel()
	c := connect(t, url)
	for yes := false; !yes; {
		if err := c.QueryRow(ctx, sql).Scan(&yes); err != nil {
			t.Fatalf("wait for %s: %v", sql, err)
		}
	}
}
