package asic

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// A manifest lists files with their digests; the signature is over its octets (EN 319 162-1, annex A.4).
type manifest struct {
	name      string
	raw       []byte
	signature string // name of the file with the signature
	objects   []object
}

type object struct {
	name, mediaType string
	hash            asn1.ObjectIdentifier
	digest          []byte
}

// The form on the wire.
type (
	manifestXML struct {
		XMLName    xml.Name        `xml:"http://uri.etsi.org/02918/v1.2.1# ASiCManifest"`
		Signatures []signatureXML  `xml:"http://uri.etsi.org/02918/v1.2.1# SigReference"`
		Objects    []objectXML     `xml:"http://uri.etsi.org/02918/v1.2.1# DataObjectReference"`
		Extensions []extensionsXML `xml:"http://uri.etsi.org/02918/v1.2.1# ASiCManifestExtensions"`
		Others     []xml.Name      `xml:",any"`
	}
	signatureXML struct {
		URI       string `xml:",attr"`
		MediaType string `xml:"MimeType,attr,omitempty"`
	}
	objectXML struct {
		URI        string          `xml:",attr"`
		MediaType  string          `xml:"MimeType,attr,omitempty"`
		Method     methodXML       `xml:"http://www.w3.org/2000/09/xmldsig# DigestMethod"`
		Value      string          `xml:"http://www.w3.org/2000/09/xmldsig# DigestValue"`
		Extensions []extensionsXML `xml:"http://uri.etsi.org/02918/v1.2.1# DataObjectReferenceExtensions"`
		Others     []xml.Name      `xml:",any"`
	}
	methodXML struct {
		Algorithm string `xml:",attr"`
	}
	extensionsXML struct {
		All []struct {
			Critical string `xml:",attr"`
		} `xml:"http://uri.etsi.org/02918/v1.2.1# Extension"`
	}
)

func parseManifest(name string, raw []byte) (*manifest, error) {
	var form manifestXML
	if err := checkXML(raw); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrContainer, name, err)
	}
	if err := xml.Unmarshal(raw, &form); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrContainer, name, err)
	}
	if len(form.Signatures) != 1 || len(form.Objects) == 0 || len(form.Others) > 0 || critical(form.Extensions) {
		return nil, fmt.Errorf("%w: %s: not one signature over some files and nothing else", ErrContainer, name)
	}
	m := &manifest{name: name, raw: raw}
	var err error
	if m.signature, err = resolve(form.Signatures[0].URI); err != nil {
		return nil, err
	}
	listed := make(names)
	for _, o := range form.Objects {
		parsed, err := o.parse()
		if err != nil {
			return nil, err
		}
		if err := listed.add(parsed.name); err != nil {
			return nil, err
		}
		m.objects = append(m.objects, parsed)
	}
	return m, nil
}

func (o objectXML) parse() (object, error) {
	name, err := resolve(o.URI)
	if err != nil {
		return object{}, err
	}
	digest, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(o.Value), ""))
	hash := algorithmOf(o.Method.Algorithm)
	switch {
	case isMeta(name) || name == mimetypeName:
		return object{}, fmt.Errorf("%w: a manifest lists %s, which is no document", ErrContainer, name)
	case err != nil || len(digest) == 0 || hash == nil:
		return object{}, fmt.Errorf("%w: no digest of %q", ErrContainer, name)
	case len(o.Others) > 0 || critical(o.Extensions):
		return object{}, fmt.Errorf("%w: unknown element with %q", ErrContainer, name)
	}
	return object{name, o.MediaType, hash, digest}, nil
}

// critical: we know no extensions, so that those to be ignored only if known end the reading.
func critical(all []extensionsXML) bool {
	for _, extensions := range all {
		for _, e := range extensions.All {
			if c := strings.TrimSpace(e.Critical); c != "false" && c != "0" && c != "" {
				return true
			}
		}
	}
	return false
}

// checkXML refuses what package xml would pass over: document types, instructions, attributes that stand twice, and
// anything behind the end.
func checkXML(raw []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	depth, roots := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > 16 || roots > 1 || attributeTwice(token.Attr) {
				return errors.New("not a well-formed manifest")
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errors.New("document type")
		case xml.ProcInst:
			if token.Target != "xml" || decoder.InputOffset() > 256 {
				return errors.New("processing instruction")
			}
		case xml.CharData:
			if depth == 0 && strings.Trim(string(token), " \t\r\n\ufeff") != "" {
				return errors.New("text outside of the manifest")
			}
		}
	}
}

func attributeTwice(all []xml.Attr) bool {
	seen := make(map[xml.Name]bool, len(all))
	for _, a := range all {
		if seen[a.Name] {
			return true
		}
		seen[a.Name] = true
	}
	return false
}

// marshalManifest writes a manifest of objects, all digested by hash.
func marshalManifest(signatureName string, objects []object, hash signature.Hash) ([]byte, error) {
	form := manifestXML{Signatures: []signatureXML{{reference(signatureName), "application/pkcs7-signature"}}}
	for _, o := range objects {
		form.Objects = append(form.Objects, objectXML{
			URI: reference(o.name), MediaType: o.mediaType,
			Method: methodXML{uriOf(hash.OID)}, Value: base64.StdEncoding.EncodeToString(o.digest),
		})
	}
	body, err := xml.Marshal(form)
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), body...), nil
}
