package signature

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var oidMGF1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}

// verifyPSS holds the signature to the salt length that it declares: openssl signs with the longest that fits,
// others with that of the digest.
func verifyPSS(key *rsa.PublicKey, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error {
	hash, salt, err := parsePSS(algorithm.Parameters.FullBytes)
	if err != nil {
		return fmt.Errorf("%w: RSA-PSS: %v", ErrAlgorithm, err)
	}
	sum, err := signed.sum(hash, digest)
	if err != nil {
		return err
	}
	if rsa.VerifyPSS(key, hash, sum, sig, &rsa.PSSOptions{SaltLength: salt}) != nil {
		return ErrSignature
	}
	return nil
}

// parsePSS reads RSASSA-PSS-params (RFC 4055, 3.1). The digest has to be stated, since its default is SHA-1, and
// MGF1 has to use the same. The only trailer there is, the default, DER leaves out.
func parsePSS(der []byte) (hash crypto.Hash, salt int, err error) {
	input := cryptobyte.String(der)
	var params, hashField, maskField, saltField cryptobyte.String
	var hasSalt bool
	if !input.ReadASN1(&params, cbasn1.SEQUENCE) || !input.Empty() ||
		!params.ReadASN1(&hashField, contextTag(0)) || !params.ReadASN1(&maskField, contextTag(1)) ||
		!params.ReadOptionalASN1(&saltField, &hasSalt, contextTag(2)) || !params.Empty() {
		return 0, 0, fmt.Errorf("parameters malformed")
	}
	digest, ok := readAlgorithm(&hashField)
	if hash = hashOf(digest.Algorithm); !ok || !hashField.Empty() || hash == 0 || !absentOrNull(digest.Parameters) {
		return 0, 0, fmt.Errorf("digest unknown")
	}
	mask, ok := readAlgorithm(&maskField)
	if !ok || !maskField.Empty() || !mask.Algorithm.Equal(oidMGF1) {
		return 0, 0, fmt.Errorf("mask function is not MGF1")
	}
	maskInput := cryptobyte.String(mask.Parameters.FullBytes)
	maskDigest, ok := readAlgorithm(&maskInput)
	if !ok || !maskInput.Empty() || hashOf(maskDigest.Algorithm) != hash || !absentOrNull(maskDigest.Parameters) {
		return 0, 0, fmt.Errorf("mask digest differs")
	}
	salt = 20 // the default
	if hasSalt && (!saltField.ReadASN1Integer(&salt) || !saltField.Empty() || salt == 20) {
		return 0, 0, fmt.Errorf("salt length malformed")
	}
	if salt < 1 || salt > maxRSA/8 { // zero would make crypto/rsa accept every length
		return 0, 0, fmt.Errorf("salt of %d octets", salt)
	}
	return hash, salt, nil
}

// pssSalt is the length of the salt that we sign with: that of the digest.
const pssSalt = 32

// pssParameters are RSASSA-PSS-params of SHA-256 throughout.
func pssParameters() []byte {
	digest := algorithmIdentifier(oidSHA256, derNULL())
	mask := algorithmIdentifier(oidMGF1, digest)
	return wrap(cbasn1.SEQUENCE, wrap(contextTag(0), digest), wrap(contextTag(1), mask), wrap(contextTag(2), []byte{byte(cbasn1.INTEGER), 1, pssSalt}))
}
