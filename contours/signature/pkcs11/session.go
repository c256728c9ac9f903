package pkcs11

import (
	"errors"
	"fmt"
)

// begin finds the token, wherever it is plugged in now, logs in, and finds the key.
func (k *Key) begin() (s keySession, slot uint, err error) {
	all, err := k.library.tokens()
	if err != nil {
		return s, 0, fmt.Errorf("list tokens: %w", err)
	}
	var found []token
	for _, t := range all {
		if k.address.fits(t) {
			found = append(found, t)
		}
	}
	if len(found) != 1 {
		return s, 0, fmt.Errorf("%d tokens of %d that are there answer to the address, want one", len(found), len(all))
	}
	slot = found[0].slot
	if s.session, err = k.logIn(slot); err != nil {
		return s, 0, err
	}
	keys, err := s.find(classPrivateKey, k.address.object, k.address.id)
	if err == nil && len(keys) != 1 {
		err = fmt.Errorf("%d private keys answer to the address, want one", len(keys))
	}
	if err != nil {
		s.close()
		return s, 0, err
	}
	s.key = keys[0]
	return s, slot, nil
}

// logIn tries a wrong PIN once: the token counts.
func (k *Key) logIn(slot uint) (session, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wrong != nil {
		return nil, k.wrong
	}
	pin, err := k.address.pin()
	if err != nil {
		return nil, err
	}
	s, err := k.library.open(slot, pin)
	if errors.Is(err, ErrPIN) {
		k.wrong = err
	}
	return s, err
}
