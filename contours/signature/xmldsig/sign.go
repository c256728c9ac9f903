package xmldsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Sign returns doc with a Signature as the last child of the profile's holder. It covers the element that the profile
// names, by its id, or as the whole document when it is the root and has none. The key is RSA, ECDSA, or a provider's
// whose public key is a *gost3410.PublicKey or a *bign.PublicKey of bign-curve256v1, and is given a digest that goes with
// it: SHA-256, for P-384 SHA-384, for P-521 SHA-512, or that of the GOST key, or belt-hash, without a crypto.Hash. The key's certificate comes first. Line ends of doc
// become LF, all else of it stays as it was.
func Sign(doc []byte, p Profile, key crypto.Signer, certificates ...*x509.Certificate) ([]byte, error) {
	with, err := signingWith(key.Public())
	if err != nil {
		return nil, err
	}
	if len(certificates) == 0 || !isOf(certificates[0], key.Public()) {
		return nil, errors.New("sign XML: the first certificate is not the key's")
	}
	document, err := Parse(doc)
	if err != nil {
		return nil, fmt.Errorf("sign XML: %w", err)
	}
	holder, number := p.Holder.find(document)
	covered, numberCovered := p.Covers.find(document)
	if number != 1 || numberCovered != 1 {
		return nil, errors.New("sign XML: the places that the profile names are missing or not unique")
	}
	if sign, _, _ := p.locate(document); sign != nil {
		return nil, errors.New("sign XML: there is a Signature already")
	}
	info, err := composeInfo(p, document, holder, covered, with)
	if err != nil {
		return nil, fmt.Errorf("sign XML: %w", err)
	}
	value, err := signInfo(info, key, with)
	if err != nil {
		return nil, fmt.Errorf("sign XML: %w", err)
	}
	return document.insert(holder, compose(info, value, certificates)), nil
}

// composeInfo returns SignedInfo in its canonical form.
func composeInfo(p Profile, d *Document, holder, covered *Element, with signing) (string, error) {
	part, uri, err := p.referTo(d, covered)
	if err != nil {
		return "", err
	}
	uris := []string{uriExclusive}
	steps := []transform{{canonical: &Canonicalization{}}}
	if within := slices.Contains(ancestry(holder), covered); within {
		uris = slices.Insert(uris, 0, uriEnveloped)
	}
	for _, t := range p.Transforms {
		uris, steps = append(uris, t.URI), append(steps, transform{own: t.Apply})
	}
	octets, flaw := transformed(part, steps, nil)
	if flaw != nil {
		return "", errors.New(flaw.detail)
	}
	i := slices.IndexFunc(digests, func(d digestMethod) bool { return d.oid.Equal(with.method.digest) })

	var b strings.Builder
	element := func(name, uri string) {
		b.WriteString("<ds:" + name + ` Algorithm="` + attributeEscapes.Replace(uri) + `"></ds:` + name + ">")
	}
	b.WriteString(`<ds:SignedInfo xmlns:ds="` + spaceDS + `">`)
	element("CanonicalizationMethod", uriExclusive)
	element("SignatureMethod", with.method.uris[0])
	b.WriteString(`<ds:Reference URI="` + attributeEscapes.Replace(uri) + `"><ds:Transforms>`)
	for _, u := range uris {
		element("Transform", u)
	}
	b.WriteString("</ds:Transforms>")
	element("DigestMethod", digests[i].uris[0])
	b.WriteString("<ds:DigestValue>" + base64.StdEncoding.EncodeToString(with.sum(octets)) + "</ds:DigestValue></ds:Reference></ds:SignedInfo>")
	return b.String(), nil
}

// ancestry is e and all elements around it.
func ancestry(e *Element) (all []*Element) {
	for ; e != nil; e = e.Parent {
		all = append(all, e)
	}
	return all
}

// referTo returns the reference to an element.
func (p Profile) referTo(d *Document, covered *Element) (subset, string, error) {
	for _, name := range p.IDs {
		id, ok := covered.Attribute(name)
		if !ok {
			continue
		}
		if !isNCName(id) || p.target(d, id) != covered {
			return subset{}, "", errors.New("the id of the element to be covered is not a name, or not unique")
		}
		return subset{element: covered}, "#" + id, nil
	}
	if covered != d.Root {
		return subset{}, "", errors.New("the element to be covered has no id")
	}
	return subset{document: d}, "", nil
}

func signInfo(info string, key crypto.Signer, with signing) ([]byte, error) {
	value, err := key.Sign(rand.Reader, with.sum([]byte(info)), with.options)
	if err != nil {
		return nil, err
	}
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		return pairOf(value, octetsOf(public))
	}
	return value, nil
}

// compose returns a Signature.
func compose(info string, value []byte, certificates []*x509.Certificate) string {
	var b strings.Builder
	declaration := ` xmlns:ds="` + spaceDS + `"` // stands once: a second one would be needless, and not be signed
	b.WriteString("<ds:Signature" + declaration + ">" + strings.Replace(info, declaration, "", 1) + "<ds:SignatureValue>")
	b.WriteString(base64.StdEncoding.EncodeToString(value) + "</ds:SignatureValue><ds:KeyInfo><ds:X509Data>")
	for _, c := range certificates {
		b.WriteString("<ds:X509Certificate>" + base64.StdEncoding.EncodeToString(c.Raw) + "</ds:X509Certificate>")
	}
	b.WriteString("</ds:X509Data></ds:KeyInfo></ds:Signature>")
	return b.String()
}

// insert returns the text of d with more at the end of an element's content.
func (d *Document) insert(into *Element, more string) []byte {
	before, after := d.source[:into.end], d.source[into.end:]
	if into.endEmpty {
		after = strings.TrimPrefix(after, "/>")
		return []byte(before + ">" + more + "</" + qualified(into.Prefix, into.Local) + ">" + after)
	}
	return []byte(before + more + after)
}
