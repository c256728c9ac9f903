package smdo_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/smdo"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// site is a hub with the router's door. head-a and sub-a2 have systems that speak to the router, sub-a1 is hosted.
type site struct {
	*brokertest.Env
	t   testing.TB
	url string
}

func start(t testing.TB, o brokertest.Options) *site {
	t.Helper()
	o.Rules = rules()
	s := &site{Env: brokertest.Start(t, o), t: t}
	s.serve()
	return s
}

// rules are the example's with two contours whose systems pull.
func rules() []byte {
	text := string(contours.Example())
	for _, c := range []string{"head-a", "sub-a2"} {
		at := strings.Index(text, "- code: "+c+"\n")
		hosted := at + strings.Index(text[at:], "delivery: hosted")
		text = text[:hosted] + "delivery: mailbox\n    protocol: smdo" + text[hosted+len("delivery: hosted"):]
	}
	return []byte(text)
}

// serve opens the door and sets the worker going.
func (s *site) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.DiscardHandler)
	worker := &adapters.Carrier{Hub: s.Hub, Record: s.Record, Clock: time.Now, Log: log}
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	deps := smdo.Deps{Record: s.Record, Blobs: s.Blobs, Keys: &broker.Keyring{Record: s.Record, Clock: time.Now}, Verifier: s.Verifier, Clock: time.Now, Log: log}
	server := httptest.NewServer(smdo.New(s.Hub, deps))
	s.url = server.URL
	s.t.Cleanup(func() {
		server.Close()
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
}

// subscriber is a document-management system that speaks to the router, written from the description of its calls. It
// shares no code with what it is to test.
type subscriber struct {
	t     testing.TB
	site  *site
	code  string
	key   string
	token string
}

type object = map[string]any

const (
	toRouter   = "/receiver/1.0.0/org/SMDO~1.0.0/package"
	fromRouter = "/sender/1.0.0/org/SMDO~1.0.0/package"
)

func (s *site) subscriber(code document.ContourCode) *subscriber {
	c := &subscriber{t: s.t, site: s, code: string(code), key: s.Key(code)}
	c.login()
	return c
}

func (c *subscriber) login() {
	c.t.Helper()
	r, _ := http.NewRequest(http.MethodPost, c.site.url+"/token?scope=application&grant_type=client_credentials", strings.NewReader(url.Values{}.Encode()))
	r.SetBasicAuth(c.code, c.key)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body := c.raw(r)
	var answer struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != 200 || answer.Life < 3000 {
		c.t.Fatalf("token: %d %s", status, body)
	}
	c.token = answer.Token
}

func (c *subscriber) raw(r *http.Request) (status int, body []byte) {
	c.t.Helper()
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer w.Body.Close()
	body, err = io.ReadAll(w.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return w.StatusCode, body
}

// call sends JSON, or nothing, and reads JSON, or nothing.
func (c *subscriber) call(method, path string, send any) (int, object) {
	c.t.Helper()
	var body io.Reader
	if send != nil {
		text, err := json.Marshal(send)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, c.site.url+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	status, text := c.raw(r)
	var answer object
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			c.t.Fatalf("%s %s: %d %s", method, path, status, text)
		}
	}
	return status, answer
}

// must calls and demands a status.
func (c *subscriber) must(want int, method, path string, send any) object {
	c.t.Helper()
	status, answer := c.call(method, path, send)
	if status != want {
		c.t.Fatalf("%s %s: %d, want %d: %v", method, path, status, want, answer)
	}
	return answer
}

func (c *subscriber) attach(id, name string, content []byte) (int, object) {
	c.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, _ := w.CreateFormFile("file", name)
	_, _ = part.Write(content)
	_ = w.Close()
	r, _ := http.NewRequest(http.MethodPost, c.site.url+toRouter+"/"+id+"/attach", &form)
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", w.FormDataContentType())
	status, text := c.raw(r)
	var answer object
	_ = json.Unmarshal(text, &answer)
	return status, answer
}

// letter is a package with one file, not signed within the message.
func (c *subscriber) letter(to, number string, tasks ...object) object {
	body := object{"document": object{
		"idnumber": "doc-" + number, "type": 0, "kind": "Письмо", "pages": 2, "title": "О согласовании",
		"regNumber": object{"value": number, "regdate": "2026-11-23"}, "confident": object{"flag": 0, "value": "Общий"},
		"docTransfer": []any{object{"name": "Письмо.pdf", "data": object{"referenceid": "attach1", "value": nil}, "signature": nil}},
		"author": []any{object{"organizationWithSign": object{"organization_string": "Ведомство А",
			"officialPersonWithSign": []any{object{"name": object{"value": "Петров Пётр Петрович"}}}}}},
	}}
	if len(tasks) > 0 {
		body["taskList"] = object{"task": tasks}
	}
	return c.envelope(to, 1, body)
}

func (c *subscriber) envelope(to string, kind int, body object) object {
	return object{"headerId": "SMDO~1.0.0", "packageId": "", "parentId": nil, "dateSent": "2026-11-23T08:15:05Z",
		"to": []any{object{"idAbonent": uuid.NewString(), "typeAbonent": "SMDO", "name": to}},
		"body": object{"envelop": object{
			"type": "SDIP-2.1.1", "msg_id": uuid.NewString(), "dtstamp": "2026-11-23T08:15:00Z", "subject": "О согласовании",
			"header": object{"msg_type": kind, "msg_acknow": 2,
				"sender":   object{"id": c.code, "name": "Ведомство А", "sys_id": uuid.NewString(), "system": "СЭД А", "system_details": "1.0"},
				"receiver": []any{object{"id": to, "name": to, "organization": object{"organization_string": to}}}},
			"body": body}}}
}

// task is a task for an executor called by name.
func task(id, kind, receiver, name string) object {
	return object{"idnumber": id, "task_reg": 1, "task_copy": 0, "kind": kind, "task_text": "Подписать и вернуть", "deadline": "2026-12-01",
		"taskNumber": object{"value": 1, "taskDate": "2026-11-23"}, "confident": object{"flag": 0, "value": "Общий"},
		"referred":           []any{object{"idnumber": "A-1001", "retype": "1", "regNumber": object{"value": "01-05/77", "regdate": "2026-11-23"}}},
		"authorOrganization": []any{object{"organizationWithSign": object{"organization_string": "Ведомство А"}}},
		"executor":           []any{object{"responsible": 1, "organization": object{"organization_string": receiver, "officialPerson": []any{object{"name": object{"value": name}}}}}}}
}

func msgID(p object) string { return p["body"].(object)["envelop"].(object)["msg_id"].(string) }

// upload makes a draft with its file and the file's signature, and returns its packageId.
func (c *subscriber) upload(p object, content []byte, participant string) string {
	c.t.Helper()
	draft := c.must(201, "POST", toRouter, p)
	id := draft["packageId"].(string)
	status, file := c.attach(id, "attach1", content)
	if status != 201 {
		c.t.Fatalf("attach: %d %v", status, file)
	}
	if participant != "" {
		cms := base64.StdEncoding.EncodeToString(c.site.Sign(participant, content).CMS)
		c.must(204, "PUT", fmt.Sprintf("%s/%s/attach/%s/signs", toRouter, id, file["id"]), []any{object{"keyId": nil, "signer": "Петров", "operationType": nil, "origSignatire": nil, "data": cms}})
	}
	return id
}

func (c *subscriber) send(id string) { c.t.Helper(); c.must(204, "GET", toRouter+"/"+id+"/send", nil) }

// waitFor polls until n packages wait, as systems do, and returns them.
func (c *subscriber) waitFor(n int) []object {
	c.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		page := c.must(200, "POST", fromRouter, object{"page": 1, "size": 100, "onlyNew": true})
		content := page["content"].([]any)
		if len(content) >= n {
			found := make([]object, len(content))
			for i := range content {
				found[i] = content[i].(object)
			}
			return found
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%d packages wait for %s, want %d: %v", len(content), c.code, n, content)
		}
		<-time.After(20 * time.Millisecond) // the protocol knows no other way than to ask again
	}
}

// ack is what a receipt says: ack_type and the error codes.
func ack(p object) string {
	a := p["body"].(object)["envelop"].(object)["body"].(object)["acknowledgement"].(object)
	s := fmt.Sprint(a["ack_type"])
	for _, r := range a["ackResult"].([]any) {
		s += fmt.Sprintf(" %v", r.(object)["errorcode"])
	}
	return s
}

func (c *subscriber) confirm(p object) {
	c.t.Helper()
	c.must(204, "GET", fmt.Sprintf("%s/confirm/%s", fromRouter, p["confirmId"]), nil)
}

func (c *subscriber) confirmAll(list []object) {
	c.t.Helper()
	ids := []any{}
	for _, p := range list {
		ids = append(ids, p["confirmId"])
	}
	c.must(204, "POST", fromRouter+"/confirm/batch", object{"ids": ids})
}

// receipt is a receipt of an incoming package.
func (c *subscriber) receipt(about object, ackType, code int, inc string) object {
	envelope := about["body"].(object)["envelop"].(object)
	from := envelope["header"].(object)["sender"].(object)["id"].(string)
	a := object{"msg_id": envelope["msg_id"], "ack_type": ackType, "ackResult": []any{object{"value": "Принято", "errorcode": code}},
		"regNumber": object{"value": "01-05/77", "regdate": "2026-11-23"}}
	if inc != "" {
		a["incNumber"] = object{"value": inc, "regdate": "2026-11-24"}
	}
	p := c.envelope(from, 0, object{"acknowledgement": a, "document": nil})
	p["parentId"], p["ack"] = about["id"], true
	return p
}
