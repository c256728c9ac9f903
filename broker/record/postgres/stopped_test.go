package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
)

// TestAProcessStoppedInTheMidstOfSendingIsPutOut: its transaction holds the head row, and the server waits for
// the rest of a message, for which no timer of its own runs. The other process numbers all the same.
func TestAProcessStoppedInTheMidstOfSendingIsPutOut(t *testing.T) {
	t.Parallel()
	url := start(t)
	r := openURL(t, url)
	p, _ := invented("min-econ", 1, []byte("body"))
	receipts := admitted(t, r, p)
	sendHalf(t, url)

	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	began := time.Now()
	if _, leaves, err := r.Number(ctx, "other", time.Minute, []int64{receipts[0].Seq}, 0); err != nil || len(leaves) != 1 {
		t.Fatalf("%d leaves after %s, %v", len(leaves), time.Since(began), err)
	}
	t.Logf("numbered after %s", time.Since(began))
}

// sendHalf locks the head row as Number does, and sends the first bytes of what comes next.
func sendHalf(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url+"&application_name=smdo&statement_timeout=5000&idle_in_transaction_session_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := conn.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Conn.Close() })
	for _, query := range []string{"begin", "select from hub_head where one for update"} {
		raw.Frontend.Send(&pgproto3.Parse{Query: query})
		raw.Frontend.Send(&pgproto3.Bind{})
		raw.Frontend.Send(&pgproto3.Execute{})
	}
	raw.Frontend.Send(&pgproto3.Flush{}) // the answers come before the end of the message
	if err := raw.Frontend.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Conn.Write([]byte{'P', 0, 1, 0, 0, 's'}); err != nil {
		t.Fatal(err)
	}
	for done := 0; done < 2; {
		m, err := raw.Frontend.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if _, is := m.(*pgproto3.CommandComplete); is {
			done++
		}
	}
}
