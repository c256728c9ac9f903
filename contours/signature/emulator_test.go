package signature

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestEmulatedSignaturesVerifyAndSaySo(t *testing.T) {
	e := openEmulator(t)
	verifier := NewVerifier(openStore(t, e.Folder()), allFamilies()...)
	for _, algorithm := range Algorithms() {
		s := issue(t, e, SignerOptions{Name: "Иванова А. П.", Algorithm: algorithm})
		verdict := verifier.Verify(signFile(t, s), ContentOf(file), time.Now())
		wantVerdict(t, verdict, Valid, "", "")
		if got := verdict.Signers[0]; !verdict.Emulated || !got.Emulated || got.Domain != emulatorName || got.Signer.CommonName != "Иванова А. П." {
			t.Errorf("%s: %+v", algorithm, verdict)
		}
	}
}

// The mark is the folder's: under a folder of another kind the same root is not emulated, without it it is unknown.
func TestEmulatorCountsOnlyWhereItIsConfigured(t *testing.T) {
	e := openEmulator(t)
	cms := signFile(t, issue(t, e, SignerOptions{}))
	wantVerdict(t, NewVerifier(openStore(t), Std()).Verify(cms, ContentOf(file), time.Now()), Undeterminable, ChainIncomplete, "chain")
	elsewhere := NewVerifier(openStore(t, openEmulator(t).Folder()), Std())
	wantVerdict(t, elsewhere.Verify(cms, ContentOf(file), time.Now()), Undeterminable, ChainIncomplete, "chain")
	twice := Folder{Domain: "ГосСУОК", Path: e.Folder().Path}
	if _, err := OpenTrustStore(e.Folder(), twice); err == nil {
		t.Error("one root is accepted as emulated and as real")
	}
}

func TestFaultsOnRequest(t *testing.T) {
	e := openEmulator(t)
	verifier := NewVerifier(openStore(t, e.Folder()), allFamilies()...)
	cases := map[Fault]struct {
		status Status
		reason Reason
		field  string
	}{
		NoFault:          {Valid, "", ""},
		FaultExpired:     {Invalid, Untrusted, fieldNotAfter},
		FaultNotYetValid: {Invalid, Untrusted, fieldNotBefore},
		FaultWrongDigest: {Invalid, SignatureInvalid, fieldDigest},
		FaultUnknownRoot: {Invalid, Untrusted, fieldRoot},
		FaultBrokenChain: {Undeterminable, ChainIncomplete, "chain"},
		FaultLateStamp:   {Invalid, Untrusted, fieldNotAfter},
		FaultRevoked:     {Valid, "", ""}, // lists are in emulator_lists_test.go
		FaultStaleList:   {Valid, "", ""},
	}
	for _, fault := range Faults() {
		if _, ok := cases[fault]; !ok {
			t.Errorf("no case of %s", fault)
		}
	}
	for fault, want := range cases {
		for _, algorithm := range Algorithms() {
			cms := signFile(t, issue(t, e, SignerOptions{Fault: fault, Algorithm: algorithm}))
			wantVerdict(t, verifier.Verify(cms, ContentOf(file), time.Now()), want.status, want.reason, want.field)
		}
	}
	if _, err := e.Issue("ivanova", SignerOptions{Fault: "late"}); err == nil {
		t.Error("an unknown fault is issued")
	}
	if _, err := e.Issue("ivanova", SignerOptions{Algorithm: "des"}); err == nil {
		t.Error("an unknown algorithm is issued")
	}
}

func TestEmulatorRemembersRootAndSigners(t *testing.T) {
	dir := t.TempDir()
	open := func() *Emulator {
		e, err := OpenEmulator(dir)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	first, second := open(), open()
	if !first.Roots()[0].Equal(second.Roots()[0]) {
		t.Error("the root changed")
	}
	a, b := issue(t, first, SignerOptions{Name: "Иванова"}), issue(t, second, SignerOptions{Name: "Иванова"})
	if !a.Certificate().Equal(b.Certificate()) {
		t.Error("the signer changed")
	}
	if c := issue(t, second, SignerOptions{Name: "Петрова"}); c.Certificate().Equal(a.Certificate()) || c.Certificate().Subject.CommonName != "Петрова" {
		t.Error("the signer kept her old name")
	}
	if c := issue(t, second, SignerOptions{Name: "Петрова", Algorithm: Ed25519}); algorithmOf(c.Certificate().RawSubjectPublicKeyInfo) != Ed25519 {
		t.Error("the signer kept her old algorithm")
	}
	for _, participant := range []string{"../../root", "Иванов/1", "..", ""} {
		if _, err := second.Issue(participant, SignerOptions{Name: "x"}); err != nil {
			t.Errorf("%q: %v", participant, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "signers"))
	if err != nil || len(entries) != 5 {
		t.Errorf("%d signers kept, want 5 (%v)", len(entries), err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is readable for others (%v)", entry.Name(), err)
		}
	}
}

func TestCertificatesAreRenewedBeforeTheyEnd(t *testing.T) {
	e := openEmulator(t)
	old := issue(t, e, SignerOptions{})
	e.Now = func() time.Time { return time.Now().AddDate(signerYears, 0, -10) }
	if renewed := issue(t, e, SignerOptions{}); renewed.Certificate().Equal(old.Certificate()) {
		t.Error("a certificate about to end was not renewed")
	}
}

func TestEmulatorsOpenedAtOnceShareARoot(t *testing.T) {
	dir := t.TempDir()
	roots := make([][]byte, 4)
	var wait sync.WaitGroup
	for i := range roots {
		wait.Go(func() {
			e, err := OpenEmulator(dir)
			if err != nil {
				t.Error(err)
				return
			}
			roots[i] = e.Roots()[0].Raw
		})
	}
	wait.Wait()
	for _, r := range roots {
		if !bytes.Equal(r, roots[0]) {
			t.Fatal("two roots were made")
		}
	}
}

func TestBrokenEmulatorIsAnError(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "root.pem"), []byte("-----BEGIN"))
	if _, err := OpenEmulator(dir); err == nil {
		t.Error("a broken root was replaced in silence")
	}
}

func TestSigningWithoutTheDigestIsAnError(t *testing.T) {
	s := issue(t, openEmulator(t), SignerOptions{})
	if _, err := s.Sign(Content{}); err == nil {
		t.Error("signed nothing")
	}
}
