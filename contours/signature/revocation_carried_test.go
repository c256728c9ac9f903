package signature

import (
	"bytes"
	"crypto/x509"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// carrying puts revocation lists into a message, before its signers.
func carrying(t testing.TB, cms []byte, lists ...[]byte) []byte {
	t.Helper()
	return edit(t, cms, func(root *node) {
		crls := &node{tag: contextTag(1)}
		for _, l := range lists {
			crls.kids = append(crls.kids, parseNodes(t, bytes.Clone(l))...)
		}
		fields := &root.signedData().kids
		*fields = slices.Insert(*fields, len(*fields)-1, crls)
	})
}

func TestListsOfAMessageCountLikeOthers(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	victim := root.issue(around)
	namesake := newCentre(t, "КУЦ", nil, around) // a root of ours too
	foreign := newCentre(t, "КУЦ-3", nil, around)
	issued, theft := now.Add(-time.Hour), now.Add(-48*time.Hour)
	revoked := listing{revoked: map[*x509.Certificate]time.Time{victim.certificate: theft}, reason: 1}
	clean, guilty := root.list(listing{}), root.list(revoked)
	flipped := bytes.Clone(guilty)
	flipped[len(flipped)-1] ^= 1
	byOther := revoked
	byOther.signer = namesake
	for _, c := range []struct {
		name  string
		at    time.Time
		lists [][]byte
		state Revocation
		asOf  time.Time
	}{
		{"good", now, [][]byte{clean}, Good, issued},
		{"revoked", now, [][]byte{guilty}, Revoked, theft},
		{"revoked later", theft.Add(-time.Second), [][]byte{guilty}, Good, issued},
		{"one of two speaks of a revocation", now, [][]byte{clean, guilty}, Revoked, theft},
		{"out of date", now.Add(25 * time.Hour), [][]byte{clean}, Stale, issued},
		{"from the future", now, [][]byte{root.list(listing{issued: now.Add(time.Hour)})}, Unknown, time.Time{}},
		{"a bit of the signature flipped", now, [][]byte{flipped}, Unknown, time.Time{}},
		{"signed by a namesake", now, [][]byte{namesake.list(byOther)}, Unknown, time.Time{}},
		{"of a namesake", now, [][]byte{namesake.list(revoked)}, Unknown, time.Time{}},
		{"of a centre that is not trusted", now, [][]byte{foreign.list(revoked)}, Unknown, time.Time{}},
		{"not a list", now, [][]byte{{0x30, 0}}, Unknown, time.Time{}},
		{"a bad one beside a good one", now, [][]byte{flipped, clean}, Good, issued},
		{"behind more than are looked at", now, append(slices.Repeat([][]byte{flipped}, maxCarriedLists), guilty), Unknown, time.Time{}},
	} {
		verifier, store := revoking(t, RevocationConfig{}, root, namesake)
		got := verifier.Verify(carrying(t, victim.sign(t), c.lists...), ContentOf(file), c.at)
		t.Log(c.name)
		if c.state == Revoked {
			wantVerdict(t, got, Invalid, Untrusted, fieldRevoked)
		} else {
			wantVerdict(t, got, Valid, "", "")
		}
		wantRevocation(t, got, c.state, c.asOf)
		if len(store.Lists()) > 0 {
			t.Errorf("%s: a sender's list is kept", c.name)
		}
	}
}

func TestNoFlippedBitOfACarriedListRevokes(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	victim := root.issue(around)
	_, store := revoking(t, RevocationConfig{}, root)
	list := root.list(listing{revoked: map[*x509.Certificate]time.Time{victim.certificate: present().Add(-time.Hour)}})
	if len(store.examine([][]byte{list})) != 1 {
		t.Fatal("the list itself is passed over")
	}
	for i := range len(list) * 8 {
		changed := bytes.Clone(list)
		changed[i/8] ^= 1 << (i % 8)
		if len(store.examine([][]byte{changed})) > 0 {
			t.Errorf("bit %d does not matter", i)
		}
	}
}

// A sender may neither hide a revocation behind an older list, nor bring back a suspension that has ended.
func TestACarriedListDoesNotOutweighANewerOne(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	signer := root.issue(around)
	entry := map[*x509.Certificate]time.Time{signer.certificate: now.Add(-2 * time.Hour)}
	older, newer := now.Add(-90*time.Minute), now.Add(-time.Hour)
	verify := func(held, carried []byte) Verdict {
		verifier, store := revoking(t, RevocationConfig{}, root)
		store.mustAdd(t, held)
		return verifier.Verify(carrying(t, signer.sign(t), carried), ContentOf(file), now)
	}
	clean := func(number int64, at time.Time) []byte { return root.list(listing{number: number, issued: at}) }
	suspends := func(number int64, at time.Time) []byte {
		return root.list(listing{number: number, issued: at, revoked: entry, reason: CertificateHold})
	}
	wantVerdict(t, verify(suspends(2, newer), clean(1, older)), Invalid, Untrusted, fieldSuspended)
	wantVerdict(t, verify(clean(2, newer), suspends(1, older)), Valid, "", "")
	wantVerdict(t, verify(clean(1, older), suspends(2, newer)), Invalid, Untrusted, fieldSuspended)
	long := root.list(listing{number: 1, issued: older, next: now.AddDate(1, 0, 0)})
	ended := root.list(listing{number: 2, issued: newer, next: now.Add(-time.Minute)})
	wantRevocation(t, verify(ended, long), Stale, newer)
}

func TestOpensslReadsAMessageWithLists(t *testing.T) {
	dir := t.TempDir()
	root := newCentre(t, "CA", nil, around)
	cms := carrying(t, root.issue(around).sign(t), root.list(listing{}))
	writeFile(t, filepath.Join(dir, "openssl.cnf"), nil)
	writeFile(t, filepath.Join(dir, "m.p7s"), cms)
	out, err := tryOpenssl(dir, "cms", "-cmsout", "-print", "-inform", "DER", "-in", "m.p7s")
	if err != nil || !bytes.Contains(out, []byte("CertificateList")) && !bytes.Contains(out, []byte("d.crl")) {
		t.Errorf("%v\n%s", err, out)
	}
}
