package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

func (s *site) letter(to document.ContourCode, tasks ...document.Task) openapi.Packet {
	return openapi.Packet(*s.Letter(to, tasks...))
}

func TestAPacketIsAcceptedOnceAndARepeatGetsTheSameReceipts(t *testing.T) {
	s := start(t, brokertest.Options{})
	p := s.letter("sub-a1")
	a := s.post("head-a", "/packets", p).want(t, http.StatusCreated)
	first := read[openapi.Outcome](t, a)
	if a.header.Get("Location") != openapi.BasePath+"/packets/"+first.Packet || first.Standing != openapi.StandingCustody {
		t.Fatalf("outcome %+v, headers %v", first, a.header)
	}
	again := read[openapi.Outcome](t, s.post("head-a", "/packets", p).want(t, http.StatusCreated))
	if len(again.Receipts) != len(first.Receipts) || again.Receipts[0].Leaf != first.Receipts[0].Leaf {
		t.Errorf("the repeat got %+v, the first %+v", again.Receipts, first.Receipts)
	}
	p.Subject = "Другое"
	if got := s.post("head-a", "/packets", p).want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.PacketConflict) {
		t.Errorf("codes %v", got)
	}
	body := read[openapi.Packet](t, s.get("sub-a1", "/packets/"+first.Packet+"/body").want(t, http.StatusOK))
	if body.Document.Files[0].Name != "Письмо.pdf" || string(body.Document.Files[0].Inline) == "" || body.Subject != "Письмо" {
		t.Errorf("body %+v", body)
	}
}

func TestAllFaultsAreToldAtOnceInBothLanguages(t *testing.T) {
	s := start(t, brokertest.Options{})
	p := s.letter("sub-b1", brokertest.Task("1", document.Errand, "sub-b1", "belova"))
	p.Document.Sheets, p.Document.Kind = 0, ""
	p.Document.Files[0].Signatures = nil
	want := map[document.FaultCode]string{
		document.DocumentSheets: "document.sheets", document.DocumentKindMissing: "document.kind", document.SignatureMissing: "document.files[0]",
		document.TaskKindForbidden: "tasks[0].kind", document.TrustNone: "",
	}
	for _, path := range []string{"/packets?check=true", "/packets"} {
		a := s.post("head-a", path, p).want(t, http.StatusUnprocessableEntity)
		got := a.codes(t)
		for code, field := range want {
			if f, ok := got[code]; !ok || field != "" && f != field {
				t.Errorf("%s: fault %s on %q, told are %v", path, code, field, got)
			}
		}
		problem := read[openapi.Problem](t, a)
		if problem.RequestID == "" || problem.Type != "/errors/"+problem.Code {
			t.Errorf("problem %+v", problem)
		}
		if checked := strings.HasSuffix(path, "true"); checked == (len(problem.Receipts) > 0) {
			t.Errorf("%s: receipts %+v", path, problem.Receipts)
		}
		page := s.do("", http.MethodGet, problem.Type, "", nil).want(t, http.StatusOK)
		if !strings.Contains(string(page.body), problem.Code) {
			t.Errorf("page %s", page.body)
		}
	}
}

func TestWhatCannotBeReadIsToldWithItsField(t *testing.T) {
	s := start(t, brokertest.Options{})
	for body, field := range map[string]string{
		`{"to":[{"contour":"sub-a1"}],"documnet":{}}`:                  "documnet",
		`{"document":{"sheets":"two"}}`:                                "document.sheets",
		`{"document":{"number":{"date":"25.11.2026"}}}`:                "document.number.date",
		`{"document":{"files":[{"name":"a","sha256":"xyz"}]}}`:         "document.files[0].sha256",
		`{"kind":"letter"}`:                                            "kind",
		`{"to":[{"contour":"sub-a1"}`:                                  "",
		`{"tasks":[` + strings.Repeat(`null,`, 20_000) + `null]}`:      "tasks",
		`{"document":{"files":[{"name":"a","content":"не base64"}]}}`:  "document.files[0].content",
		`{"document":{"files":[{"name":"a","signatures":[{"x":1}]}]}}`: "document.files[0].signatures[0].x",
	} {
		a := s.post("head-a", "/packets", body).want(t, http.StatusBadRequest)
		for code, got := range a.codes(t) {
			if got != field {
				t.Errorf("%.40s…: %s on %q, want %q", body, code, got, field)
			}
		}
	}
	s.post("head-a", "/packets", `{"subject":"`+strings.Repeat("а", 2<<20)+`"}`).want(t, http.StatusRequestEntityTooLarge)
	s.send("head-a", http.MethodPost, "/packets", "text/plain", "hello").want(t, http.StatusUnsupportedMediaType)
	s.post("head-a", "/cards", `{"document":{"kind":"Письмо"}}`).want(t, http.StatusCreated)
}

func TestALargeFileStreamsThroughInBoundedMemory(t *testing.T) {
	s := start(t, brokertest.Options{})
	const size = 64 << 20
	piece := []byte(strings.Repeat("0123456789abcdef", 4096)) // 64 KiB
	hash := sha256.New()
	for range size / len(piece) {
		hash.Write(piece)
	}
	digest := hex.EncodeToString(hash.Sum(nil))

	stream := func() (io.Reader, string, func(func(*multipart.Writer))) {
		r, w := io.Pipe()
		m := multipart.NewWriter(w)
		return r, m.FormDataContentType(), func(fill func(*multipart.Writer)) {
			go func() {
				fill(m)
				_ = m.Close()
				_ = w.Close()
			}()
		}
	}
	write := func(out io.Writer) {
		for range size / len(piece) {
			if _, err := out.Write(piece); err != nil {
				return
			}
		}
	}
	pipe, in := io.Pipe()
	go func() { write(in); _ = in.Close() }()
	signed := read[openapi.EmulatedSignature](t, s.do("head-a", http.MethodPost, openapi.BasePath+"/emulator/sign?participant=petrov", "application/octet-stream", pipe).want(t, http.StatusOK))
	if signed.Sha256 != digest {
		t.Fatalf("digest %s, want %s", signed.Sha256, digest)
	}

	p := s.letter("sub-a1")
	p.Document.Files = []document.Attachment{{Name: "скан.tif"}}
	text, err := p.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	body, kind, fill := stream()
	fill(func(m *multipart.Writer) {
		w, _ := m.CreateFormField("packet")
		_, _ = w.Write(text)
		w, _ = m.CreateFormFile("file", "скан.tif")
		write(w)
		w, _ = m.CreateFormFile("signature", "скан.tif.p7s")
		_, _ = w.Write([]byte(base64.StdEncoding.EncodeToString(signed.Cms)))
	})
	o := read[openapi.Outcome](t, s.do("head-a", http.MethodPost, openapi.BasePath+"/packets", kind, body).want(t, http.StatusCreated))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > size/2 {
		t.Errorf("%d MiB allocated for a file of 64 MiB", used>>20)
	}

	path := openapi.BasePath + "/packets/" + o.Packet + "/files/" + digest
	got := s.do("sub-a1", http.MethodGet, path, "", nil).want(t, http.StatusOK)
	if fmt.Sprintf("%x", sha256.Sum256(got.body)) != digest || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("%d bytes came back, %v", len(got.body), got.header)
	}
	s.do("sub-a2", http.MethodGet, path, "", nil).want(t, http.StatusNotFound)
}

func TestAPacketMayNameOnlyItsOwnContoursUploads(t *testing.T) {
	s := start(t, brokertest.Options{})
	file := strings.Repeat("смета ", 50_000)
	up := read[openapi.Upload](t, s.send("head-a", http.MethodPost, "/uploads", "application/octet-stream", file).want(t, http.StatusCreated))
	sum := sha256.Sum256([]byte(file))
	if up.Sha256 != hex.EncodeToString(sum[:]) || up.Size != int64(len(file)) {
		t.Fatalf("upload %+v", up)
	}
	s.send("head-a", http.MethodPost, "/uploads?sha256="+strings.Repeat("0", 64), "application/octet-stream", file).want(t, http.StatusUnprocessableEntity)

	p := s.letter("sub-a1")
	p.Document.Files = []document.Attachment{{Name: "смета.xlsx", SHA256: sum, Signatures: []document.Signature{s.Sign("petrov", []byte(file))}}}
	s.post("head-a", "/packets", p).want(t, http.StatusCreated)

	p = openapi.Packet(*s.Letter("head-a"))
	p.ID = document.PacketID{}
	p.Author = "sidorova"
	p.Document.Files = []document.Attachment{{Name: "смета.xlsx", SHA256: sum, Signatures: []document.Signature{s.Sign("sidorova", []byte(file))}}}
	if got := s.post("sub-a1", "/packets", p).want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.FileMissing) {
		t.Errorf("codes %v", got)
	}
}

func TestAPacketCanBeListedAndWithdrawnUntilItIsDelivered(t *testing.T) {
	rules := strings.Replace(string(contoursExample()), "title: {ru: Районная казна, en: District Treasury}\n    delivery: hosted", "title: {ru: Районная казна, en: District Treasury}\n    delivery: mailbox", 1)
	s := start(t, brokertest.Options{Rules: []byte(rules)})
	var ids []string
	for range 3 {
		ids = append(ids, read[openapi.Outcome](t, s.post("head-a", "/packets", s.letter("sub-a1")).want(t, http.StatusCreated)).Packet)
	}
	withdrawn := read[openapi.PacketView](t, s.post("head-a", "/packets/"+ids[0]+"/withdraw", nil).want(t, http.StatusOK))
	if withdrawn.Exchanges[0].State != document.Withdrawn || withdrawn.Status != "Отозвано" {
		t.Errorf("packet %+v", withdrawn)
	}
	s.post("head-a", "/packets/"+ids[0]+"/withdraw", nil).want(t, http.StatusConflict)
	s.get("sub-a1", "/packets/"+ids[0]).want(t, http.StatusNotFound) // it never reached sub-a1

	var listed []string
	for after := ""; ; {
		page := read[openapi.ExchangePage](t, s.get("head-a", "/packets?limit=2&after="+url.QueryEscape(after)).want(t, http.StatusOK))
		for _, ex := range page.Items {
			listed = append(listed, ex.Packet)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if len(listed) != 3 || listed[0] != ids[2] || listed[2] != ids[0] {
		t.Errorf("listed %v, sent %v", listed, ids)
	}
	incoming := read[openapi.ExchangePage](t, s.get("sub-a1", "/packets?direction=in").want(t, http.StatusOK))
	if len(incoming.Items) != 2 {
		t.Errorf("incoming %+v", incoming)
	}
	only := read[openapi.ExchangePage](t, s.get("head-a", "/packets?state=withdrawn").want(t, http.StatusOK))
	if len(only.Items) != 1 || only.Items[0].Packet != ids[0] {
		t.Errorf("withdrawn %+v", only)
	}
	s.get("head-a", "/packets?after=nonsense").want(t, http.StatusBadRequest)
	s.get("head-a", "/packets?limit=100000").want(t, http.StatusBadRequest)
	s.get("head-a", "/packets?state=lost").want(t, http.StatusBadRequest)
}

func TestAMailboxHandsOutUntilDeliveryIsConfirmed(t *testing.T) {
	rules := strings.Replace(string(contoursExample()), "title: {ru: Районная казна, en: District Treasury}\n    delivery: hosted", "title: {ru: Районная казна, en: District Treasury}\n    delivery: mailbox", 1)
	s := start(t, brokertest.Options{Rules: []byte(rules)})
	id := read[openapi.Outcome](t, s.post("head-a", "/packets", s.letter("sub-a1", brokertest.Task("t-1", document.Inform, "sub-a1", "ivanov"))).want(t, http.StatusCreated)).Packet
	for range 2 {
		page := read[openapi.MailboxPage](t, s.get("sub-a1", "/mailbox").want(t, http.StatusOK))
		if len(page.Items) != 1 || page.Items[0].ID != id || page.Items[0].Packet.Document.Title != "О согласовании" {
			t.Fatalf("mailbox %+v", page)
		}
	}
	done := read[openapi.OutcomeList](t, s.post("sub-a1", "/mailbox/confirm", map[string]any{"packets": []string{id, "head-a:unknown"}}).want(t, http.StatusOK))
	if done.Items[0].Standing != openapi.StandingCustody || done.Items[1].Standing != openapi.StandingRefused {
		t.Fatalf("confirmed %+v", done)
	}
	if page := read[openapi.MailboxPage](t, s.get("sub-a1", "/mailbox")); len(page.Items) != 0 {
		t.Errorf("mailbox %+v", page)
	}
	report := map[string]any{"id": "reg-1", "packet": id, "stage": "registered", "number": map[string]string{"number": "17-вх", "date": "2026-11-25"}}
	o := read[openapi.Outcome](t, s.post("sub-a1", "/reports", report).want(t, http.StatusCreated))
	if len(o.Receipts) == 0 || o.Receipts[0].Text != "Зарегистрировано №17-вх от 2026-11-25" {
		t.Errorf("outcome %+v", o)
	}
	delete(report, "number")
	report["id"] = "reg-2"
	if got := s.post("sub-a1", "/reports", report).want(t, http.StatusUnprocessableEntity).codes(t); got[document.ReportNumber] == "" {
		t.Errorf("codes %v", got)
	}
	if got := read[openapi.PacketView](t, s.get("head-a", "/packets/"+id)); got.Exchanges[0].Registration.Number != "17-вх" || got.Status != "Получено. Задачи" {
		t.Errorf("packet %+v", got)
	}
}

func TestAFullBusAnswersTryAgainLater(t *testing.T) {
	s := start(t, brokertest.Options{Sizes: broker.Sizes{Submissions: 1 << 20, Deliveries: 1 << 20, Receipts: 1 << 20, Share: 2}})
	var last answer
	for range 4 {
		if last = s.post("head-a", "/packets", s.letter("sub-a1")); last.status != http.StatusCreated {
			break
		}
	}
	last.want(t, http.StatusServiceUnavailable)
	if last.header.Get("Retry-After") == "" {
		t.Errorf("headers %v", last.header)
	}
}

func TestAnUploadLargerThanTheContoursQuotaIsRefused(t *testing.T) {
	rules := strings.Replace(string(contoursExample()), "    preset: basic\n", "    preset: basic\n    quota: 100KiB\n", 1)
	s := start(t, brokertest.Options{Rules: []byte(rules)})
	file := strings.Repeat("x", 100<<10)
	s.send("head-a", http.MethodPost, "/uploads", "application/octet-stream", file).want(t, http.StatusCreated)
	if got := s.send("head-a", http.MethodPost, "/uploads", "application/octet-stream", file+"x").want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.QuotaBytes) {
		t.Errorf("codes %v", got)
	}
	if got := s.send("head-a", http.MethodPost, "/uploads", "application/octet-stream", "").want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.FileEmpty) {
		t.Errorf("codes %v", got)
	}
}

func TestAMultipartRequestIsHeldToItsForm(t *testing.T) {
	s := start(t, brokertest.Options{})
	p := s.letter("sub-a1")
	p.Document.Files = nil
	text, err := p.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	packet := part{"packet", "", "application/json", text}
	send := func(parts ...part) answer {
		kind, body := form(t, parts...)
		return s.do("head-a", http.MethodPost, openapi.BasePath+"/packets", kind, body)
	}
	send(part{"file", "a.pdf", "", []byte("x")}).want(t, http.StatusBadRequest)
	send(packet, part{"other", "", "", nil}).want(t, http.StatusBadRequest)
	send(packet, part{"signature", "b.pdf", "", []byte("MIIB")}).want(t, http.StatusBadRequest)
	send(packet, part{"file", "", "", []byte("x")}).want(t, http.StatusUnprocessableEntity)
	many := []part{packet}
	for range 2001 {
		many = append(many, part{"signature", "a.pdf", "", []byte("MIIB")})
	}
	if got := send(many...).want(t, http.StatusBadRequest).codes(t); !has(got, document.PacketParts) {
		t.Errorf("codes %v", got)
	}
	s.send("head-a", http.MethodPost, "/packets", "multipart/form-data; boundary=x", "--x\r\nContent-Disp").want(t, http.StatusBadRequest)

	// A file that the packet does not name becomes a file of its document; a directory in its name is dropped.
	file := []byte("%PDF-1.4 small")
	sig := s.Sign("petrov", file)
	o := read[openapi.Outcome](t, send(part{"signature", "b.pdf", "", sig.CMS}, packet, part{"file", "../../b.pdf", "application/pdf", file}).want(t, http.StatusCreated))
	body := read[openapi.Packet](t, s.get("head-a", "/packets/"+o.Packet+"/body").want(t, http.StatusOK))
	if f := body.Document.Files; len(f) != 1 || f[0].Name != "b.pdf" || string(f[0].Inline) != string(file) || len(f[0].Signatures) != 1 {
		t.Errorf("files %+v", f)
	}
}
