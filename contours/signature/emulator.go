package signature

import (
	"bytes"
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

// Emulator is the «Эмулятор ЭЦП» of one installation: roots made on the spot, one of each family, and signers under
// them.
//
// Its name is for people. What marks a verdict as emulated is that the root lies in a Folder with Emulator set; see
// Emulator.Folder.
type Emulator struct {
	// Now is the clock of certificates and signing times; nil is time.Now. Set it before the first Issue.
	Now func() time.Time

	dir   string
	roots map[Algorithm]credential // by their own algorithm
	mu    sync.Mutex               // one Issue at a time
}

// rootFiles are the emulator's roots: file name and what sets the subject apart.
func rootFiles() map[Algorithm][2]string {
	return map[Algorithm][2]string{ECDSAP256: {"root", ""}, GOST2012256: {"root-gost", " ГОСТ"}, BIGN256: {"root-stb", " СТБ"}}
}

// OpenEmulator loads the emulator kept in dir, or makes one. Beside each other lie root.pem, root-gost.pem and
// root-stb.pem with the roots' keys, trust/ with their certificates alone, and signers/ with a file a participant.
func OpenEmulator(dir string) (*Emulator, error) {
	for _, sub := range []string{"trust", "signers"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open signature emulator: %w", err)
		}
	}
	e := &Emulator{dir: dir, roots: make(map[Algorithm]credential)}
	for algorithm, name := range rootFiles() {
		root, err := e.openRoot(algorithm, name)
		if err == nil {
			err = writeCertificate(filepath.Join(dir, "trust", name[0]+".pem"), root.certificate)
		}
		if err != nil {
			return nil, fmt.Errorf("open signature emulator: %w", err)
		}
		e.roots[algorithm] = root
	}
	return e, nil
}

// openRoot: of two processes that make a root at once, one succeeds and both use it.
func (e *Emulator) openRoot(algorithm Algorithm, name [2]string) (credential, error) {
	path := filepath.Join(e.dir, name[0]+".pem")
	root, err := readCredential(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if root, err = newAuthority(algorithm, emulatorName+name[1], time.Now(), nil); err != nil {
		return root, err
	}
	if err := writeCredential(path, root, false); err != nil && !errors.Is(err, fs.ErrExist) {
		return root, err
	}
	return readCredential(path)
}

// Roots returns the certificates of the emulator's roots, that of the standard algorithms first.
func (e *Emulator) Roots() (all []*x509.Certificate) {
	for _, a := range []Algorithm{ECDSAP256, GOST2012256, BIGN256} {
		all = append(all, e.roots[a].certificate)
	}
	return all
}

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
	if s.credential, err = newSigner(o, e.rootFor(o.Algorithm), e.now().Add(-backdated), e.now().AddDate(signerYears, 0, 0)); err != nil {
		return nil, err
	}
	return s, writeCredential(path, s.credential, true)
}

func (e *Emulator) rootFor(a Algorithm) credential { return e.roots[a.suite().root] }

func (e *Emulator) suits(c *x509.Certificate, o SignerOptions) bool {
	organisation := ""
	if len(c.Subject.Organization) > 0 {
		organisation = c.Subject.Organization[0]
	}
	return c.Subject.CommonName == o.Name && organisation == o.Organisation && algorithmOf(c.RawSubjectPublicKeyInfo) == o.Algorithm &&
		!e.now().Before(c.NotBefore) && c.NotAfter.After(e.now().AddDate(0, 1, 0)) && bytes.Equal(c.AuthorityKeyId, e.rootFor(o.Algorithm).certificate.SubjectKeyId)
}

func (e *Emulator) faulty(o SignerOptions) (c credential, others []*x509.Certificate, err error) {
	issuer, from, to := e.rootFor(o.Algorithm), e.now().Add(-backdated), e.now().AddDate(signerYears, 0, 0)
	switch o.Fault {
	case FaultExpired:
		from, to = e.now().AddDate(-2, 0, 0), e.now().AddDate(0, 0, -1)
	case FaultNotYetValid:
		from = e.now().AddDate(1, 0, 0)
	case FaultUnknownRoot:
		if issuer, err = newAuthority(o.Algorithm.suite().root, "Неизвестный корень", e.now(), nil); err != nil {
			return c, nil, err
		}
		others = append(others, issuer.certificate)
	case FaultBrokenChain:
		if issuer, err = newAuthority(o.Algorithm.suite().root, "Пропавший центр", e.now(), &issuer); err != nil {
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
	c := composer{s.key, s.certificate, s.others, s.algorithm, s.now()}
	if s.fault == FaultWrongDigest {
		sum := sha256.Sum256(c.certificate.Raw)
		content = ContentOf(sum[:])
	}
	return c.sign(content)
}

// fileName keeps ids that are plain readable and gives others a digest.
func fileName(participant string) string {
	if regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`).MatchString(participant) {
		return participant
	}
	return fmt.Sprintf("%X", sha256.Sum256([]byte(participant)))
}
