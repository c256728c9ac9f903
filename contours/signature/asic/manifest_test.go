package asic

import (
	"encoding/asn1"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

const (
	manifestHead = `<?xml version="1.0" encoding="UTF-8"?>
<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`
	manifestSig    = `<asic:SigReference URI="META-INF/signature.p7s" MimeType="application/pkcs7-signature"/>`
	manifestObject = `<asic:DataObjectReference URI="doc%20%E2%84%96.txt" MimeType="text/plain"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>
 +EiAfmKgRKtOtjDL
 QZZOKhZFCVDuzMc+6Yk43oR+GS8= </ds:DigestValue></asic:DataObjectReference>`
	manifestTail = `</asic:ASiCManifest>`
)

func TestManifestsOfOthersAreRead(t *testing.T) {
	extension := `<asic:ASiCManifestExtensions><asic:Extension Critical="false"><x/></asic:Extension></asic:ASiCManifestExtensions>`
	m, err := parseManifest("m", []byte(manifestHead+"<!-- -->"+manifestSig+manifestObject+extension+manifestTail+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if o := m.objects[0]; m.signature != "META-INF/signature.p7s" || o.name != "doc №.txt" || len(o.digest) != 32 || o.hash.String() != "2.16.840.1.101.3.4.2.1" {
		t.Errorf("manifest %+v", m)
	}
}

func TestManifestsOfOtherFormsAreRefused(t *testing.T) {
	object := func(from, to string) string { return strings.Replace(manifestObject, from, to, 1) }
	for name, text := range map[string]string{
		"document type":        `<!DOCTYPE x [<!ENTITY e "x">]>` + manifestHead + manifestSig + manifestObject + manifestTail,
		"instruction":          manifestHead + "<?x y?>" + manifestSig + manifestObject + manifestTail,
		"two roots":            manifestHead + manifestSig + manifestObject + manifestTail + "<x/>",
		"text behind":          manifestHead + manifestSig + manifestObject + manifestTail + "x",
		"not closed":           manifestHead + manifestSig + manifestObject,
		"attribute twice":      manifestHead + strings.Replace(manifestSig, "URI", `URI="x" URI`, 1) + manifestObject + manifestTail,
		"no signature":         manifestHead + manifestObject + manifestTail,
		"two signatures":       manifestHead + manifestSig + manifestSig + manifestObject + manifestTail,
		"no files":             manifestHead + manifestSig + manifestTail,
		"a file twice":         manifestHead + manifestSig + manifestObject + manifestObject + manifestTail,
		"unknown element":      manifestHead + manifestSig + manifestObject + "<x/>" + manifestTail,
		"critical extension":   manifestHead + manifestSig + manifestObject + `<asic:ASiCManifestExtensions><asic:Extension Critical="true"/></asic:ASiCManifestExtensions>` + manifestTail,
		"another namespace":    strings.Replace(manifestHead+manifestSig+manifestObject+manifestTail, "v1.2.1", "v1.2.2", 1),
		"a file far away":      manifestHead + manifestSig + object("doc%20", "https://example.org/") + manifestTail,
		"a file with a query":  manifestHead + manifestSig + object(".txt", ".txt?x") + manifestTail,
		"out of the archive":   manifestHead + manifestSig + object("doc%20", "%2e%2e/") + manifestTail,
		"a signature as file":  manifestHead + manifestSig + object("doc%20", "META-INF/") + manifestTail,
		"mimetype as file":     manifestHead + manifestSig + object("doc%20%E2%84%96.txt", "mimetype") + manifestTail,
		"no digest":            manifestHead + manifestSig + object("+EiAfmKgRKtOtjDL\n QZZOKhZFCVDuzMc+6Yk43oR+GS8=", "") + manifestTail,
		"no base64":            manifestHead + manifestSig + object("+Ei", "!") + manifestTail,
		"no digest algorithm":  manifestHead + manifestSig + object("#sha256", "#what") + manifestTail,
		"unknown part of file": manifestHead + manifestSig + object("<ds:DigestMethod", "<x/><ds:DigestMethod") + manifestTail,
		"other encoding":       strings.Replace(manifestHead, "UTF-8", "windows-1251", 1) + manifestSig + manifestObject + manifestTail,
		"nothing":              "",
	} {
		if m, err := parseManifest("m", []byte(text)); !errors.Is(err, ErrContainer) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestDigestAlgorithmsHaveOneURI(t *testing.T) {
	for _, oid := range []asn1.ObjectIdentifier{
		{2, 16, 840, 1, 101, 3, 4, 2, 1}, {2, 16, 840, 1, 101, 3, 4, 2, 2}, {2, 16, 840, 1, 101, 3, 4, 2, 3},
		{1, 2, 643, 7, 1, 1, 2, 2}, {1, 2, 643, 7, 1, 1, 2, 3}, {1, 2, 112, 0, 2, 0, 34, 101, 31, 81},
	} {
		if got := algorithmOf(uriOf(oid)); !got.Equal(oid) {
			t.Errorf("%s is %s and back %s", oid, uriOf(oid), got)
		}
	}
	for _, uri := range []string{"", "urn:oid:", "urn:oid:1.x", "urn:oid:-1.2", "1.2.3", "sha256"} {
		if got := algorithmOf(uri); got != nil {
			t.Errorf("%q is %s", uri, got)
		}
	}
}

// Samples made elsewhere, in a directory named by SMDO_REFERENCE that is not part of the project; without it none run.
func TestReferenceContainersVerify(t *testing.T) {
	dir := os.Getenv("SMDO_REFERENCE")
	ran := 0
	defer func() { t.Logf("%d reference samples ran", ran) }()
	if dir == "" {
		return
	}
	read := func(name ...string) []byte {
		data, err := os.ReadFile(filepath.Join(append([]string{dir, "crypto"}, name...)...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "ca.pem"), read("std", "ec-ca.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := signature.OpenTrustStore(signature.Folder{Domain: "reference", Path: folder})
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(read("asic", "ec-cades.asice"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Verify(signature.NewVerifier(store, signature.Std()), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || got.Status != signature.Valid {
		t.Errorf("verdict %+v, %v", got, err)
	}
	if doc := content(t, c, "doc.txt"); doc != string(read("doc.txt")) {
		t.Errorf("doc.txt holds %q", doc)
	}
	ran++
}
