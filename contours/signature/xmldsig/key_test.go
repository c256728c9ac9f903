package xmldsig

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"math/big"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// setValue replaces the SignatureValue.
func setValue(t *testing.T, doc string, value []byte) []byte {
	t.Helper()
	old := between(t, doc, "<ds:SignatureValue>", "</ds:SignatureValue>")
	return []byte(replace(t, doc, old, "<ds:SignatureValue>"+base64.StdEncoding.EncodeToString(value)+"</ds:SignatureValue>"))
}

func TestValuesThatAreNoSignature(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	signed := s.sign(t, message, dataInMessage)
	tree := first(t, parse(t, signed), "SignatureValue")
	value, _ := octets(tree)
	r, sum := value[:32], value[32:]
	order := elliptic.P256().Params().N.Bytes()
	zero := make([]byte, 32)
	sequence, err := sequenceOf(value, 32)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"nothing but zeros":   append(zero, zero...),
		"r zero":              append(bytes.Clone(zero), sum...),
		"s zero":              append(bytes.Clone(r), zero...),
		"r the order":         append(bytes.Clone(order), sum...),
		"s the order":         append(bytes.Clone(r), order...),
		"all ones":            bytes.Repeat([]byte{0xff}, 64),
		"the other way round": append(bytes.Clone(sum), r...),
		"shorter":             value[:63],
		"longer":              append(bytes.Clone(value), 0),
		"numbers of 33":       append(append([]byte{0}, r...), append([]byte{0}, sum...)...),
		"a SEQUENCE":          sequence,
	} {
		t.Run(name, func(t *testing.T) {
			wantVerdict(t, s.verifier(dataInMessage).Verify(setValue(t, signed, bad), moment), signature.Invalid, signature.SignatureInvalid, "SignatureValue")
		})
	}
	for name, text := range map[string]string{"not base64": "x!", "padding with bits": "AB==", "no padding": "AAA", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			doc := replace(t, signed, tree.Text(), text)
			wantVerdict(t, s.verifier(dataInMessage).Verify([]byte(doc), moment), signature.Invalid, signature.Malformed, "SignatureValue")
		})
	}
}

func TestShortNumbersKeepTheirLength(t *testing.T) {
	key := newECDSA(t, elliptic.P521()).key.Public().(*ecdsa.PublicKey)
	n := octetsOf(key)
	if n != 66 {
		t.Fatalf("P-521 has numbers of %d octets", n)
	}
	pair := make([]byte, 2*n)
	big.NewInt(5).FillBytes(pair[:n])
	big.NewInt(1 << 40).FillBytes(pair[n:])
	sequence, err := sequenceOf(pair, n)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := pairOf(sequence, n); err != nil || !bytes.Equal(again, pair) {
		t.Errorf("%x, %v", again, err)
	}
	if _, err := pairOf(sequence, 5); err == nil {
		t.Error("a number too long for its place is cut")
	}
}
