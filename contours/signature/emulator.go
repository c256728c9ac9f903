package signature

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// Emulator is the «Эмулятор ЭЦП» of one installation: a root made on the spot, and signers under it.
//
// Its name is for people. What marks a verdict as emulated is that the root lies in a Folder with Emulator set; see
// Emulator.Folder.
type Emulator struct {
	// Now is the clock of certificates and signing times; nil is time.Now. Set it before the first Issue.
	Now func() time.Time

	dir  string
	root credential
	mu   sync.Mutex // one Issue at a time
}

// OpenEmulator loads the emulator kept in dir, or makes one. Beside each other lie root.pem with the root's key,
// trust/ with its certificate alone, and signers/ with a file a participant.
func OpenEmulator(dir string) (*Emulator, error) {
	for _, sub := range []string{"trust", "signers"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open signature emulator: %w", err)
		}
	}
	e := &Emulator{dir: dir}
	var err error
	if e.root, err = e.openRoot(); err != nil {
		return nil, fmt.Errorf("open signature emulator: %w", err)
	}
	if err := writeCertificate(filepath.Join(dir, "trust", "root.pem"), e.root.certificate); err != nil {
		return nil, fmt.Errorf("open signature emulator: %w", err)
	}
	return e, nil
}

// openRoot: of two processes that make a root at once, one succeeds and both use it.
func (e *Emulator) openRoot() (credential, error) {
	path := filepath.Join(e.dir, "root.pem")
	root, err := readCredential(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if root, err = newAuthority(emulatorName, time.Now(), nil); err != nil {
		return root, err
	}
	if err := writeCredential(path, root, false); err != nil && !errors.Is(err, fs.ErrExist) {
		return root, err
	}
	return readCredential(path)
}

// Root returns the certificate of the emulator's root.
func (e *Emulator) Root() *x509.Certificate { return e.root.certificate }

// Folder is what a trust store needs to accept this emulator's signatures, marked as emulated.
func (e *Emulator) Folder() Folder {
	return Folder{Domain: emulatorName, Path: filepath.Join(e.dir, "trust"), Emulator: true}
}

// Fault is something that the emulator does wrong on request.
type Fault string

const (
	NoFault          Fault = ""
	FaultExpired     Fault = "expired"       // the certificate ended yesterday
	FaultNotYetValid Fault = "not yet valid" // the certificate begins in a year
	FaultWrongDigest Fault = "wrong digest"  // the signature is of another file
	FaultUnknownRoot Fault = "unknown root"  // a root that nobody has, brought along in the message
	FaultBrokenChain Fault = "broken chain"  // issued by an authority whose certificate is missing
)

// SignerOptions says what a signer is to be.
type SignerOptions struct {
	Name         string    // common name in the certificate; by default the participant's id
	Organisation string    // in the certificate
	Algorithm    Algorithm // by default ECDSAP256
	Fault        Fault     // a signer with a fault is not kept
}

// EmulatedSigner signs as a participant. It may be used by many goroutines.
type EmulatedSigner struct {
	credential
	now       func() time.Time
	algorithm Algorithm
	others    []*x509.Certificate
	fault     Fault
}

// Issue returns the signer of a participant: the one kept, or a new one when there is none, when other options
// are asked for, or when its certificate ends within a month.
func (e *Emulator) Issue(participant string, o SignerOptions) (*EmulatedSigner, error) {
	if o.Name == "" {
		o.Name = participant
	}
	if o.Algorithm == "" {
		o.Algorithm = ECDSAP256
	}
	s, err := e.issue(participant, o)
	if err != nil {
		return nil, fmt.Errorf("issue an emulated signer to %q: %w", participant, err)
	}
	return s, nil
}

func (e *Emulator) issue(participant string, o SignerOptions) (*EmulatedSigner, error) {
	s := &EmulatedSigner{now: e.now, algorithm: o.Algorithm, fault: o.Fault}
	var err error
	if o.Fault != NoFault {
		s.credential, s.others, err = e.faulty(o)
		return s, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	path := filepath.Join(e.dir, "signers", fileName(participant)+".pem")
	s.credential, err = readCredential(path)
	if err == nil && e.suits(s.certificate, o) {
		return s, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if s.credential, err = newSigner(o, e.root, e.now().Add(-backdated), e.now().AddDate(signerYears, 0, 0)); err != nil {
		return nil, err
	}
	return s, writeCredential(path, s.credential, true)
}

func (e *Emulator) suits(c *x509.Certificate, o SignerOptions) bool {
	organisation := ""
	if len(c.Subject.Organization) > 0 {
		organisation = c.Subject.Organization[0]
	}
	return c.Subject.CommonName == o.Name && organisation == o.Organisation && algorithmOf(c) == o.Algorithm &&
		!e.now().Before(c.NotBefore) && c.NotAfter.After(e.now().AddDate(0, 1, 0)) && c.CheckSignatureFrom(e.root.certificate) == nil
}

func (e *Emulator) faulty(o SignerOptions) (c credential, others []*x509.Certificate, err error) {
	issuer, from, to := e.root, e.now().Add(-backdated), e.now().AddDate(signerYears, 0, 0)
	switch o.Fault {
	case FaultExpired:
		from, to = e.now().AddDate(-2, 0, 0), e.now().AddDate(0, 0, -1)
	case FaultNotYetValid:
		from = e.now().AddDate(1, 0, 0)
	case FaultUnknownRoot:
		if issuer, err = newAuthority("Неизвестный корень", e.now(), nil); err != nil {
			return c, nil, err
		}
		others = append(others, issuer.certificate)
	case FaultBrokenChain:
		if issuer, err = newAuthority("Пропавший центр", e.now(), &e.root); err != nil {
			return c, nil, err
		}
	case FaultWrongDigest:
	default:
		return c, nil, fmt.Errorf("no fault called %q", o.Fault)
	}
	c, err = newSigner(o, issuer, from, to)
	return c, others, err
}

func (e *Emulator) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// Certificate is the signer's.
func (s *EmulatedSigner) Certificate() *x509.Certificate { return s.certificate }

// Sign returns a detached CAdES-BES signature as DER.
func (s *EmulatedSigner) Sign(content Content) ([]byte, error) {
	digest, ok := content.Digests[s.algorithm.hash()]
	if !ok {
		return nil, fmt.Errorf("sign: no %s digest of the file was taken", s.algorithm.hash())
	}
	if s.fault == FaultWrongDigest {
		other := sha256.Sum256(digest)
		digest = append(other[:], other[:]...)[:len(digest)]
	}
	c := composer{s.key, s.certificate, s.others, s.algorithm, s.now()}
	return c.compose(digest)
}

// fileName keeps ids that are plain readable and gives others a digest.
func fileName(participant string) string {
	if regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`).MatchString(participant) {
		return participant
	}
	return fmt.Sprintf("%X", sha256.Sum256([]byte(participant)))
}
