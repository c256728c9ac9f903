package pkcs11

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

var file = []byte("Приказ № 7 «О порядке обмена документами»\r\n")

func keySigner(t *testing.T, k *Key) *signature.KeySigner {
	t.Helper()
	s, err := k.Signer("")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestATokenSignsGOST(t *testing.T) {
	for a, can := range map[signature.Algorithm]uint{signature.GOST2012256: mechanismGOST256, signature.GOST2012512: mechanismGOST512} {
		l := newShelf(t, a, can)
		k, err := l.key(rightPIN)
		if err != nil {
			t.Fatal(err)
		}
		if c := k.Certificates(); len(c) != 2 || !c[0].Equal(l.signer.Certificate()) || c[1].Subject.String() != c[0].Issuer.String() {
			t.Errorf("%d certificates", len(c))
		}
		cms, err := keySigner(t, k).Sign(signature.ContentOf(file))
		if err != nil {
			t.Fatal(err)
		}
		store, err := signature.NewTrustStore(signature.Domain{Name: "КУЦ", Certificates: k.Certificates()[1:]})
		if err != nil {
			t.Fatal(err)
		}
		if got := signature.NewVerifier(store, signature.GOST()).Verify(cms, signature.ContentOf(file), time.Now()); got.Status != signature.Valid {
			t.Errorf("%s: %s %s", a, got.Reason, got.Detail)
		}
	}
}

func TestWhatATokenCannotDoIsSaidBeforeItIsAsked(t *testing.T) {
	for a, want := range map[signature.Algorithm]string{
		signature.BIGN256: "through a provider over HTTP", signature.GOST2012512: "no mechanism 0xd4321006", signature.ECDSAP256: "no mechanism 0x1041",
	} {
		k, err := newShelf(t, a, mechanismGOST256, mechanismRSA).key(rightPIN)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Signer(""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", a, err)
		}
	}
	k, err := newShelf(t, signature.RSA2048, mechanismPSS).key(rightPIN)
	if err != nil {
		t.Fatal(err)
	}
	if s := keySigner(t, k); s.Algorithm() != signature.RSAPSS {
		t.Errorf("a token without PKCS #1 v1.5 signs with %s", s.Algorithm())
	}
}

func TestATokenPulledOutAndPluggedInAgainSigns(t *testing.T) {
	l := newShelf(t, signature.GOST2012256, mechanismGOST256)
	k, err := l.key(rightPIN)
	if err != nil {
		t.Fatal(err)
	}
	s := keySigner(t, k)
	for range 3 {
		l.pull()
		if _, err := s.Sign(signature.ContentOf(file)); err != nil {
			t.Fatal(err)
		}
	}
	if l.logins != 4 {
		t.Errorf("%d logins, want one each time the token came", l.logins)
	}
	l.there = false
	l.pull()
	if _, err := s.Sign(signature.ContentOf(file)); err == nil || !strings.Contains(err.Error(), "0 tokens of 1") {
		t.Errorf("without a token: %v", err)
	}
	l.there = true
	if _, err := s.Sign(signature.ContentOf(file)); err != nil {
		t.Error(err)
	}
}

func TestAWrongPINIsTriedOnce(t *testing.T) {
	l := newShelf(t, signature.GOST2012256, mechanismGOST256)
	if _, err := l.key("4321"); !errors.Is(err, ErrPIN) || strings.Contains(err.Error(), "4321") || l.logins != 1 {
		t.Errorf("%d logins: %v", l.logins, err)
	}
	// Changed on the token while the key is open: the next session asks once, and no more.
	k, err := l.key(rightPIN)
	if err != nil {
		t.Fatal(err)
	}
	s := keySigner(t, k)
	k.address.pinSource = newPINFile(t, "4321")
	l.pull()
	l.logins = 0
	for range 3 {
		if _, err := s.Sign(signature.ContentOf(file)); !errors.Is(err, ErrPIN) {
			t.Errorf("got %v", err)
		}
	}
	if l.logins != 1 {
		t.Errorf("a wrong PIN was tried %d times", l.logins)
	}
}

func TestOneKeyAndOneCertificateHaveToAnswer(t *testing.T) {
	for name, change := range map[string]func(*shelf){
		"2 private keys":   func(l *shelf) { l.objects[classPrivateKey] = append(l.objects[classPrivateKey], object{handle: 6}) },
		"0 private keys":   func(l *shelf) { l.objects[classPrivateKey] = nil },
		"0 certificates":   func(l *shelf) { l.objects[classCertificate] = nil },
		"2 certificates":   func(l *shelf) { l.objects[classCertificate][1] = l.objects[classCertificate][0] },
		"0 tokens of 1":    func(l *shelf) { l.there = false },
		"not the key's id": func(l *shelf) { l.objects[classPrivateKey][0].id = "" },
	} {
		l := newShelf(t, signature.GOST2012256, mechanismGOST256)
		change(l)
		want := strings.ReplaceAll(name, "not the key's id", "0 certificates")
		if _, err := l.key(rightPIN); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
		if l.sessions != 0 {
			t.Errorf("%s: %d sessions stay open", name, l.sessions)
		}
	}
}

func TestSessionsAreSharedAndBounded(t *testing.T) {
	l := newShelf(t, signature.GOST2012256, mechanismGOST256)
	k, err := l.key(rightPIN)
	if err != nil {
		t.Fatal(err)
	}
	s := keySigner(t, k)
	l.hold = make(chan struct{})
	var wait sync.WaitGroup
	for range 3 * maxSessions {
		wait.Go(func() {
			if _, err := s.Sign(signature.ContentOf(file)); err != nil {
				t.Error(err)
			}
		})
	}
	for range maxSessions - 1 {
		l.hold <- struct{}{}
	}
	close(l.hold)
	wait.Wait()
	if l.most < 1 || l.most > maxSessions || l.logins != 1 {
		t.Errorf("%d sessions at once, %d logins", l.most, l.logins)
	}
	if k.Close(); l.sessions != 0 {
		t.Errorf("%d sessions stay open", l.sessions)
	}
}

func TestWaitingForABusyTokenEndsWithItsContext(t *testing.T) {
	l := newShelf(t, signature.GOST2012256, mechanismGOST256)
	k, err := l.key(rightPIN)
	if err != nil {
		t.Fatal(err)
	}
	for range maxSessions {
		k.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := keySigner(t, k).SignContext(ctx, signature.ContentOf(file)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A token that gives r before s, or another key's value, is found out.
func TestAnotherOrderOfTheHalvesIsFoundOut(t *testing.T) {
	l := newShelf(t, signature.GOST2012256, mechanismGOST256)
	k, err := l.key(rightPIN)
	if err != nil {
		t.Fatal(err)
	}
	k.library = swapping{l}
	k.forget()
	if _, err := keySigner(t, k).Sign(signature.ContentOf(file)); !errors.Is(err, signature.ErrKey) {
		t.Errorf("got %v", err)
	}
}

type swapping struct{ *shelf }

func (l swapping) open(slot uint, pin string) (session, error) {
	s, err := l.shelf.open(slot, pin)
	return swappingSession{s}, err
}

type swappingSession struct{ session }

func (s swappingSession) sign(m mechanism, key uint, data []byte) ([]byte, error) {
	v, err := s.session.sign(m, key, data)
	return append(v[len(v)/2:], v[:len(v)/2]...), err
}
