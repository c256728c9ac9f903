package signature

import (
	"os"
	"sync"
	"testing"
	"time"
)

// withLists verifies by the emulator's roots and lists, as they are now.
func withLists(t *testing.T, e *Emulator, folder Folder) *Verifier {
	t.Helper()
	store := openStore(t, folder)
	v := NewVerifier(store, allFamilies()...)
	var err error
	if v.Revocation, err = OpenRevocationStore(store, RevocationConfig{Folders: []string{e.RevocationFolder()}}, allFamilies()...); err != nil {
		t.Fatal(err)
	}
	if problems := v.Revocation.Problems(); len(problems) != 0 {
		t.Fatalf("lists of the emulator are refused: %v", problems)
	}
	return v
}

func TestRevokedAndStaleOnRequest(t *testing.T) {
	e := openEmulator(t)
	for _, a := range Algorithms() {
		t.Run(string(a), func(t *testing.T) {
			good := signFile(t, issue(t, e, SignerOptions{Algorithm: a}))
			revoked := signFile(t, issue(t, e, SignerOptions{Algorithm: a, Fault: FaultRevoked}))
			stale := signFile(t, issue(t, e, SignerOptions{Algorithm: a, Fault: FaultStaleList}))
			v := withLists(t, e, e.Folder())
			for name, c := range map[string]struct {
				cms        []byte
				status     Status
				reason     Reason
				field      string
				revocation Revocation
			}{
				"good": {good, Valid, "", "", Good}, "revoked": {revoked, Invalid, Untrusted, fieldRevoked, Revoked}, "stale": {stale, Valid, "", "", Stale},
			} {
				got := v.Verify(c.cms, ContentOf(file), time.Now())
				wantVerdict(t, got, c.status, c.reason, c.field)
				if got.Signers[0].Revocation != c.revocation || !got.Emulated {
					t.Errorf("%s: %s", name, got.Signers[0].Revocation)
				}
			}
			// Before it was revoked it was good, and where nobody looks at lists it is still.
			wantVerdict(t, v.Verify(revoked, ContentOf(file), time.Now().Add(-2*time.Hour)), Valid, "", "")
			wantVerdict(t, NewVerifier(openStore(t, e.Folder()), allFamilies()...).Verify(revoked, ContentOf(file), time.Now()), Valid, "", "")
		})
	}
	// Policies do not mind an emulator's lists; of a real root they would.
	real := withLists(t, e, Folder{Domain: "ГосСУОК", Path: e.Folder().Path})
	stale := signFile(t, issue(t, e, SignerOptions{Fault: FaultStaleList}))
	for rule, want := range map[RevocationRule]Status{AcceptMarked: Valid, Hold: Undeterminable, Refuse: Invalid} {
		real.RevocationPolicy = RevocationPolicy{Stale: rule}
		reason, field := RevocationOpen, fieldStale
		if want == Valid {
			reason, field = "", ""
		}
		wantVerdict(t, real.Verify(stale, ContentOf(file), time.Now()), want, reason, field)
	}
}

func TestRevocationsOfAnEmulatorAreKept(t *testing.T) {
	e := openEmulator(t)
	var signers []*EmulatedSigner
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			s, err := e.Issue("petrov", SignerOptions{Fault: FaultRevoked})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			signers = append(signers, s)
		})
	}
	wait.Wait()
	again, err := OpenEmulator(e.dir)
	if err != nil {
		t.Fatal(err)
	}
	kept := issue(t, again, SignerOptions{})
	if err := again.Revoke(EmulatedRevocation{Certificate: kept.Certificate(), At: time.Now().Add(-time.Minute), Reason: CertificateHold}); err != nil {
		t.Fatal(err)
	}
	v := withLists(t, again, again.Folder())
	for _, s := range signers {
		wantVerdict(t, v.Verify(signFile(t, s), ContentOf(file), time.Now()), Invalid, Untrusted, fieldRevoked)
	}
	wantVerdict(t, v.Verify(signFile(t, kept), ContentOf(file), time.Now()), Invalid, Untrusted, fieldSuspended)
	if err := e.Revoke(EmulatedRevocation{Certificate: issue(t, openEmulator(t), SignerOptions{}).Certificate(), At: time.Now()}); err == nil {
		t.Error("another emulator's certificate is revoked")
	}
}

// A store that has a list takes the next one, though it be made within the same second.
func TestEveryListOfAnEmulatorIsNewer(t *testing.T) {
	e := openEmulator(t)
	v := withLists(t, e, e.Folder())
	for range 3 {
		s := issue(t, e, SignerOptions{Algorithm: BIGN256, Fault: FaultRevoked})
		list, err := os.ReadFile(e.RevocationFolder() + "/root-stb.crl")
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Revocation.Add(list); err != nil {
			t.Fatal(err)
		}
		wantVerdict(t, v.Verify(signFile(t, s), ContentOf(file), time.Now()), Invalid, Untrusted, fieldRevoked)
	}
}

func TestAnOldListIsRenewedWhenTheEmulatorIsOpened(t *testing.T) {
	e := openEmulator(t)
	root := e.roots[ECDSAP256]
	held, err := e.readList("root")
	if err != nil {
		t.Fatal(err)
	}
	held.ThisUpdate, held.NextUpdate = time.Now().AddDate(0, -8, 0), time.Now().AddDate(0, 4, 0)
	if err := e.writeList("root", held, root); err != nil {
		t.Fatal(err)
	}
	if e, err = OpenEmulator(e.dir); err != nil {
		t.Fatal(err)
	}
	if got, err := e.readList("root"); err != nil || !got.NextUpdate.After(time.Now().AddDate(0, 11, 0)) || got.Number.Cmp(held.Number) <= 0 {
		t.Errorf("%v, %v", got, err)
	}
	writeFile(t, e.RevocationFolder()+"/root.crl", []byte("-----BEGIN"))
	if _, err := OpenEmulator(e.dir); err == nil {
		t.Error("a broken list was replaced in silence")
	}
}
