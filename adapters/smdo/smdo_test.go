package smdo_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func acks(list []object) (all []string) {
	for _, p := range list {
		if p["ack"] == true {
			all = append(all, ack(p))
		}
	}
	return all
}

// A task goes from a system that speaks to the router to an executor in a hosted contour and comes back signed; the system
// sees every receipt in its own format.
func TestATaskFromTheRouterIsSignedInAHostedContour(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := s.subscriber("head-a")
	content := []byte("%PDF-1.4 task")
	letter := head.letter("sub-a1", "01-05/77", task("t1", "на подпись", "sub-a1", "Иванов Иван Иванович"))
	id := head.upload(letter, content, "petrov")
	head.send(id)
	head.send(id) // its answer was lost: once more

	packet := document.PacketID{Sender: "head-a", MsgID: document.MsgID(msgID(letter))}
	list := head.waitFor(4)
	if got := acks(list); !slices.Equal(got, []string{"100 0", "101 0", "1 0", "2 0"}) {
		t.Errorf("receipts are %q", got)
	}
	for _, p := range list {
		from := p["from"].(object)["idAbonent"]
		if router := strings.HasPrefix(ack(p), "10"); router != (from == "ROUTER") || p["parentId"] != id {
			t.Errorf("%s comes from %v, about %v", ack(p), from, p["parentId"])
		}
	}
	registered := list[3]["body"].(object)["envelop"].(object)["body"].(object)["acknowledgement"].(object)
	if inc := registered["incNumber"].(object)["value"]; inc != "1-11-смдо/2026" || registered["regNumber"].(object)["value"] != "01-05/77" {
		t.Errorf("registered as %v", registered)
	}
	head.confirmAll(list)

	sign := func(a *document.Attachment) (document.Signature, error) { return s.Sign("ivanov", content), nil }
	if o, err := s.Execute(t.Context(), "sub-a1", broker.Execution{Packet: packet, Task: "t1", Executor: "ivanov", Outcome: document.Signed, Sign: sign}); err != nil || o.Standing != broker.Custody {
		t.Fatalf("%v %v", o, err)
	}
	answer := head.waitFor(2) // the executor's receipt, then the answer itself
	last := answer[len(answer)-1]
	envelope := last["body"].(object)["envelop"].(object)
	doc := envelope["body"].(object)["document"].(object)
	if last["ack"] == true || envelope["header"].(object)["msg_type"] != 3.0 || doc["docParent"].(object)["lastmsg_id"] != msgID(letter) {
		t.Fatalf("the answer is %v", last)
	}
	file := last["attachments"].([]any)[0].(object)
	if signs := file["sign"].([]any); len(signs) != 2 {
		t.Errorf("%d signatures came back, want the sender's and the executor's", len(signs))
	}
	if got := head.download(last, file); got != string(content) {
		t.Errorf("the file came back as %q", got)
	}
	head.confirm(last)
	head.confirm(last) // again, it changes nothing
	closed := head.waitFor(len(answer))
	head.confirmAll(closed)
	if text := fmt.Sprint(closed); !strings.Contains(text, "Исполнена. Закрыта") {
		t.Errorf("no receipt says so: %s", text)
	}
}

func (c *subscriber) download(p, file object) string {
	c.t.Helper()
	r, _ := http.NewRequest(http.MethodGet, fmt.Sprintf("%s%s/%s/attach/%s", c.site.url, fromRouter, p["id"], file["id"]), nil)
	r.Header.Set("Authorization", "Bearer "+c.token)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode != 200 {
		c.t.Fatalf("%d %v %s", w.StatusCode, err, text)
	}
	return string(text)
}

// Between two systems that speak to the router: the receiver's own receipts reach the sender as it wrote them, and a late
// one of a lower stage lowers nothing.
func TestFromRouterToRouter(t *testing.T) {
	s := start(t, brokertest.Options{})
	head, sub := s.subscriber("head-a"), s.subscriber("sub-a2")
	letter := head.letter("sub-a2", "7")
	head.send(head.upload(letter, []byte("%PDF-1.4 seven"), "petrov"))

	got := sub.waitFor(1)[0]
	if msgID(got) != msgID(letter) || got["from"].(object)["name"] != "Управление финансов Заозёрского района" {
		t.Fatalf("%v", got)
	}
	doc := got["body"].(object)["envelop"].(object)["body"].(object)["document"].(object)
	if doc["pages"] != 2.0 || doc["regNumber"].(object)["value"] != "7" {
		t.Errorf("%v", doc)
	}
	if text := sub.download(got, got["attachments"].([]any)[0].(object)); text != "%PDF-1.4 seven" {
		t.Errorf("%q", text)
	}
	for _, r := range []object{sub.receipt(got, 2, 0, "552-вх"), sub.receipt(got, 1, 0, "")} { // registration overtakes delivery
		sub.send(sub.must(201, "POST", toRouter, r)["packageId"].(string))
	}
	sub.confirm(got)
	if n := len(sub.must(200, "POST", fromRouter, object{"page": 1, "size": 100, "onlyNew": true})["content"].([]any)); n != 0 {
		t.Errorf("%d packages still wait", n)
	}
	list := head.waitFor(4)
	if got := acks(list); !slices.Equal(got, []string{"100 0", "101 0", "2 0", "1 0"}) {
		t.Errorf("receipts are %q", got)
	}
	packet := document.PacketID{Sender: "head-a", MsgID: document.MsgID(msgID(letter))}
	_, exchanges, err := s.Record.Packet(t.Context(), packet)
	if err != nil || exchanges[0].State != document.Registered || exchanges[0].Number.Number != "552-вх" {
		t.Errorf("%v %+v", err, exchanges)
	}
}

// What is wrong comes back as the router's receipt, all of it; what is not whole yet can be completed.
func TestWhatIsWrong(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := s.subscriber("head-a")

	unsigned := head.upload(head.letter("sub-a2", "1"), []byte("%PDF unsigned"), "")
	head.send(unsigned)
	list := head.waitFor(1)
	if ack(list[0]) != "103 -22" || list[0]["from"].(object)["idAbonent"] != "ROUTER" || list[0]["body"].(object)["message"] == nil {
		t.Errorf("unsigned: %v", list)
	}
	head.confirmAll(list)

	incomplete := head.must(201, "POST", toRouter, head.letter("sub-a2", "2"))["packageId"].(string)
	if status, p := head.call("GET", toRouter+"/"+incomplete+"/send", nil); status != 422 || !strings.Contains(fmt.Sprint(p), "ATT-05") {
		t.Errorf("without its file: %d %v", status, p)
	}
	bad := head.letter("sub-a2", "3")
	delete(bad["body"].(object)["envelop"].(object)["body"].(object)["document"].(object), "regNumber")
	delete(bad["body"].(object)["envelop"].(object)["body"].(object)["document"].(object), "pages")
	id := head.must(201, "POST", toRouter, bad)["packageId"].(string)
	if status, p := head.call("GET", toRouter+"/"+id+"/send", nil); status != 422 || len(p["faults"].([]any)) != 2 {
		t.Errorf("two faults: %d %v", status, p)
	}
	foreign := head.letter("sub-a2", "4")
	foreign["body"].(object)["envelop"].(object)["header"].(object)["sender"].(object)["id"] = "sub-a1"
	id = head.must(201, "POST", toRouter, foreign)["packageId"].(string)
	if status, _ := head.call("GET", toRouter+"/"+id+"/send", nil); status != 422 {
		t.Errorf("in another's name: %d", status)
	}
	for path, want := range map[string]int{toRouter + "/" + "nothing": 404, fromRouter + "/confirm/nothing": 404, "/elsewhere": 404} {
		if status, _ := head.call("GET", path, nil); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := head.call("POST", toRouter, "not a package"); status != 400 {
		t.Errorf("not a package: %d", status)
	}
}

// A contour reaches its own packages and nothing else (D13).
func TestOthersPackagesAreAbsent(t *testing.T) {
	s := start(t, brokertest.Options{})
	head, sub, other := s.subscriber("head-a"), s.subscriber("sub-a2"), s.subscriber("sub-b1")
	id := head.upload(head.letter("sub-a2", "1"), []byte("%PDF one"), "petrov")
	head.send(id)
	got := sub.waitFor(1)[0]
	file := got["attachments"].([]any)[0].(object)["id"]
	for _, c := range []struct{ method, path string }{
		{"GET", toRouter + "/" + id}, {"DELETE", toRouter + "/" + id}, {"GET", toRouter + "/" + id + "/send"},
		{"GET", fmt.Sprintf("%s/%s", fromRouter, got["id"])}, {"GET", fmt.Sprintf("%s/%s/attach/%s", fromRouter, got["id"], file)},
		{"GET", fmt.Sprintf("%s/confirm/%s", fromRouter, got["confirmId"])},
	} {
		if status, _ := other.call(c.method, c.path, nil); status != 404 {
			t.Errorf("%s %s: %d", c.method, c.path, status)
		}
	}
	if status, _ := head.call("GET", fmt.Sprintf("%s/%s", fromRouter, got["id"]), nil); status != 404 {
		t.Errorf("the sender fetches it as a receiver: %d", status)
	}
	if n := len(sub.waitFor(1)); n != 1 {
		t.Errorf("%d packages wait", n)
	}
}

func TestTokens(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := s.subscriber("head-a")
	ask := func(user, password string) int {
		r, _ := http.NewRequest(http.MethodPost, s.url+"/token?grant_type=client_credentials", nil)
		if user != "" {
			r.SetBasicAuth(user, password)
		}
		status, _ := head.raw(r)
		return status
	}
	if ask("sub-a2", head.key) != 401 || ask("head-a", head.key+"x") != 401 || ask("", "") != 401 || ask("head-a", head.key) != 200 {
		t.Error("who gets a token")
	}
	good := head.token
	for _, bad := range []string{"", "x", good + "x", strings.Replace(good, ".", ".9", 1), head.key, good[1:]} {
		head.token = bad
		if status, _ := head.call("POST", fromRouter, object{}); status != 401 {
			t.Errorf("with %q: %d", bad, status)
		}
	}
}

// Drafts outlive a restart, and are edited until they are sent.
func TestDraftsStay(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := s.subscriber("head-a")
	letter := head.letter("sub-a2", "1")
	id := head.upload(letter, []byte("%PDF first"), "petrov")
	s.Restart()
	s.serve()
	if status, file := head.attach(id, "attach1", []byte("%PDF second")); status != 201 || file["size"] != 11.0 {
		t.Fatalf("%d %v", status, file)
	}
	draft := head.must(200, "GET", toRouter+"/"+id, nil)
	file := draft["attachments"].([]any)[0].(object)
	if len(file["sign"].([]any)) != 0 {
		t.Error("the signature of the first file stays with the second")
	}
	again := head.must(201, "POST", toRouter, letter) // its first answer was lost
	if again["packageId"] != id || len(again["attachments"].([]any)) != 1 {
		t.Errorf("%v", again)
	}
	head.must(204, "DELETE", fmt.Sprintf("%s/%s/attach/%s", toRouter, id, file["id"]), nil)
	id = head.upload(letter, []byte("%PDF third"), "petrov")
	if status, _ := head.call("PUT", toRouter, object{"packageId": id, "body": object{"message": "a text, and no message"}}); status != 400 {
		t.Errorf("a draft is replaced by nothing that can be sent: %d", status)
	}
	head.send(id)
	for _, c := range []struct{ method, path string }{{"DELETE", toRouter + "/" + id}, {"DELETE", fmt.Sprintf("%s/%s/attach/%s", toRouter, id, file["id"])}} {
		if status, _ := head.call(c.method, c.path, nil); status != 409 {
			t.Errorf("%s after sending: %d", c.path, status)
		}
	}
}

func TestDirectories(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := s.subscriber("head-a")
	kinds := head.must(200, "GET", "/smdo_nsi_doc_type/1.0.0/smdo_nsi/doc_type/v1", nil)["data"].([]any)
	if len(kinds) != 9 || kinds[0].(object)["docCode"] != "Письмо" {
		t.Errorf("%v", kinds)
	}
	var codes []string
	for page := 1; ; page++ {
		answer := head.must(200, "POST", "/smdo_nsi_subscriber/1.0.0/smdo_nsi/subscriber/v1/search", object{"paging": object{"page": page, "limit": 2}})
		for _, row := range answer["data"].([]any) {
			codes = append(codes, row.(object)["smdoCode"].(string))
		}
		if answer["paging"].(object)["hasNext"] != true {
			break
		}
	}
	slices.Sort(codes)
	if !slices.Equal(codes, []string{"head-a", "head-b", "sub-a1", "sub-a2"}) {
		t.Errorf("subscribers are %q", codes)
	}
	for _, path := range []string{"/smdo_nsi_file_type/1.0.0/smdo_nsi/file_type/v1", "/smdo_nsi_sed_type/1.0.0/smdo_nsi/sed_type/v1"} {
		if len(head.must(200, "GET", path, nil)["data"].([]any)) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
}

// A system answers a task as its format can: a document of its own that refers to the task. How the task ended follows from
// what it asked for, or from the attestation that declines it.
func TestAnswersOfSystemsCloseTasks(t *testing.T) {
	s := start(t, brokertest.Options{})
	head, sub := s.subscriber("head-a"), s.subscriber("sub-a2")
	for name, c := range map[string]struct {
		validator any
		want      document.TaskState
		outcome   document.Outcome
	}{
		"noted":    {nil, document.TaskClosed, document.Noted},
		"declined": {[]any{object{"attestation": "Отклонено", "organizationWithSign": object{"organization_string": "Б"}}}, document.TaskDeclined, document.Declined},
	} {
		letter := head.letter("sub-a2", "n-"+name, task("t-"+name, "для информации", "sub-a2", "Козлов Андрей Викторович"))
		head.send(head.upload(letter, []byte("%PDF "+name), "petrov"))
		var got object
		for got == nil { // receipts of its own answers wait too
			for _, p := range sub.waitFor(1) {
				if p["ack"] != true {
					got = p
				}
				sub.confirm(p)
			}
		}
		sub.send(sub.must(201, "POST", toRouter, sub.receipt(got, 2, 0, "1-"+name))["packageId"].(string))
		answer := sub.letter("head-a", "a-"+name)
		envelope := answer["body"].(object)["envelop"].(object)
		envelope["header"].(object)["msg_type"] = 3
		doc := envelope["body"].(object)["document"].(object)
		doc["docParent"] = object{"idnumber": "doc-n-" + name, "lastmsg_id": msgID(letter), "parmsg_id": msgID(letter), "parorg_id": "head-a", "delivery_type": 1, "regNumber": object{"value": "n", "regdate": "2026-11-23"}}
		doc["referred"] = object{"idnumber": "t-" + name, "retype": "2", "taskNumber": object{"value": 1, "taskDate": "2026-11-23"}}
		doc["validator"] = c.validator
		sub.send(sub.upload(answer, []byte("%PDF answer "+name), "kozlov"))
		for found := false; !found; {
			for _, p := range head.waitFor(1) {
				found = found || p["ack"] != true
				head.confirm(p)
			}
		}
		packet := document.PacketID{Sender: "head-a", MsgID: document.MsgID(msgID(letter))}
		_, exchanges, err := s.Record.Packet(t.Context(), packet)
		if err != nil || exchanges[0].Tasks[0].State != c.want || exchanges[0].Tasks[0].Outcome != c.outcome {
			t.Errorf("%s: %v %+v", name, err, exchanges[0].Tasks)
		}
	}
}

// Who takes note answers without a document, which СМДО has no form for: the sender's system learns it from receipts.
func TestWhoTakesNoteIsToldByReceipts(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := s.subscriber("head-a")
	letter := head.letter("sub-a1", "1", task("t1", "для информации", "sub-a1", "Иванов Иван Иванович"))
	head.send(head.upload(letter, []byte("%PDF note"), "petrov"))
	head.confirmAll(head.waitFor(4))
	packet := document.PacketID{Sender: "head-a", MsgID: document.MsgID(msgID(letter))}
	if o, err := s.Execute(t.Context(), "sub-a1", broker.Execution{Packet: packet, Task: "t1", Executor: "ivanov", Outcome: document.Noted}); err != nil || o.Standing != broker.Custody {
		t.Fatalf("%v %v", o, err)
	}
	for told := false; !told; {
		for _, p := range head.waitFor(1) {
			if p["ack"] != true {
				t.Fatalf("a package without a file: %v", p)
			}
			told = told || strings.Contains(fmt.Sprint(p), "Исполнена. Закрыта")
			head.confirm(p)
		}
	}
}
