package document

import "time"

// JournalCode names a journal within its contour.
type JournalCode string

// JournalKind says which documents a journal is made for.
type JournalKind string

// The kinds of journals.
const (
	JournalTasks    JournalKind = "tasks"    // documents that came with СМДО tasks (R02)
	JournalIncoming JournalKind = "incoming" // documents without tasks (R03a)
	JournalOutgoing JournalKind = "outgoing" // the sender's own (E02a)
)

// Known says whether the kind is one of the above.
func (k JournalKind) Known() bool {
	return k == JournalTasks || k == JournalIncoming || k == JournalOutgoing
}

// CardID identifies a registration card (UUIDv7 text).
type CardID string

// CardState is where a card stands.
type CardState string

// The states of a card. An outgoing card is a draft, then registered, then sent and locked; an incoming
// one is pending until the clerk decides, or registered by itself.
const (
	CardDraft      CardState = "draft"
	CardPending    CardState = "pending"
	CardRegistered CardState = "registered"
	CardSent       CardState = "sent"
	CardNotSubject CardState = "not_subject"
	CardRefused    CardState = "refused"
)

// Card is how one organisation registered a document; each side has its own.
type Card struct {
	ID      CardID
	Contour ContourCode
	Journal JournalCode
	Kind    JournalKind
	State   CardState
	Seq     int64     // place within the journal's year; 0 until registered
	Number  RegNumber // by the journal's template
	At      time.Time // when it was registered, or made

	Correspondent ContourCode // the other side; of an outgoing card its first receiver
	Packet        PacketID    // what it came with, or left as
	Task          string      // the packet's task, of a card in a task journal
	TaskKind      TaskKind
	TaskState     TaskState
	Executor      ParticipantCode
	Term          Date

	DocumentID   string // the sender's identifier of the document
	DocumentKind string
	SenderNumber RegNumber
	Title        string
	Sheets       int
	Restricted   bool
	Emulated     bool

	Draft   *Packet // of an outgoing card: what will be, or was, sent
	Version int64   // grows with each change; a change names the version it was made from
}
