package signature

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ocsp"
)

// responder answers like a responder outside: of a centre's certificates it knows those revoked.
type responder struct {
	t       testing.TB
	centre  *centre
	by      *credential // a delegate; nil: the centre itself
	revoked map[string]time.Time
	silent  bool
	asked   int
}

func (r *responder) answer(certificate *x509.Certificate, change ...func(*ocsp.Response)) []byte {
	r.t.Helper()
	template := ocsp.Response{Status: ocsp.Good, SerialNumber: certificate.SerialNumber, IssuerHash: crypto.SHA1,
		ThisUpdate: present().Add(-time.Minute), NextUpdate: present().Add(time.Hour)}
	if at, ok := r.revoked[certificate.SerialNumber.String()]; ok {
		template.Status, template.RevokedAt, template.RevocationReason = ocsp.Revoked, at, ocsp.KeyCompromise
	}
	for _, f := range change {
		f(&template)
	}
	by := r.centre.credential
	if r.by != nil {
		by, template.Certificate = *r.by, r.by.certificate
	}
	der, err := ocsp.CreateResponse(r.centre.certificate, by.certificate, template, by.key)
	if err != nil {
		r.t.Fatal(err)
	}
	return der
}

func (r *responder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.asked++
	body, err := io.ReadAll(request.Body)
	if err != nil || request.Method != http.MethodPost || request.Header.Get("Content-Type") != "application/ocsp-request" {
		http.Error(w, "not a request", http.StatusBadRequest)
		return
	}
	question, err := ocsp.ParseRequest(body)
	if err != nil || r.silent {
		w.Write(ocsp.TryLaterErrorResponse)
		return
	}
	w.Write(r.answer(&x509.Certificate{SerialNumber: question.SerialNumber}))
}

func TestAnswersOfRespondersAreJudgedAsAtTheMoment(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	victim, fine := root.issue(around), root.issue(around)
	theft := now.Add(-24 * time.Hour)
	r := &responder{t: t, centre: root, revoked: map[string]time.Time{victim.certificate.SerialNumber.String(): theft}}
	verifier, store := revoking(t, RevocationConfig{Grace: time.Minute}, root)
	for _, c := range []credential{victim, fine} {
		if err := store.AddOCSP(r.answer(c.certificate), c.certificate, root.certificate); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(c credential, at time.Time) Verdict { return verifier.Verify(c.sign(t), ContentOf(file), at) }
	wantVerdict(t, verify(victim, now), Invalid, Untrusted, fieldRevoked)
	wantRevocation(t, verify(victim, now), Revoked, theft)
	wantRevocation(t, verify(victim, theft.Add(-time.Second)), Good, now.Add(-time.Minute))
	wantRevocation(t, verify(fine, now), Good, now.Add(-time.Minute))
	wantRevocation(t, verify(fine, now.Add(time.Hour+2*time.Minute)), Stale, now.Add(-time.Minute))
	wantRevocation(t, verify(root.issue(around), now), Unknown, time.Time{})

	// What a list says counts too, the worse of the two.
	store.mustAdd(t, root.list(listing{revoked: map[*x509.Certificate]time.Time{fine.certificate: now.Add(-2 * time.Hour)}}))
	wantVerdict(t, verify(fine, now), Invalid, Untrusted, fieldRevoked)
	wantVerdict(t, verify(victim, now), Invalid, Untrusted, fieldRevoked)

	// An older answer does not come back, nor does one that does not know the certificate undo a newer one.
	older := func(o *ocsp.Response) { o.Status, o.ThisUpdate = ocsp.Good, now.Add(-time.Hour) }
	if err := store.AddOCSP(r.answer(victim.certificate, older), victim.certificate, root.certificate); err != nil {
		t.Fatal(err)
	}
	wantVerdict(t, verify(victim, now), Invalid, Untrusted, fieldRevoked)
}

func TestAnswersThatProveNothingAreRefused(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	signing := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} }
	delegated := func(c *centre, change ...change) *responder {
		by := c.issue(append([]func(*x509.Certificate){around}, change...)...)
		return &responder{t: t, centre: root, by: &by}
	}
	itself := &responder{t: t, centre: root}
	stranger := newCentre(t, "Чужой", nil, around)
	namesake := newCentre(t, "КУЦ", nil, around, func(c *x509.Certificate) { c.SubjectKeyId = root.certificate.SubjectKeyId })
	revokedDelegate := delegated(root, signing)
	_, store := revoking(t, RevocationConfig{}, root)
	store.mustAdd(t, root.list(listing{revoked: map[*x509.Certificate]time.Time{revokedDelegate.by.certificate: now.Add(-time.Hour)}}))
	for name, c := range map[string]struct {
		response []byte
		says     string
	}{
		"the issuer's":              {itself.answer(leaf.certificate), ""},
		"a delegate's":              {delegated(root, signing).answer(leaf.certificate), ""},
		"without nextUpdate":        {itself.answer(leaf.certificate, func(o *ocsp.Response) { o.NextUpdate = time.Time{} }), ""},
		"another signer's":          {delegated(root).answer(leaf.certificate), "not for signing answers"},
		"an expired delegate's":     {delegated(root, signing, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) }).answer(leaf.certificate), "not valid"},
		"a delegate's, for keys":    {delegated(root, signing, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }).answer(leaf.certificate), "digitalSignature"},
		"a revoked delegate's":      {revokedDelegate.answer(leaf.certificate), "was revoked"},
		"a stranger's delegate's":   {delegated(stranger, signing).answer(leaf.certificate), "bad OCSP signature"},
		"a namesake's delegate's":   {delegated(namesake, signing).answer(leaf.certificate), "bad OCSP signature"},
		"a stranger's":              {(&responder{t: t, centre: stranger}).answer(leaf.certificate), "bad OCSP signature"},
		"about another":             {itself.answer(root.issue(around).certificate), "no response matching"},
		"from the future":           {itself.answer(leaf.certificate, func(o *ocsp.Response) { o.ThisUpdate, o.NextUpdate = now.Add(time.Hour), now.Add(2*time.Hour) }), "future"},
		"that ends before it began": {itself.answer(leaf.certificate, func(o *ocsp.Response) { o.NextUpdate = o.ThisUpdate.Add(-time.Hour) }), "before thisUpdate"},
		"an excuse":                 {ocsp.TryLaterErrorResponse, "try later"},
		"nothing":                   {nil, "refused"},
		"too much":                  {make([]byte, maxOCSP+1), "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			err := store.AddOCSP(c.response, leaf.certificate, root.certificate)
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, ErrOCSP) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}

	// The answer of an issuer about its namesake's certificate with the same serial number is not about ours.
	other := newCentre(t, "КУЦ-2", nil, around)
	foreign := other.issue(around, func(c *x509.Certificate) { c.SerialNumber = leaf.certificate.SerialNumber })
	by := root.credential
	mixed, err := ocsp.CreateResponse(other.certificate, by.certificate, ocsp.Response{SerialNumber: foreign.certificate.SerialNumber, ThisUpdate: now, NextUpdate: now.Add(time.Hour), IssuerHash: crypto.SHA256}, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.AddOCSP(mixed, leaf.certificate, root.certificate); !errors.Is(err, ErrOCSP) || !strings.Contains(err.Error(), "of this issuer") {
		t.Errorf("about a namesake: %v", err)
	}
}

// No flipped bit turns a revoked certificate into a good one, or moves a date.
func TestNoFlippedBitOfAnAnswerChangesIt(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	by := root.issue(around, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} })
	theft := present().Add(-time.Hour)
	r := &responder{t: t, centre: root, by: &by, revoked: map[string]time.Time{leaf.certificate.SerialNumber.String(): theft}}
	der := r.answer(leaf.certificate)
	want, err := parseOCSP(der, leaf.certificate, root.certificate)
	if err != nil || !want.revoked.at.Equal(theft) {
		t.Fatalf("%+v, %v", want, err)
	}
	for i := range der {
		for bit := range 8 {
			der[i] ^= 1 << bit
			got, err := parseOCSP(der, leaf.certificate, root.certificate)
			if err == nil && (got.revoked == nil || *got.revoked != *want.revoked || got.thisUpdate != want.thisUpdate || got.nextUpdate != want.nextUpdate) {
				t.Errorf("octet %d bit %d flipped: %+v", i, bit, got)
			}
			der[i] ^= 1 << bit
		}
	}
}

// What a verdict leaves open is asked in the background, once a minute at most; the next verdict knows.
func TestOpenQuestionsAreAskedBesideThePath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := newCentre(t, "КУЦ", nil, around)
		r := &responder{t: t, centre: root, revoked: map[string]time.Time{}, silent: true}
		network := memoryNet{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: r}
		go server.Serve(network)
		victim := root.issue(around, func(c *x509.Certificate) {
			c.OCSPServer = []string{"http://elsewhere.example/", "http://ocsp.example/"}
		})
		r.revoked[victim.certificate.SerialNumber.String()] = present().Add(-time.Hour)
		verifier, store := revoking(t, RevocationConfig{OCSP: NewResponders(network.transport(), "ocsp.example")}, root)
		verifier.RevocationPolicy.Unknown = Hold
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- store.Run(ctx) }()
		verify := func() Verdict { return verifier.Verify(victim.sign(t), ContentOf(file), present()) }

		for range 3 {
			wantVerdict(t, verify(), Undeterminable, RevocationOpen, fieldUnknown)
			synctest.Wait()
		}
		if r.asked != 1 {
			t.Errorf("asked %d times within a minute", r.asked)
		}
		r.silent = false
		time.Sleep(askAgain)
		wantVerdict(t, verify(), Undeterminable, RevocationOpen, fieldUnknown)
		synctest.Wait()
		wantVerdict(t, verify(), Invalid, Untrusted, fieldRevoked)
		if r.asked != 2 {
			t.Errorf("asked %d times", r.asked)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
		server.Close()
	})
}

func TestAnswersOfOpenssl(t *testing.T) {
	dir := opensslCentre(t, p256Key...)
	opensslLists(t, dir, "sha256")
	cms := opensslSign(t, dir, "-cades")
	openssl(t, dir, "ocsp", "-index", "index.txt", "-CA", "trust/ca.pem", "-rsigner", "trust/ca.pem", "-rkey", "ca.key",
		"-issuer", "trust/ca.pem", "-cert", "ee.pem", "-ndays", "1", "-noverify", "-respout", "resp.der")
	response, err := os.ReadFile(filepath.Join(dir, "resp.der"))
	if err != nil {
		t.Fatal(err)
	}
	verifier := opensslVerifier(t, dir)
	store, err := OpenRevocationStore(verifier.trust, RevocationConfig{}, Std())
	if err != nil {
		t.Fatal(err)
	}
	verifier.Revocation = store
	ca, ee := readTestCertificate(t, filepath.Join(dir, "trust", "ca.pem")), readTestCertificate(t, filepath.Join(dir, "ee.pem"))
	if err := store.AddOCSP(response, ee, ca); err != nil {
		t.Fatal(err)
	}
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), time.Now().Add(time.Minute)), Invalid, Untrusted, fieldRevoked)
}

func readTestCertificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := parseCertificates(data)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func FuzzParseOCSP(f *testing.F) {
	root := newCentre(f, "КУЦ", nil, around)
	leaf := root.issue(around)
	r := &responder{t: f, centre: root}
	f.Add(r.answer(leaf.certificate))
	f.Add([]byte(ocsp.TryLaterErrorResponse))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parseOCSP(data, leaf.certificate, root.certificate); err != nil && !errors.Is(err, ErrOCSP) && !errors.Is(err, ErrAlgorithm) {
			t.Errorf("error of another kind: %v", err)
		}
	})
}
