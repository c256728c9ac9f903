package timestamp

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oidTSTInfo is the type of the content of a token (RFC 3161, 2.4.2).
var oidTSTInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

// ErrMalformed says that bytes are not a response or a token of RFC 3161.
var ErrMalformed = errors.New("malformed time stamp")

// Info is what a token states (TSTInfo). Until a Verifier has found the token valid it is a mere claim.
type Info struct {
	Policy   asn1.ObjectIdentifier // under which the authority stamps
	Hash     asn1.ObjectIdentifier // digest algorithm of the imprint
	Digest   []byte                // the imprint: of what was stamped
	Serial   *big.Int              // unique at the authority
	Time     time.Time             // UTC, to the fraction of a second that the authority gives
	Accuracy time.Duration         // how far the true moment may lie to either side; 0 when not stated
	Ordering bool                  // stamps of this authority are in order by Time, whatever the accuracy
	Nonce    *big.Int              // of the request; nil without one
}

// ParseToken reads what a token states, and verifies nothing.
func ParseToken(token []byte) (Info, error) {
	carrier, err := parseCarrier(token)
	if err != nil {
		return Info{}, err
	}
	return parseInfo(carrier.Content())
}

func parseCarrier(token []byte) (*signature.Carrier, error) {
	carrier, err := signature.ParseCarrier(token, oidTSTInfo)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if carrier.Signers() != 1 { // RFC 3161, 2.4.2: no signatures other than the authority's
		return nil, fmt.Errorf("%w: %d signers", ErrMalformed, carrier.Signers())
	}
	return carrier, nil
}

func parseInfo(der cryptobyte.String) (info Info, err error) {
	var body cryptobyte.String
	var version int
	info.Serial = new(big.Int)
	if !der.ReadASN1(&body, cbasn1.SEQUENCE) || !der.Empty() || !body.ReadASN1Integer(&version) || version != 1 ||
		!body.ReadASN1ObjectIdentifier(&info.Policy) || !readImprint(&body, &info) ||
		!body.ReadASN1Integer(info.Serial) || !readTime(&body, &info.Time) || !readAccuracy(&body, &info.Accuracy) {
		return Info{}, fmt.Errorf("%w: not a TSTInfo", ErrMalformed)
	}
	if body.PeekASN1Tag(cbasn1.BOOLEAN) && !body.ReadASN1Boolean(&info.Ordering) {
		return Info{}, fmt.Errorf("%w: ordering", ErrMalformed)
	}
	if body.PeekASN1Tag(cbasn1.INTEGER) {
		info.Nonce = new(big.Int)
		if !body.ReadASN1Integer(info.Nonce) {
			return Info{}, fmt.Errorf("%w: nonce", ErrMalformed)
		}
	}
	// The name is a hint: it is the certificate that says who signed.
	if !body.SkipOptionalASN1(tag(0)) || !extensionsOK(&body) || !body.Empty() {
		return Info{}, fmt.Errorf("%w: extensions", ErrMalformed)
	}
	return info, nil
}

func readImprint(input *cryptobyte.String, info *Info) bool {
	var imprint cryptobyte.String
	algorithm, ok := pkix.AlgorithmIdentifier{}, false
	if !input.ReadASN1(&imprint, cbasn1.SEQUENCE) {
		return false
	}
	if algorithm, ok = readAlgorithm(&imprint); !ok {
		return false
	}
	info.Hash = algorithm.Algorithm
	return imprint.ReadASN1((*cryptobyte.String)(&info.Digest), cbasn1.OCTET_STRING) && imprint.Empty()
}

// readAlgorithm reads an AlgorithmIdentifier of a digest, whose parameters are absent or NULL.
func readAlgorithm(input *cryptobyte.String) (algorithm pkix.AlgorithmIdentifier, ok bool) {
	var body, null cryptobyte.String
	ok = input.ReadASN1(&body, cbasn1.SEQUENCE) && body.ReadASN1ObjectIdentifier(&algorithm.Algorithm) &&
		body.ReadOptionalASN1(&null, nil, cbasn1.NULL) && null.Empty() && body.Empty()
	return algorithm, ok
}

// readTime: RFC 3161, 2.4.2: GeneralizedTime in UTC, seconds there, fractions of them without closing zeros.
func readTime(input *cryptobyte.String, t *time.Time) bool {
	var body cryptobyte.String
	if !input.ReadASN1(&body, cbasn1.GeneralizedTime) {
		return false
	}
	text := string(body)
	whole, fraction, fractional := strings.Cut(strings.TrimSuffix(text, "Z"), ".")
	if !strings.HasSuffix(text, "Z") || len(whole) != len("20060102150405") || strings.ContainsRune(fraction, ',') ||
		fractional && (fraction == "" || len(fraction) > 9 || strings.HasSuffix(fraction, "0")) {
		return false
	}
	parsed, err := time.Parse("20060102150405Z", text) // takes a fraction, too
	*t = parsed
	return err == nil
}

func readAccuracy(input *cryptobyte.String, accuracy *time.Duration) bool {
	if !input.PeekASN1Tag(cbasn1.SEQUENCE) {
		return true
	}
	var body cryptobyte.String
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) {
		return false
	}
	var seconds, millis, micros int64
	if body.PeekASN1Tag(cbasn1.INTEGER) && (!body.ReadASN1Integer(&seconds) || seconds < 0 || seconds > maxAccuracy) {
		return false
	}
	if !readPart(&body, 0, &millis) || !readPart(&body, 1, &micros) || !body.Empty() {
		return false
	}
	*accuracy = time.Duration(seconds)*time.Second + time.Duration(millis)*time.Millisecond + time.Duration(micros)*time.Microsecond
	return true
}

const maxAccuracy = 24 * 60 * 60 // seconds; one that is off by more than a day tells no time

// readPart reads thousandths, 1 to 999, under an implicit tag.
func readPart(input *cryptobyte.String, number uint8, part *int64) bool {
	implicit := cbasn1.Tag(number).ContextSpecific()
	return !input.PeekASN1Tag(implicit) || input.ReadASN1Int64WithTag(part, implicit) && *part >= 1 && *part <= 999
}

// extensionsOK: none that is critical, for we know none.
func extensionsOK(input *cryptobyte.String) bool {
	if !input.PeekASN1Tag(tag(1)) {
		return true
	}
	var list cryptobyte.String
	if !input.ReadASN1(&list, tag(1)) || list.Empty() {
		return false
	}
	for !list.Empty() {
		var extension cryptobyte.String
		critical := false
		if !list.ReadASN1(&extension, cbasn1.SEQUENCE) || !extension.SkipASN1(cbasn1.OBJECT_IDENTIFIER) ||
			extension.PeekASN1Tag(cbasn1.BOOLEAN) && !extension.ReadASN1Boolean(&critical) || critical ||
			!extension.SkipASN1(cbasn1.OCTET_STRING) || !extension.Empty() {
			return false
		}
	}
	return true
}

func tag(number uint8) cbasn1.Tag { return cbasn1.Tag(number).Constructed().ContextSpecific() }
