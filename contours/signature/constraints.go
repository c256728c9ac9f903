package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidNameConstraints = asn1.ObjectIdentifier{2, 5, 29, 30}
	oidSubjectAltName  = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidEmailAddress    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

// Forms of a GeneralName that we can compare; a name of another form, once constrained, is refused
// (RFC 5280, 4.2.1.10).
const (
	formEmail     = cbasn1.Tag(1 | 0x80)
	formDNS       = cbasn1.Tag(2 | 0x80)
	formDirectory = cbasn1.Tag(4 | 0x80 | constructed)
)

type generalName struct {
	form  cbasn1.Tag
	value []byte
}

// checkNames applies the name constraints of an issuer, when it has any, to the certificates below it.
// Self-issued certificates in between are exempt.
func checkNames(issuer *x509.Certificate, below []*authority) *flaw {
	der, ok := extension(issuer, oidNameConstraints)
	if !ok {
		return nil
	}
	permitted, excluded, ok := parseConstraints(der)
	if !ok {
		return invalid(Untrusted, "chain.nameConstraints", "malformed")
	}
	for i, a := range below {
		if i > 0 && selfIssued(a.certificate) {
			continue
		}
		names, ok := namesOf(a.certificate)
		if !ok {
			return invalid(Untrusted, "certificate.subjectAltName", "malformed")
		}
		for _, name := range names {
			if !allowed(name, permitted, excluded) {
				return invalid(Untrusted, "chain.nameConstraints", "a name lies outside of what its issuer may certify")
			}
		}
	}
	return nil
}

func allowed(name generalName, permitted, excluded []generalName) bool {
	for _, base := range excluded {
		if base.form == name.form && (!comparable(name.form) || within(name, base)) {
			return false
		}
	}
	constrained := false
	for _, base := range permitted {
		if base.form != name.form {
			continue
		}
		if comparable(name.form) && within(name, base) {
			return true
		}
		constrained = true
	}
	return !constrained
}

func comparable(form cbasn1.Tag) bool {
	return form == formEmail || form == formDNS || form == formDirectory
}

// within compares a name with the base of a subtree of the same form.
func within(name, base generalName) bool {
	value, root := strings.ToLower(string(name.value)), strings.ToLower(string(base.value))
	switch name.form {
	case formDirectory:
		return directoryWithin(name.value, base.value)
	case formDNS:
		root = strings.TrimPrefix(root, ".")
		return root == "" || value == root || strings.HasSuffix(value, "."+root)
	default: // a mailbox, a host, or with a leading dot all hosts of a domain
		_, host, _ := strings.Cut(value, "@")
		switch {
		case strings.Contains(root, "@"):
			return value == root
		case strings.HasPrefix(root, "."):
			return strings.HasSuffix(host, root)
		}
		return root == "" || host == root
	}
}

// directoryWithin: the base is a leading part of the name, both Names in DER.
func directoryWithin(name, base cryptobyte.String) bool {
	var nameParts, baseParts cryptobyte.String
	return name.ReadASN1(&nameParts, cbasn1.SEQUENCE) && base.ReadASN1(&baseParts, cbasn1.SEQUENCE) &&
		bytes.HasPrefix(nameParts, baseParts)
}

// parseConstraints reads NameConstraints; minimum and maximum are never used (RFC 5280, 4.2.1.10).
func parseConstraints(der cryptobyte.String) (permitted, excluded []generalName, ok bool) {
	var body, in, out cryptobyte.String
	if !der.ReadASN1(&body, cbasn1.SEQUENCE) || !der.Empty() || !body.ReadOptionalASN1(&in, nil, contextTag(0)) ||
		!body.ReadOptionalASN1(&out, nil, contextTag(1)) || !body.Empty() {
		return nil, nil, false
	}
	var okIn, okOut bool
	permitted, okIn = parseSubtrees(in)
	excluded, okOut = parseSubtrees(out)
	return permitted, excluded, okIn && okOut
}

func parseSubtrees(list cryptobyte.String) (all []generalName, ok bool) {
	for !list.Empty() {
		var tree cryptobyte.String
		var base generalName
		if !list.ReadASN1(&tree, cbasn1.SEQUENCE) || !readName(&tree, &base) || !tree.Empty() {
			return nil, false
		}
		all = append(all, base)
	}
	return all, true
}

func readName(input *cryptobyte.String, name *generalName) bool {
	return input.ReadAnyASN1((*cryptobyte.String)(&name.value), &name.form)
}

// namesOf lists all names of a certificate's subject: its distinguished name, its alternative names, and the
// electronic mail addresses inside the distinguished name.
func namesOf(certificate *x509.Certificate) (all []generalName, ok bool) {
	for _, attribute := range certificate.Subject.Names {
		if address, isString := attribute.Value.(string); isString && attribute.Type.Equal(oidEmailAddress) {
			all = append(all, generalName{formEmail, []byte(address)})
		}
	}
	if len(certificate.RawSubject) > 2 {
		all = append(all, generalName{formDirectory, certificate.RawSubject})
	}
	der, has := extension(certificate, oidSubjectAltName)
	if !has {
		return all, true
	}
	input := cryptobyte.String(der)
	var body cryptobyte.String
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !input.Empty() {
		return nil, false
	}
	for !body.Empty() {
		var name generalName
		if !readName(&body, &name) {
			return nil, false
		}
		all = append(all, name)
	}
	return all, true
}

func extension(certificate *x509.Certificate, oid asn1.ObjectIdentifier) ([]byte, bool) {
	for _, e := range certificate.Extensions {
		if e.Id.Equal(oid) {
			return e.Value, true
		}
	}
	return nil, false
}
