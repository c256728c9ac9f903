package timestamp

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

var file = []byte("Приказ № 7 «О порядке обмена документами»\r\n")

// A fixture is a file signed with a certificate that has ended since, and an authority that stamps.
type fixture struct {
	authority *centre
	documents *signature.Verifier
	emulator  *signature.Emulator
	cms       []byte
	stampedAt time.Time // while the certificate was good
	expired   time.Time // when it no longer is
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	e, err := signature.OpenEmulator(filepath.Join(t.TempDir(), "emulator"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := signature.OpenTrustStore(e.Folder())
	if err != nil {
		t.Fatal(err)
	}
	root := newCentre(t)
	f := &fixture{authority: root.authority(t), emulator: e, documents: signature.NewVerifier(store, signature.Std())}
	f.documents.Stamps = trusting(t, root).Verify
	f.stampedAt = time.Now().UTC().Truncate(time.Second)
	f.expired = f.stampedAt.AddDate(6, 0, 0)
	f.cms = f.sign(t, "ivanova")
	return f
}

func (f *fixture) sign(t testing.TB, participant string) []byte {
	t.Helper()
	signer, err := f.emulator.Issue(participant, signature.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cms, err := signer.Sign(signature.ContentOf(file))
	if err != nil {
		t.Fatal(err)
	}
	return cms
}

// addStamp has the authority stamp the signature, as at some moments.
func (f *fixture) addStamp(t testing.TB, moments ...time.Time) []byte {
	t.Helper()
	cms := f.cms
	for _, at := range moments {
		var err error
		cms, err = signature.AddStamps(cms, func(value []byte) ([]byte, error) { return f.authority.stamp(t, value, at), nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	return cms
}

func (f *fixture) verify(cms []byte, at time.Time) signature.Verdict {
	return f.documents.Verify(cms, signature.ContentOf(file), at)
}

func wantTime(t *testing.T, got signature.Verdict, status signature.Status, field string, at time.Time, source signature.TimeSource) {
	t.Helper()
	if got.Status != status || got.Field != field || !got.Time.Equal(at) || got.TimeSource != source {
		t.Errorf("verdict %s %s at %s by %s (%s), want %s %s at %s by %s", got.Status, got.Field, got.Time, got.TimeSource, got.Detail, status, field, at, source)
	}
}

func TestAStampKeepsASignatureGoodAfterItsCertificateHasEnded(t *testing.T) {
	f := newFixture(t)
	wantTime(t, f.verify(f.cms, f.expired), signature.Invalid, "certificate.notAfter", f.expired, signature.ReceiptTime)
	got := f.verify(f.addStamp(t, f.stampedAt), f.expired)
	wantTime(t, got, signature.Valid, "", f.stampedAt, signature.StampTime)
	if s := got.Signers[0]; len(s.Stamps) != 1 || s.Stamps[0].Status != signature.Valid || !s.Time.Equal(f.stampedAt) || s.TimeSource != signature.StampTime {
		t.Errorf("signer %+v", s)
	}
	if got.Signers[0].Stamps[0].Authority.Emulated || !got.Emulated {
		t.Error("a real stamp hides that the signer is emulated")
	}
}

func TestWithoutTrustedAuthoritiesStampsChangeNothing(t *testing.T) {
	f := newFixture(t)
	cms := f.addStamp(t, f.stampedAt)
	f.documents.Stamps = nil
	got := f.verify(cms, f.stampedAt.Add(time.Hour))
	wantTime(t, got, signature.Valid, "", f.stampedAt.Add(time.Hour), signature.ReceiptTime)
	f.documents.Stamps = trusting(t, newCentre(t)).Verify
	got = f.verify(cms, f.expired)
	wantTime(t, got, signature.Invalid, "certificate.notAfter", f.expired, signature.ReceiptTime)
	if stamp := got.Signers[0].Stamps[0]; stamp.Status != signature.Undeterminable || !stamp.Time.Equal(f.stampedAt) {
		t.Errorf("stamp %+v", stamp)
	}
}

func TestTheEarliestGoodProofGivesTheTime(t *testing.T) {
	f := newFixture(t)
	hour := f.stampedAt.Add(time.Hour)
	for name, c := range map[string]struct {
		stamps  []time.Time
		receipt time.Time
		status  signature.Status
		field   string
		at      time.Time
		source  signature.TimeSource
	}{
		"two stamps":                      {[]time.Time{hour, f.stampedAt}, f.expired, signature.Valid, "", f.stampedAt, signature.StampTime},
		"receipt before the stamp":        {[]time.Time{hour}, f.stampedAt, signature.Valid, "", f.stampedAt, signature.ReceiptTime},
		"receipt, stamp after the end":    {[]time.Time{f.expired}, hour, signature.Valid, "", hour, signature.ReceiptTime},
		"stamp before the certificate":    {[]time.Time{f.stampedAt.AddDate(-1, 0, 0)}, hour, signature.Invalid, "certificate.notBefore", f.stampedAt.AddDate(-1, 0, 0), signature.StampTime},
		"late stamp, authority ended too": {[]time.Time{f.expired.Add(-time.Hour)}, f.expired, signature.Invalid, "certificate.notAfter", f.expired, signature.ReceiptTime},
	} {
		t.Run(name, func(t *testing.T) {
			wantTime(t, f.verify(f.addStamp(t, c.stamps...), c.receipt), c.status, c.field, c.at, c.source)
		})
	}
}

// A late stamp by an authority that is good proves only that the signature is older than that.
func TestALateStampDoesNotHelp(t *testing.T) {
	f := newFixture(t)
	root := newCentre(t)
	f.authority = root.authority(t)
	f.documents.Stamps = trusting(t, root).Verify
	f.emulator.Now = func() time.Time { return f.stampedAt.AddDate(-6, 0, 0) } // its signers' certificates last five years
	f.cms = f.sign(t, "petrov")
	got := f.verify(f.addStamp(t, f.stampedAt), f.stampedAt.Add(time.Hour))
	wantTime(t, got, signature.Invalid, "certificate.notAfter", f.stampedAt, signature.StampTime)
}

func TestAStampOfAnotherSignatureDoesNotHelp(t *testing.T) {
	f := newFixture(t)
	cms, err := signature.AddStamps(f.cms, func([]byte) ([]byte, error) { return f.authority.stamp(t, stamped, f.stampedAt), nil })
	if err != nil {
		t.Fatal(err)
	}
	got := f.verify(cms, f.expired)
	wantTime(t, got, signature.Invalid, "certificate.notAfter", f.expired, signature.ReceiptTime)
	if stamp := got.Signers[0].Stamps[0]; stamp.Field != "timeStamp.imprint" {
		t.Errorf("stamp %+v", stamp)
	}
	noise, err := signature.AddStamps(f.cms, func([]byte) ([]byte, error) { return []byte{5, 0}, nil })
	if err != nil {
		t.Fatal(err)
	}
	wantTime(t, f.verify(noise, f.stampedAt.Add(time.Hour)), signature.Valid, "", f.stampedAt.Add(time.Hour), signature.ReceiptTime)
}

func TestStampsOfOneSignatureAreBounded(t *testing.T) {
	f := newFixture(t)
	moments := make([]time.Time, 9)
	for i := range moments {
		moments[i] = f.stampedAt.Add(time.Duration(i) * time.Second)
	}
	if got := f.verify(f.addStamp(t, moments[:8]...), f.expired); got.Status != signature.Valid {
		t.Errorf("8 stamps: %s", got.Detail)
	}
	if got := f.verify(f.addStamp(t, moments...), f.expired); got.Reason != signature.Malformed {
		t.Errorf("9 stamps: %s", got.Status)
	}
}

func TestAnAuthorityThatFailsLeavesNoHalfStampedMessage(t *testing.T) {
	f := newFixture(t)
	down := errors.New("down")
	if _, err := signature.AddStamps(f.cms, func([]byte) ([]byte, error) { return nil, down }); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	if _, err := signature.AddStamps([]byte("noise"), nil); err == nil {
		t.Error("noise is stamped")
	}
	for name, token := range map[string][]byte{"nothing": nil, "noise": []byte("noise"), "64 KiB": append([]byte{4, 0x83, 1, 0, 0}, make([]byte, 1<<16)...)} {
		if _, err := signature.AddStamps(f.cms, func([]byte) ([]byte, error) { return token, nil }); err == nil {
			t.Errorf("%s is taken for a token", name)
		}
	}
}

// openssl made the signature of two signers and the stamps, we put them together, and both sides verify it.
func TestOpensslStillVerifiesAStampedMessage(t *testing.T) {
	root := newCentre(t)
	authority := root.authority(t)
	o := newOffice(t, authority, root, "full")
	o.write(t, "doc", file)
	o.write(t, "ee.cnf", []byte("[ee]\nkeyUsage=critical,digitalSignature\n"))
	o.openssl(t, "req", "-x509", "-config", os.DevNull, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
		"-subj", "/CN=CA", "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
	for _, name := range []string{"a", "b"} {
		o.openssl(t, "req", "-new", "-config", os.DevNull, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name+".key", "-out", name+".csr", "-subj", "/CN="+name)
		o.openssl(t, "x509", "-req", "-in", name+".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20", "-extfile", "ee.cnf", "-extensions", "ee", "-out", name+".pem")
	}
	o.openssl(t, "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-in", "doc", "-signer", "a.pem", "-inkey", "a.key", "-signer", "b.pem", "-inkey", "b.key", "-outform", "DER", "-out", "doc.p7s")
	cms, err := os.ReadFile(filepath.Join(o.dir, "doc.p7s"))
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, o)
	cms, err = signature.AddStamps(cms, func(value []byte) ([]byte, error) {
		asked := NewRequest(signature.ContentOf(value).Digests[signature.SHA256], oidSHA256, NewNonce(), nil)
		return Fetch(t.Context(), server.Client(), server.URL, asked)
	})
	if err != nil {
		t.Fatal(err)
	}
	o.write(t, "doc.p7s", cms)
	o.openssl(t, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "doc.p7s", "-content", "doc", "-CAfile", "ca.pem", "-purpose", "any", "-out", "out")

	folder := t.TempDir()
	ca, err := os.ReadFile(filepath.Join(o.dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "ca.pem"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := signature.OpenTrustStore(signature.Folder{Domain: "openssl", Path: folder})
	if err != nil {
		t.Fatal(err)
	}
	verifier := signature.NewVerifier(store, signature.Std())
	verifier.Stamps = trusting(t, root).Verify
	got := verifier.Verify(cms, signature.ContentOf(file), time.Now().AddDate(1, 0, 0))
	if got.Status != signature.Valid || got.TimeSource != signature.StampTime || len(got.Signers) != 2 {
		t.Fatalf("verdict %+v", got)
	}
	for _, s := range got.Signers {
		if s.TimeSource != signature.StampTime || s.Time.After(got.Time) {
			t.Errorf("signer %+v", s)
		}
	}
}
