package pkcs11

import "errors"

// library is what we need of a maker's library. Its errors are errLost, errPIN or others.
type library interface {
	// tokens lists those that are there.
	tokens() ([]token, error)

	// mechanisms lists what a token can do.
	mechanisms(slot uint) ([]uint, error)

	// open opens a session and logs in, where nobody is yet.
	open(slot uint, pin string) (session, error)
}

// A session is used by one goroutine at a time.
type session interface {
	// find lists objects of a class; label and id may be empty, for any.
	find(class uint, label, id string) ([]object, error)

	// sign is C_SignInit and C_Sign.
	sign(m mechanism, key uint, data []byte) ([]byte, error)

	close()
}

type token struct {
	slot uint
	says map[string]string // by the attributes' names of RFC 7512
}

type object struct {
	handle uint
	id     string
	value  []byte // of a certificate: DER
}

// mechanism is a CK_MECHANISM; pss tells whether it takes the parameters of RSA-PSS with SHA-256 throughout and a salt of
// 32 octets.
type mechanism struct {
	number uint
	pss    bool
}

// Numbers of PKCS #11 3.0; the last of TC26, «Расширение PKCS#11 для использования российских криптографических алгоритмов».
const (
	classCertificate = 1
	classPrivateKey  = 3

	mechanismRSA     = 0x00000001
	mechanismPSS     = 0x0000000d
	mechanismECDSA   = 0x00001041
	mechanismEdDSA   = 0x00001057
	mechanismGOST256 = 0x00001201
	mechanismGOST512 = 0xd4321006
)

var (
	// ErrAbsent says that this program was built without PKCS #11.
	ErrAbsent = errors.New("this build has no PKCS #11: build it with -tags pkcs11")

	// ErrPIN says that the token does not take the PIN. It is not tried again, for tokens lock themselves.
	ErrPIN = errors.New("the token does not take the PIN, which is not tried again")

	// errLost says that a session or its token is gone.
	errLost = errors.New("the session with the token is lost")
)
