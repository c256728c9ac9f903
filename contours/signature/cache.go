package signature

import (
	"bytes"
	"crypto/sha256"
	"sync"
	"time"
)

// maxCached bounds a cache of chains; at some 8 KB an entry that is 32 MB at most.
const maxCached = 4096

// verifiedChain is a chain that was found good once. Nothing in it depends on the moment but its validity, which
// is looked at each time.
type verifiedChain struct {
	links               []*authority
	family              Family
	sums                [][]byte
	identity            Identity
	notBefore, notAfter time.Time // when all certificates are valid
}

// chainCache remembers good chains by SHA-256 of the signer's certificate, for one state of the trust store.
type chainCache struct {
	anchors *anchors
	mu      sync.RWMutex
	chains  map[[sha256.Size]byte]*verifiedChain
}

func newChainCache(a *anchors) *chainCache {
	return &chainCache{anchors: a, chains: make(map[[sha256.Size]byte]*verifiedChain)}
}

func (c *chainCache) get(leaf [sha256.Size]byte) *verifiedChain {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.chains[leaf]
}

func (c *chainCache) put(leaf [sha256.Size]byte, chain *verifiedChain) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.chains) >= maxCached {
		for any := range c.chains { // whichever comes first goes
			delete(c.chains, any)
			break
		}
	}
	c.chains[leaf] = chain
}

func newVerifiedChain(links []*authority, family Family) *verifiedChain {
	v := &verifiedChain{links: links, family: family, identity: Identify(links[0].certificate)}
	for i, a := range links {
		v.sums = append(v.sums, sumOf(a.certificate))
		if i == 0 || a.certificate.NotBefore.After(v.notBefore) {
			v.notBefore = a.certificate.NotBefore
		}
		if i == 0 || a.certificate.NotAfter.Before(v.notAfter) {
			v.notAfter = a.certificate.NotAfter
		}
	}
	return v
}

// holds reports whether a search now would find this chain too: it is valid at that moment, and what the first
// message brought along this one brings as well, so that a verdict does not depend on messages before it.
func (v *verifiedChain) holds(at time.Time, certificates [][]byte) bool {
	if at.Before(v.notBefore) || at.After(v.notAfter) {
		return false
	}
	for _, a := range v.links[1:] {
		if a.carried && !containsBytes(certificates, a.certificate.Raw) {
			return false
		}
	}
	return true
}

func containsBytes(all [][]byte, one []byte) bool {
	for _, b := range all {
		if bytes.Equal(b, one) {
			return true
		}
	}
	return false
}
