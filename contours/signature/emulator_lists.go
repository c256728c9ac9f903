package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// listMonths is the term of the lists that the emulator publishes; one that has run half of it is renewed when the emulator is
// opened.
const listMonths = 12

// keyCompromise is the reason that FaultRevoked gives (RFC 5280, 5.3.1).
const keyCompromise RevocationReason = 1

// RevocationFolder is where the emulator publishes its revocation lists, for RevocationConfig.Folders. A store looks there every
// minute; one that must not wait is opened after the change.
func (e *Emulator) RevocationFolder() string { return filepath.Join(e.dir, "crl") }

// Revoke puts a certificate that one of the emulator's roots issued onto that root's list, and publishes it. Of two processes
// that revoke at the same moment one may undo what the other did.
func (e *Emulator) Revoke(r EmulatedRevocation) error {
	for algorithm, name := range rootFiles() {
		root := e.roots[algorithm]
		if !bytes.Equal(r.Certificate.RawIssuer, root.certificate.RawSubject) {
			continue
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if err := e.publishList(name[0], root, r); err != nil {
			return fmt.Errorf("revoke an emulated certificate: %w", err)
		}
		return nil
	}
	return fmt.Errorf("revoke: certificate %x is none of this emulator's", r.Certificate.SerialNumber)
}

// renewList publishes a root's list where there is none, or an old one.
func (e *Emulator) renewList(file string, root credential) error {
	held, err := e.readList(file)
	if err != nil || held != nil && held.NextUpdate.After(time.Now().AddDate(0, listMonths/2, 0)) {
		return err
	}
	return e.publishList(file, root)
}

// publishList writes a list that has what the last one had, and more.
func (e *Emulator) publishList(file string, root credential, more ...EmulatedRevocation) error {
	held, err := e.readList(file)
	if err != nil {
		return err
	}
	now := time.Now() // stores look at lists by their own clock, whatever that of the exercise
	template := &x509.RevocationList{Number: big.NewInt(now.Unix()), ThisUpdate: now, NextUpdate: now.AddDate(0, listMonths, 0)}
	if held != nil {
		template.RevokedCertificateEntries = held.RevokedCertificateEntries
		if template.Number.Cmp(held.Number) <= 0 {
			template.Number.Add(held.Number, big.NewInt(1))
		}
	}
	for _, r := range more {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: r.Certificate.SerialNumber, RevocationTime: r.At, ReasonCode: int(r.Reason)})
	}
	return e.writeList(file, template, root)
}

// readList is nil when there is none.
func (e *Emulator) readList(file string) (*x509.RevocationList, error) {
	data, err := os.ReadFile(filepath.Join(e.RevocationFolder(), file+".crl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s.crl is not a list in PEM", file)
	}
	return x509.ParseRevocationList(block.Bytes)
}

func (e *Emulator) writeList(file string, template *x509.RevocationList, issuer credential) error {
	der, err := issueList(template, issuer)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(e.RevocationFolder(), file+".crl"), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), true)
}

// staleAuthority is an authority under the root for signers by an algorithm, whose list ran out a day before it was made. Trust
// stores that were opened before it was have to be loaded again, to believe the list.
func (e *Emulator) staleAuthority(a Algorithm) (credential, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	root := e.rootFor(a)
	name := rootFiles()[a.suite().root]
	file := "stale-" + name[0]
	authority, err := e.openAuthority(a.suite().root, file, "Центр с устаревшим списком"+name[1], &root)
	if err != nil {
		return authority, err
	}
	held, err := e.readList(file)
	if err != nil || held != nil {
		return authority, err
	}
	now := time.Now()
	return authority, e.writeList(file, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.AddDate(0, 0, -30), NextUpdate: now.AddDate(0, 0, -1)}, authority)
}
