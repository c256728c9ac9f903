package postgres_test

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/recordtest"
)

// restorable is a record whose head can be set back as a restored backup would.
type restorable struct {
	*postgres.Record
	url string
}

func (r *restorable) SetBack(t testing.TB, leaves int64) {
	t.Helper()
	run(t, r.url, "update hub_head set leaves = $1", leaves)
}

func TestRecord(t *testing.T) {
	recordtest.Run(t, func(t *testing.T) record.Record {
		url := start(t)
		return &restorable{openURL(t, url), url}
	})
}

func BenchmarkRecord(b *testing.B) {
	recordtest.Bench(b, func(b *testing.B) record.Record { return open(b) })
}
