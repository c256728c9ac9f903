package signature

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Samples made elsewhere, in a directory named by SMDO_REFERENCE that is not part of the project. What they show
// the openssl tests show too; without the directory none run.
func TestReferenceSamplesVerify(t *testing.T) {
	dir := os.Getenv("SMDO_REFERENCE")
	ran := 0
	defer func() { t.Logf("%d reference samples ran", ran) }()
	if dir == "" {
		return
	}
	doc, err := os.ReadFile(filepath.Join(dir, "crypto", "doc.txt"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for sample, want := range map[string]struct{ centre, family, signer string }{
		"std/ec": {"std/ec", "std", "Lab ec signer"}, "std/rsa": {"std/rsa", "std", "Lab rsa signer"}, "std/rsapss": {"std/rsa", "std", "Lab rsa signer"},
		"gost/g256A": {"gost/g256A", "gost", "Lab GOST 256 A signer"}, "gost/g256B": {"gost/g256B", "gost", "Lab GOST 256 B signer"}, "gost/g256TCA": {"gost/g256TCA", "gost", "Lab GOST 256 TCA signer"},
		"gost/g512A": {"gost/g512A", "gost", "Lab GOST 512 A signer"}, "gost/g512B": {"gost/g512B", "gost", "Lab GOST 512 B signer"},
		"emulated/ed25519-emu": {"emulated/ed25519-emu", "std", "Emulated signer ed25519-emu"}, "emulated/gost-emu": {"emulated/gost-emu", "gost", "Emulated signer gost-emu"}, "emulated/bign": {"emulated/bign", "stb", "Emulated signer bign"},
	} {
		cms, err := os.ReadFile(filepath.Join(dir, "crypto", sample+".p7s"))
		if err != nil {
			t.Fatal(err)
		}
		ca, err := os.ReadFile(filepath.Join(dir, "crypto", want.centre+"-ca.pem"))
		if err != nil {
			t.Fatal(err)
		}
		trust := t.TempDir()
		writeFile(t, filepath.Join(trust, "ca.pem"), ca)
		verifier := NewVerifier(openStore(t, Folder{Domain: "reference", Path: trust}), allFamilies()...)
		t.Run(sample, func(t *testing.T) {
			verdict := verifier.Verify(cms, ContentOf(doc), at)
			wantVerdict(t, verdict, Valid, "", "")
			if s := verdict.Signers[0]; s.Family != want.family || s.Signer.CommonName != want.signer {
				t.Errorf("family %s, signer %q", s.Family, s.Signer.CommonName)
			}
			wantVerdict(t, verifier.Verify(cms, ContentOf(doc[1:]), at), Invalid, SignatureInvalid, fieldDigest)
			flipEveryBit(t, verifier, cms, ContentOf(doc), at)
		})
		ran++
	}
}
