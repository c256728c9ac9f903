package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var update = flag.Bool("update", false, "renew the goldens")

// golden compares v with testdata/<name>.json; go test -update renews it.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

func TestAPacketViewIsAContract(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	id := document.PacketID{Sender: "head-a", MsgID: "0197f9a2-7a51-7c11-9d55-0f8a5b1c2d3e"}
	row := &record.Packet{
		ID: id, Attempt: 1, Kind: document.Main, State: document.Accepted, At: at, Rules: 3, Size: 1024, DocumentID: "D-17", DocumentKind: "Приказ", Title: "О проверке",
		Sheets: 2, Emulated: true, Number: document.RegNumber{Number: "17-исх", Date: document.Date{Year: 2026, Month: 11, Day: 24}},
	}
	task := record.Task{
		ID: "1", Kind: document.Sign, SMDO: true, Executor: "sidorova", Text: "Подписать", State: document.TaskClosed, Outcome: document.Signed, Journal: "tasks",
		Number: document.RegNumber{Number: "5-11-смдо/2026", Date: document.Date{Year: 2026, Month: 11, Day: 25}},
	}
	exchanges := []*record.Exchange{
		{ID: id, Receiver: "sub-a1", State: document.Answered, Delivery: record.Hosted, Rule: "head-a>sub-a1", Changed: at.Add(time.Hour), Deadline: at.Add(72 * time.Hour), Tasks: []record.Task{task}},
		{ID: id, Receiver: "sub-a2", State: document.Forwarded, Delivery: record.Mailbox, Rule: "head-a>sub-a2", Changed: at, Deadline: at.Add(72 * time.Hour)},
	}
	golden(t, "packet_view", packetView(row, exchanges, &call{Principal: broker.Principal{Contour: "head-a"}, lang: document.Russian}))
	golden(t, "packet_view_closed", packetView(row, exchanges[:1], &call{Principal: broker.Principal{Contour: "sub-a1"}, lang: document.English}))
}

func TestAProblemIsAContract(t *testing.T) {
	d := &door{Deps: Deps{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}}
	r := &document.Receipt{
		ID: "head-a:x/sub-b1/-/rejected/ab", Packet: document.PacketID{Sender: "head-a", MsgID: "x"}, Receiver: "sub-b1", Stage: document.Reject,
		From: document.Queued, To: document.Rejected, Rules: 3, Event: "ab", At: time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC), Leaf: 7,
	}
	faults := document.Faults{document.NewFault(document.DocumentSheets, "document.sheets"), document.NewFault(document.TrustNone, "to[0]", "sub-b1", "head-a")}
	r.Faults = faults
	err := &refused{broker.Outcome{Faults: faults, Receipts: []*document.Receipt{r}}}
	golden(t, "problem", d.problem(&call{id: "r1", lang: document.Russian}, err))
}

func TestAPanicIsAnsweredAndAnAnswerThatBeganIsCutOff(t *testing.T) {
	d := &door{Deps: Deps{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}}
	handler := d.begin(d.measure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte("half of the answ"))
		}
		panic("a bug")
	})))
	server := httptest.NewServer(handler)
	defer server.Close()
	ask := func(path string) (int, error) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		defer w.Body.Close()
		_, err = io.ReadAll(w.Body)
		return w.StatusCode, err
	}
	if status, err := ask("/"); status != http.StatusInternalServerError || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
	if _, err := ask("/late"); err == nil {
		t.Error("half an answer was taken for a whole one")
	}
}
