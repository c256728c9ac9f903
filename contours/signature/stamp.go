package signature

import (
	"encoding/asn1"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxStamps bounds the time stamps of one signer: nothing signs them, so that anybody may add some.
const maxStamps = 8

// oidSignatureStamp is the unsigned attribute signature-time-stamp (ETSI EN 319 122-1, 5.3).
var oidSignatureStamp = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}

// A Stamp is the finding about one time stamp: that what it is over existed when an authority said so.
type Stamp struct {
	Status Status
	Reason Reason
	Field  string
	Detail string

	Time     time.Time     // when the authority stamped, in UTC; zero when the token could not be read
	Accuracy time.Duration // how far the true moment may lie to either side; 0 when not stated
	Ordering bool          // stamps of this authority are in order by Time, whatever the accuracy
	Policy   string        // of the authority: an object identifier
	Serial   string        // of the token at its authority, hexadecimal

	Authority SignerVerdict // on the authority's own signature
}

// Text says in Russian and in English what is wrong; empty when valid.
func (s Stamp) Text() Text {
	if s.Status == Valid {
		return Text{}
	}
	why, ok := stampTexts[s.Field]
	if !ok {
		why = textFor(s.Reason, s.Field)
	}
	return Text{RU: "Штамп времени не принят. " + why.RU, EN: "Time stamp not accepted. " + why.EN}
}

// stampTexts tells of faults that only time stamps have, by field.
var stampTexts = map[string]Text{
	"timeStamp":         {"Он не соответствует формату (RFC 3161)", "It does not follow the format (RFC 3161)"},
	"timeStamp.info":    {"Он не соответствует формату (RFC 3161)", "It does not follow the format (RFC 3161)"},
	"timeStamp.imprint": {"Он поставлен не на эту подпись или не на эти данные", "It is not over this signature or these data"},
	"timeStamp.policy":  {"Политика службы штампов времени здесь не принята", "The authority's policy is not accepted here"},
	fieldUsage:          {"Сертификат не предназначен для штампов времени", "The certificate is not meant for time stamping"},
}

// readStamps looks at the time stamps over a signature. The earliest good one gives the time of the verdict when it
// precedes receipt. Those that are not good change nothing, since anybody could have put them there.
// Times are taken as stated, without their accuracy.
func (c *signerCheck) readStamps() *flaw {
	if c.verifier.Stamps == nil || c.info.unsigned == nil {
		return nil
	}
	tokens := stampsIn(c.info.unsigned)
	if len(tokens) > maxStamps {
		return malformed("signatureTimeStamp", "more than 8 time stamps")
	}
	over := ContentOf(c.info.signature)
	for _, token := range tokens {
		stamp := c.verifier.Stamps(token, over)
		c.verdict.Stamps = append(c.verdict.Stamps, stamp)
		if stamp.Status == Valid && stamp.Time.Before(c.at) {
			c.at = stamp.Time
			c.verdict.Time, c.verdict.TimeSource, c.verdict.Emulated = stamp.Time, StampTime, stamp.Authority.Emulated
		}
	}
	return nil
}

// stampsIn lists the tokens in unsigned attributes of right shape: each instance of the attribute, each of its values.
func stampsIn(set cryptobyte.String) (tokens [][]byte) {
	for !set.Empty() {
		var attribute, values, token cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !set.ReadASN1(&attribute, cbasn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&kind) ||
			!attribute.ReadASN1(&values, cbasn1.SET) {
			return tokens
		}
		for kind.Equal(oidSignatureStamp) && values.ReadAnyASN1Element(&token, nil) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// AddStamps makes CAdES-T of a detached signature: it asks stamp for a time-stamp token over the value of each
// signer's signature and returns the message, as DER, with the tokens as unsigned attributes. What the message said
// before it says still; its signers come in DER's order.
func AddStamps(cms []byte, stamp func(signature []byte) (token []byte, err error)) ([]byte, error) {
	der, flaw := decode(cms)
	if flaw == nil {
		_, flaw = parse(der)
	}
	if flaw != nil {
		return nil, fmt.Errorf("add time stamps: %w", flaw)
	}
	fields := elementsOf(der, cbasn1.SEQUENCE, contextTag(0), cbasn1.SEQUENCE)
	last := len(fields) - 1
	signers := elementsOf(fields[last], cbasn1.SET)
	for i, signer := range signers {
		stamped, err := addStamp(elementsOf(signer, cbasn1.SEQUENCE), stamp)
		if err != nil {
			return nil, fmt.Errorf("add time stamps: %w", err)
		}
		signers[i] = stamped
	}
	fields[last] = wrap(cbasn1.SET, sorted(signers))
	oid := elementsOf(der, cbasn1.SEQUENCE)[0]
	stamped := wrap(cbasn1.SEQUENCE, oid, wrap(contextTag(0), wrap(cbasn1.SEQUENCE, fields...)))
	if stamped, flaw = decode(stamped); flaw == nil { // a token may be too long, or none
		_, flaw = parse(stamped)
	}
	if flaw != nil {
		return nil, fmt.Errorf("add time stamps: %w", flaw)
	}
	return stamped, nil
}

// addStamp takes the fields of a SignerInfo.
func addStamp(fields [][]byte, stamp func([]byte) ([]byte, error)) ([]byte, error) {
	var unsigned [][]byte
	last := len(fields) - 1
	if cbasn1.Tag(fields[last][0]) == contextTag(1) {
		unsigned = elementsOf(fields[last], contextTag(1))
		fields, last = fields[:last], last-1
	}
	value := cryptobyte.String(fields[last])
	var signature cryptobyte.String
	if !value.ReadASN1(&signature, cbasn1.OCTET_STRING) {
		return nil, malformed("signerInfos", "not a SignerInfo")
	}
	token, err := stamp(signature)
	if err != nil {
		return nil, err
	}
	unsigned = append(unsigned, attribute(oidSignatureStamp, func(b *cryptobyte.Builder) { b.AddBytes(token) }))
	return wrap(cbasn1.SEQUENCE, append(fields, wrap(contextTag(1), sorted(unsigned)))...), nil
}

// elementsOf goes down through tags, each time into the last of what a level holds, and lists what is there. The
// message has been parsed before.
func elementsOf(der cryptobyte.String, tags ...cbasn1.Tag) (all [][]byte) {
	for _, tag := range tags {
		if all != nil {
			der = all[len(all)-1]
		}
		var body, element cryptobyte.String
		der.ReadASN1(&body, tag)
		for all = nil; !body.Empty() && body.ReadAnyASN1Element(&element, nil); {
			all = append(all, element)
		}
	}
	return all
}

func wrap(tag cbasn1.Tag, elements ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, e := range elements {
			b.AddBytes(e)
		}
	})
	return b.BytesOrPanic()
}
