package signature

import "sync"

// maxKeys bounds a cache of keys; a key is a few hundred octets.
const maxKeys = 4096

// keyCache remembers parsed public keys by their SubjectPublicKeyInfo: to find a key a point of its group may cost as
// much as a signature. Broken keys are not remembered.
type keyCache[K any] struct {
	parse func(spki []byte) (K, error)
	mu    sync.RWMutex
	keys  map[string]K
}

func newKeyCache[K any](parse func(spki []byte) (K, error)) *keyCache[K] {
	return &keyCache[K]{parse: parse, keys: make(map[string]K)}
}

func (c *keyCache[K]) get(spki []byte) (K, error) {
	c.mu.RLock()
	key, ok := c.keys[string(spki)]
	c.mu.RUnlock()
	if ok {
		return key, nil
	}
	key, err := c.parse(spki)
	if err != nil {
		return key, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.keys) >= maxKeys {
		for any := range c.keys { // whichever comes first goes
			delete(c.keys, any)
			break
		}
	}
	c.keys[string(spki)] = key
	return key, nil
}
