package signature

import (
	"bytes"
	"crypto/x509"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestRevocationIsJudgedAsAtTheMoment(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	victim, suspended, fine := root.issue(around), root.issue(around), root.issue(around)
	stranger := newCentre(t, "КУЦ-2", nil, around)
	verifier, store := revoking(t, RevocationConfig{Grace: time.Hour}, root, stranger)
	issued := now.Add(-time.Hour)
	theft := now.Add(-48 * time.Hour)
	store.mustAdd(t, root.list(listing{revoked: map[*x509.Certificate]time.Time{victim.certificate: theft}, reason: 1}))
	for _, c := range []struct {
		name   string
		signer credential
		at     time.Time
		status Status
		field  string
		state  Revocation
		asOf   time.Time
	}{
		{"revoked before", victim, now, Invalid, fieldRevoked, Revoked, theft},
		{"revoked at that very moment", victim, theft, Invalid, fieldRevoked, Revoked, theft},
		{"revoked a second later", victim, theft.Add(-time.Second), Valid, "", Good, issued},
		{"revoked, and the list long out of date", victim, now.AddDate(0, 6, 0), Invalid, fieldRevoked, Revoked, theft},
		{"not listed", fine, now, Valid, "", Good, issued},
		{"not listed, before the list", fine, now.AddDate(0, -6, 0), Valid, "", Good, issued},
		{"at the end of the list", fine, issued.Add(24 * time.Hour), Valid, "", Good, issued},
		{"at the end of the grace", fine, issued.Add(25 * time.Hour), Valid, "", Good, issued},
		{"after the grace", fine, issued.Add(25*time.Hour + time.Second), Valid, "", Stale, issued},
		{"of another issuer", stranger.issue(around), now, Valid, "", Unknown, time.Time{}},
		{"suspended elsewhere", suspended, now, Valid, "", Good, issued},
	} {
		t.Run(c.name, func(t *testing.T) {
			reason := Untrusted
			if c.status == Valid {
				reason = ""
			}
			verdict := verifier.Verify(c.signer.sign(t), ContentOf(file), c.at)
			wantVerdict(t, verdict, c.status, reason, c.field)
			wantRevocation(t, verdict, c.state, c.asOf)
		})
	}

	// A hold is told apart, and gone with the next list.
	since := now.Add(-2 * time.Hour)
	cms := suspended.sign(t)
	store.mustAdd(t, root.list(listing{number: 2, issued: now.Add(-30 * time.Minute), revoked: map[*x509.Certificate]time.Time{suspended.certificate: since}, reason: CertificateHold}))
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), now), Invalid, Untrusted, fieldSuspended)
	store.mustAdd(t, root.list(listing{number: 3, issued: now.Add(-20 * time.Minute)}))
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), now), Valid, "", "")
}

func TestRevocationIsNotCheckedWithoutAStore(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	verdict := trusting(t, root).Verify(root.issue(around).sign(t), ContentOf(file), present())
	wantVerdict(t, verdict, Valid, "", "")
	wantRevocation(t, verdict, NotChecked, time.Time{})
}

func TestPolicySaysWhatIgnoranceMeans(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	cms := root.issue(around).sign(t)
	for _, c := range []struct {
		policy         RevocationPolicy
		unknown, stale Status
	}{
		{RevocationPolicy{}, Valid, Valid},
		{RevocationPolicy{Unknown: Hold}, Undeterminable, Valid},
		{RevocationPolicy{Unknown: Refuse, Stale: Hold}, Invalid, Undeterminable},
		{RevocationPolicy{Stale: Refuse}, Valid, Invalid},
		{RevocationPolicy{Unknown: "mistyped", Stale: "mistyped"}, Invalid, Invalid},
	} {
		verifier, store := revoking(t, RevocationConfig{}, root)
		verifier.RevocationPolicy = c.policy
		want := func(at time.Time, status Status, field string) {
			t.Helper()
			reason := RevocationOpen
			if status == Valid {
				reason, field = "", ""
			}
			wantVerdict(t, verifier.Verify(cms, ContentOf(file), at), status, reason, field)
		}
		want(now, c.unknown, fieldUnknown)
		store.mustAdd(t, root.list(listing{}))
		want(now, Valid, "") // the chain is cached by now, what is known about it is not
		want(now.AddDate(0, 1, 0), c.stale, fieldStale)
	}
}

// A list may arrive, run out and be renewed while the chain is cached; each verdict is as of what is held.
func TestRevokedAuthorityTakesItsCertificatesAlong(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	middle := newCentre(t, "РУЦ", root, around)
	cms := middle.issue(around).sign(t, middle)
	verifier, store := revoking(t, RevocationConfig{}, root, middle)
	verify := func() Verdict { return verifier.Verify(cms, ContentOf(file), now) }
	wantRevocation(t, verify(), Unknown, time.Time{})
	older := now.Add(-3 * time.Hour)
	store.mustAdd(t, root.list(listing{issued: older}))
	wantRevocation(t, verify(), Unknown, time.Time{}) // the signer's own issuer is still silent
	store.mustAdd(t, middle.list(listing{}))
	wantRevocation(t, verify(), Good, older)
	store.mustAdd(t, root.list(listing{number: 2, revoked: map[*x509.Certificate]time.Time{middle.certificate: older}}))
	wantVerdict(t, verify(), Invalid, Untrusted, fieldIssuer)
}

func TestEmulatorIsExemptFromThePolicy(t *testing.T) {
	e := openEmulator(t)
	trust := openStore(t, e.Folder())
	verifier := NewVerifier(trust, Std())
	verifier.RevocationPolicy = RevocationPolicy{Unknown: Refuse, Stale: Refuse}
	var err error
	if verifier.Revocation, err = OpenRevocationStore(trust, RevocationConfig{}, Std()); err != nil {
		t.Fatal(err)
	}
	verdict := verifier.Verify(signFile(t, issue(t, e, SignerOptions{})), ContentOf(file), time.Now())
	wantVerdict(t, verdict, Valid, "", "")
	wantRevocation(t, verdict, Unknown, time.Time{})
}

// Of an expired certificate a later list proves nothing by silence: its entry may have been dropped.
func TestListIssuedAfterTheCertificateEndedIsSilentOnIt(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	expired := root.issue(around, func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, -1, 0) })
	verifier, store := revoking(t, RevocationConfig{}, root)
	store.mustAdd(t, root.list(listing{}))
	at := now.AddDate(0, -2, 0)
	wantRevocation(t, verifier.Verify(expired.sign(t), ContentOf(file), at), Unknown, time.Time{})
	theft := now.AddDate(0, -3, 0)
	store.mustAdd(t, root.list(listing{number: 2, issued: now.Add(-time.Minute), revoked: map[*x509.Certificate]time.Time{expired.certificate: theft}}))
	wantVerdict(t, verifier.Verify(expired.sign(t), ContentOf(file), at), Invalid, Untrusted, fieldRevoked)
}

func TestOlderListNeverComesBack(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	verifier, store := revoking(t, RevocationConfig{}, root)
	first := root.list(listing{number: 7, issued: now.Add(-2 * time.Hour)})
	second := root.list(listing{number: 8, issued: now.Add(-time.Hour), revoked: map[*x509.Certificate]time.Time{leaf.certificate: now.Add(-90 * time.Minute)}})
	store.mustAdd(t, first, first, second, second)
	for name, list := range map[string][]byte{
		"the first":                        first,
		"newer by number, older by date":   root.list(listing{number: 9, issued: now.Add(-90 * time.Minute)}),
		"newer by date, older by number":   root.list(listing{number: 6, issued: now.Add(-time.Minute)}),
		"the same number and date, others": root.list(listing{number: 8, issued: now.Add(-time.Hour)}),
	} {
		if err := store.Add(list); !errors.Is(err, ErrOlderCRL) {
			t.Errorf("%s: %v", name, err)
		}
		wantVerdict(t, verifier.Verify(leaf.sign(t), ContentOf(file), now), Invalid, Untrusted, fieldRevoked)
	}
}

func TestListsCountFromTheirIssuerAlone(t *testing.T) {
	now := present()
	root, namesake := newCentre(t, "КУЦ", nil, around), newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	_, store := revoking(t, RevocationConfig{}, root)
	all := map[*x509.Certificate]time.Time{leaf.certificate: now.Add(-time.Hour)}
	if err := store.Add(namesake.list(listing{revoked: all})); !errors.Is(err, ErrCRLIssuer) {
		t.Errorf("namesake's list: %v", err)
	}
	if err := store.Add(newCentre(t, "Чужой", nil, around).list(listing{})); !errors.Is(err, ErrCRLIssuer) {
		t.Errorf("stranger's list: %v", err)
	}
	if err := store.Add(root.list(listing{issued: now.Add(time.Hour)})); !errors.Is(err, ErrCRL) {
		t.Errorf("list from the future: %v", err)
	}
	// A namesake with the identifier of our key is refused for its signature.
	forger := newCentre(t, "КУЦ", nil, around, func(c *x509.Certificate) { c.SubjectKeyId = root.certificate.SubjectKeyId })
	if err := store.Add(forger.list(listing{revoked: all})); !errors.Is(err, ErrSignature) {
		t.Errorf("forged list: %v", err)
	}
	if len(store.Lists()) != 0 {
		t.Error("a list was taken")
	}
}

func TestAuthorityWithoutTheRightToSignListsIssuesNone(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	_, store := revoking(t, RevocationConfig{}, root)
	list := root.list(listing{})
	right := root.certificate.KeyUsage
	root.certificate.KeyUsage = x509.KeyUsageCertSign
	if err := store.Add(list); !errors.Is(err, ErrCRLIssuer) {
		t.Errorf("without cRLSign: %v", err)
	}
	root.certificate.KeyUsage = right
	store.mustAdd(t, list)
}

func TestFolderOfListsIsReadAndRead(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	dir := t.TempDir()
	first := root.list(listing{})
	writeFile(t, filepath.Join(dir, "a.crl"), first)
	writeFile(t, filepath.Join(dir, "readme.txt"), []byte("не список"))
	verifier, store := revoking(t, RevocationConfig{Folders: []string{dir}}, root)
	wantRevocation(t, verifier.Verify(leaf.sign(t), ContentOf(file), now), Good, now.Add(-time.Hour))

	bad := writeFile(t, filepath.Join(dir, "b.crl"), first[:len(first)-1])
	writeFile(t, filepath.Join(dir, "c.crl"), root.list(listing{number: 2, issued: now.Add(-time.Minute), revoked: map[*x509.Certificate]time.Time{leaf.certificate: now.Add(-time.Hour)}}))
	if err := store.Refresh(t.Context()); !errors.Is(err, ErrCRL) {
		t.Errorf("refresh with a damaged file: %v", err)
	}
	if p := store.Problems(); len(p) != 1 || !errors.Is(p[bad], ErrCRL) {
		t.Errorf("problems %v", p)
	}
	wantVerdict(t, verifier.Verify(leaf.sign(t), ContentOf(file), now), Invalid, Untrusted, fieldRevoked)
	writeFile(t, bad, bytes.Clone(first)) // old by now, which is no problem
	if err := store.Refresh(t.Context()); err != nil || len(store.Problems()) != 0 {
		t.Errorf("refresh after repair: %v, problems %v", err, store.Problems())
	}
	if _, err := OpenRevocationStore(verifier.trust, RevocationConfig{Folders: []string{filepath.Join(dir, "none")}}, Std()); err == nil {
		t.Error("a folder that does not exist is accepted")
	}
}

// A list waits in its folder until the trust store knows its issuer.
func TestListIsTakenWhenItsIssuerBecomesKnown(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	trust, lists := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(lists, "root.crl"), root.list(listing{}))
	store, err := OpenRevocationStore(openStore(t, Folder{Domain: "ГосСУОК", Path: trust}), RevocationConfig{Folders: []string{lists}}, Std())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Refresh(t.Context()); !errors.Is(err, ErrCRLIssuer) {
		t.Errorf("unknown issuer: %v", err)
	}
	writeFile(t, filepath.Join(trust, "root.der"), root.certificate.Raw)
	if err := store.trust.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := store.Refresh(t.Context()); err != nil || len(store.Lists()) != 1 {
		t.Errorf("known issuer: %v, %d lists", err, len(store.Lists()))
	}
}
