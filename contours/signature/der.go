package signature

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxDepth bounds nesting: a time stamp inside an unsigned attribute, with its own certificates, needs about 25.
const maxDepth = 40

var errDER = errors.New("not DER")

// checkDER walks der and refuses what the distinguished encoding rules (X.690, 10 and 11) do: indefinite or
// padded lengths, constructed strings, padded integers, loose booleans, and anything behind the end. The order of
// sets it leaves to those who know what a set is of.
func checkDER(der []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: nested deeper than %d", errDER, maxDepth)
	}
	input := cryptobyte.String(der)
	for !input.Empty() {
		var body cryptobyte.String
		var tag cbasn1.Tag
		if !input.ReadAnyASN1(&body, &tag) { // itself demands short tags and definite minimal lengths
			return errDER
		}
		if tag&constructed != 0 {
			if tag < 0x40 && tag != cbasn1.SEQUENCE && tag != cbasn1.SET {
				return fmt.Errorf("%w: constructed tag %#x", errDER, uint8(tag))
			}
			if err := checkDER(body, depth+1); err != nil {
				return err
			}
			continue
		}
		if !primitiveOK(tag, body) {
			return fmt.Errorf("%w: value of tag %#x", errDER, uint8(tag))
		}
	}
	return nil
}

const constructed = 0x20

func primitiveOK(tag cbasn1.Tag, body []byte) bool {
	switch tag {
	case 0, cbasn1.SEQUENCE &^ constructed, cbasn1.SET &^ constructed:
		return false
	case cbasn1.BOOLEAN:
		return len(body) == 1 && (body[0] == 0 || body[0] == 0xff)
	case cbasn1.INTEGER, cbasn1.ENUM:
		return len(body) == 1 || len(body) > 1 && (body[0] != 0 || body[1] >= 0x80) && (body[0] != 0xff || body[1] < 0x80)
	case cbasn1.NULL:
		return len(body) == 0
	case cbasn1.BIT_STRING:
		if len(body) == 0 || body[0] > 7 || len(body) == 1 && body[0] != 0 {
			return false
		}
		return body[len(body)-1]&(1<<body[0]-1) == 0
	case cbasn1.OBJECT_IDENTIFIER:
		return oidOK(body)
	}
	return true
}

// oidOK: every component ends, and none begins with padding.
func oidOK(body []byte) bool {
	start := true
	for _, b := range body {
		if start && b == 0x80 {
			return false
		}
		start = b < 0x80
	}
	return len(body) > 0 && start
}

func contextTag(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

// readAlgorithm reads an AlgorithmIdentifier; absent parameters have no bytes.
func readAlgorithm(input *cryptobyte.String) (algorithm pkix.AlgorithmIdentifier, ok bool) {
	var seq cryptobyte.String
	if !input.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&algorithm.Algorithm) {
		return algorithm, false
	}
	if seq.Empty() {
		return algorithm, true
	}
	var params cryptobyte.String
	if !seq.ReadAnyASN1Element(&params, nil) || !seq.Empty() {
		return algorithm, false
	}
	algorithm.Parameters = asn1.RawValue{FullBytes: params}
	return algorithm, true
}

// absentOrNull: RFC 5754, 2: digest algorithms and RSA are written either way.
func absentOrNull(params asn1.RawValue) bool {
	return len(params.FullBytes) == 0 || len(params.FullBytes) == 2 && params.FullBytes[0] == asn1.TagNull
}
