package broker

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// ErrKey says that an API key is unknown, wrong, expired or revoked. It does not say which.
var ErrKey = errors.New("wrong key")

const keyPrefix = "smdo_"

// NewKey makes an API key: "smdo_<id>_<secret>". The text is shown once; the record keeps its digest.
func NewKey(contour document.ContourCode, role record.Role, name string, now, expires time.Time) (string, record.APIKey) {
	var id [6]byte
	var secret [32]byte
	_, _ = rand.Read(id[:])
	_, _ = rand.Read(secret[:])
	text := keyPrefix + hex.EncodeToString(id[:]) + "_" + base64.RawURLEncoding.EncodeToString(secret[:])
	return text, record.APIKey{ID: hex.EncodeToString(id[:]), Contour: contour, Role: role, Name: name, Secret: sha256.Sum256([]byte(text)), Created: now, Expires: expires}
}

// Keyring answers who holds a key. What the record said is remembered for a short while, so that a door
// asks it once in some seconds and a revoked key ends as fast.
type Keyring struct {
	Record record.Keyring
	Clock  func() time.Time

	mu    sync.Mutex
	known map[string]knownKey
}

type knownKey struct {
	key record.APIKey
	at  time.Time
}

const (
	keyMemory  = 5 * time.Second
	keysKnown  = 20_000
	maxKeySize = 200
)

// Identify says who holds the key. It returns ErrKey when nobody does now.
func (k *Keyring) Identify(ctx context.Context, text string) (Principal, error) {
	rest, ok := strings.CutPrefix(text, keyPrefix)
	id, _, found := strings.Cut(rest, "_")
	if !ok || !found || len(text) > maxKeySize {
		return Principal{}, ErrKey
	}
	key, err := k.Key(ctx, id)
	if errors.Is(err, record.ErrNotFound) {
		return Principal{}, ErrKey
	}
	if err != nil {
		return Principal{}, fmt.Errorf("look up key: %w", err)
	}
	sum := sha256.Sum256([]byte(text))
	now := k.Clock()
	if subtle.ConstantTimeCompare(sum[:], key.Secret[:]) != 1 || !key.Revoked.IsZero() || !key.Expires.IsZero() && now.After(key.Expires) {
		return Principal{}, ErrKey
	}
	return Principal{KeyID: key.ID, Contour: key.Contour, Role: key.Role}, nil
}

// Key returns a key by its id, as the record had it a short while ago; record.ErrNotFound when there is none.
func (k *Keyring) Key(ctx context.Context, id string) (record.APIKey, error) {
	now := k.Clock()
	k.mu.Lock()
	known, ok := k.known[id]
	k.mu.Unlock()
	if ok && now.Sub(known.at) < keyMemory && !now.Before(known.at) {
		return known.key, nil
	}
	key, err := k.Record.Key(ctx, id)
	if err != nil {
		return key, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= keysKnown {
		k.known = map[string]knownKey{}
	}
	k.known[id] = knownKey{key, now}
	return key, nil
}
