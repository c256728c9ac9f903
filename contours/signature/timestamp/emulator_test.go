package timestamp

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func families() []signature.Family {
	return []signature.Family{signature.Std(), signature.GOST(), signature.STB()}
}

// emulated is an emulator with verifiers of documents and of stamps that trust it.
func emulated(t *testing.T) (*signature.Emulator, *signature.Verifier, *Verifier) {
	t.Helper()
	e, err := signature.OpenEmulator(filepath.Join(t.TempDir(), "emulator"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := signature.OpenTrustStore(e.Folder())
	if err != nil {
		t.Fatal(err)
	}
	documents, stamps := signature.NewVerifier(store, families()...), NewVerifier(store, families()...)
	documents.Stamps = stamps.Verify
	return e, documents, stamps
}

func TestTheEmulatorStampsInAllFamilies(t *testing.T) {
	e, documents, stamps := emulated(t)
	now := time.Now().UTC().Truncate(time.Second)
	for _, a := range []signature.Algorithm{signature.ECDSAP256, signature.GOST2012256, signature.BIGN256} {
		token, err := e.Stamp(a, stamped, now)
		if err != nil {
			t.Fatal(err)
		}
		got := stamps.Verify(token, signature.ContentOf(stamped))
		wantStamp(t, got, signature.Valid, "", "")
		if !got.Time.Equal(now) || got.Policy != "2.999.1" || !got.Authority.Emulated {
			t.Errorf("%s: %+v", a, got)
		}
		wantStamp(t, stamps.Verify(token, signature.ContentOf(file)), signature.Invalid, signature.SignatureInvalid, "timeStamp.imprint")
		flipEveryBitOnce(t, stamps, token)

		// A stamp in time keeps the signature good after its certificate has ended.
		signer, err := e.Issue("ivanova", signature.SignerOptions{Algorithm: a})
		if err != nil {
			t.Fatal(err)
		}
		cms, err := signer.Sign(signature.ContentOf(file))
		if err != nil {
			t.Fatal(err)
		}
		if cms, err = signature.AddStamps(cms, func(value []byte) ([]byte, error) { return e.Stamp(a, value, now) }); err != nil {
			t.Fatal(err)
		}
		wantTime(t, documents.Verify(cms, signature.ContentOf(file), now.AddDate(6, 0, 0)), signature.Valid, "", now, signature.StampTime)
	}
	if _, err := e.Stamp(signature.RSA2048, stamped, now); err == nil {
		t.Error("an authority without a root stamps")
	}
}

// flipEveryBitOnce flips one bit of each octet: national signatures are slow.
func flipEveryBitOnce(t *testing.T, v *Verifier, token []byte) {
	t.Helper()
	for i := range token {
		token[i] ^= 1 << (i % 8)
		if v.Verify(token, signature.ContentOf(stamped)).Status == signature.Valid {
			t.Errorf("octet %d flipped: still valid", i)
		}
		token[i] ^= 1 << (i % 8)
	}
}

func TestALateStampOnRequest(t *testing.T) {
	e, documents, _ := emulated(t)
	for _, a := range signature.Algorithms() {
		signer, err := e.Issue("ivanova", signature.SignerOptions{Algorithm: a, Fault: signature.FaultLateStamp})
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now().Truncate(time.Second)
		cms, err := signer.Sign(signature.ContentOf(file))
		if err != nil {
			t.Fatal(err)
		}
		receipt := time.Now().Add(time.Minute)
		got := documents.Verify(cms, signature.ContentOf(file), receipt)
		if got.Status != signature.Invalid || got.Field != "certificate.notAfter" || got.TimeSource != signature.StampTime || got.Time.Before(before) {
			t.Errorf("%s: %s %s at %s by %s (%s)", a, got.Status, got.Field, got.Time, got.TimeSource, got.Detail)
		}
		s := got.Signers[0]
		if len(s.Stamps) != 1 || s.Stamps[0].Status != signature.Valid || !s.SigningTime.Before(s.Signer.NotAfter) {
			t.Errorf("%s: signed %s, stamps %+v", a, s.SigningTime, s.Stamps)
		}
		// Received before the end, it is good: the stamp only speaks of what was later.
		if got := documents.Verify(cms, signature.ContentOf(file), s.SigningTime); got.Status != signature.Valid {
			t.Errorf("%s: in time, and %s", a, got.Detail)
		}
	}
}

// openssl reads the emulator's tokens.
func TestOpensslVerifiesTheEmulatorsStamps(t *testing.T) {
	e, _, _ := emulated(t)
	token, err := e.Stamp(signature.ECDSAP256, stamped, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	o := office{t.TempDir(), "plain"}
	o.write(t, "openssl.cnf", []byte(officeConfig))
	o.write(t, "data", stamped)
	o.write(t, "token", token)
	o.openssl(t, "ts", "-verify", "-data", "data", "-token_in", "-in", "token", "-CAfile", filepath.Join(e.Folder().Path, "root.pem"))
}

func TestTheEmulatorStampsOverHTTP(t *testing.T) {
	e, documents, stamps := emulated(t)
	late := time.Now().UTC().Truncate(time.Second).AddDate(6, 0, 0)
	for _, a := range []signature.Algorithm{signature.ECDSAP256, signature.GOST2012256, signature.BIGN256} {
		server := httptest.NewServer(Emulate(e, a, func() time.Time { return late }))
		defer server.Close()
		for _, f := range families() {
			for _, h := range f.Hashes() {
				asked := NewRequest(signature.ContentOf(stamped).Digest(h), h.OID, NewNonce(), signature.EmulatorPolicy())
				token, err := Fetch(t.Context(), server.Client(), server.URL, asked)
				if err != nil {
					t.Fatalf("%s of %s: %v", a, h.Name, err)
				}
				if got := stamps.Verify(token, signature.ContentOf(stamped)); got.Status != signature.Valid || !got.Time.Equal(late) {
					t.Errorf("%s of %s: %s at %s", a, h.Name, got.Detail, got.Time)
				}
			}
		}
		signer, err := e.Issue("ivanova", signature.SignerOptions{Algorithm: a})
		if err != nil {
			t.Fatal(err)
		}
		cms, err := signer.Sign(signature.ContentOf(file))
		if err != nil {
			t.Fatal(err)
		}
		cms, err = signature.AddStamps(cms, func(value []byte) ([]byte, error) {
			hash := signature.Std().Hashes()[0]
			return Fetch(t.Context(), server.Client(), server.URL, NewRequest(signature.ContentOf(value).Digest(hash), hash.OID, NewNonce(), nil))
		})
		if err != nil {
			t.Fatal(err)
		}
		wantTime(t, documents.Verify(cms, signature.ContentOf(file), late.AddDate(0, 0, 1)), signature.Invalid, "certificate.notAfter", late, signature.StampTime)
	}
}

func TestTheEmulatorRefusesWhatItCannotStamp(t *testing.T) {
	e, _, _ := emulated(t)
	server := httptest.NewServer(Emulate(e, signature.ECDSAP256, nil))
	defer server.Close()
	digest := signature.ContentOf(stamped).Digests[signature.SHA256]
	for failure, asked := range map[string]Request{
		"badAlg":           {Digest: digest[:20], Hash: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}},
		"unacceptedPolicy": {Digest: digest, Hash: oidSHA256, Policy: oidPolicy},
	} {
		var refused *RefusedError
		if _, err := Fetch(t.Context(), server.Client(), server.URL, asked); !errors.As(err, &refused) || !slices.Equal(refused.Failures, []string{failure}) || refused.Text == "" {
			t.Errorf("%s: %v", failure, err)
		}
	}
	for _, query := range [][]byte{nil, []byte("noise"), make([]byte, 2*maxRequest)} {
		response, err := server.Client().Post(server.URL, "application/timestamp-query", bytes.NewReader(query))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		var refused *RefusedError
		if _, parsed := ParseResponse(body); err != nil || !errors.As(parsed, &refused) || refused.Failures[0] != "badRequest" {
			t.Errorf("%d octets: %v, %v", len(query), err, parsed)
		}
	}
	if response, err := server.Client().Get(server.URL); err != nil || response.StatusCode != 415 {
		t.Errorf("GET: %v", err)
	}
}

// openssl asks, and verifies what it was answered.
func TestOpensslAsksTheEmulator(t *testing.T) {
	e, _, _ := emulated(t)
	server := httptest.NewServer(Emulate(e, signature.ECDSAP256, nil))
	defer server.Close()
	o := office{t.TempDir(), "plain"}
	o.write(t, "openssl.cnf", []byte(officeConfig))
	o.write(t, "data", stamped)
	o.openssl(t, "ts", "-query", "-data", "data", "-sha512", "-cert", "-out", "query")
	query, err := os.ReadFile(filepath.Join(o.dir, "query"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Post(server.URL, "application/timestamp-query", bytes.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	o.write(t, "reply", body)
	o.openssl(t, "ts", "-verify", "-queryfile", "query", "-in", "reply", "-CAfile", filepath.Join(e.Folder().Path, "root.pem"))
}
