package signature

import (
	"context"
	"errors"
	"testing"
	"time"
)

// keyFunc is a Key that does as it is told, and notes what it is asked.
type keyFunc func(ctx context.Context, a Algorithm, message []byte) ([]byte, error)

func (f keyFunc) SignValue(ctx context.Context, a Algorithm, message []byte) ([]byte, error) {
	return f(ctx, a, message)
}

func TestKeysOutsideSignInAllFamilies(t *testing.T) {
	e := openEmulator(t)
	verifier := NewVerifier(openStore(t, e.Folder()), allFamilies()...)
	for _, a := range Algorithms() {
		t.Run(string(a), func(t *testing.T) {
			owner := issue(t, e, SignerOptions{Algorithm: a})
			asked := keyFunc(func(ctx context.Context, got Algorithm, message []byte) ([]byte, error) {
				if got != a {
					t.Errorf("asked for %s", got)
				}
				return owner.SignValue(ctx, got, message)
			})
			s, err := NewKeySigner(asked, a, owner.Certificate(), e.Roots()...)
			if err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, verifier.Verify(signFile(t, s), ContentOf(file), time.Now()), Valid, "", "")
			if a == Ed25519 {
				return
			}
			byDigest := keyFunc(func(_ context.Context, got Algorithm, message []byte) ([]byte, error) {
				return owner.SignDigest(got, got.Hash().sumOf(message))
			})
			if s, err = NewKeySigner(byDigest, a, owner.Certificate()); err != nil {
				t.Fatal(err)
			}
			wantVerdict(t, verifier.Verify(signFile(t, s), ContentOf(file), time.Now()), Valid, "", "")
		})
	}
}

func TestWrongValuesOfAKeyAreNeverUsed(t *testing.T) {
	e := openEmulator(t)
	for _, a := range Algorithms() {
		owner := issue(t, e, SignerOptions{Algorithm: a})
		stranger, err := e.Issue("stranger", SignerOptions{Algorithm: a})
		if err != nil {
			t.Fatal(err)
		}
		for name, key := range map[string]keyFunc{
			"another's key": stranger.SignValue,
			"another message": func(ctx context.Context, a Algorithm, message []byte) ([]byte, error) {
				return owner.SignValue(ctx, a, append(message, 0))
			},
			"a flipped bit": func(ctx context.Context, a Algorithm, message []byte) ([]byte, error) {
				value, err := owner.SignValue(ctx, a, message)
				value[len(value)/2] ^= 1
				return value, err
			},
			"nothing": func(context.Context, Algorithm, []byte) ([]byte, error) { return nil, nil },
		} {
			s, err := NewKeySigner(key, a, owner.Certificate())
			if err != nil {
				t.Fatal(err)
			}
			if cms, err := s.Sign(ContentOf(file)); !errors.Is(err, ErrKey) || cms != nil {
				t.Errorf("%s, %s: %d octets, %v", a, name, len(cms), err)
			}
		}
	}
}

func TestAKeySignerPassesOnWhatItsKeySays(t *testing.T) {
	owner := issue(t, openEmulator(t), SignerOptions{})
	s, err := NewKeySigner(keyFunc(func(ctx context.Context, _ Algorithm, _ []byte) ([]byte, error) { return nil, ctx.Err() }), "", owner.Certificate())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.SignContext(ctx, ContentOf(file)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAlgorithmsThatDoNotSuitTheCertificateAreRefused(t *testing.T) {
	e := openEmulator(t)
	for _, a := range Algorithms() {
		owner := issue(t, e, SignerOptions{Algorithm: a})
		for _, other := range append(Algorithms(), "des") {
			_, err := NewKeySigner(owner, other, owner.Certificate())
			rsa := (a == RSA2048 || a == RSAPSS) && (other == RSA2048 || other == RSAPSS)
			if want := other == a || rsa; (err == nil) != want || err != nil && !errors.Is(err, ErrAlgorithm) {
				t.Errorf("%s by a key of %s: %v", other, a, err)
			}
		}
		if s, err := NewKeySigner(owner, "", owner.Certificate()); err != nil || s.Algorithm() != a && a != RSAPSS {
			t.Errorf("%s: %v", a, err)
		}
	}
}
