package upstream_test

import (
	"crypto/x509"
	"encoding/base64"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// When packages are too large for a page of the usual size, smaller pages are asked for.
func TestLargePagesAreMadeSmaller(t *testing.T) {
	s := begin(t)
	var ids []document.PacketID
	for n := range 4 {
		content := []byte(strings.Repeat(string(rune('a'+n)), 7<<20))
		p := s.remote("sub-a1", "head-a")
		dig(p, "body", "envelop", "body", "document").(object)["docTransfer"] = []any{object{"name": "Письмо.pdf", "data": object{"value": base64.StdEncoding.EncodeToString(content)},
			"signature": []any{object{"value": base64.StdEncoding.EncodeToString(s.Sign("sidorova", content).CMS)}}}}
		if _, err := s.fake.Give("sub-a1", "head-a", p); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, document.PacketID{Sender: "sub-a1", MsgID: idOf(p)})
	}
	s.run(func(o *upstream.Options) { o.Patience = time.Minute }) // such a page takes its time
	for _, id := range ids {
		s.stands(id, "head-a", document.Registered)
	}
	s.confirmed()
}

// What a message asks of organisations that are reached by another way stays out of the packet.
func TestTasksOfOthersStayOut(t *testing.T) {
	s := start(t)
	task := func(id, organisation, name string) object {
		return object{"idnumber": id, "task_reg": 1, "task_copy": 0, "kind": "для информации", "task_text": "Ознакомиться", "deadline": "2026-12-01",
			"taskNumber": object{"value": 1, "taskDate": "2026-11-23"}, "confident": object{"flag": 0, "value": "Общий"},
			"referred":           []any{object{"idnumber": "A-1001", "retype": "1", "regNumber": object{"value": "01-05/77", "regdate": "2026-11-23"}}},
			"authorOrganization": []any{object{"organizationWithSign": object{"organization_string": "sub-a1"}}},
			"executor":           []any{object{"responsible": 1, "organization": object{"organization_string": organisation, "officialPerson": []any{object{"name": object{"value": name}}}}}}}
	}
	p := s.remote("sub-a1", "head-a", "stranger")
	dig(p, "body", "envelop", "body").(object)["taskList"] = object{"task": []any{task("t-1", "head-a", "Петров Пётр Петрович"), task("t-2", "stranger", "Некто")}}
	if _, err := s.fake.Give("sub-a1", "head-a", p, s.attached([]byte("%PDF"), "sidorova")); err != nil {
		t.Fatal(err)
	}
	id := document.PacketID{Sender: "sub-a1", MsgID: idOf(p)}
	s.stands(id, "head-a", document.Registered)
	_, exchanges, err := s.Record.Packet(t.Context(), id)
	if err != nil || len(exchanges) != 1 || len(exchanges[0].Tasks) != 1 || exchanges[0].Tasks[0].ID != "t-1" {
		t.Errorf("%v: %+v", err, exchanges)
	}
}

// The router is believed when a root that was named vouches for it, and not otherwise.
func TestTheRouterIsKnownByItsCertificate(t *testing.T) {
	s := begin(t)
	server := httptest.NewUnstartedServer(s.fake)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	s.url = server.URL
	encrypted := func(o *upstream.Options) { o.Plain = false }
	s.run(encrypted)
	s.eventually("nothing goes through", func() bool { return s.link.Circuits()[0].State == upstream.Open })
	if n := s.fake.Served("token"); n > 0 {
		t.Fatalf("it got the password %d times", n)
	}
	s.stop()
	s.run(encrypted, func(o *upstream.Options) {
		o.Roots = x509.NewCertPool()
		o.Roots.AddCert(server.Certificate())
	})
	s.once(s.letter("sub-a1"))
}
