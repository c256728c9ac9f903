package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/smdo-hub/smdo-hub/adapters/api"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// operations are those of the published document: method and path by operation id.
func operations(t *testing.T) map[string][2]string {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(openapi.Spec(), &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string][2]string{}
	for path, item := range doc.Paths {
		for method, operation := range item {
			if o, ok := operation.(map[string]any); ok {
				id := o["operationId"].(string)
				found[strings.ToUpper(id[:1])+id[1:]] = [2]string{strings.ToUpper(method), path}
			}
		}
	}
	if len(found) < 50 {
		t.Fatalf("only %d operations", len(found))
	}
	return found
}

func TestEveryOperationSaysWhoMayDoIt(t *testing.T) {
	all := operations(t)
	for id := range all {
		if len(api.Roles(id)) == 0 {
			t.Errorf("operation %s has no roles", id)
		}
	}
	if len(api.Roles("DropEverything")) != 0 {
		t.Error("an unknown operation is allowed")
	}
}

// fill puts something into the places of a path.
func fill(path, packet, card string) string {
	return strings.NewReplacer("{packet}", packet, "{card}", card, "{sha256}", strings.Repeat("a", 64), "{leaf}", "0", "{task}", "1", "{journal}", "out",
		"{contour}", "sub-b1", "{version}", "1", "{key}", "0123456789ab", "{letter}", "0197f9a2-7a51-7c11-9d55-0f8a5b1c2d3e").Replace(path)
}

func TestWithoutAKeyNothingIsAnswered(t *testing.T) {
	s := start(t, brokertest.Options{})
	s.keys["wrong"] = s.keys["head-a"][:len(s.keys["head-a"])-2] + "xx"
	for id, o := range operations(t) {
		for _, who := range []string{"", "wrong"} {
			a := s.send(who, o[0], fill(o[1], "head-a:x", "x"), "application/json", "{").want(t, http.StatusUnauthorized)
			if a.header.Get("WWW-Authenticate") == "" || read[openapi.Problem](t, a).Code != "HTTP-401" {
				t.Errorf("%s: %v %s", id, a.header, a.body)
			}
		}
	}
}

func TestAKeyDoesOnlyWhatItsRoleMay(t *testing.T) {
	s := start(t, brokertest.Options{})
	for id, o := range operations(t) {
		for who, role := range map[string]string{"head-a": "contour", "admin": "admin", "auditor": "auditor"} {
			if slices.Contains(api.Roles(id), role) {
				continue
			}
			kind := "application/json"
			if id == "EditCard" {
				kind = "application/merge-patch+json"
			}
			if id == "AttachFile" {
				kind = "multipart/form-data; boundary=x"
			}
			path := fill(o[1], "head-a:x", "x") + "?participant=petrov&stage=admit"
			s.send(who, o[0], path, kind, "{}").want(t, http.StatusForbidden)
		}
	}
}

func TestWhatBelongsToAnotherContourDoesNotExist(t *testing.T) {
	s := start(t, brokertest.Options{})
	card := s.sent()
	task := s.desk("sub-a1", "sidorova")
	draft := s.card([]byte("%PDF-1.4 draft"))
	own := []string{"ListPackets", "ListReceipts", "StreamReceipts", "ListMailbox", "ListCards", "ListTasks", "ListJournals", "ListTrusted", "UploadFile",
		"SubmitPacket", "CreateCard", "ConfirmMailbox", "ReportPacket", "ExplainRules", "EmulateSignature", "ListJournalCards", "GetContour"}
	for id, o := range operations(t) {
		if !slices.Contains(api.Roles(id), "contour") || slices.Contains(own, id) {
			continue
		}
		body, kind := "{}", "application/json"
		switch id {
		case "EditCard":
			kind = "application/merge-patch+json"
		case "SignTask", "AcknowledgeTask", "DeclineTask":
			body = `{"executor":"belova","emulate":true}`
			if id != "SignTask" {
				body = `{"executor":"belova","reason":"x"}`
			}
		case "SignCardFile":
			body = `{"cms":"MIIB"}`
		case "DecideCard":
			body = `{"code":0,"clerk":"belova"}`
		case "AttachFile":
			kind, body = "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nb\r\n--x--\r\n"
		}
		for _, id := range []string{card.ID, draft.ID} {
			path := strings.Replace(fill(o[1], task.Packet, id), strings.Repeat("a", 64), card.Files[0].Sha256, 1)
			s.send("sub-b1", o[0], path, kind, body).want(t, http.StatusNotFound)
		}
	}
	s.get("sub-b1", "/contours/head-a").want(t, http.StatusNotFound) // there is no way from one to the other
	s.post("sub-b1", "/contours/explain", `{"from":"head-a","to":"sub-a1"}`).want(t, http.StatusForbidden)
	for _, list := range []string{"/packets?direction=in", "/packets", "/receipts", "/mailbox", "/cards", "/tasks", "/journals/tasks/cards"} {
		if a := s.get("sub-b1", list).want(t, http.StatusOK); !strings.Contains(string(a.body), `"items":[]`) {
			t.Errorf("%s: %s", list, a.body)
		}
	}
	// A receiver sees its own exchange and nothing of the other's.
	seen := read[openapi.PacketView](t, s.get("sub-a2", "/packets/"+task.Packet).want(t, http.StatusOK))
	if len(seen.Exchanges) != 1 || seen.Exchanges[0].To != "sub-a2" || seen.Exchanges[0].Rule != "" {
		t.Errorf("sub-a2 sees %+v", seen)
	}
	for _, r := range read[openapi.ReceiptPage](t, s.get("sub-a2", "/packets/"+task.Packet+"/receipts").want(t, http.StatusOK)).Items {
		if r.Receiver != "sub-a2" {
			t.Errorf("sub-a2 sees a receipt of %s", r.Receiver)
		}
	}
	s.get("sub-a2", "/tasks/"+task.Packet+"/"+task.ID).want(t, http.StatusNotFound)
}

func TestUnknownPathsAndMethodsAreProblems(t *testing.T) {
	s := start(t, brokertest.Options{})
	s.get("head-a", "/nowhere").want(t, http.StatusNotFound).codes(t)
	a := s.send("head-a", http.MethodDelete, "/packets", "", nil).want(t, http.StatusMethodNotAllowed)
	if a.header.Get("Allow") != "GET, POST" {
		t.Errorf("headers %v", a.header)
	}
}
