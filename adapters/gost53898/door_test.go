package gost53898_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/gost53898"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
)

// web is a hub whose head-a and sub-a2 exchange messages over HTTP.
type web struct {
	*site
	url  string
	keys map[string]string
}

func startWeb(t *testing.T) *web {
	t.Helper()
	s := &site{Env: brokertest.Start(t, brokertest.Options{Rules: rules("mailbox")}), t: t}
	log := slog.New(slog.DiscardHandler)
	s.carry(log)
	door := &gost53898.Door{
		Translator: &gost53898.Translator{Files: adapters.Files{Hub: s.Hub, Blobs: s.Blobs, Verifier: s.Verifier}, Record: s.Record, Clock: time.Now},
		Records:    s.Record, Keys: &broker.Keyring{Record: s.Record, Clock: time.Now}, Log: log,
	}
	server := httptest.NewServer(door.Handler())
	t.Cleanup(server.Close)
	return &web{s, server.URL, map[string]string{"head-a": s.Key("head-a"), "sub-a2": s.Key("sub-a2"), "sub-b1": s.Key("sub-b1")}}
}

func (w *web) do(contour, method, path, kind string, body io.Reader) (status int, at, text string) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.url+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.SetBasicAuth(contour, w.keys[contour])
	r.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, "/" + answer.Header.Get("Content-Location"), string(b)
}

func (w *web) post(contour, text string) (int, string) {
	w.t.Helper()
	status, _, answer := w.do(contour, "POST", "/messages", "application/xml", strings.NewReader(text))
	return status, answer
}

// next waits for a message.
func (w *web) next(contour string) (at, text string) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		if status, at, text := w.do(contour, "GET", "/messages", "", nil); status == 200 {
			return at, text
		} else if status != 204 {
			w.t.Fatalf("%d %s", status, text)
		}
	}
	w.t.Fatal("no message comes for " + contour)
	return "", ""
}

func (w *web) settle(contour, at string) {
	w.t.Helper()
	for range 2 { // again, it changes nothing
		if status, _, text := w.do(contour, "DELETE", at, "", nil); status != 204 {
			w.t.Fatalf("%s: %d %s", at, status, text)
		}
	}
}

func TestOverHTTP(t *testing.T) {
	w := startWeb(t)
	id := uuid.NewString()
	letter := w.letter("sub-a2", id, "8", []byte("%PDF eight"), "petrov")
	for range 2 { // its answer was lost: once more
		if status, text := w.post("head-a", letter); status != 201 {
			t.Fatalf("%d %s", status, text)
		}
	}
	at, text := w.next("sub-a2")
	if !strings.Contains(text, id) || !strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("%PDF eight"))) {
		t.Fatalf("%s", text)
	}
	if status, _, _ := w.do("sub-b1", "DELETE", at, "", nil); status != 404 {
		t.Errorf("another contour settles it: %d", status)
	}
	if status, text := w.post("sub-a2", receipt("sub-a2", "head-a", id, 2, "552-вх")); status != 201 {
		t.Errorf("%d %s", status, text)
	}
	w.settle("sub-a2", at)
	at, text = w.next("head-a")
	if a := readAck(t, text); a.Receipt.Type != 2 || a.Receipt.RegNumber != "552-вх" || a.Receipt.About != id {
		t.Errorf("%s", text)
	}
	w.settle("head-a", at)

	answer := strings.NewReplacer(`msg_type="1"`, `msg_type="3"`, `from_org_id="head-a"`, `from_org_id="sub-a2"`, `to_org_id="sub-a2"`, `to_org_id="head-a"`,
		`<Confident flag="0">Общий</Confident>`, `<Confident flag="0">Общий</Confident><Referred idnumber="doc-8" retype="1"><RegNumber regdate="2026-11-23">8</RegNumber></Referred>`,
		"Петров Пётр Петрович", "Козлов Андрей Викторович").Replace(w.letter("sub-a2", uuid.NewString(), "8", []byte("%PDF answer"), "kozlov"))
	if status, text := w.post("sub-a2", answer); status != 201 {
		t.Errorf("answer: %d %s", status, text)
	}
	if _, text := w.next("head-a"); !strings.Contains(text, `msg_type="3"`) {
		t.Errorf("%s", text)
	}
}

// Files beside the message, in one body with it, and back.
func TestFilesBesideTheMessage(t *testing.T) {
	w := startWeb(t)
	big := bytes.Repeat([]byte("0123456789abcdef"), 2<<20)
	letter := w.letter("sub-a2", uuid.NewString(), "9", big, "petrov")
	inside := base64.StdEncoding.EncodeToString(big)
	letter = strings.Replace(letter, `transfertype="0">`+inside, `transfertype="1">letter`, 1)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	_ = m.WriteField("message", letter)
	part, _ := m.CreateFormFile("letter", "letter.pdf")
	_, _ = part.Write(big)
	_ = m.Close()
	if status, _, text := w.do("head-a", "POST", "/messages", m.FormDataContentType(), &form); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	at, text := w.next("sub-a2")
	if !strings.Contains(text, `transfertype="1">letter<`) || len(text) > 100_000 {
		t.Fatalf("%.2000s", text)
	}
	if status, _, got := w.do("sub-a2", "GET", at+"/files/letter", "", nil); status != 200 || got != string(big) {
		t.Errorf("%d, %d octets", status, len(got))
	}
	if status, _, _ := w.do("head-a", "GET", at+"/files/letter", "", nil); status != 404 {
		t.Errorf("the sender fetches it as a receiver: %d", status)
	}
	without := strings.Replace(letter, `msg_id="`, `msg_id="x`, 1)
	if status, text := w.post("head-a", without); status != 422 || readAck(t, text).Receipt.Results[0].Code != -21 {
		t.Errorf("without the file: %d %s", status, text)
	}
}

func TestRefusedOverHTTP(t *testing.T) {
	w := startWeb(t)
	good := w.letter("sub-a2", uuid.NewString(), "1", []byte("%PDF"), "petrov")
	for name, c := range map[string]struct {
		contour, text string
		status        int
		says          string
	}{
		"two faults":        {"head-a", strings.NewReplacer(`type="0" kind`, `type="9" kind`, `<RegNumber regdate="2026-11-23">`, `<RegNumber>`).Replace(good), 422, `errorcode="35"`},
		"in another's name": {"sub-a2", good, 422, `errorcode="12"`},
		"not XML":           {"head-a", "{}", 422, "PKT-01"},
		"nothing":           {"head-a", "", 422, "PKT-01"},
		"no key":            {"nobody", good, 401, "key"},
	} {
		if status, text := w.post(c.contour, c.text); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	for _, path := range []string{"/messages/x", "/messages/receipt-x", "/messages/packet-" + uuid.NewString()} {
		if status, _, _ := w.do("head-a", "DELETE", path, "", nil); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, text := w.do("head-a", "GET", "/messages", "", nil); status != 204 {
		t.Errorf("%d %s", status, fmt.Sprint(text))
	}
}
