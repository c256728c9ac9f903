package contours

import (
	"crypto/sha256"
	"time"
)

// Version is a contours file as it was put forward, and who stands behind it. The record keeps all of
// them, so that every receipt can be read under the rules of its time.
type Version struct {
	No         int64 // from 1, without gaps
	AppliedBy  string
	ApprovedBy string // another person; empty where nobody had to approve, or has yet
	At         time.Time
	Digest     [32]byte // SHA-256 of Text
	Text       []byte
}

// NewVersion puts a file forward.
func NewVersion(no int64, text []byte, by string, at time.Time) Version {
	return Version{No: no, AppliedBy: by, At: at, Digest: sha256.Sum256(text), Text: text}
}

// NeedsApproval says whether next takes effect only after a second person has approved it: where the rules
// in force demand it, so that switching approval off needs it too, or where next itself demands it. Current
// is nil on a new hub.
func NeedsApproval(current, next *Config) bool {
	return current != nil && current.Approval == ApprovalRequired || next.Approval == ApprovalRequired
}

// Approved says whether the version has the approval that it needs: of somebody else than who put it forward.
func (v Version) Approved(current, next *Config) bool {
	return !NeedsApproval(current, next) || v.ApprovedBy != "" && v.ApprovedBy != v.AppliedBy
}
