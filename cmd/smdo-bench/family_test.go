package main

import (
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func TestFilesOfEachFamilyVerifyByThatFamilyAlone(t *testing.T) {
	names := []string{"std", "gost", "stb"}
	for _, signs := range names {
		f, err := familyOf(signs)
		if err != nil {
			t.Fatal(err)
		}
		p, emulator, err := region{Senders: 1, Receivers: 1}.sign(t.TempDir(), f.algorithm)
		if err != nil {
			t.Fatal(err)
		}
		trust, err := signature.OpenTrustStore(emulator.Folder())
		if err != nil {
			t.Fatal(err)
		}
		for _, checks := range names {
			by, err := familyOf(checks)
			if err != nil {
				t.Fatal(err)
			}
			file := p.files[0]
			got := signature.NewVerifier(trust, by).Verify(file.Signatures[0].CMS, signature.ContentOf(file.Inline), time.Now())
			if (got.Status == signature.Valid) != (signs == checks) {
				t.Errorf("signed by %s, checked by %s: %s %s (%s)", signs, checks, got.Status, got.Reason, got.Detail)
			}
		}
	}
	if _, err := familyOf("des"); err == nil {
		t.Error("an unknown family is taken")
	}
}
