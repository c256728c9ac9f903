package tsl

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// xmlsec is an independent tool with the files of one supervisor.
type xmlsec struct{ program, dir, key, certificate string }

func newXmlsec(t *testing.T, h holder) xmlsec {
	t.Helper()
	program, err := exec.LookPath("xmlsec1")
	if err != nil && os.Getenv("SMDO_TEST_STRICT") == "1" {
		t.Fatalf("%v; Debian has it in xmlsec1", err)
	} else if err != nil {
		t.Skipf("!!! NOT TESTED: %v; Debian has it in xmlsec1", err)
	}
	x := xmlsec{program: program, dir: t.TempDir()}
	der, err := x509.MarshalPKCS8PrivateKey(h.key)
	if err != nil {
		t.Fatal(err)
	}
	x.key = x.write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	x.certificate = x.write(t, "certificate.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.certificate.Raw}))
	return x
}

func (x xmlsec) write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(x.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (x xmlsec) run(t *testing.T, doc []byte, arguments ...string) []byte {
	t.Helper()
	arguments = append(arguments, "--id-attr:Id", "TrustServiceStatusList", "--id-attr:Id", "SignedProperties", x.write(t, "list.xml", doc))
	command := exec.Command(x.program, arguments...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("xmlsec1: %v\n%s%s", err, out, problems.String())
	}
	return out
}

func TestXmlsecVerifiesOurList(t *testing.T) {
	s := newScene(t)
	x := newXmlsec(t, s.supervisor)
	signed := newList(service(caQC, s.centre.certificate, "", status{"granted", granted})).signedBy(t, s.supervisor)
	x.run(t, signed, "--verify", "--trusted-pem", x.certificate, "--verification-gmt-time", issued.Format("2006-01-02 15:04:05"))
}

// Lists in use are signed by XAdES: a second reference is over properties that name the signer.
func TestAListWithSignedPropertiesIsRead(t *testing.T) {
	s := newScene(t)
	x := newXmlsec(t, s.supervisor)
	xades := func(certificate []byte, bare bool) []byte {
		sum := sha256.Sum256(certificate)
		text := `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="sig"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>` +
			`<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/><ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>` +
			`<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>` +
			`<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#props"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>` +
			`</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(s.supervisor.certificate.Raw) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
			`<ds:Object><xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" Target="#sig"><xades:SignedProperties Id="props"><xades:SignedSignatureProperties><xades:SigningTime>2026-03-02T09:00:00Z</xades:SigningTime>` +
			`<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>` + base64.StdEncoding.EncodeToString(sum[:]) + `</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>` +
			`</xades:SignedSignatureProperties></xades:SignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature>`
		if bare {
			text = text[:strings.Index(text, "<xades:SigningCertificateV2>")] + text[strings.Index(text, "</xades:SignedSignatureProperties>"):]
		}
		doc := strings.Replace(newList(service(caQC, s.centre.certificate, "", status{"granted", granted})).xml(), "</TrustServiceStatusList>", text+"</TrustServiceStatusList>", 1)
		return x.run(t, []byte(doc), "--sign", "--privkey-pem", x.key)
	}
	good := xades(s.supervisor.certificate.Raw, false)
	if list, err := read(s, good); err != nil || list.Sequence != 7 {
		t.Fatal(list, err)
	}
	_, err := read(s, bytes.Replace(good, []byte("09:00:00Z</xades"), []byte("10:00:00Z</xades"), 1))
	wantRefused(t, "altered properties", err, "altered")
	_, err = read(s, xades(s.centre.certificate.Raw, false))
	wantRefused(t, "another certificate named", err, "SigningCertificate")
	_, err = read(s, xades(s.supervisor.certificate.Raw, true))
	wantRefused(t, "no certificate named", err, "SigningCertificate")
	_, err = read(s, append(bytes.Clone(good[:bytes.Index(good, []byte("<ds:Object>"))]), good[bytes.Index(good, []byte("</ds:Object>"))+len("</ds:Object>"):]...))
	wantRefused(t, "no properties", err, "format")
	if _, err := Reader(signature.STB())(good, s.lists.Signers); err == nil {
		t.Error("read without the family of the signer")
	}
}
