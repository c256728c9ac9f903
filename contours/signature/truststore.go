package signature

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// A Folder holds certificates of certification authorities as PEM or DER, in files ending in .pem, .crt, .cer or
// .der: self-issued ones become roots, others intermediates. Signed trusted lists lie beside them, in files ending in
// .xml. Files with other endings are left alone.
type Folder struct {
	Domain   string // name of the domain of trust
	Path     string
	Emulator bool  // the roots are an emulator's: every verdict that leans on them says so
	Lists    Lists // how trusted lists are read; zero: they are left alone
}

// A Domain is what a folder holds, in memory.
type Domain struct {
	Name         string
	Emulator     bool
	Certificates []*x509.Certificate
	Lists        []*HeldList
}

// TrustStore holds the roots and intermediate certificates of one deployment. It may be used by many goroutines.
type TrustStore struct {
	folders []Folder
	current atomic.Pointer[anchors]

	loading sync.Mutex   // one Reload at a time; guards what follows
	memory  []listMemory // of each folder
	seen    string       // state of the folders when they were last read
}

// anchors is one loaded state of a store, which does not change; certificates are found by subject.
type anchors struct {
	roots, intermediates map[string][]*authority
	listings             map[string][]listedService // what lists say of an authority, by keyOf
	lists                []*HeldList
}

// authority is a certificate in a chain or a candidate for one.
type authority struct {
	certificate *x509.Certificate
	root        bool // trust ends here
	listed      bool // because a trusted list says so
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

// Reload reads the folders again and takes the outcome as a whole; after an error, as ErrOlderList, the store stays as it
// was. Verifications under way end with what they began with.
func (s *TrustStore) Reload() error {
	if s.folders == nil && s.current.Load() != nil {
		return nil
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	s.seen = stateOf(s.folders)
	domains := make([]Domain, len(s.folders))
	memory := make([]listMemory, len(s.folders))
	for i, f := range s.folders {
		var err error
		if domains[i], err = f.read(); err == nil {
			memory[i], err = s.remember(i, domains[i].Lists)
		}
		if err != nil {
			return fmt.Errorf("load trust domain %s: %w", f.Domain, err)
		}
	}
	loaded, err := newAnchors(domains)
	if err != nil {
		return err
	}
	for i, f := range s.folders {
		if err := memory[i].write(f.Lists); err != nil {
			s.seen = "" // no change of a folder would mend it: Run tries again
			return fmt.Errorf("load trust domain %s: %w", f.Domain, err)
		}
	}
	s.memory = memory
	s.current.Store(loaded)
	return nil
}

// remember returns the memory of a folder with lists that may follow those before.
func (s *TrustStore) remember(folder int, lists []*HeldList) (listMemory, error) {
	if s.memory != nil {
		return s.memory[folder].take(lists)
	}
	memory, err := readMemory(s.folders[folder].Lists.Memory)
	if err != nil {
		return nil, err
	}
	return memory.take(lists)
}

// Lists returns the trusted lists held, in the order of their domains.
func (s *TrustStore) Lists() []*HeldList { return slices.Clone(s.current.Load().lists) }

// With returns a store that holds what s does now and more besides, to try what would become of it. It is kept in memory.
func (s *TrustStore) With(more ...Domain) (*TrustStore, error) {
	return NewTrustStore(append(s.current.Load().domains(), more...)...)
}

// domains takes a loaded state apart.
func (l *anchors) domains() (all []Domain) {
	at := make(map[string]int)
	in := func(name string, emulator bool) *Domain {
		i, ok := at[name]
		if !ok {
			i = len(all)
			at[name], all = i, append(all, Domain{Name: name, Emulator: emulator})
		}
		return &all[i]
	}
	for _, index := range []map[string][]*authority{l.roots, l.intermediates} {
		for _, authorities := range index {
			for _, a := range authorities {
				if !a.listed {
					d := in(a.domain, a.emulator)
					d.Certificates = append(d.Certificates, a.certificate)
				}
			}
		}
	}
	for _, list := range l.lists {
		d := in(list.Domain, false)
		d.Lists = append(d.Lists, list)
	}
	return all
}

func newAnchors(domains []Domain) (*anchors, error) {
	loaded := &anchors{roots: make(map[string][]*authority), intermediates: make(map[string][]*authority), listings: make(map[string][]listedService)}
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
	for _, d := range domains {
		for _, list := range d.Lists {
			if err := loaded.addList(list); err != nil {
				return nil, err
			}
			loaded.lists = append(loaded.lists, list)
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
