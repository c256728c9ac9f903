package xmldsig

import (
	"crypto/elliptic"
	"crypto/x509"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// xmlsec is the independent tool with the files of one signer.
type xmlsec struct {
	program, dir string
	root, key    string
}

func newXmlsec(t testing.TB, s signer) xmlsec {
	t.Helper()
	x := xmlsec{program: tool(t, "xmlsec1", "xmlsec1"), dir: t.TempDir()}
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := writePEM(t, x.dir, "signer.pem", "CERTIFICATE", s.certificate.Raw)
	x.root = writePEM(t, x.dir, "root.pem", "CERTIFICATE", s.root.Raw)
	x.key = writePEM(t, x.dir, "signer.key", "PRIVATE KEY", der) + "," + certificate
	return x
}

// run gives a document to xmlsec1. Elements of these names have an attribute Id that identifies them.
func (x xmlsec) run(doc string, arguments ...string) ([]byte, error) {
	for _, name := range []string{"Packet", "Data", "a", "b", "ё"} { // in any namespace
		arguments = append(arguments, "--id-attr:Id", name)
	}
	command := exec.Command(x.program, append(arguments, "-")...)
	command.Stdin = strings.NewReader(doc)
	var problems strings.Builder
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("xmlsec1: %w\n%s%s", err, out, problems.String())
	}
	return out, nil
}

func (x xmlsec) verify(doc string) error {
	_, err := x.run(doc, "--verify", "--trusted-pem", x.root, "--verification-gmt-time", moment.Format("2006-01-02 15:04:05"))
	return err
}

func (x xmlsec) sign(doc string) ([]byte, error) { return x.run(doc, "--sign", "--privkey-pem", x.key) }

// template is a Signature that xmlsec1 fills in.
func template(method, digest, uri string, transforms ...string) string {
	var steps strings.Builder
	for _, t := range transforms {
		if strings.HasPrefix(t, "<") {
			steps.WriteString(t)
		} else {
			steps.WriteString(`<Transform Algorithm="` + t + `"/>`)
		}
	}
	return `<Signature xmlns="` + spaceDS + `"><SignedInfo><CanonicalizationMethod Algorithm="` + uriExclusive + `"/>` +
		`<SignatureMethod Algorithm="` + method + `"/>` + "\n " + `<Reference URI="` + uri + `"><Transforms>` + steps.String() + `</Transforms>` +
		`<DigestMethod Algorithm="` + digest + `"/><DigestValue/></Reference></SignedInfo>` + "\n" + `<SignatureValue/><KeyInfo><X509Data/></KeyInfo></Signature>`
}

func listed(prefixes string) string {
	return `<Transform Algorithm="` + uriExclusive + `"><ec:InclusiveNamespaces xmlns:ec="` + uriExclusive + `" PrefixList="` + prefixes + `"/></Transform>`
}

func TestXmlsecVerifiesWhatWeSign(t *testing.T) {
	for name, s := range map[string]signer{
		"RSA": newRSA(t), "P-256": newECDSA(t, elliptic.P256()), "P-384": newECDSA(t, elliptic.P384()), "P-521": newECDSA(t, elliptic.P521()),
	} {
		t.Run(name, func(t *testing.T) {
			x := newXmlsec(t, s)
			whole := wholePacket
			whole.IDs = nil
			for _, signed := range []string{s.sign(t, packet, wholePacket), s.sign(t, packet, whole), s.sign(t, message, dataInMessage)} {
				if err := x.verify(signed); err != nil {
					t.Errorf("%s: %v", signed, err)
				}
				altered := strings.NewReplacer("Приказ", "Приказы", "100", "900").Replace(signed)
				if x.verify(altered) == nil {
					t.Errorf("xmlsec1 verifies altered %s", altered)
				}
			}
		})
	}
}

func TestWeVerifyWhatXmlsecSigns(t *testing.T) {
	ec256, ec384, ec521, r := newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P384()), newECDSA(t, elliptic.P521()), newRSA(t)
	for _, c := range []struct {
		s              signer
		method, digest string
	}{
		{r, w3c + "rsa-sha256", enc + "sha256"}, {r, w3c + "rsa-sha384", w3c + "sha384"}, {r, w3c + "rsa-sha512", enc + "sha512"},
		{ec256, w3c + "ecdsa-sha256", enc + "sha256"}, {ec384, w3c + "ecdsa-sha384", enc + "sha512"}, {ec521, w3c + "ecdsa-sha512", enc + "sha256"},
	} {
		t.Run(c.method, func(t *testing.T) {
			x := newXmlsec(t, c.s)
			for name, steps := range map[string][]string{
				"none": nil, "exclusive": {uriExclusive}, "comments": {uriExclusive + withComments}, "inclusive": {uriInclusive}, "inclusive, comments": {uriInclusive + "#" + withComments},
				"list": {listed("x #default")}, "twice": {uriInclusive, uriExclusive},
			} {
				for _, d := range []struct {
					doc, place, uri string
					profile         Profile
				}{
					{packet, "</Packet>", "", wholePacket}, {packet, "</Packet>", "#p1", wholePacket}, {message, "<t:Sign/>", "#DATA", dataInMessage},
				} {
					signature, put := template(c.method, c.digest, d.uri, append([]string{uriEnveloped}, steps...)...), d.place
					if d.uri == "#DATA" {
						signature, put = "<t:Sign>"+template(c.method, c.digest, d.uri, steps...), "</t:Sign>"
					}
					doc := replace(t, d.doc, d.place, signature+put)
					signed, err := x.sign(doc)
					if err != nil {
						t.Fatal(err)
					}
					wantValid(t, name+" "+d.uri, c.s.verifier(d.profile).Verify(signed, moment), string(signed))
				}
			}
		})
	}
}

func wantValid(t interface{ Errorf(string, ...any) }, name string, got Verdict, doc string) {
	if got.Status != signature.Valid {
		t.Errorf("%s: %s %s %s in\n%s", name, got.Reason, got.Field, got.Detail, doc)
	}
}

// Parts of generated documents, in contexts full of namespaces, have the canonical forms that xmlsec1 digests.
func TestReferencesToPartsAreThoseOfXmlsec(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	x := newXmlsec(t, s)
	rapid.Check(t, func(t *rapid.T) {
		doc := contexts().Filter(func(d string) bool { return len(reachable(d)) > 0 }).Draw(t, "document")
		target := rapid.SampledFrom(reachable(doc)).Draw(t, "target")
		id, _ := target.Attribute(ids[0])
		transform := rapid.SampledFrom([]string{uriExclusive, uriInclusive, listed("p"), listed("#default z q"), listed("xml none")}).Draw(t, "transform")
		signed, err := x.sign(strings.Replace(doc, "<s/>", "<s>"+template(w3c+"ecdsa-sha256", enc+"sha256", "#"+id, transform)+"</s>", 1))
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		profile := Profile{Holder: Path{{"urn:w", "w"}, {"urn:w", "s"}}, Covers: way(target), IDs: ids}
		wantValid(t, transform, s.verifier(profile).Verify(signed, moment), string(signed))
	})
}

// contexts generates documents within an element whose first child s may hold a signature.
func contexts() *rapid.Generator[string] {
	return rapid.Map(documents(), func(inner string) string {
		return `<w xmlns="urn:w" xmlns:q="urn:w" xmlns:r="urn:r" xml:lang="ru"><s/>` + inner + `</w>`
	})
}

// way is the path to an element, which may not be unique.
func way(e *Element) (p Path) {
	for _, a := range slices.Backward(ancestry(e)) {
		p = append(p, a.Name)
	}
	return p
}

// reachable lists the elements that have an Id and a path of their own.
func reachable(doc string) (found []*Element) {
	d, err := Parse([]byte(doc))
	if err != nil {
		return nil // the test that xmllint reads what is read here would have said so
	}
	d.Root.walk(func(e *Element) {
		if _, ok := e.Attribute(ids[0]); ok {
			if only, _ := way(e).find(d); only == e {
				found = append(found, e)
			}
		}
	})
	return found
}
