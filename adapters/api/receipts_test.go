package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// event is one server-sent event.
type event struct {
	id   string
	data openapi.Receipt
}

// listen opens the stream and returns its events and how to end it.
func (s *site) listen(who, lastID, query string) (<-chan event, func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+openapi.BasePath+"/receipts/stream"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.keys[who])
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if w.StatusCode != http.StatusOK || w.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("status %d, %v", w.StatusCode, w.Header)
	}
	events := make(chan event, 100)
	go func() {
		defer close(events)
		defer w.Body.Close()
		var e event
		for lines := bufio.NewScanner(w.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "id":
				e.id = value
			case "data":
				if json.Unmarshal([]byte(value), &e.data) != nil {
					return
				}
				events <- e
			}
		}
	}()
	return events, cancel
}

// take waits for n events.
func take(t *testing.T, events <-chan event, n int) []event {
	t.Helper()
	var got []event
	deadline := time.After(30 * time.Second)
	for len(got) < n {
		select {
		case e, open := <-events:
			if !open {
				t.Fatalf("the stream ended after %d events", len(got))
			}
			got = append(got, e)
		case <-deadline:
			t.Fatalf("%d events came of %d", len(got), n)
		}
	}
	return got
}

func TestAStreamResumesAfterTheLastEventThatTheClientHas(t *testing.T) {
	s := start(t, brokertest.Options{})
	events, leave := s.listen("head-a", "", "")
	s.post("head-a", "/packets", s.letter("sub-a1")).want(t, http.StatusCreated)
	first := take(t, events, 2)
	leave()
	if first[0].data.Stage != openapi.StageAccepted || first[1].data.Stage != openapi.StageForwarded || first[0].id != strconv.FormatInt(first[0].data.Leaf, 10) {
		t.Fatalf("events %+v", first)
	}

	second := read[openapi.Outcome](t, s.post("head-a", "/packets", s.letter("sub-a1")).want(t, http.StatusCreated)) // while nobody listens
	events, leave = s.listen("head-a", first[1].id, "")
	defer leave()
	last, seen := first[1].data.Leaf, false
	for !seen {
		e := take(t, events, 1)[0]
		if e.data.Leaf <= last {
			t.Fatalf("leaf %d after %d", e.data.Leaf, last)
		}
		last = e.data.Leaf
		seen = e.data.Packet == second.Packet && e.data.Stage == openapi.StageForwarded
	}
}

func TestAStreamTellsContoursTheirOwnAndAuditorsEverything(t *testing.T) {
	s := start(t, brokertest.Options{})
	own, leave := s.listen("sub-a2", "", "?after=-1")
	defer leave()
	all, leaveAll := s.listen("auditor", "-1", "")
	defer leaveAll()
	s.post("head-a", "/packets", s.letter("sub-a1")).want(t, http.StatusCreated)
	s.post("head-a", "/packets", s.letter("sub-b1")).want(t, http.StatusUnprocessableEntity) // no trust
	mine := read[openapi.Outcome](t, s.post("head-a", "/packets", s.letter("sub-a2")).want(t, http.StatusCreated))

	if got := take(t, own, 1)[0]; got.data.Packet != mine.Packet {
		t.Errorf("sub-a2 was told of %+v", got.data)
	}
	for leaf, e := range take(t, all, 5) {
		if e.data.Leaf != int64(leaf) {
			t.Errorf("the auditor got leaf %d at place %d", e.data.Leaf, leaf)
		}
	}
	refused := read[openapi.ReceiptPage](t, s.get("sub-b1", "/receipts").want(t, http.StatusOK))
	if len(refused.Items) != 0 {
		t.Errorf("sub-b1 learns of what never reached it: %+v", refused.Items)
	}
	for _, r := range read[openapi.ReceiptPage](t, s.get("auditor", "/receipts")).Items {
		if r.Stage == openapi.StageRejected {
			s.get("sub-b1", "/receipts/"+strconv.FormatInt(r.Leaf, 10)).want(t, http.StatusNotFound)
			s.get("head-a", "/receipts/"+strconv.FormatInt(r.Leaf, 10)).want(t, http.StatusOK)
			return
		}
	}
	t.Error("the auditor sees no rejection")
}

func TestALongPollWakesWhenSomethingIsSealed(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := read[openapi.ReceiptPage](t, s.get("head-a", "/receipts").want(t, http.StatusOK))
	if head.Next != -1 {
		t.Fatalf("a new hub has %+v", head)
	}
	came := make(chan answer, 1)
	began := time.Now()
	go func() { came <- s.get("head-a", "/receipts?wait=50s") }()
	id := read[openapi.Outcome](t, s.post("head-a", "/packets", s.letter("sub-a1")).want(t, http.StatusCreated)).Packet
	page := read[openapi.ReceiptPage](t, (<-came).want(t, http.StatusOK))
	if len(page.Items) == 0 || page.Items[0].Packet != id || time.Since(began) > 30*time.Second {
		t.Errorf("after %v: %+v", time.Since(began), page)
	}
	if page.Next != page.Items[len(page.Items)-1].Leaf {
		t.Errorf("next is %d after %+v", page.Next, page.Items)
	}
	empty := read[openapi.ReceiptPage](t, s.get("sub-b2", "/receipts?wait=10ms").want(t, http.StatusOK))
	if len(empty.Items) != 0 || empty.Next < page.Next {
		t.Errorf("another contour got %+v", empty)
	}
	s.get("head-a", "/receipts?wait=1h").want(t, http.StatusBadRequest)
}

func TestStreamsAndWaitsEndWithTheHub(t *testing.T) {
	s := start(t, brokertest.Options{})
	events, leave := s.listen("head-a", "", "")
	defer leave()
	came := make(chan answer, 1)
	go func() { came <- s.get("auditor", "/receipts?wait=50s") }()
	s.stop()
	for range events {
		t.Error("an event came")
	}
	if page := read[openapi.ReceiptPage](t, (<-came).want(t, http.StatusOK)); len(page.Items) != 0 {
		t.Errorf("page %+v", page)
	}
}
