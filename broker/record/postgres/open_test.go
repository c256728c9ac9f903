package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
)

func TestSchemaMustBeThere(t *testing.T) {
	url := pgtest.Start(t)
	if _, err := postgres.Open(t.Context(), url, postgres.Options{}); err == nil || !strings.Contains(err.Error(), "migrate it first") {
		t.Errorf("an empty database was opened: %v", err)
	}
	if has, wants, err := postgres.Status(t.Context(), url); err != nil || has != 0 || wants < 1 {
		t.Errorf("status %d, %d, %v", has, wants, err)
	}
	done := make(chan error)
	for range 3 { // processes that start at once
		go func() { done <- postgres.Migrate(t.Context(), url) }()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if has, wants, err := postgres.Status(t.Context(), url); err != nil || has != wants {
		t.Errorf("status %d, %d, %v", has, wants, err)
	}
	r, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

// TestPartitions: a row goes into the partition of the month of its key, and months are made ahead.
func TestPartitions(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for months, table := range map[int]string{0: month.Format("packet_body_2006_01"), 2: month.AddDate(0, 2, 0).Format("packet_body_2006_01"), 5: "packet_body_default"} {
		bodyGoesTo(t, r, url, months, month.AddDate(0, months, 3), table)
	}
	done := make(chan error)
	for range 2 {
		go func() { done <- r.EnsurePartitions(t.Context(), month.AddDate(0, 4, 0)) }()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := r.EnsurePartitions(t.Context(), month.AddDate(0, 6, 0)); err != nil {
		t.Errorf("with a month in the default partition: %v", err)
	}
	bodyGoesTo(t, r, url, 6, month.AddDate(0, 6, 7), month.AddDate(0, 6, 0).Format("packet_body_2006_01"))
	bodyGoesTo(t, r, url, 7, month.AddDate(0, 5, 7), "packet_body_default")
	bodyGoesTo(t, r, url, 4, month.AddDate(0, 4, 0), month.AddDate(0, 4, 0).Format("packet_body_2006_01")) // the first moment of a month
}

func bodyGoesTo(t *testing.T, r *postgres.Record, url string, n int, at time.Time, table string) {
	t.Helper()
	p, _ := invented("min-econ", n, []byte("body"))
	p.Key = record.KeyAt(at)
	receipts := admitted(t, r, p)
	var got string
	if err := connect(t, url).QueryRow(t.Context(), "select tableoid::regclass::text from packet_body where key = $1", p.Key).Scan(&got); err != nil || got != table {
		t.Errorf("a packet of %s is in %s, %v; want %s", at, got, err, table)
	}
	if _, _, err := r.Number(t.Context(), "a", time.Minute, []int64{receipts[0].Seq, receipts[1].Seq}, 0); err != nil {
		t.Error(err)
	}
	if list, err := r.Receipts(t.Context(), p.ID, 10); err != nil || len(list) != 2 {
		t.Errorf("%d receipts of %s, %v", len(list), at, err)
	}
}

// TestDurable: what would let a commit be lost is refused by name, and the record is durable by default.
func TestDurable(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	if err := r.Durable(t.Context()); err != nil {
		t.Fatal(err)
	}
	careless, err := postgres.Open(t.Context(), url+"&synchronous_commit=off", postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer careless.Close()
	if err := careless.Durable(t.Context()); err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("synchronous_commit = off: %v", err)
	}
	for _, setting := range []string{"fsync", "full_page_writes"} {
		undurable(t, r, url, setting)
	}
}

// undurable switches a setting of the whole server off and on again.
func undurable(t *testing.T, r *postgres.Record, url, setting string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	run(t, url, "alter system set "+setting+" = off")
	run(t, url, "select pg_reload_conf()")
	for { // the server's processes read their settings anew one after the other
		err := r.Durable(ctx)
		if err != nil && strings.Contains(err.Error(), setting+" = off") {
			break
		}
		if ctx.Err() != nil {
			t.Errorf("%s = off: %v", setting, err)
			break
		}
	}
	run(t, url, "alter system reset "+setting)
	run(t, url, "select pg_reload_conf()")
	for r.Durable(ctx) != nil {
		if ctx.Err() != nil {
			t.Fatalf("%s is still off", setting)
		}
	}
}
