package upstream_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/smdo"
	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// A hub whose router is another hub: a task goes up, is registered there by itself, and its number comes back; a letter comes
// down, and so does what became of it.
func TestAHubAboveAHub(t *testing.T) {
	s := &site{Env: brokertest.Start(t, brokertest.Options{Rules: rules()}), t: t, top: t, stop: func() {}}
	text := string(contours.Example())
	at := strings.Index(text, "- code: head-a\n")
	hosted := at + strings.Index(text[at:], "delivery: hosted")
	text = text[:hosted] + "delivery: mailbox\n    protocol: smdo" + text[hosted+len("delivery: hosted"):]
	above := brokertest.Start(t, brokertest.Options{Rules: []byte(text), Trust: []signature.Folder{s.Emulator.Folder()}})
	log := slog.New(slog.DiscardHandler)
	router := smdo.New(above.Hub, smdo.Deps{
		Record: above.Record, Blobs: above.Blobs, Keys: &broker.Keyring{Record: above.Record, Clock: time.Now}, Verifier: above.Verifier, Clock: time.Now, Log: log,
	})
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	carrier := &adapters.Carrier{Hub: above.Hub, Record: above.Record, Clock: time.Now, Log: log}
	up := &site{Env: above, t: t, top: t}
	up.runPart(carrier.Run)

	s.fake, s.url = upstream.NewFake(t.TempDir()), server.URL
	s.run(func(o *upstream.Options) {
		o.Accounts = []upstream.Account{{Contour: "head-a", User: "head-a", Password: above.Key("head-a")}}
		o.Patience = 10 * time.Second
	})

	p := s.Letter("sub-a1", brokertest.Task("t-1", document.Sign, "sub-a1", "sidorova"))
	p.Document.Authors = author("Петров Пётр Петрович")
	p.Document.Files = append(p.Document.Files, s.upload("head-a", "Приложение.pdf", []byte(strings.Repeat("%PDF", 50_000)), "petrov"))
	s.submit(p)
	s.stands(p.ID, "sub-a1", document.Registered)
	_, there, err := above.Record.Packet(t.Context(), p.ID)
	_, here, err2 := s.Record.Packet(t.Context(), p.ID)
	if err != nil || err2 != nil || here[0].Number.Number == "" || here[0].Number.Number != there[0].Tasks[0].Number.Number {
		t.Errorf("%v %v: number here %+v, there %+v", err, err2, here[0].Number, there[0].Tasks[0])
	}

	down := above.Letter("head-a")
	down.ID.Sender, down.Author = "sub-a1", "sidorova"
	down.Document.Authors = author("Сидорова Мария Олеговна")
	content := []byte("%PDF down")
	down.Document.Files[0] = s.File("Письмо.pdf", content, "sidorova")
	if o, err := above.Submit(t.Context(), "sub-a1", down); err != nil || o.Standing != broker.Custody {
		t.Fatalf("%v %+v", err, o)
	}
	s.stands(down.ID, "head-a", document.Registered)
	up.eventually("it is registered above", func() bool { return up.at(down.ID, "head-a") == document.Registered })
	s.nothingAside()
}

func author(name string) []document.Author {
	return []document.Author{{Party: document.Party{Organization: &document.Organization{Text: "Организация", Officials: []document.Person{{Name: name}}}}}}
}
