package gost3410

import (
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// identifier is the AlgorithmIdentifier of a key, public or private (RFC 9215, 4.2; RFC 4491, 2.3.2).
type identifier struct {
	algorithm Algorithm
	set       asn1.ObjectIdentifier
	digest    asn1.ObjectIdentifier // nil: left out
}

func readIdentifier(input *cryptobyte.String) (id identifier, err error) {
	var content, parameters cryptobyte.String
	var algorithm asn1.ObjectIdentifier
	if !input.ReadASN1(&content, tag.SEQUENCE) || !content.ReadASN1ObjectIdentifier(&algorithm) ||
		!content.ReadASN1(&parameters, tag.SEQUENCE) || !content.Empty() || !parameters.ReadASN1ObjectIdentifier(&id.set) {
		return id, fmt.Errorf("%w: malformed", ErrKey)
	}
	var known bool
	if id.algorithm, known = algorithmOf(algorithm); !known {
		return id, fmt.Errorf("%w: algorithm %v", ErrKey, algorithm)
	}
	id.digest, err = readDigest(id.algorithm, parameters)
	return id, err
}

// readDigest reads what may follow the parameter set of the curve: a digestParamSet that suits the algorithm, and
// for keys of 2001, which must have it, an encryptionParamSet, which nothing here depends on.
func readDigest(algorithm Algorithm, parameters cryptobyte.String) (digest asn1.ObjectIdentifier, err error) {
	if parameters.Empty() && algorithm != R2001 {
		return nil, nil
	}
	malformed := fmt.Errorf("%w: parameters of %s", ErrKey, algorithm)
	if !parameters.ReadASN1ObjectIdentifier(&digest) {
		return nil, malformed
	}
	var encryption asn1.ObjectIdentifier
	if algorithm == R2001 && !parameters.Empty() && !parameters.ReadASN1ObjectIdentifier(&encryption) {
		return nil, malformed
	}
	if !parameters.Empty() {
		return nil, malformed
	}
	for _, allowed := range digestsOf(algorithm) {
		if digest.Equal(allowed) {
			return digest, nil
		}
	}
	return nil, fmt.Errorf("%w: %s with the digest %v", ErrKey, algorithm, digest)
}

// digestsOf lists the digestParamSets that may stand beside a key, the usual one first.
func digestsOf(algorithm Algorithm) []asn1.ObjectIdentifier {
	switch algorithm {
	case R2012b256:
		return []asn1.ObjectIdentifier{{1, 2, 643, 7, 1, 1, 2, 2}}
	case R2012b512:
		return []asn1.ObjectIdentifier{{1, 2, 643, 7, 1, 1, 2, 3}}
	}
	return []asn1.ObjectIdentifier{{1, 2, 643, 2, 2, 30, 1}, {1, 2, 643, 2, 2, 30, 0}}
}

func (id identifier) add(b *cryptobyte.Builder) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id.algorithm.OID())
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(id.set)
			if id.digest != nil {
				b.AddASN1ObjectIdentifier(id.digest)
			}
		})
	})
}
