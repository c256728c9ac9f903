package record

import (
	"context"
	"errors"
	"time"

	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The errors that callers tell apart. Everything else means: the record is away or broken, try again.
var (
	ErrAway      = errors.New("record: away") // the database was not there, or could write nothing: the same may succeed later, whatever it was
	ErrNotFound  = errors.New("record: not found")
	ErrStale     = errors.New("record: changed meanwhile") // a card's version, rules that moved
	ErrWentBack  = receipts.ErrWentBack                    // D5: stop the hub
	ErrNotSealer = receipts.ErrNotSealer                   // D4
	ErrInUse     = errors.New("record: another process has this database open")
)

// Record is the whole seam. Packages that need a part of it declare that part themselves.
type Record interface {
	Updater
	Sealing
	Reader
	Rulebook
	Keyring
	Files
	Keeper

	// Maintain does what has to be done once a day, as at the time now: it makes room for the months to come, forgets what was kept until now, and
	// drops doom marks that nobody can still run into (see Files).
	Maintain(ctx context.Context, now time.Time) error

	// Durable returns an error that names the setting when a commit would not survive a power failure
	// (PostgreSQL fsync, synchronous_commit, full_page_writes; SQLite synchronous=FULL and WAL).
	Durable(ctx context.Context) error

	// Ping says whether the record answers now.
	Ping(ctx context.Context) error

	// Now is the time by the record's own clock (D16). A record in this process has this machine's.
	Now(ctx context.Context) (time.Time, error)

	// Close ends the use of the record.
	Close() error
}

// An Updater changes the record.
type Updater interface {
	// Update locks and loads what reads names, calls decide, and commits what it returns, all of it or
	// nothing. decide is called again after a conflict with another instance; it must have no effects
	// and must not keep what it was given. A nil or empty Writes ends the transaction without a change.
	// An error of decide ends it too and is returned as it is.
	//
	// After a successful return the Seq of every receipt in the Writes is set (0: it was there before).
	// When the commit's outcome is unknown (the connection was cut after COMMIT) an error is returned,
	// and running the same batch again has the same outcome.
	Update(ctx context.Context, reads Reads, decide func(*State) (*Writes, error)) error
}

// What the sealer exchanges with the record belongs to package receipts.
type (
	Unsealed = receipts.Unsealed
	Leaf     = receipts.Leaf
	Head     = receipts.Head
)

// Sealing is what the sealer needs (D4, D5).
//
// A commit that asks for it (Writes.Number) numbers its own receipts, by the same lock of the head as Number, when
// every receipt with a lower Seq has its number and nobody holds the lock. When it cannot, it does not wait: Number does
// it.
type Sealing interface {
	// Number gives the receipts with these seqs consecutive leaf numbers, in the order given, in one
	// short transaction that locks the head row and renews the lease of owner. Those that have a number
	// already keep it. It returns the new head and the leaf of each, in leaf order. With no seqs it only
	// takes or renews the lease. ErrNotSealer when another owner's lease has not run out; ErrNotFound, and
	// nothing numbered, when there is no receipt with one of the seqs.
	// sealed is remembered in the head: every receipt whose Seq is at most sealed has a leaf or does not exist.
	Number(ctx context.Context, owner string, lease time.Duration, seqs []int64, sealed int64) (Head, []Leaf, error)

	// Unsealed returns receipts without a leaf, by Seq: those among seqs when seqs is given, else all
	// above the remembered mark, at most limit.
	Unsealed(ctx context.Context, seqs []int64, limit int) ([]Unsealed, error)

	// Sealed returns the remembered mark.
	Sealed(ctx context.Context) (int64, error)

	// Horizon returns a seq up to which every receipt that will ever be visible is visible now: no
	// transaction that could still commit holds a seq at or below it.
	Horizon(ctx context.Context) (int64, error)

	// Leaves returns numbered receipts from leaf no `from` on, at most limit, in order.
	Leaves(ctx context.Context, from int64, limit int) ([]Leaf, error)
}

// Page bounds a list: rows after the key (exclusive), at most Limit (1–1000), newest first when Newest.
type Page struct {
	After  string // an opaque cursor that a list returned; empty for the first page
	Limit  int
	Newest bool
}

// PacketQuery selects exchanges for a list.
type PacketQuery struct {
	Contour   document.ContourCode // whose
	Outgoing  bool                 // sent by it; else addressed to it
	States    []document.State     // empty: all
	Attention bool                 // only what needs a person: bad ends (the sender's own withdrawal is none) and late registrations, that is delivered with DueRegister that has passed, or with nothing due
	Since     time.Time            // by the moment in the packet's key, as KeyAt gives it
	Until     time.Time            // exclusive; zero: no end
	Page
}

// CardQuery selects cards of one contour for a list.
type CardQuery struct {
	Contour document.ContourCode
	Journal document.JournalCode // a journal's registered cards by number; empty: cards without a number, by key
	Year    int                  // of a journal; 0: all years, one after the other
	State   document.CardState   // empty: all of the journal; without a journal, drafts and pending cards
	Page
}

// TaskQuery selects tasks on desks of one contour.
type TaskQuery struct {
	Contour  document.ContourCode
	Executor document.ParticipantCode // empty: everybody's
	State    document.TaskState       // empty: all registered
	Page
}

// DeskTask is a task on an executor's desk with what the list shows.
type DeskTask struct {
	Task
	PacketID     document.PacketID
	DocumentKind string
	Title        string
	SenderNumber document.RegNumber
	Receipt      document.ReceiptID // of the registration
}

// SealedReceipt is a receipt with its leaf and who may see it.
type SealedReceipt struct {
	Leaf     int64
	Sender   document.ContourCode
	Receiver document.ContourCode
	Bytes    []byte
}

// FeedQuery selects sealed receipts in leaf order.
type FeedQuery struct {
	Contour document.ContourCode // of either side; empty: everybody's
	From    int64                // first leaf to look at
	Limit   int                  // receipts returned at most
	Scan    int                  // leaves looked at, at most: the reader goes on from Next
}

// Reader answers questions. Lists are pages by key; nothing is read whole.
type Reader interface {
	Head(ctx context.Context) (Head, error)

	Packet(ctx context.Context, id document.PacketID) (*Packet, []*Exchange, error) // the latest attempt with its exchanges
	Body(ctx context.Context, packet Key) ([]byte, error)
	Receipts(ctx context.Context, id document.PacketID, limit int) ([]SealedReceipt, error) // sealed ones of all attempts, in leaf order
	Receipt(ctx context.Context, id document.ReceiptID) (SealedReceipt, error)
	Note(ctx context.Context, id document.ReceiptID) (Note, error)
	Feed(ctx context.Context, q FeedQuery) (receipts []SealedReceipt, next int64, err error)

	Exchanges(ctx context.Context, q PacketQuery) (rows []*Exchange, cursor string, err error)
	Mailbox(ctx context.Context, contour document.ContourCode, after Key, limit int) ([]*Exchange, error) // Forwarded, mailbox delivery, forwarding sealed; by packet key
	Cards(ctx context.Context, q CardQuery) (rows []*Card, cursor string, err error)                      // numbers only when their receipt is sealed
	Card(ctx context.Context, key Key) (*Card, error)                                                     // number and Seq only when their receipt is sealed; so in Cards, CardsOf and Tasks
	CardsOf(ctx context.Context, packet document.PacketID, contour document.ContourCode) ([]*Card, error)
	Tasks(ctx context.Context, q TaskQuery) (rows []*DeskTask, cursor string, err error)
	Journals(ctx context.Context, contour document.ContourCode) ([]Journal, error) // counters of all years

	Stored(ctx context.Context, contour document.ContourCode) (int64, error) // bytes of its uploads that are not Lent; 0 for an unknown contour

	Due(ctx context.Context, before time.Time, limit int) ([]*Exchange, error)            // overdue, the longest first, without tasks
	DeadLetters(ctx context.Context, stage string, after Key, limit int) ([]*Dead, error) // by key; empty stage: all

	// History yields accepted packets of all contours since a time (that of their keys), oldest first, for rules
	// that are tried on recorded traffic. It reads page by page; the packet rows come without body.
	History(ctx context.Context, since time.Time, after Key, limit int) ([]*Packet, [][]*Exchange, error)
}

// Rulebook keeps the versions of the trust rules. They change whole, and every transaction reads which
// version is in force (D10).
type Rulebook interface {
	ProposeRules(ctx context.Context, r Rules, activate bool) (int64, error)     // gives the version; in force at once when activate
	ApproveRules(ctx context.Context, version int64, by string) error            // puts a pending version in force; ErrStale when it is not pending, or a newer one is in force
	RulesVersion(ctx context.Context, version int64) (Rules, error)              // 0: the one in force
	RulesVersions(ctx context.Context, before int64, limit int) ([]Rules, error) // below before (0: from the newest), newest first, without Text
}

// Files says which files of the blob store nobody needs. It races those who enter uploads (Writes.NewUploads) and
// those who adopt them (Writes.Adopted); blob.Collector argues why nothing adopted is ever deleted.
type Files interface {
	// Doom gives up files, in one durable commit: those that nothing has adopted and of which no upload is younger
	// than Stored. It removes their uploads and takes them off their contours' sums, leaves a mark (digest, the latest Stored) against uploads that
	// are as old and not entered yet, and returns them as they were given. What was given up before and is still
	// there is returned again. Files come by digest, each once.
	Doom(ctx context.Context, files []StoredFile) ([]StoredFile, error)
}

// KeepMarks is how long after its Stored a doom mark is kept at least: longer than any upload lasts from the end of
// its putting to its entry here.
const KeepMarks = 31 * 24 * time.Hour

// Keyring keeps API keys.
type Keyring interface {
	AddKey(ctx context.Context, k APIKey) error
	Key(ctx context.Context, id string) (APIKey, error)
	Keys(ctx context.Context, contour document.ContourCode, after string, limit int) ([]APIKey, error) // by id; empty contour: everybody's
	RevokeKey(ctx context.Context, id string, at time.Time) error                                      // the first time counts

	// BindBus remembers the identity of the bus. It fails with ErrStale when another one is bound.
	BindBus(ctx context.Context, bus string) error
}
