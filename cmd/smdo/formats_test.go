package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
)

// Five systems, each in its own protocol, exchange a document, its tasks and its registration, each with each.
func TestFormats(t *testing.T) {
	for name, flags := range map[string][]string{"SQLite": nil, "PostgreSQL": {"--record", pgtest.Start(t)}} {
		t.Run(name, func(t *testing.T) {
			var out, words bytes.Buffer
			if code := run(append([]string{"dev", "--formats", "--exit", "-o", "json"}, flags...), &out, &words); code != 0 {
				t.Fatalf("exit code %d\n%s%s", code, out.String(), words.String())
			}
			var r formatsReport
			if err := json.Unmarshal(out.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			n := len(speakers)
			if len(r.Exchanges) != n*(n-1) || len(r.Discrepancies) != 0 {
				t.Fatalf("%d exchanges, discrepancies %v", len(r.Exchanges), r.Discrepancies)
			}
			withTasks := 0
			for _, x := range r.Exchanges {
				if !x.Arrived || x.Registered == "" {
					t.Errorf("%s → %s: %+v", x.From, x.To, x)
				}
				if x.Tasks == 3 {
					withTasks++
				}
			}
			if withTasks != (n-1)*(n-2) { // all but those from and to МЭДО
				t.Errorf("%d exchanges carried tasks", withTasks)
			}
		})
	}
}
