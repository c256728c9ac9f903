package signature

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Lists and signers of every family: revoked, good, stale; no flipped bit of a list is taken.
func TestListsOfTheEmulatorInAllFamilies(t *testing.T) {
	now := present()
	e := openEmulator(t)
	for _, algorithm := range []Algorithm{ECDSAP256, GOST2012256, BIGN256} {
		t.Run(string(algorithm), func(t *testing.T) {
			victim, err := e.Issue("victim-"+string(algorithm), SignerOptions{Algorithm: algorithm})
			if err != nil {
				t.Fatal(err)
			}
			other, err := e.Issue("other-"+string(algorithm), SignerOptions{Algorithm: algorithm})
			if err != nil {
				t.Fatal(err)
			}
			trust := openStore(t, e.Folder())
			verifier := NewVerifier(trust, allFamilies()...)
			if verifier.Revocation, err = OpenRevocationStore(trust, RevocationConfig{}, allFamilies()...); err != nil {
				t.Fatal(err)
			}
			lists, err := e.RevocationLists(now.Add(-time.Hour), now.Add(time.Hour), EmulatedRevocation{victim.Certificate(), now.Add(-2 * time.Hour), 1})
			if err != nil || len(lists) != len(e.Roots()) {
				t.Fatalf("%d lists, %v", len(lists), err)
			}
			for _, der := range lists {
				if list, err := ParseCRL(der); err == nil && list.Len() == 1 {
					flipEveryBitOfList(t, verifier.Revocation, der)
				}
			}
			verifier.Revocation.mustAdd(t, lists...)
			wantVerdict(t, verifier.Verify(signFile(t, victim), ContentOf(file), now), Invalid, Untrusted, fieldRevoked)
			sign := func() []byte {
				t.Helper()
				cms, err := other.Sign(ContentOf(file))
				if err != nil {
					t.Fatal(err)
				}
				return cms
			}
			wantRevocation(t, verifier.Verify(sign(), ContentOf(file), now), Good, now.Add(-time.Hour))
			wantRevocation(t, verifier.Verify(sign(), ContentOf(file), now.Add(time.Hour+time.Second)), Stale, now.Add(-time.Hour))
		})
	}
}

func flipEveryBitOfList(t *testing.T, store *RevocationStore, der []byte) {
	t.Helper()
	for i := range der {
		for bit := range 8 {
			der[i] ^= 1 << bit
			if err := store.Add(der); err == nil {
				t.Errorf("octet %d bit %d flipped: taken", i, bit)
			}
			der[i] ^= 1 << bit
		}
	}
}

func TestListsOfOpensslWithGOST(t *testing.T) {
	for _, k := range []gostKind{{"gost2012_256", "A", "md_gost12_256"}, {"gost2012_256", "TCA", "md_gost12_256"}, {"gost2012_512", "A", "md_gost12_512"}, {"gost2001", "A", "md_gost94"}} {
		t.Run(k.algorithm+" "+k.set, func(t *testing.T) { opensslRevokes(t, k.centre(t), k.md) })
	}
}

// A deployment without the family does not take its lists, and says why.
func TestListOfAFamilyThatIsNotAllowedIsRefused(t *testing.T) {
	e := openEmulator(t)
	lists, err := e.RevocationLists(present().Add(-time.Hour), present().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	store, err := OpenRevocationStore(openStore(t, e.Folder()), RevocationConfig{}, Std())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, ErrAlgorithm, ErrAlgorithm} {
		if err := store.Add(lists[i]); !errors.Is(err, want) {
			t.Errorf("list of %s: %v, want %v", e.Roots()[i].Subject, err, want)
		}
	}
}

// Samples made elsewhere; see TestReferenceSamplesVerify.
func TestReferenceListsAndAnswers(t *testing.T) {
	dir := os.Getenv("SMDO_REFERENCE")
	ran := 0
	defer func() { t.Logf("%d reference samples ran", ran) }()
	if dir == "" {
		return
	}
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, "crypto", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	doc := ContentOf(read("doc.txt"))
	for signer, c := range map[string]struct {
		list, answer string
		answerIs     error
	}{"std/ec": {"ec.crl", "e.ocspresp", nil}, "gost/g256A": {"g256A.crl", "g.ocspresp", ErrAlgorithm}} {
		trust := t.TempDir()
		writeFile(t, filepath.Join(trust, "ca.pem"), read(signer+"-ca.pem"))
		ca := readTestCertificate(t, filepath.Join(trust, "ca.pem"))
		ee := readTestCertificate(t, filepath.Join(dir, "crypto", signer+"-ee.pem"))
		verifier := NewVerifier(openStore(t, Folder{Domain: "reference", Path: trust}), allFamilies()...)
		open := func() *RevocationStore {
			store, err := OpenRevocationStore(verifier.trust, RevocationConfig{}, allFamilies()...)
			if err != nil {
				t.Fatal(err)
			}
			return store
		}
		verifier.Revocation = open()
		verifier.Revocation.mustAdd(t, read("crl-ocsp/"+c.list))
		wantVerdict(t, verifier.Verify(read(signer+".p7s"), doc, at), Invalid, Untrusted, fieldRevoked)
		block, _ := pem.Decode(read("crl-ocsp/" + c.list))
		flipEveryBitOfList(t, open(), block.Bytes)

		verifier.Revocation = open()
		if err := verifier.Revocation.AddOCSP(read("crl-ocsp/"+c.answer), ee, ca); !errors.Is(err, c.answerIs) {
			t.Errorf("%s: %v, want %v", c.answer, err, c.answerIs)
		}
		verdict := verifier.Verify(read(signer+".p7s"), doc, at)
		if c.answerIs != nil {
			wantRevocation(t, verdict, Unknown, time.Time{})
		} else {
			wantVerdict(t, verdict, Invalid, Untrusted, fieldRevoked)
		}
		ran += 2
	}
}
