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
	for sample, centre := range map[string]string{
		"std/ec": "std/ec", "std/rsa": "std/rsa", "std/rsapss": "std/rsa", "emulated/ed25519-emu": "emulated/ed25519-emu",
	} {
		cms, err := os.ReadFile(filepath.Join(dir, "crypto", sample+".p7s"))
		if err != nil {
			t.Fatal(err)
		}
		ca, err := os.ReadFile(filepath.Join(dir, "crypto", centre+"-ca.pem"))
		if err != nil {
			t.Fatal(err)
		}
		trust := t.TempDir()
		writeFile(t, filepath.Join(trust, "ca.pem"), ca)
		verifier := NewVerifier(openStore(t, Folder{Domain: "reference", Path: trust}), Std())
		t.Run(sample, func(t *testing.T) {
			wantVerdict(t, verifier.Verify(cms, ContentOf(doc), at), Valid, "", "")
			wantVerdict(t, verifier.Verify(cms, ContentOf(doc[1:]), at), Invalid, SignatureInvalid, fieldDigest)
			flipEveryBit(t, verifier, cms, ContentOf(doc), at)
		})
		ran++
	}
}
