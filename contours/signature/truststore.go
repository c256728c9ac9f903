package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
)

// A Folder holds certificates of certification authorities as PEM or DER, in files ending in .pem, .crt, .cer or
// .der: self-issued ones become roots, others intermediates. Files with other endings are left alone.
type Folder struct {
	Domain   string // name of the domain of trust
	Path     string
	Emulator bool // the roots are an emulator's: every verdict that leans on them says so
}

// A Domain is what a folder holds, in memory.
type Domain struct {
	Name         string
	Emulator     bool
	Certificates []*x509.Certificate
}

// TrustStore holds the roots and intermediate certificates of one deployment. It may be used by many goroutines.
type TrustStore struct {
	folders []Folder
	current atomic.Pointer[anchors]
}

// anchors is one loaded state of a store, which does not change; certificates are found by subject.
type anchors struct {
	roots, intermediates map[string][]*authority
}

// authority is a certificate in a chain or a candidate for one.
type authority struct {
	certificate *x509.Certificate
	root        bool
	carried     bool // it came with the message
	domain      string
	emulator    bool
}

// OpenTrustStore loads folders. A file that cannot be read as certificates of authorities is an error.
func OpenTrustStore(folders ...Folder) (*TrustStore, error) {
	s := &TrustStore{folders: folders}
	if err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// NewTrustStore keeps domains in memory; Reload changes nothing.
func NewTrustStore(domains ...Domain) (*TrustStore, error) {
	loaded, err := newAnchors(domains)
	if err != nil {
		return nil, err
	}
	s := new(TrustStore)
	s.current.Store(loaded)
	return s, nil
}

// Reload reads the folders again and takes the outcome as a whole; after an error the store stays as it was.
// Verifications under way end with what they began with.
func (s *TrustStore) Reload() error {
	if s.folders == nil && s.current.Load() != nil {
		return nil
	}
	domains := make([]Domain, 0, len(s.folders))
	for _, f := range s.folders {
		certificates, err := readFolder(f.Path)
		if err != nil {
			return fmt.Errorf("load trust domain %s: %w", f.Domain, err)
		}
		domains = append(domains, Domain{Name: f.Domain, Emulator: f.Emulator, Certificates: certificates})
	}
	loaded, err := newAnchors(domains)
	if err != nil {
		return err
	}
	s.current.Store(loaded)
	return nil
}

func newAnchors(domains []Domain) (*anchors, error) {
	loaded := &anchors{make(map[string][]*authority), make(map[string][]*authority)}
	for _, d := range domains {
		for _, c := range d.Certificates {
			if !c.BasicConstraintsValid || !c.IsCA {
				return nil, fmt.Errorf("trust domain %s: certificate %x of %s is not an authority's", d.Name, c.SerialNumber, c.Subject)
			}
			a := &authority{certificate: c, root: isRoot(c), domain: d.Name, emulator: d.Emulator}
			if err := loaded.add(a); err != nil {
				return nil, err
			}
		}
	}
	return loaded, nil
}

// add refuses a root in two domains: the verdict names one.
func (l *anchors) add(a *authority) error {
	index := l.intermediates
	if a.root {
		index = l.roots
	}
	subject := string(a.certificate.RawSubject)
	for _, other := range index[subject] {
		if !bytes.Equal(other.certificate.RawSubjectPublicKeyInfo, a.certificate.RawSubjectPublicKeyInfo) {
			continue
		}
		if a.root && other.domain != a.domain {
			return fmt.Errorf("root %s is in two trust domains, %s and %s", a.certificate.Subject, other.domain, a.domain)
		}
	}
	index[subject] = append(index[subject], a)
	return nil
}

// isRoot: self-issued, and not a new key vouched for by an old one.
func isRoot(c *x509.Certificate) bool {
	return selfIssued(c) && (len(c.AuthorityKeyId) == 0 || len(c.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, c.SubjectKeyId))
}

func readFolder(path string) (all []*x509.Certificate, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !slices.Contains([]string{".pem", ".crt", ".cer", ".der"}, strings.ToLower(filepath.Ext(e.Name()))) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(path, e.Name()))
		if err != nil {
			return nil, err
		}
		certificates, err := parseCertificates(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		all = append(all, certificates...)
	}
	return all, nil
}

func parseCertificates(data []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		return x509.ParseCertificates(data)
	}
	var all []*x509.Certificate
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a %s among certificates", strings.ToLower(block.Type))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all, data = append(all, c), rest
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no certificate")
	}
	return all, nil
}
