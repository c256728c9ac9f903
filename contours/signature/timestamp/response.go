package timestamp

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxResponse bounds a response, in octets: a token of 64 KiB and the words around it.
const maxResponse = 80 << 10

// A RefusedError says that an authority gave no stamp, and why (PKIStatusInfo, RFC 3161, 2.4.2).
type RefusedError struct {
	Status   int      // 2 rejection, 3 waiting, 4 revocation warning, 5 revocation notification
	Failures []string // "badAlg", "badRequest", "timeNotAvailable", …; empty when not stated
	Text     string   // the authority's own words
}

func (e *RefusedError) Error() string {
	status := "status " + fmt.Sprint(e.Status)
	switch e.Status {
	case 2:
		status = "rejection"
	case 3:
		status = "waiting"
	case 4:
		status = "revocation is imminent"
	case 5:
		status = "the authority is revoked"
	}
	words := "time-stamping authority refuses: " + status
	if len(e.Failures) > 0 {
		words += " (" + strings.Join(e.Failures, ", ") + ")"
	}
	if e.Text != "" {
		words += fmt.Sprintf(": %q", e.Text)
	}
	return words
}

// failureName gives the bits of PKIFailureInfo their names (RFC 3161, 2.4.2).
func failureName(bit int) string {
	switch bit {
	case 0:
		return "badAlg"
	case 2:
		return "badRequest"
	case 5:
		return "badDataFormat"
	case 14:
		return "timeNotAvailable"
	case 15:
		return "unacceptedPolicy"
	case 16:
		return "unacceptedExtension"
	case 17:
		return "addInfoNotAvailable"
	case 25:
		return "systemFailure"
	}
	return fmt.Sprintf("failure %d", bit)
}

// ParseResponse returns the token in a response (TimeStampResp), or a *RefusedError, or ErrMalformed.
func ParseResponse(response []byte) (token []byte, err error) {
	if len(response) > maxResponse {
		return nil, fmt.Errorf("%w: response longer than 80 KiB", ErrMalformed)
	}
	input := cryptobyte.String(response)
	var body, status cryptobyte.String
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !input.Empty() || !body.ReadASN1(&status, cbasn1.SEQUENCE) {
		return nil, fmt.Errorf("%w: not a response", ErrMalformed)
	}
	refused, ok := parseStatus(status)
	if !ok {
		return nil, fmt.Errorf("%w: status of the response", ErrMalformed)
	}
	const granted, grantedWithMods = 0, 1
	if refused.Status != granted && refused.Status != grantedWithMods {
		return nil, refused
	}
	if !body.ReadASN1Element((*cryptobyte.String)(&token), cbasn1.SEQUENCE) || !body.Empty() {
		return nil, fmt.Errorf("%w: response without a token", ErrMalformed)
	}
	return token, nil
}

// parseStatus reads PKIStatusInfo.
func parseStatus(body cryptobyte.String) (*RefusedError, bool) {
	e := new(RefusedError)
	if !body.ReadASN1Integer(&e.Status) || e.Status < 0 || e.Status > math.MaxInt16 {
		return nil, false
	}
	var texts []string
	if body.PeekASN1Tag(cbasn1.SEQUENCE) {
		var list cryptobyte.String
		if !body.ReadASN1(&list, cbasn1.SEQUENCE) {
			return nil, false
		}
		for !list.Empty() {
			var text cryptobyte.String
			if !list.ReadASN1(&text, cbasn1.UTF8String) {
				return nil, false
			}
			texts = append(texts, strings.ToValidUTF8(string(text), "�"))
		}
	}
	e.Text = strings.Join(texts, "; ")
	if body.PeekASN1Tag(cbasn1.BIT_STRING) && !readFailures(&body, &e.Failures) {
		return nil, false
	}
	return e, body.Empty()
}

func readFailures(body *cryptobyte.String, names *[]string) bool {
	var octets []byte
	var bits cryptobyte.String
	if !body.ReadASN1(&bits, cbasn1.BIT_STRING) || len(bits) == 0 || len(bits) > 5 || bits[0] > 7 {
		return false
	}
	octets = bits[1:]
	for bit := range 8 * len(octets) {
		if octets[bit/8]&(0x80>>(bit%8)) != 0 {
			*names = append(*names, failureName(bit))
		}
	}
	return true
}
