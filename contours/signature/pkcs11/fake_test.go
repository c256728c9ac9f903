package pkcs11

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

const rightPIN = "1234"

// shelf is a maker's library with one token that does GOST as Russian tokens do: digests in, s and r out. SoftHSM, which the tests of
// the tag use, has no GOST.
type shelf struct {
	t         *testing.T
	signer    *signature.EmulatedSigner
	algorithm signature.Algorithm
	can       []uint
	objects   map[uint][]object

	mu       sync.Mutex
	slot     uint
	there    bool
	plugs    int // how often the token was plugged in: sessions and handles of before are dead
	logins   int
	sessions int // open now
	most     int
	hold     chan struct{} // signing waits for it, when it is there
}

func newShelf(t *testing.T, a signature.Algorithm, can ...uint) *shelf {
	t.Helper()
	e, err := signature.OpenEmulator(filepath.Join(t.TempDir(), "emulator"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := e.Issue("ivanova", signature.SignerOptions{Algorithm: a})
	if err != nil {
		t.Fatal(err)
	}
	l := &shelf{t: t, signer: signer, algorithm: a, can: can, there: true, objects: map[uint][]object{
		classPrivateKey:  {{handle: 7, id: "\x01"}},
		classCertificate: {{handle: 8, id: "\x01", value: signer.Certificate().Raw}, {handle: 9, value: []byte("noise")}},
	}}
	for i, root := range e.Roots() {
		l.objects[classCertificate] = append(l.objects[classCertificate], object{handle: uint(20 + i), id: "\x02", value: root.Raw})
	}
	return l
}

// key opens the key on the shelf with a PIN.
func (l *shelf) key(pin string) (*Key, error) {
	l.t.Helper()
	a, err := parseAddress("pkcs11:token=Head%20A;object=sign?module-path=/maker.so&pin-source=" + newPINFile(l.t, pin))
	if err != nil {
		l.t.Fatal(err)
	}
	return open(l, a, nil)
}

func newPINFile(t *testing.T, pin string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(path, []byte(pin+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pull takes the token out and plugs it in elsewhere.
func (l *shelf) pull() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plugs, l.slot, l.sessions = l.plugs+1, l.slot+1, 0
}

func (l *shelf) tokens() ([]token, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := []token{{99, map[string]string{"token": "another"}}}
	if l.there {
		all = append(all, token{l.slot, map[string]string{"token": "Head A"}})
	}
	return all, nil
}

func (l *shelf) mechanisms(uint) ([]uint, error) { return l.can, nil }

func (l *shelf) open(slot uint, pin string) (session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.there || slot != l.slot {
		return nil, errLost
	}
	if l.sessions == 0 {
		l.logins++
		if pin != rightPIN {
			return nil, ErrPIN
		}
	}
	l.sessions++
	l.most = max(l.most, l.sessions)
	return &shelfSession{l, l.plugs}, nil
}

type shelfSession struct {
	*shelf
	plugged int
}

func (s *shelfSession) dead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plugged != s.plugs
}

func (s *shelfSession) find(class uint, label, id string) (found []object, err error) {
	if s.dead() {
		return nil, errLost
	}
	for _, o := range s.objects[class] {
		if (id == "" || id == o.id) && (class != classPrivateKey || label == "" || label == "sign") {
			found = append(found, o)
		}
	}
	return found, nil
}

func (s *shelfSession) sign(m mechanism, key uint, data []byte) ([]byte, error) {
	if s.dead() {
		return nil, errLost
	}
	if s.hold != nil {
		<-s.hold
	}
	if key != 7 || m.pss {
		return nil, errors.New("CKR_KEY_TYPE_INCONSISTENT")
	}
	return s.signer.SignDigest(s.algorithm, data)
}

func (s *shelfSession) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plugged == s.plugs {
		s.sessions--
	}
}
