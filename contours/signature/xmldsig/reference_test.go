package xmldsig

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Samples made elsewhere, in a directory named by SMDO_REFERENCE that is not part of the project. What they show the
// tests against xmlsec1 show too, and of GOST those of this package; without the directory none run.
func readSample(t *testing.T, name ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{os.Getenv("SMDO_REFERENCE")}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReferenceSamplesVerify(t *testing.T) {
	if os.Getenv("SMDO_REFERENCE") == "" {
		t.Log("no reference samples ran")
		return
	}
	p := Profile{Holder: Path{{}}, Covers: Path{{"urn:lab:packet", "Packet"}}, IDs: []Name{{"", "ID"}}}
	for _, kind := range []string{"ec", "rsa"} {
		block, _ := pem.Decode(readSample(t, "crypto", "std", kind+"-ca.pem"))
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		v := NewVerifier(p, trust(root), signature.Std())
		doc, at := readSample(t, "crypto", "xmldsig", "signed-"+kind+".xml"), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		wantVerdict(t, v.Verify(doc, at), signature.Valid, "", "")
		wantVerdict(t, v.Verify([]byte(strings.Replace(string(doc), "тест", "тост", 1)), at), signature.Invalid, signature.SignatureInvalid, "DigestValue")
	}
}

// Signed messages of state exchange, whose SignedInfo in its canonical form was cut out of them and verified by
// others.
func TestReferenceSignedInfosAreCanonicalizedAsOthersDo(t *testing.T) {
	if os.Getenv("SMDO_REFERENCE") == "" {
		t.Log("no reference samples ran")
		return
	}
	for sample, source := range map[string][]string{
		"gost2001":     {"smev", "samples-1.1-signed", "AckRequest.xml"},
		"gost2012-256": {"smev", "signedinfo-vectors", "gost2012-256.signedinfo.c14n.xml"}, // the message itself is not there
	} {
		want := readSample(t, "smev", "signedinfo-vectors", sample+".signedinfo.c14n.xml")
		got, err := exclusive.Element(first(t, parse(t, string(readSample(t, source...))), "SignedInfo"))
		if err != nil || string(got) != strings.TrimSpace(string(want)) {
			t.Errorf("%s: %s", sample, got)
		}
	}
}
