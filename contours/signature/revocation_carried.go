package signature

import (
	"bytes"
	"crypto/x509"
	"time"
)

// maxCarriedLists bounds the revocation lists of one message that are looked at: one for each certificate of a chain.
const maxCarriedLists = maxChain

// A carriedCRL is a list that a message brought along (RFC 5652, 5.1: crls), with the key under which it is signed.
type carriedCRL struct {
	*CRL
	key []byte // SubjectPublicKeyInfo
}

// examine holds lists that a message brought along to all that a list of any other source is held to. What falls short
// is passed over: nothing signs that it is there, so that it can neither help nor harm. Nothing is kept: what senders
// choose to show does not decide about other messages.
func (s *RevocationStore) examine(lists [][]byte) (good []carriedCRL) {
	for _, der := range lists[:min(len(lists), maxCarriedLists)] {
		if list, issuer, err := s.check(der); err == nil {
			good = append(good, carriedCRL{list, issuer.RawSubjectPublicKeyInfo})
		}
	}
	return good
}

// shown is what carried lists add to what the store's say of a certificate. One that is not newer than the store's of the
// same issuer and scope says nothing: an older list never comes back.
func (s *RevocationStore) shown(certificate, issuer *x509.Certificate, at time.Time, carried []carriedCRL, best standing) standing {
	for _, list := range carried {
		if !bytes.Equal(list.key, issuer.RawSubjectPublicKeyInfo) || !bytes.Equal(list.issuer, certificate.RawIssuer) {
			continue
		}
		if held := s.current.Load().held(list.CRL, string(list.key)); held != nil && !list.newer(held) {
			continue
		}
		if found := list.standing(certificate, at, s.config.Grace); found.better(best) {
			best = found
		}
	}
	return best
}
