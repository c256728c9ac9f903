package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters/api"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/receipts/ledger"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

func families() []signature.Family {
	return []signature.Family{signature.Std(), signature.GOST(), signature.STB()}
}

func TestTheEmulatorSignsByTheAlgorithmAskedFor(t *testing.T) {
	s := start(t, brokertest.Options{Families: families()})
	want := map[string]string{"": "std", "std": "std", "gost": "gost", "stb": "stb"}
	for _, a := range signature.Algorithms() {
		family, _, _ := strings.Cut(string(a), "2012")
		want[string(a)] = map[string]string{"gost": "gost", string(signature.BIGN256): "stb"}[family]
		if want[string(a)] == "" {
			want[string(a)] = "std"
		}
	}
	file := []byte("file")
	for algorithm, family := range want {
		path := openapi.BasePath + "/emulator/sign?participant=petrov"
		if algorithm != "" {
			path += "&algorithm=" + algorithm
		}
		var certificates [2]string
		for i := range certificates {
			a := read[openapi.EmulatedSignature](t, s.do("head-a", http.MethodPost, path, "application/octet-stream", bytes.NewReader(file)).want(t, http.StatusOK))
			v := s.Verifier.Verify(a.Cms, signature.ContentOf(file), time.Now())
			if v.Status != signature.Valid || v.Signers[0].Family != family || v.Signers[0].Signer.CommonName != "Петров Пётр Петрович" {
				t.Errorf("%q: %+v", algorithm, v)
			}
			certificates[i] = v.Signers[0].Signer.Serial
		}
		if certificates[0] != certificates[1] {
			t.Errorf("%q: the participant's certificate changes from signature to signature", algorithm)
		}
	}
}

func TestAnAlgorithmThatTheHubDoesNotTakeIsNotEmulated(t *testing.T) {
	s := start(t, brokertest.Options{}) // the standard family alone
	card := s.sent()
	task := s.desk("sub-a1", "sidorova")
	draft := read[openapi.CardView](t, s.post("head-a", "/cards", `{"document":{"kind":"Приказ","sheets":1}}`).want(t, http.StatusCreated))
	attach := func(query string) answer {
		kind, body := form(t, part{"file", "a.pdf", "application/pdf", []byte("one")})
		return s.do("head-a", http.MethodPost, openapi.BasePath+"/cards/"+draft.ID+"/files"+query, kind, body)
	}
	for algorithm, want := range map[string]struct {
		status int
		code   document.FaultCode
	}{"rot13": {http.StatusBadRequest, document.PacketMalformed}, "gost": {http.StatusUnprocessableEntity, document.SignatureAlgorithm}} {
		refused := func(a answer) {
			t.Helper()
			if got := a.want(t, want.status).codes(t); got[want.code] != "algorithm" {
				t.Errorf("%s: codes %v", algorithm, got)
			}
		}
		refused(s.do("head-a", http.MethodPost, openapi.BasePath+"/emulator/sign?participant=petrov&algorithm="+algorithm, "application/octet-stream", strings.NewReader("x")))
		refused(attach("?emulate=petrov&algorithm=" + algorithm))
		refused(s.post("sub-a1", "/tasks/"+task.Packet+"/"+task.ID+"/sign", `{"executor":"sidorova","emulate":true,"algorithm":"`+algorithm+`"}`))
	}
	if view := read[openapi.CardView](t, s.get("head-a", "/cards/"+draft.ID)); len(view.Files) != 0 {
		t.Errorf("files %+v", view.Files)
	}
	view := read[openapi.CardView](t, attach("").want(t, http.StatusOK))
	s.post("head-a", "/cards/"+draft.ID+"/files/"+view.Files[0].Sha256+"/signatures", `{"emulate":"petrov","algorithm":"gost"}`).want(t, http.StatusUnprocessableEntity)
	if got := read[openapi.PacketView](t, s.get("head-a", "/packets/"+card.Packet)).Exchanges[0].Tasks[0].State; got != document.TaskActive {
		t.Errorf("the task is %s", got)
	}
}

func TestASignatureIsShownWithItsCertificate(t *testing.T) {
	clock := new(brokertest.Clock)
	s := start(t, brokertest.Options{Families: families(), Broker: broker.Options{Clock: clock.Now}})
	card, draft := s.sent(), s.card([]byte("%PDF-1.4 draft"))
	task := s.desk("sub-a1", "sidorova")
	path := "/tasks/" + task.Packet + "/" + task.ID
	desk := read[openapi.DeskTask](t, s.get("sub-a1", path).want(t, http.StatusOK))
	s.post("sub-a1", path+"/sign", `{"executor":"sidorova","emulate":true,"algorithm":"stb"}`).want(t, http.StatusCreated)
	s.await("the executor's signature on the sender's card", func() bool {
		card = read[openapi.CardView](t, s.get("head-a", "/cards/"+card.ID).want(t, http.StatusOK))
		return len(card.Files[0].Signatures) == 2
	})
	files := read[openapi.SignedFileList](t, s.get("sub-a1", "/packets/"+card.Packet+"/files").want(t, http.StatusOK))
	if len(desk.Files) != 1 || len(files.Items) != 1 || len(files.Items[0].Signatures) != 1 {
		t.Fatalf("files of the task %+v, of the packet %+v", desk.Files, files.Items)
	}
	for place, c := range map[string]struct {
		shown                      openapi.SignatureView
		name, organisation, family string
	}{
		"card":          {card.Files[0].Signatures[0], "Петров Пётр Петрович", "Управление финансов Заозёрского района", "std"},
		"card, answer":  {card.Files[0].Signatures[1], "Сидорова Мария Олеговна", "Районная казна «Берёзовка»", "stb"},
		"task":          {desk.Files[0].Signatures[0], "Петров Пётр Петрович", "Управление финансов Заозёрского района", "std"},
		"packet, files": {files.Items[0].Signatures[0], "Петров Пётр Петрович", "Управление финансов Заозёрского района", "std"},
	} {
		v := c.shown
		if v.Verdict != "valid" || !v.Emulated || v.Signer != c.name || v.Organisation != c.organisation || v.Family != c.family {
			t.Errorf("%s: %+v", place, v)
		}
		certificate, err := signature.Inspect(v.Cms)
		if err != nil {
			t.Fatal(err)
		}
		id := signature.Identify(certificate.Signers[0].Certificate)
		if !v.NotBefore.Equal(id.NotBefore) || !v.NotAfter.Equal(id.NotAfter) || v.Serial != id.Serial || v.Issuer != id.Issuer || len(v.Certificate) != 64 {
			t.Errorf("%s: %+v, the certificate is %+v", place, v, id)
		}
	}
	s.get("sub-b1", "/packets/"+card.Packet+"/files").want(t, http.StatusNotFound)

	clock.Forward(100 * 365 * 24 * time.Hour) // all certificates have ended
	card = read[openapi.CardView](t, s.get("head-a", "/cards/"+card.ID).want(t, http.StatusOK))
	desk = read[openapi.DeskTask](t, s.get("sub-a1", path).want(t, http.StatusOK))
	files = read[openapi.SignedFileList](t, s.get("sub-a1", "/packets/"+card.Packet+"/files").want(t, http.StatusOK))
	draft = read[openapi.CardView](t, s.get("head-a", "/cards/"+draft.ID).want(t, http.StatusOK))
	for _, v := range append(card.Files[0].Signatures, desk.Files[0].Signatures[0], files.Items[0].Signatures[0]) {
		if v.Verdict != "valid" || v.VerifiedAt.After(v.NotAfter) {
			t.Errorf("what was good when it came is %s as at %s", v.Verdict, v.VerifiedAt)
		}
	}
	if v := draft.Files[0].Signatures[0]; v.Verdict != "invalid" || v.Reason != document.SignatureUntrusted {
		t.Errorf("the draft's signature is %s %s as at %s", v.Verdict, v.Reason, v.VerifiedAt)
	}
}

// A message may have several signers, and openssl makes one.
func TestEverySignerOfAMessageIsShown(t *testing.T) {
	s := start(t, brokertest.Options{})
	dir, file := t.TempDir(), []byte("%PDF-1.4 draft")
	if err := os.WriteFile(filepath.Join(dir, "file"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"cms", "-sign", "-binary", "-cades", "-outform", "DER", "-in", "file"}
	for _, who := range []string{"petrov", "smirnova"} {
		s.Sign(who, file) // the emulator keeps key and certificate in one file
		args = append(args, "-signer", filepath.Join(s.Dir, "emulator", "signers", who+".pem"))
	}
	openssl := exec.Command("openssl", args...)
	openssl.Dir = dir
	cms, err := openssl.Output()
	if err != nil {
		t.Fatalf("openssl: %v", err)
	}
	card := s.card(file)
	card = read[openapi.CardView](t, s.post("head-a", "/cards/"+card.ID+"/files/"+card.Files[0].Sha256+"/signatures", map[string]any{"cms": cms}).want(t, http.StatusOK))
	v := card.Files[0].Signatures[1]
	if v.Verdict != "valid" || len(v.Others) != 1 || v.Signer+" "+v.Others[0].Signer != "petrov smirnova" && v.Signer+" "+v.Others[0].Signer != "smirnova petrov" {
		t.Fatalf("%+v", v)
	}
	if o := v.Others[0]; o.Serial == v.Serial || o.Serial == "" || o.NotAfter.IsZero() || o.Issuer == "" || o.Family != "std" || !o.Emulated {
		t.Errorf("%+v", o)
	}
}

// idOf is the public part of somebody's API key.
func (s *site) idOf(who string) string { return strings.Split(s.keys[who], "_")[1] }

func TestAKeyOfTheConfigurationSignsATask(t *testing.T) {
	var answerOf func(signature.Content) ([]byte, error)
	asked := 0
	s := start(t, brokertest.Options{}, func(s *site) []api.Signer {
		s.addKey("clerk of sub-a1", "sub-a1", record.RoleContour)
		return []api.Signer{{Contour: "sub-a1", Participant: "sidorova", APIKeys: []string{s.idOf("sub-a1"), s.idOf("head-a")}, Sign: func(_ context.Context, c signature.Content) ([]byte, error) {
			asked++
			return answerOf(c)
		}}}
	})
	card := s.sent()
	task := s.desk("sub-a1", "sidorova")
	path, body := "/tasks/"+task.Packet+"/"+task.ID+"/sign", `{"executor":"sidorova"}`
	before := len(read[openapi.ReceiptPage](t, s.get("head-a", "/packets/"+card.Packet+"/receipts")).Items)

	// Not by another key of the contour, nor for another executor, nor from outside; the signer is not even asked.
	if got := read[openapi.Problem](t, s.post("clerk of sub-a1", path, body).want(t, http.StatusForbidden)); got.Code != "HTTP-403" {
		t.Errorf("code %s", got.Code)
	}
	if got := s.post("sub-a1", path, `{"executor":"ivanov"}`).want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.SignatureMissing) {
		t.Errorf("codes %v", got)
	}
	s.post("sub-b1", path, body).want(t, http.StatusNotFound)
	s.post("head-a", path, body).want(t, http.StatusNotFound)
	if asked != 0 {
		t.Fatalf("asked %d times", asked)
	}

	// A signer that fails, and signatures that no verifier takes.
	by := func(fault signature.Fault) func(signature.Content) ([]byte, error) {
		signer, err := s.Emulator.Issue("sidorova-token", signature.SignerOptions{Name: "Сидорова", Fault: fault})
		if err != nil {
			t.Fatal(err)
		}
		return signer.Sign
	}
	for _, c := range []struct {
		sign   func(signature.Content) ([]byte, error)
		status int
		code   document.FaultCode
	}{
		{func(signature.Content) ([]byte, error) { return nil, errors.New("the token was drawn") }, http.StatusBadGateway, document.SignerFailed},
		{func(signature.Content) ([]byte, error) { return []byte("0\x80"), nil }, http.StatusUnprocessableEntity, document.SignatureMalformed},
		{by(signature.FaultWrongDigest), http.StatusUnprocessableEntity, document.SignatureInvalid},
		{by(signature.FaultExpired), http.StatusUnprocessableEntity, document.SignatureUntrusted},
		{by(signature.FaultBrokenChain), http.StatusUnprocessableEntity, document.SignatureChain},
	} {
		answerOf = c.sign
		a := s.post("sub-a1", path, body).want(t, c.status)
		if !has(a.codes(t), c.code) || strings.Contains(string(a.body), "drawn") {
			t.Errorf("want %s: %s", c.code, a.body)
		}
	}
	if !strings.Contains(s.log.String(), "the token was drawn") || strings.Contains(s.log.String(), "sidorova") {
		t.Errorf("the log: %s", s.log.String())
	}
	if got := read[openapi.DeskTask](t, s.get("sub-a1", "/tasks/"+task.Packet+"/"+task.ID)).State; got != document.TaskActive {
		t.Errorf("the task is %s", got)
	}
	if got := read[openapi.ExchangePage](t, s.get("sub-a1", "/packets?direction=out").want(t, http.StatusOK)).Items; len(got) != 0 {
		t.Errorf("answers went out: %+v", got)
	}
	if got := read[openapi.ReceiptPage](t, s.get("head-a", "/packets/"+card.Packet+"/receipts")).Items; len(got) != before {
		t.Errorf("%d receipts, there were %d", len(got), before)
	}

	answerOf = by(signature.NoFault)
	s.post("sub-a1", path, body).want(t, http.StatusCreated)
	s.await("the executor's signature on the sender's card", func() bool {
		v := read[openapi.CardView](t, s.get("head-a", "/cards/"+card.ID).want(t, http.StatusOK))
		return len(v.Files[0].Signatures) == 2 && v.Files[0].Signatures[1].Verdict == "valid" && v.Files[0].Signatures[1].Signer == "Сидорова"
	})
	asked = 0
	if got := s.post("sub-a1", path, body).want(t, http.StatusConflict).codes(t); !has(got, document.TaskAnswered) || asked != 0 {
		t.Errorf("codes %v, asked %d times", got, asked)
	}
}

func TestTheKeyOfTheContourSignsForWhoHasNone(t *testing.T) {
	var signed []string
	s := start(t, brokertest.Options{}, func(s *site) []api.Signer {
		by := func(who string) func(context.Context, signature.Content) ([]byte, error) {
			return func(_ context.Context, c signature.Content) ([]byte, error) {
				signed = append(signed, who)
				signer, err := s.Emulator.Issue(who, signature.SignerOptions{})
				if err != nil {
					return nil, err
				}
				return signer.Sign(c)
			}
		}
		return []api.Signer{
			{Sign: by("hub")},
			{Contour: "sub-a1", APIKeys: []string{s.idOf("sub-a1")}, Sign: by("seal")},
			{Contour: "sub-a1", Participant: "sidorova", APIKeys: []string{s.idOf("sub-a1")}, Sign: by("sidorova")},
		}
	})
	card := s.card([]byte("%PDF-1.4 order"))
	s.post("head-a", "/cards/"+card.ID+"/send", `{"to":["sub-a1"],"tasks":[
		{"kind":"sign","smdo":true,"executors":[{"contour":"sub-a1","participant":"sidorova"}]},
		{"kind":"sign","smdo":true,"executors":[{"contour":"sub-a1","participant":"ivanov"}]}]}`).want(t, http.StatusCreated)
	for _, who := range []string{"sidorova", "ivanov"} {
		task := s.desk("sub-a1", who)
		s.post("sub-a1", "/tasks/"+task.Packet+"/"+task.ID+"/sign", `{"executor":"`+who+`"}`).want(t, http.StatusCreated)
	}
	if got := strings.Join(signed, " "); got != "sidorova seal" {
		t.Errorf("signed by %s", got)
	}
}

func TestTheHubSignsAReceiptForWhoMayReadIt(t *testing.T) {
	fault := signature.NoFault
	s := start(t, brokertest.Options{}, func(s *site) []api.Signer {
		return []api.Signer{{Sign: func(_ context.Context, c signature.Content) ([]byte, error) {
			if fault == "away" {
				return nil, errors.New("the provider is away")
			}
			signer, err := s.Emulator.Issue("hub", signature.SignerOptions{Name: "Хаб СМДО", Fault: fault})
			if err != nil {
				return nil, err
			}
			return signer.Sign(c)
		}}}
	})
	card := s.sent()
	s.desk("sub-a1", "sidorova")
	var leaf string
	for _, r := range read[openapi.ReceiptPage](t, s.get("sub-a1", "/packets/"+card.Packet+"/receipts").want(t, http.StatusOK)).Items {
		leaf = fmt.Sprint("/receipts/", r.Leaf)
		signed := read[openapi.SignedReceipt](t, s.post("sub-a1", leaf+"/sign", nil).want(t, http.StatusOK))
		if v := signed.Signature; v.Verdict != "valid" || v.Signer != "Хаб СМДО" || v.NotAfter.IsZero() || signed.Leaf != r.Leaf {
			t.Errorf("leaf %d: %+v", r.Leaf, signed)
		}
		if v := s.Verifier.Verify(signed.Signature.Cms, signature.ContentOf(signed.Receipt), time.Now()); v.Status != signature.Valid {
			t.Errorf("leaf %d: %+v", r.Leaf, v)
		}
		if got := leafOf(t, s, r.Leaf); !bytes.Equal(got, signed.Receipt) {
			t.Errorf("leaf %d is %x in the ledger, and %x was signed", r.Leaf, got, signed.Receipt)
		}
	}
	for who, status := range map[string]int{"head-a": http.StatusOK, "auditor": http.StatusOK, "admin": http.StatusForbidden, "sub-a2": http.StatusNotFound, "sub-b1": http.StatusNotFound} {
		s.post(who, leaf+"/sign", nil).want(t, status)
	}
	s.post("head-a", "/receipts/100000/sign", nil).want(t, http.StatusNotFound)
	for _, fault = range []signature.Fault{"away", signature.FaultExpired} {
		if got := s.post("head-a", leaf+"/sign", nil).want(t, http.StatusBadGateway).codes(t); !has(got, document.SignerFailed) {
			t.Errorf("codes %v", got)
		}
	}
}

// leafOf reads a leaf where an auditor does: in the ledger's file.
func leafOf(t *testing.T, s *site, leaf int64) (found []byte) {
	t.Helper()
	_, err := ledger.Verify(s.LedgerDir(), s.Checker, func(no int64, octets []byte) error {
		if no == leaf {
			found = bytes.Clone(octets)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAHubWithoutAKeySaysThatItSignsNoReceipts(t *testing.T) {
	s := start(t, brokertest.Options{}, func(s *site) []api.Signer {
		return []api.Signer{{Contour: "head-a", APIKeys: []string{s.idOf("head-a")}, Sign: func(context.Context, signature.Content) ([]byte, error) {
			return nil, errors.New("a contour's key was asked for a receipt")
		}}}
	})
	s.sent()
	if got := s.post("head-a", "/receipts/0/sign", nil).want(t, http.StatusNotFound).codes(t); !has(got, document.SignerAbsent) {
		t.Errorf("codes %v", got)
	}
}
