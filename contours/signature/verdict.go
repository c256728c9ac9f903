package signature

import "time"

// Status is the outcome of a check.
type Status int

const (
	// Undeterminable: nothing is wrong, but something needed to decide is missing. It is the zero value.
	Undeterminable Status = iota
	Valid
	Invalid
)

func (s Status) String() string {
	switch s {
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	}
	return "undeterminable"
}

// Revocation says what is known about the revocation of the certificates of a chain.
type Revocation string

// What is known of a chain is what is known of the worst of its certificates, the root aside.
const (
	NotChecked Revocation = "not checked" // revocation was not looked at
	Good       Revocation = "good"        // not revoked at the moment of the verdict
	Stale      Revocation = "stale"       // not known to be revoked, by a list that had run out at that moment
	Unknown    Revocation = "unknown"     // no list or responder speaks of the certificate
	Revoked    Revocation = "revoked"     // before or at that moment
)

// TimeSource says where the moment comes from for which a verdict holds.
type TimeSource string

// ReceiptTime: our own clock when the signed file arrived, as the caller noted it then.
const ReceiptTime TimeSource = "receipt time"

// StampTime: a time stamp over the signature, by an authority that is trusted here.
const StampTime TimeSource = "time stamp"

// Verdict is the finding about one CMS message: the worst of the findings about its signers.
type Verdict struct {
	Status Status
	Reason Reason // empty when valid
	Field  string // what is at fault: "messageDigest", "certificate.notAfter"
	Detail string // for a specialist, in English, free of personal data

	Time       time.Time // the moment at which certificates had to be good; with several signers the latest
	TimeSource TimeSource
	Emulated   bool // some signer's chain, or the stamp that gave its time, ends in a root of an emulator

	Signers []SignerVerdict // in the order of the message; empty when it could not be read
}

// SignerVerdict is the finding about one signer of a message.
type SignerVerdict struct {
	Status Status
	Reason Reason
	Field  string
	Detail string

	Signer      Identity
	SigningTime time.Time // when the signer claims to have signed; zero when not stated
	Family      string    // of the signer's key

	Time       time.Time // the moment at which this signer's certificates had to be good
	TimeSource TimeSource
	Stamps     []Stamp // what each time stamp over this signature is worth; empty when none was looked at

	Domain     string   // of trust, that the chain ends in; empty without a chain
	Emulated   bool     // that domain is an emulator's, or that of the stamp which gave the time
	Chain      [][]byte // SHA-256 of each certificate, signer first, root last; shared, do not change
	ListStale  bool     // trust rests on a trusted list that had run out at Time
	Revocation Revocation

	// RevocationTime is what Revocation rests on: when the oldest list consulted was issued, or when the
	// certificate was revoked; zero when nothing is known.
	RevocationTime time.Time
}

// Identity is who a certificate speaks of.
type Identity struct {
	CommonName   string // of the subject
	Organisation string // of the subject; empty when not stated
	Issuer       string // distinguished name, RFC 2253
	Serial       string // hexadecimal
	Certificate  []byte // SHA-256 of the certificate

	NotBefore, NotAfter time.Time // the certificate's term
}

// Text says in Russian and in English what is wrong; empty when valid.
func (v Verdict) Text() Text { return textFor(v.Reason, v.Field) }

// Text says in Russian and in English what is wrong; empty when valid.
func (v SignerVerdict) Text() Text { return textFor(v.Reason, v.Field) }

// add takes up the finding about one more signer.
func (v *Verdict) add(s SignerVerdict) {
	v.Signers = append(v.Signers, s)
	v.Emulated = v.Emulated || s.Emulated
	if len(v.Signers) == 1 || s.Time.After(v.Time) {
		v.Time, v.TimeSource = s.Time, s.TimeSource
	}
	if len(v.Signers) == 1 || worse(s.Status, v.Status) {
		v.Status, v.Reason, v.Field, v.Detail = s.Status, s.Reason, s.Field, s.Detail
	}
}

func worse(a, b Status) bool {
	rank := [...]int{Valid: 0, Undeterminable: 1, Invalid: 2}
	return rank[a] > rank[b]
}

// A flaw is what speaks against a signature; as an error it ends the check of one signer.
type flaw struct {
	status Status
	reason Reason
	field  string
	detail string
}

func (f *flaw) Error() string { return string(f.reason) + " " + f.field + ": " + f.detail }

func invalid(reason Reason, field, detail string) *flaw {
	return &flaw{status: Invalid, reason: reason, field: field, detail: detail}
}

func malformed(field, detail string) *flaw { return invalid(Malformed, field, detail) }
