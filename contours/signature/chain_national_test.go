package signature

import (
	"testing"
	"time"
)

// chained is a root, an authority under it and a signer under that, each of its own algorithm.
func chained(t *testing.T, root, middle, leaf Algorithm) (verifier *Verifier, cms []byte) {
	t.Helper()
	top, err := newAuthority(root, "Корень", time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	between, err := newAuthority(middle, "Промежуточный", time.Now(), &top)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := newSigner(SignerOptions{Name: "Иванова А. П.", Algorithm: leaf}, between, time.Now().Add(-backdated), time.Now().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	store, err := NewTrustStore(Domain{Name: "ГосСУОК"})
	if err != nil {
		t.Fatal(err)
	}
	compose := composer{value: signer.with(leaf), certificate: signer.certificate, algorithm: leaf, signingTime: time.Now()}
	compose.others = append(compose.others, between.certificate)
	if cms, err = compose.sign(ContentOf(file)); err != nil {
		t.Fatal(err)
	}
	wantVerdict(t, NewVerifier(store, allFamilies()...).Verify(cms, ContentOf(file), time.Now()), Undeterminable, ChainIncomplete, "chain")
	if store, err = NewTrustStore(Domain{Name: "ГосСУОК", Certificates: append(compose.others[:0:0], top.certificate)}); err != nil {
		t.Fatal(err)
	}
	return NewVerifier(store, allFamilies()...), cms
}

func TestChainsLeadThroughAllFamilies(t *testing.T) {
	for _, c := range [][3]Algorithm{
		{GOST2012256, GOST2012256, GOST2012256}, {GOST2012512, GOST2012512, GOST2012256}, {BIGN256, BIGN256, BIGN256},
		{ECDSAP384, BIGN256, GOST2012512}, {BIGN256, RSA2048, Ed25519}, {GOST2012256, ECDSAP256, BIGN256},
	} {
		verifier, cms := chained(t, c[0], c[1], c[2])
		verdict := verifier.Verify(cms, ContentOf(file), time.Now())
		wantVerdict(t, verdict, Valid, "", "")
		if s := verdict.Signers[0]; len(s.Chain) != 3 || s.Domain != "ГосСУОК" || s.Emulated {
			t.Errorf("%v: %+v", c, s)
		}
		if c[1].suite().root != c[2].suite().root { // the centre's family is not allowed
			few := NewVerifier(verifier.trust, familyOf(allFamilies(), spkiOfNew(t, c[2])))
			wantVerdict(t, few.Verify(cms, ContentOf(file), time.Now()), Invalid, AlgorithmRefused, "chain.signatureAlgorithm")
		}
	}
}

func spkiOfNew(t *testing.T, a Algorithm) []byte {
	t.Helper()
	key, err := newKey(a)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := marshalPublic(key)
	if err != nil {
		t.Fatal(err)
	}
	return spki
}

// All three certificates are held by signatures: no flipped bit of theirs verifies either.
func TestNoFlippedBitOfANationalChainVerifies(t *testing.T) {
	for _, c := range [][3]Algorithm{{GOST2012256, GOST2012256, GOST2012256}, {BIGN256, BIGN256, BIGN256}} {
		verifier, cms := chained(t, c[0], c[1], c[2])
		flipEveryBit(t, verifier, cms, ContentOf(file), time.Now())
	}
}
