package record

import (
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Packet is a packet as the record knows it: its identity, how it ended at admission, and the requisites
// that lists and cards show. The body stands beside it and is read only when asked for.
type Packet struct {
	Key     Key
	ID      document.PacketID
	Attempt int      // 1, or more after a rejected packet used its id again (D6)
	Digest  [32]byte // of the content: tells a repeat from a conflict
	Kind    document.PacketKind
	State   document.State // Accepted, Rejected, OldFormatted or Held: what admission said of the packet as a whole
	At      time.Time      // of admission
	Rules   int64          // version of the rules that it was admitted under
	Size    int64          // bytes, blobs included

	Parent     document.PacketID // of an answer: the packet that it answers
	AnswerTask string            // of an answer: the task that it answers; empty for all
	Outcome    document.Outcome
	Executor   document.ParticipantCode

	DocumentID   string
	DocumentKind string
	Number       document.RegNumber // the sender's
	Title        string
	Sheets       int
	Restricted   bool
	Emulated     bool // a signature of the emulator stands under a file

	Body []byte // wire bytes of the packet; written on insert, loaded only where asked for
}

// Delivery says how a receiver gets its packets.
type Delivery string

// The ways of delivery.
const (
	Hosted  Delivery = "hosted"  // journals here, registered by the hub
	Mailbox Delivery = "mailbox" // the receiver's system pulls and confirms
	Push    Delivery = "push"    // an adapter hands it over
)

// DueKind says what the hub owes an exchange next (D3).
type DueKind string

// What can be due.
const (
	DueNothing  DueKind = ""
	DueDecide   DueKind = "decide"   // held: examine again
	DueDeliver  DueKind = "deliver"  // publish the delivery (again)
	DueExpire   DueKind = "expire"   // waiting for the receiver to pull
	DueRegister DueKind = "register" // waiting for a clerk: a warning when it is late
)

// ExchangeKey names an exchange outside the record: one packet toward one receiver.
type ExchangeKey struct {
	Packet   document.PacketID
	Receiver document.ContourCode
}

// Exchange is one packet toward one receiver.
type Exchange struct {
	Packet   Key // with Receiver the primary key
	ID       document.PacketID
	Receiver document.ContourCode
	State    document.State
	Delivery Delivery
	Rule     string // the trust rule that let it pass

	Due   DueKind
	DueAt time.Time // zero when nothing is due

	Deadline    time.Time // time to live: when it expires undelivered; of a held one: when it is given up
	PulledUntil time.Time // the receiver is fetching it: neither expired nor withdrawn until then (D11)
	Changed     time.Time

	Card   Key                // the receiver's card, of a document without tasks, in a hosted journal
	Number document.RegNumber // the receiver's number: hosted or reported

	Tasks []Task  // loaded with the exchange, ordered by Ordinal
	Doc   *Packet // loaded with the exchange: the packet's row without its body
}

// Key is the exchange's name outside the record.
func (e *Exchange) Key() ExchangeKey { return ExchangeKey{e.ID, e.Receiver} }

// Task is one task of an exchange. It exists from admission on; State is empty until it is registered.
type Task struct {
	Packet   Key // with Receiver and ID the primary key
	Receiver document.ContourCode
	ID       string
	Ordinal  int
	Kind     document.TaskKind
	SMDO     bool
	Executor document.ParticipantCode // the responsible one, else the first; empty when none is named here
	Others   []document.ParticipantCode
	Text     string
	Term     document.Date
	State    document.TaskState
	Outcome  document.Outcome
	Card     Key
	Journal  document.JournalCode
	Number   document.RegNumber // the card's
	Changed  time.Time
}

// JournalKey names the numbered register of one year.
type JournalKey struct {
	Contour document.ContourCode
	Journal document.JournalCode
	Year    int
}

// Journal is the counter of a journal's year.
type Journal struct {
	JournalKey
	Last int64         // the last number given; 0 for none
	Day  document.Date // the day of it: a journal never goes below its last date (D16)
}

// Card is a row of a journal, or a draft that has no number yet.
type Card struct {
	Key      Key
	Contour  document.ContourCode
	Journal  document.JournalCode
	Year     int // 0 until registered
	Seq      int64
	Kind     document.JournalKind
	State    document.CardState
	Number   document.RegNumber
	At       time.Time
	Version  int64
	Packet   Key // what it came with or left as; zero for a draft
	PacketID document.PacketID
	Receipt  document.ReceiptID // that states the registration: the number is shown when it is sealed (D4)
	Task     string
	TaskKind document.TaskKind
	Executor document.ParticipantCode

	Correspondent document.ContourCode
	DocumentID    string
	DocumentKind  string
	SenderNumber  document.RegNumber
	Title         string
	Sheets        int
	Restricted    bool
	Emulated      bool

	Draft     []byte             // of an outgoing card: wire bytes of the packet that it will be or was
	TaskState document.TaskState // loaded with the card from its task
}

// ClaimKey is SHA-256, shortened to 16 octets, of (receiver, sender, document key, task): what is
// registered once (D7).
type ClaimKey [16]byte

// Claim says which card a claim led to.
type Claim struct {
	Key     ClaimKey
	Card    Key
	Journal document.JournalCode
	Number  document.RegNumber
}

// Receipt is a receipt to be stored, with its canonical bytes: what the ledger will hold.
type Receipt struct {
	document.Receipt
	PacketKey Key
	Bytes     []byte
	Seq       int64 // the record's own order of insertion; filled in by Update, as is Leaf: -1 when it did not number
}

// Note is a free text that a receipt only digests: content, kept apart (D17).
type Note struct {
	Packet  Key
	Receipt document.ReceiptID
	Salt    [16]byte
	Text    string
}

// Early is a report about a packet that has not come yet (D11).
type Early struct {
	Packet   document.PacketID
	Reporter document.ContourCode
	ID       string // of the report
	At       time.Time
	Body     []byte // wire bytes
}

// Dead is a dead letter: what failed alone, with its reason (D8).
type Dead struct {
	Key     Key
	Stage   string // admit, report, register …
	Subject string // where it came from, so that it can be returned
	Contour document.ContourCode
	Reason  string // of the hub's own making; no personal data
	At      time.Time
	Payload []byte
	Headers map[string]string
}

// UploadKey names a file that a contour uploaded.
type UploadKey struct {
	Contour document.ContourCode
	SHA256  [32]byte
}

// Upload is a file that a contour uploaded. A packet may name only its own contour's uploads (D13).
type Upload struct {
	UploadKey
	Size    int64
	Digests map[string][]byte // by algorithm, computed while the file streamed in (D9)
	At      time.Time         // when it was last put, by the blob store's clock (blob.Info.Stored)
	Adopted bool              // a packet, or a card's draft, holds it: it stays
	Lent    bool              // came in another contour's packet: it weighs on that one's sum, and stays so whoever uploads it again
}

// StoredFile is one putting of a file, as the blob store lists it.
type StoredFile struct {
	SHA256 [32]byte
	Stored time.Time // by the blob store's clock
}

// Rules is a version of the contours file.
type Rules struct {
	Version  int64
	Text     []byte
	Digest   [32]byte
	Comment  string
	By       string // who put it forward
	Approved string // who approved it: another person, where required
	At       time.Time
	Base     int64 // only when proposed: the version that it was made from, ErrStale when another is in force; 0: whatever is
	Active   bool  // in force now
	Pending  bool  // waits for approval
}

// Role says what the holder of an API key may do.
type Role string

// The roles of keys.
const (
	RoleContour Role = "contour" // everything of its own contour
	RoleAdmin   Role = "admin"   // contours, keys, dead letters
	RoleAuditor Role = "auditor" // reads receipts of everybody, no content
)

// APIKey is a key of a contour or of a person. Only the digest of the secret is kept.
type APIKey struct {
	ID      string // short public part
	Contour document.ContourCode
	Role    Role
	Name    string
	Secret  [32]byte // SHA-256 of the secret
	Created time.Time
	Expires time.Time // zero: never
	Revoked time.Time // zero: not
}
