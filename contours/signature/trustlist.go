package signature

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A TrustList is what a signed trusted list (доверенный список, TSL; ETSI TS 119 612) says: a state's supervisor names
// the services that it watches, with their certificates, and since when each has which status. Package tsl reads it.
// It does not change.
type TrustList struct {
	Scheme     string    // what tells this list from others: its territory, type and operator
	Sequence   uint64    // grows from list to list
	Issued     time.Time // when it was issued
	NextUpdate time.Time // when another will have been issued; zero: the list is closed, and no other comes
	Services   []TrustService
}

// A TrustService is one service of a trusted list.
type TrustService struct {
	Provider     string
	Name         string
	Kind         ServiceKind
	Certificates []*x509.Certificate // of its one key, as a rule
	Statuses     []ServiceStatus     // the latest first
}

// ServiceKind says what the certificates of a service are good for.
type ServiceKind string

const (
	IssuingService  ServiceKind = "CA/QC" // issues certificates to persons
	StampingService ServiceKind = "TSA"   // stamps the time, or certifies those who do
)

// ServiceStatus is the status of a service from a moment until the next status begins.
type ServiceStatus struct {
	From    time.Time
	Name    string // last part of the list's own name: "granted", "withdrawn"
	Granted bool   // the service may be relied on
}

// StatusAt is the status of a service as at a moment; ok is false before the first that the list tells of.
func (s *TrustService) StatusAt(at time.Time) (status ServiceStatus, ok bool) {
	for _, status := range s.Statuses {
		if !at.Before(status.From) {
			return status, true
		}
	}
	return status, false
}

// StaleAt reports whether the list no longer speaks of a moment: another should have been issued by then.
func (l *TrustList) StaleAt(at time.Time) bool {
	if l.NextUpdate.IsZero() {
		return at.After(l.Issued)
	}
	return at.After(l.NextUpdate)
}

// Lists says how trusted lists in a folder, files ending in .xml, are read. The zero value leaves them alone.
type Lists struct {
	// Read checks a list's own signature against the certificates of those who may sign it, and reads it; package tsl
	// has it.
	Read func(list []byte, signers []*x509.Certificate) (*TrustList, error)

	// Signers are those whose lists count. A list by anybody else is an error.
	Signers []*x509.Certificate

	// Stale says what becomes of a signature whose centre a list names that has run out at the moment of the verdict:
	// by AcceptMarked the last known status counts and the verdict is marked (SignerVerdict.ListStale), by Hold the
	// signature is undeterminable until another list comes, by Refuse it is not trusted.
	Stale RevocationRule

	// Memory is a file that keeps the highest number seen of each list, so that no older one comes back after a
	// restart. None: for the life of the store alone.
	Memory string

	// ReadOnly leaves Memory as it is, for those who only look.
	ReadOnly bool
}

// A HeldList is a list that a store holds.
type HeldList struct {
	*TrustList
	Domain string
	File   string
	SHA256 []byte

	stale RevocationRule
}

// ErrOlderList says that a list is older than one that was held before, or another with the same number.
var ErrOlderList = errors.New("trusted list is older than the one held")

// maxList bounds a trusted list, in octets; those of the largest states have 5 MB.
const maxList = 10 << 20

// read checks and reads one list.
func (l Lists) read(data []byte) (*HeldList, error) {
	if len(data) > maxList {
		return nil, errors.New("trusted list longer than 10 MiB")
	}
	list, err := l.Read(data, l.Signers)
	if err != nil {
		return nil, err
	}
	if list.Issued.After(time.Now().Add(clockSkew)) {
		return nil, fmt.Errorf("trusted list issued in the future, at %s", list.Issued.Format(time.RFC3339))
	}
	sum := sha256.Sum256(data)
	return &HeldList{TrustList: list, SHA256: sum[:], stale: l.Stale}, nil
}

// newest keeps of each list the newest: old files lie about, and do no harm. Two of one number are an error.
func newest(all []*HeldList) (kept []*HeldList, err error) {
	for _, l := range all {
		i := slices.IndexFunc(kept, func(k *HeldList) bool { return k.Scheme == l.Scheme })
		switch {
		case i < 0:
			kept = append(kept, l)
		case l.Sequence > kept[i].Sequence:
			kept[i] = l
		case l.Sequence == kept[i].Sequence && !slices.Equal(l.SHA256, kept[i].SHA256):
			return nil, fmt.Errorf("%w: %s and %s are different and have the number %d both", ErrOlderList, kept[i].File, l.File, l.Sequence)
		}
	}
	return kept, nil
}
