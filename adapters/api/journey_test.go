package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// card makes a registered card of head-a with one file signed by the emulator.
func (s *site) card(file []byte) openapi.CardView {
	s.t.Helper()
	a := s.post("head-a", "/cards", `{"author":"petrov","document":{"kind":"Приказ","sheets":2,"title":"О проведении инвентаризации"}}`).want(s.t, http.StatusCreated)
	card := read[openapi.CardView](s.t, a)
	if a.header.Get("Location") != openapi.BasePath+"/cards/"+card.ID || a.header.Get("ETag") != `"1"` {
		s.t.Fatalf("headers %v", a.header)
	}
	kind, body := form(s.t, part{"file", "prikaz.pdf", "application/pdf", file})
	s.do("head-a", http.MethodPost, openapi.BasePath+"/cards/"+card.ID+"/files?emulate=petrov", kind, body).want(s.t, http.StatusOK)
	a = s.post("head-a", "/cards/"+card.ID+"/register", nil).want(s.t, http.StatusOK)
	return read[openapi.CardView](s.t, a)
}

// sent sends the card of card() as tasks to two contours.
func (s *site) sent() openapi.CardView {
	s.t.Helper()
	card := s.card([]byte("%PDF-1.4 order"))
	s.post("head-a", "/cards/"+card.ID+"/send", `{"to":["sub-a1","sub-a2"],"tasks":[
		{"kind":"sign","smdo":true,"text":"Подписать","executors":[{"contour":"sub-a1","participant":"sidorova"}]},
		{"kind":"inform","smdo":true,"text":"К сведению","executors":[{"contour":"sub-a2","participant":"kozlov"}]}]}`).want(s.t, http.StatusCreated)
	return read[openapi.CardView](s.t, s.get("head-a", "/cards/"+card.ID).want(s.t, http.StatusOK))
}

// desk waits until a task lies on an executor's desk.
func (s *site) desk(contour, executor string) openapi.DeskTask {
	s.t.Helper()
	var found openapi.DeskTask
	s.await("a task of "+executor, func() bool {
		page := read[openapi.TaskPage](s.t, s.get(contour, "/tasks?state=active&executor="+executor).want(s.t, http.StatusOK))
		if len(page.Items) > 0 && page.Items[0].Registration.Number != "" {
			found = page.Items[0]
		}
		return found.ID != ""
	})
	return found
}

func TestTheWholeJourneyByHTTPAlone(t *testing.T) {
	s := start(t, brokertest.Options{})
	file := []byte("%PDF-1.4 order")
	card := s.sent()
	if card.State != document.CardSent || card.Number.Number != "1/01-исх" && card.Number.Number == "" {
		t.Fatalf("card %+v", card)
	}

	sign := s.desk("sub-a1", "sidorova")
	if sign.Status != "Получено. Задачи" || !strings.Contains(sign.Registration.Number, "1-11-смдо/") {
		t.Fatalf("task %+v", sign)
	}
	s.post("sub-a1", "/tasks/"+sign.Packet+"/"+sign.ID+"/sign", `{"executor":"sidorova","emulate":true}`).want(t, http.StatusCreated)
	inform := s.desk("sub-a2", "kozlov")
	s.post("sub-a2", "/tasks/"+inform.Packet+"/"+inform.ID+"/acknowledge", `{"executor":"kozlov"}`).want(t, http.StatusCreated)

	var packet openapi.PacketView
	s.await("«Исполнена. Закрыта»", func() bool {
		packet = read[openapi.PacketView](t, s.get("head-a", "/packets/"+card.Packet).want(t, http.StatusOK))
		return packet.Status == "Исполнена. Закрыта"
	})
	if len(packet.Exchanges) != 2 || packet.Exchanges[0].Tasks[0].State != document.TaskClosed {
		t.Fatalf("packet %+v", packet)
	}
	english := read[openapi.PacketView](t, s.get("head-a", "/packets/"+card.Packet+"?lang=en"))
	if english.Status != "Executed. Closed" {
		t.Errorf("status in English: %q", english.Status)
	}

	card = read[openapi.CardView](t, s.get("head-a", "/cards/"+card.ID))
	if card.Status != "Исполнена. Закрыта" || len(card.Files) != 1 || len(card.Files[0].Signatures) != 2 || len(card.Receipts) == 0 {
		t.Fatalf("card %+v", card)
	}
	for i, want := range []string{"Петров Пётр Петрович", "Сидорова Мария Олеговна"} {
		got := card.Files[0].Signatures[i]
		if got.Verdict != "valid" || !got.Emulated || got.Signer != want {
			t.Errorf("signature %d: %+v", i, got)
		}
	}
	sum := sha256.Sum256(file)
	got := s.get("sub-a1", "/packets/"+card.Packet+"/files/"+hex.EncodeToString(sum[:])).want(t, http.StatusOK)
	if !bytes.Equal(got.body, file) || got.header.Get("Content-Disposition") != "attachment; filename=prikaz.pdf" || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("file %q, headers %v", got.body, got.header)
	}
	journal := read[openapi.CardPage](t, s.get("sub-a1", "/journals/tasks/cards").want(t, http.StatusOK))
	if len(journal.Items) != 1 || journal.Items[0].Status != "Исполнена. Закрыта" {
		t.Errorf("journal %+v", journal)
	}
	for _, secret := range []string{"Петров", "инвентаризации", "prikaz.pdf", "Подписать", s.keys["head-a"], card.Packet} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
	if !strings.Contains(s.log.String(), "operation=SendCard status=201") {
		t.Errorf("the log tells nothing: %s", s.log.String())
	}
}

func TestALargeFileOfACardIsSignedByTheExecutorToo(t *testing.T) {
	s := start(t, brokertest.Options{})
	file := bytes.Repeat([]byte("0123456789"), 20_000)
	card := s.card(file)
	s.post("head-a", "/cards/"+card.ID+"/send", `{"to":["sub-a1"],"tasks":[{"kind":"sign","smdo":true,"executors":[{"contour":"sub-a1","participant":"ivanov"}]}]}`).want(t, http.StatusCreated)
	task := s.desk("sub-a1", "ivanov")
	path := "/tasks/" + task.Packet + "/" + task.ID
	view := read[openapi.DeskTask](t, s.get("sub-a1", path).want(t, http.StatusOK))
	if len(view.Files) != 1 || view.Files[0].Size != int64(len(file)) || view.Files[0].Signatures[0].Verdict != "valid" {
		t.Fatalf("task %+v", view)
	}
	if got := s.post("sub-a1", path+"/sign", `{"executor":"ivanov","signatures":[]}`).want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.SignatureMissing) {
		t.Errorf("codes %v", got)
	}
	wrong := map[string]any{"executor": "ivanov", "signatures": []any{map[string]any{"sha256": view.Files[0].Sha256, "cms": s.Sign("ivanov", []byte("another file")).CMS}}}
	if got := s.post("sub-a1", path+"/sign", wrong).want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.SignatureInvalid) {
		t.Errorf("codes %v", got)
	}
	given := map[string]any{"executor": "ivanov", "signatures": []any{map[string]any{"sha256": view.Files[0].Sha256, "cms": s.Sign("ivanov", file).CMS}}}
	s.post("sub-a1", path+"/sign", given).want(t, http.StatusCreated)
	s.await("the executor's signature on the sender's card", func() bool {
		v := read[openapi.CardView](t, s.get("head-a", "/cards/"+card.ID).want(t, http.StatusOK))
		return v.Status == "Исполнена. Закрыта" && len(v.Files[0].Signatures) == 2 && v.Files[0].Signatures[1].Verdict == "valid"
	})
	got := s.get("head-a", "/cards/"+card.ID+"/files/"+view.Files[0].Sha256).want(t, http.StatusOK)
	if !bytes.Equal(got.body, file) {
		t.Errorf("%d bytes came back", len(got.body))
	}
}

func TestFilesOfADraftAreSignedAndTakenOff(t *testing.T) {
	s := start(t, brokertest.Options{})
	card := read[openapi.CardView](t, s.post("head-a", "/cards", `{"document":{"kind":"Приказ","sheets":1}}`).want(t, http.StatusCreated))
	attach := func(name string, content []byte) answer {
		kind, body := form(t, part{"file", name, "application/pdf", content})
		return s.do("head-a", http.MethodPost, openapi.BasePath+"/cards/"+card.ID+"/files", kind, body)
	}
	view := read[openapi.CardView](t, attach("a.pdf", []byte("one")).want(t, http.StatusOK))
	attach("a.pdf", []byte("two")).want(t, http.StatusUnprocessableEntity)
	files := "/cards/" + card.ID + "/files/" + view.Files[0].Sha256
	s.post("head-a", files+"/signatures", `{}`).want(t, http.StatusBadRequest)
	s.post("head-a", files+"/signatures", `{"emulate":"nobody"}`).want(t, http.StatusUnprocessableEntity)
	s.post("head-a", files+"/signatures", map[string]any{"cms": s.Sign("petrov", []byte("two")).CMS}).want(t, http.StatusOK)
	view = read[openapi.CardView](t, s.post("head-a", files+"/signatures", `{"emulate":"petrov"}`).want(t, http.StatusOK))
	if got := view.Files[0].Signatures; len(got) != 2 || got[0].Verdict != "invalid" || got[0].Reason != document.SignatureInvalid || got[1].Verdict != "valid" {
		t.Errorf("signatures %+v", got)
	}
	view = read[openapi.CardView](t, s.send("head-a", http.MethodDelete, files, "", nil).want(t, http.StatusOK))
	if len(view.Files) != 0 {
		t.Errorf("files %+v", view.Files)
	}
	s.send("head-a", http.MethodDelete, files, "", nil).want(t, http.StatusNotFound)
	s.post("head-a", "/cards/"+card.ID+"/send", nil).want(t, http.StatusConflict) // not registered yet
	many := `{"tasks":[` + strings.Repeat("null,", 500) + `null]}`
	s.post("head-a", "/cards/"+card.ID+"/send", many).want(t, http.StatusBadRequest)
	s.post("head-a", "/cards/"+card.ID+"/send", `{"task":[]}`).want(t, http.StatusBadRequest)
}

func TestATaskIsDeclinedWithAReason(t *testing.T) {
	s := start(t, brokertest.Options{})
	card := s.sent()
	task := s.desk("sub-a1", "sidorova")
	path := "/tasks/" + task.Packet + "/" + task.ID
	if got := s.post("sub-a1", path+"/decline", `{"executor":"sidorova"}`).want(t, http.StatusUnprocessableEntity).codes(t); got[document.TaskReason] == "" {
		t.Errorf("codes %v", got)
	}
	s.post("sub-a1", path+"/decline", `{"executor":"sidorova","reason":"Не моя компетенция"}`).want(t, http.StatusCreated)
	var note string
	s.await("the refusal with its reason", func() bool {
		for _, r := range read[openapi.ReceiptPage](t, s.get("head-a", "/packets/"+card.Packet+"/receipts").want(t, http.StatusOK)).Items {
			if r.Stage == openapi.StageExecuted && r.ToTaskState == document.TaskDeclined {
				note = r.Note
			}
		}
		return note != ""
	})
	if note != "Не моя компетенция" {
		t.Errorf("note %q", note)
	}
	for _, r := range read[openapi.ReceiptPage](t, s.get("auditor", "/receipts?limit=1000").want(t, http.StatusOK)).Items {
		if r.Note != "" {
			t.Errorf("an auditor reads the free text of %s", r.ID)
		}
	}
	if got := s.post("sub-a1", path+"/sign", `{"executor":"sidorova","emulate":true}`).want(t, http.StatusConflict).codes(t); got[document.TaskAnswered] == "" {
		t.Errorf("codes %v", got)
	}
}

func TestASentCardIsLockedAndTheAttemptRecorded(t *testing.T) {
	s := start(t, brokertest.Options{})
	card := s.sent()
	a := s.send("head-a", http.MethodPatch, "/cards/"+card.ID, "application/merge-patch+json", `{"document":{"title":"Другое"}}`).want(t, http.StatusConflict)
	if got := a.codes(t); got[document.CardLocked] == "" {
		t.Fatalf("codes %v", got)
	}
	kind, body := form(t, part{"file", "more.pdf", "", []byte("x")})
	s.do("head-a", http.MethodPost, openapi.BasePath+"/cards/"+card.ID+"/files", kind, body).want(t, http.StatusConflict)
	s.post("head-a", "/cards/"+card.ID+"/send", `{"to":["sub-a1"]}`).want(t, http.StatusConflict)
	s.await("three recorded attempts", func() bool {
		n := 0
		for _, r := range read[openapi.ReceiptPage](t, s.get("head-a", "/packets/"+card.Packet+"/receipts")).Items {
			if r.Stage == openapi.StageEditRefused && r.Receiver == "sub-a1" {
				n++
			}
		}
		return n == 3
	})
	s.post("head-a", "/cards/"+card.ID+"/send", `{"to":["sub-a1","sub-a2"]}`).want(t, http.StatusCreated) // a repeat
}

func TestADraftIsChangedAtItsVersionOnly(t *testing.T) {
	s := start(t, brokertest.Options{})
	card := read[openapi.CardView](t, s.post("head-a", "/cards", `{"document":{"kind":"Письмо","sheets":1,"annotation":"a"}}`).want(t, http.StatusCreated))
	patch := func(version, text string) answer {
		r, err := http.NewRequest(http.MethodPatch, s.url+openapi.BasePath+"/cards/"+card.ID, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.keys["head-a"])
		r.Header.Set("Content-Type", "application/merge-patch+json")
		r.Header.Set("If-Match", version)
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(w.Body)
		return answer{w.StatusCode, w.Header, b.Bytes()}
	}
	changed := read[openapi.CardView](t, patch(`"1"`, `{"document":{"title":"Новое","annotation":null},"subject":"Тема"}`).want(t, http.StatusOK))
	if changed.Title != "Новое" || changed.DocumentKind != "Письмо" || changed.Draft.Document.Annotation != "" || changed.Draft.Subject != "Тема" {
		t.Errorf("card %+v", changed)
	}
	if got := patch(`"1"`, `{"subject":"Иное"}`).want(t, http.StatusConflict).codes(t); got[document.CardVersion] == "" {
		t.Errorf("codes %v", got)
	}
	if got := patch(`"2"`, `{"document":{"titel":"Опечатка"}}`).want(t, http.StatusBadRequest).codes(t); got[document.PacketMalformed] != "document.titel" {
		t.Errorf("codes %v", got)
	}
	patch(`"2"`, `{"document":null}`).want(t, http.StatusOK)
}
