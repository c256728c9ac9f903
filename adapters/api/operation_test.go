package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// pending sends a letter without tasks to sub-a1 and returns the card that waits for its clerk.
func (s *site) pending() (openapi.CardSummary, string) {
	s.t.Helper()
	id := read[openapi.Outcome](s.t, s.post("head-a", "/packets", s.letter("sub-a1")).want(s.t, http.StatusCreated)).Packet
	var card openapi.CardSummary
	s.await("a card for the clerk", func() bool {
		for _, c := range read[openapi.CardPage](s.t, s.get("sub-a1", "/cards?state=pending").want(s.t, http.StatusOK)).Items {
			if c.Packet == id {
				card = c
			}
		}
		return card.ID != ""
	})
	return card, id
}

func TestAClerkRegistersRefusesOrMarksAsNotSubject(t *testing.T) {
	s := start(t, brokertest.Options{})
	for _, c := range []struct {
		body, status string
		state        document.State
	}{
		{`{"code":0,"clerk":"novik"}`, "Зарегистрировано", document.Registered},
		{`{"code":1,"clerk":"novik"}`, "Регистрации не подлежит", document.NotSubject},
		{`{"code":2,"clerk":"novik","reason":"Нет приложения"}`, "Отказ в регистрации", document.Refused},
	} {
		card, id := s.pending()
		path := "/cards/" + card.ID + "/decide"
		if got := s.post("sub-a1", path, `{"code":0,"clerk":"ivanov"}`).want(t, http.StatusUnprocessableEntity).codes(t); got[document.ParticipantUnknown] == "" {
			t.Errorf("codes %v", got) // he has no right to register
		}
		s.post("sub-a1", path, `{"code":2,"clerk":"novik"}`).want(t, http.StatusUnprocessableEntity) // without a reason
		s.post("sub-a1", path, c.body).want(t, http.StatusOK)
		s.post("sub-a1", path, c.body).want(t, http.StatusConflict) // once
		s.await(c.status, func() bool {
			p := read[openapi.PacketView](t, s.get("head-a", "/packets/"+id))
			return p.Exchanges[0].State == c.state && p.Status == c.status
		})
	}
	journal := read[openapi.JournalList](t, s.get("sub-a1", "/journals").want(t, http.StatusOK))
	for _, j := range journal.Items {
		if j.Code == "in" && (len(j.Counters) != 1 || j.Counters[0].Last != 1) {
			t.Errorf("journal %+v", j)
		}
	}
	s.get("sub-a1", "/journals/nosuch/cards").want(t, http.StatusNotFound)
}

func TestAKeyIsShownOnceAndEndsWhenRevoked(t *testing.T) {
	s := start(t, brokertest.Options{})
	s.post("admin", "/keys", `{"role":"contour","contour":"nowhere"}`).want(t, http.StatusUnprocessableEntity)
	s.post("admin", "/keys", `{"role":"king"}`).want(t, http.StatusBadRequest)
	issued := read[openapi.IssuedKey](t, s.post("admin", "/keys", `{"role":"contour","contour":"sub-b2","name":"Коннектор"}`).want(t, http.StatusCreated))
	s.keys["new"] = issued.Key
	list := s.get("admin", "/keys?contour=sub-b2").want(t, http.StatusOK)
	if strings.Contains(string(list.body), issued.Key) || !strings.Contains(string(list.body), issued.ID) {
		t.Errorf("list %s", list.body)
	}
	s.send("admin", http.MethodDelete, "/keys/"+issued.ID, "", nil).want(t, http.StatusNoContent)
	s.get("new", "/packets").want(t, http.StatusUnauthorized)
	s.send("admin", http.MethodDelete, "/keys/000000000000", "", nil).want(t, http.StatusNotFound)
}

func TestDeadLettersAreCountedReturnedAndDropped(t *testing.T) {
	s := start(t, brokertest.Options{})
	for range 2 { // what only a broken program inside the hub's own account could publish
		m := &nats.Msg{Subject: "smdo.in.head-a", Data: []byte("no packet"), Header: nats.Header{"ce-type": {"by.smdo.packet.v1"}}}
		if err := s.Conn.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	letters := func() []openapi.DeadLetter {
		return read[openapi.DeadLetterPage](t, s.get("admin", "/dead?stage=admit").want(t, http.StatusOK)).Items
	}
	s.await("two dead letters", func() bool { return len(letters()) == 2 })
	before := letters()
	if n := read[openapi.Count](t, s.post("admin", "/dead/return?stage=admit&dry_run=true", nil).want(t, http.StatusOK)); n.Count != 2 || len(letters()) != 2 {
		t.Errorf("dry run counted %d of %d", n.Count, len(letters()))
	}
	one := read[openapi.DeadLetter](t, s.get("admin", "/dead/"+before[0].ID).want(t, http.StatusOK))
	if one.Reason == "" || one.Size != len("no packet") {
		t.Errorf("letter %+v", one)
	}
	if n := read[openapi.Count](t, s.post("admin", "/dead/return?stage=admit", nil).want(t, http.StatusOK)); n.Count != 2 {
		t.Errorf("returned %d", n.Count)
	}
	s.await("both to fail again", func() bool {
		now := letters()
		return len(now) == 2 && now[0].ID != before[0].ID && now[1].ID != before[1].ID
	})
	s.send("admin", http.MethodDelete, "/dead/"+letters()[0].ID, "", nil).want(t, http.StatusNoContent)
	s.send("admin", http.MethodDelete, "/dead/"+before[0].ID, "", nil).want(t, http.StatusNotFound)
	if len(letters()) != 1 {
		t.Errorf("letters %+v", letters())
	}
	s.post("admin", "/reconcile", nil).want(t, http.StatusOK)
}

func TestPagesBesideTheAPI(t *testing.T) {
	s := start(t, brokertest.Options{})
	page := func(path string, status int) string {
		return string(s.do("", http.MethodGet, path, "", nil).want(t, status).body)
	}
	if got := page("/openapi.yaml", 200); got != string(openapi.Spec()) {
		t.Error("the served contract is not the one that the code was made from")
	}
	s.get("head-a", "/packets").want(t, http.StatusOK)
	if got := page("/metrics", 200); !strings.Contains(got, `smdo_http_requests_total{operation="ListPackets",status="200"} 1`) || strings.Contains(got, "head-a") {
		t.Errorf("metrics %s", got)
	}
	if got := page("/livez", 200) + page("/readyz?verbose", 200); got != "ok\n[+] record\nok\n" {
		t.Errorf("health %q", got)
	}
	if got := page("/version", 200); !strings.Contains(got, `"version":"test"`) {
		t.Errorf("version %s", got)
	}
	page("/errors/nonsense", 404)
}
