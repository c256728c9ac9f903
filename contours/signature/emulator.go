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
	mu    sync.Mutex               // one Issue, or change of a list, at a time
}

// rootFiles are the emulator's roots: file name and what sets the subject apart.
func rootFiles() map[Algorithm][2]string {
	return map[Algorithm][2]string{ECDSAP256: {"root", ""}, GOST2012256: {"root-gost", " ГОСТ"}, BIGN256: {"root-stb", " СТБ"}}
}

// OpenEmulator loads the emulator kept in dir, or makes one. Beside each other lie root.pem, root-gost.pem and
// root-stb.pem with the roots' keys, trust/ with their certificates alone, crl/ with their revocation lists, and signers/ with a
// file a participant.
func OpenEmulator(dir string) (*Emulator, error) {
	for _, sub := range []string{"trust", "crl", "signers"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open signature emulator: %w", err)
		}
	}
	e := &Emulator{dir: dir, roots: make(map[Algorithm]credential)}
	for algorithm, name := range rootFiles() {
		root, err := e.openAuthority(algorithm, name[0], emulatorName+name[1], nil)
		if err == nil {
			err = e.renewList(name[0], root)
		}
		if err != nil {
			return nil, fmt.Errorf("open signature emulator: %w", err)
		}
		e.roots[algorithm] = root
	}
	return e, nil
}

// openAuthority loads or makes a root, or an authority under one, and puts its certificate where trust stores find it.
func (e *Emulator) openAuthority(algorithm Algorithm, file, name string, issuer *credential) (credential, error) {
	c, err := e.openCredential(file, func() (credential, error) { return newAuthority(algorithm, name, time.Now(), issuer) })
	if err == nil {
		err = writeCertificate(filepath.Join(e.dir, "trust", file+".pem"), c.certificate)
	}
	return c, err
}

// openCredential: of two processes that make one at once, one succeeds and both use it.
func (e *Emulator) openCredential(file string, create func() (credential, error)) (credential, error) {
	path := filepath.Join(e.dir, file+".pem")
	c, err := readCredential(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	if c, err = create(); err != nil {
		return c, err
	}
	if err := writeCredential(path, c, false); err != nil && !errors.Is(err, fs.ErrExist) {
		return c, err
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
	s := &EmulatedSigner{emulator: e, algorithm: o.Algorithm, fault: o.Fault}
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
	return c.Subject.CommonName == o.Name && organisation == o.Organisation && o.Algorithm.suits(c.RawSubjectPublicKeyInfo) &&
		!e.now().Before(c.NotBefore) && c.NotAfter.After(e.now().AddDate(0, 1, 0)) && bytes.Equal(c.AuthorityKeyId, e.rootFor(o.Algorithm).certificate.SubjectKeyId)
}

func (e *Emulator) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// fileName keeps ids that are plain readable and gives others a digest.
func fileName(participant string) string {
	if regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`).MatchString(participant) {
		return participant
	}
	return fmt.Sprintf("%X", sha256.Sum256([]byte(participant)))
}
