package timestamp

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func TestTokensOfOpensslVerify(t *testing.T) {
	root := newCentre(t)
	verifier := trusting(t, root)
	for _, section := range []string{"plain", "full"} {
		t.Run(section, func(t *testing.T) {
			o := newOffice(t, root.authority(t), root, section)
			asked := request(NewNonce(), nil)
			before := time.Now().Truncate(time.Second)
			token, err := asked.Accept(o.reply(t, asked.bytes(t)))
			if err != nil {
				t.Fatal(err)
			}
			got := verifier.Verify(token, signature.ContentOf(stamped))
			wantStamp(t, got, signature.Valid, "", "")
			if got.Time.Before(before) || got.Time.After(time.Now()) || got.Policy != "1.2.3.4.1" {
				t.Errorf("stamp %+v", got)
			}
			if full := section == "full"; got.Ordering != full || (got.Accuracy == 2*time.Second+300*time.Millisecond+4*time.Microsecond) != full {
				t.Errorf("stamp %+v", got)
			}
		})
	}
}

func TestOpensslReadsOurRequests(t *testing.T) {
	root := newCentre(t)
	o := newOffice(t, root.authority(t), root, "plain")
	o.write(t, "query", request(big.NewInt(0x1234567890), asn1.ObjectIdentifier{1, 2, 3, 4, 2}).bytes(t))
	text := o.openssl(t, "ts", "-query", "-config", "openssl.cnf", "-in", "query", "-text")
	for _, want := range []string{"Version: 1", "sha256", "1.2.3.4.2", "Nonce: 0x1234567890", "Certificate required: yes"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// openssl verifies what our tests compose, so that its being refused here means what it should.
func TestOpensslVerifiesOurTokens(t *testing.T) {
	root := newCentre(t)
	authority := root.authority(t)
	o := newOffice(t, authority, root, "plain")
	o.write(t, "token", authority.stamp(t, stamped, time.Now()))
	o.write(t, "data", stamped)
	o.openssl(t, "ts", "-verify", "-config", "openssl.cnf", "-in", "token", "-token_in", "-data", "data", "-CAfile", "root.pem")
	o.write(t, "data", stamped[1:])
	if out, err := o.tryOpenssl("ts", "-verify", "-in", "token", "-token_in", "-data", "data", "-CAfile", "root.pem"); err == nil {
		t.Errorf("openssl verifies another file: %s", out)
	}
}

func TestOnlyTheTokenAskedForIsTaken(t *testing.T) {
	root := newCentre(t)
	o := newOffice(t, root.authority(t), root, "plain")
	asked := request(NewNonce(), asn1.ObjectIdentifier{1, 2, 3, 4, 2})
	response := o.reply(t, asked.bytes(t))
	if _, err := asked.Accept(response); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Request){
		"digest":   func(r *Request) { r.Digest = append([]byte{0}, r.Digest[1:]...) },
		"hash":     func(r *Request) { r.Hash = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3} },
		"nonce":    func(r *Request) { r.Nonce = NewNonce() },
		"no nonce": func(r *Request) { r.Nonce = nil },
		"policy":   func(r *Request) { r.Policy = oidPolicy },
	} {
		other := asked
		change(&other)
		if _, err := other.Accept(response); !errors.Is(err, ErrMismatch) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	plain := request(nil, nil)
	response = o.reply(t, plain.bytes(t))
	if _, err := plain.Accept(response); err != nil {
		t.Error(err)
	}
	plain.Nonce = NewNonce()
	if _, err := plain.Accept(response); !errors.Is(err, ErrMismatch) {
		t.Errorf("a response that lost the nonce: %v", err)
	}
}

func TestRefusalsOfOpensslAreToldClearly(t *testing.T) {
	root := newCentre(t)
	o := newOffice(t, root.authority(t), root, "plain")
	for failure, asked := range map[string]Request{
		"badAlg":           NewRequest(make([]byte, 20), asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, nil, nil), // SHA-1
		"unacceptedPolicy": request(nil, asn1.ObjectIdentifier{1, 2, 3, 4, 9}),
		"badDataFormat":    NewRequest(make([]byte, 20), oidSHA256, nil, nil),
	} {
		var refused *RefusedError
		_, err := asked.Accept(o.reply(t, asked.bytes(t)))
		if !errors.As(err, &refused) || refused.Status != 2 || fmt.Sprint(refused.Failures) != "["+failure+"]" || refused.Text == "" {
			t.Errorf("want %s, got %v", failure, err)
			continue
		}
		if words := err.Error(); !strings.Contains(words, failure) || !strings.Contains(words, "rejection") {
			t.Error(words)
		}
	}
}

// serve puts an authority of openssl behind HTTP.
func serve(t testing.TB, o office) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "not a query", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		w.Write(o.reply(t, query))
	}))
	t.Cleanup(server.Close)
	return server
}

func TestFetchedTokensVerify(t *testing.T) {
	root := newCentre(t)
	server := serve(t, newOffice(t, root.authority(t), root, "full"))
	token, err := Fetch(t.Context(), server.Client(), server.URL, request(NewNonce(), nil))
	if err != nil {
		t.Fatal(err)
	}
	wantStamp(t, trusting(t, root).Verify(token, signature.ContentOf(stamped)), signature.Valid, "", "")
}

// Samples made elsewhere, in a directory named by SMDO_REFERENCE that is not part of the project; without it none run.
func TestReferenceTokensVerify(t *testing.T) {
	dir := os.Getenv("SMDO_REFERENCE")
	ran := 0
	defer func() { t.Logf("%d reference samples ran", ran) }()
	if dir == "" {
		return
	}
	read := func(name ...string) []byte {
		data, err := os.ReadFile(filepath.Join(append([]string{dir, "crypto"}, name...)...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	folder := t.TempDir()
	for _, ca := range []string{"std/ec-ca.pem", "gost/g256A-ca.pem"} {
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(ca)), read(ca), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	store, err := signature.OpenTrustStore(signature.Folder{Domain: "reference", Path: folder})
	if err != nil {
		t.Fatal(err)
	}
	token, err := ParseResponse(read("tsp", "ts.tsr"))
	if err != nil {
		t.Fatal(err)
	}
	national, err := ParseResponse(read("tsp", "gts.tsr"))
	if err != nil {
		t.Fatal(err)
	}
	verifier := NewVerifier(store, signature.Std(), signature.GOST())
	for _, sample := range [][]byte{token, read("tsp", "ts.tst"), national, read("tsp", "gts.tst")} {
		wantStamp(t, verifier.Verify(sample, signature.ContentOf(read("doc.txt"))), signature.Valid, "", "")
		ran++
	}
}
