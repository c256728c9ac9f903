package record

import "github.com/smdo-hub/smdo-hub/schemas/document"

// Reads names what a change has to see. Everything found is locked until the commit, in the order of the
// fields (D10); Claims, Uploads and Early are read after the locks were taken, so that what an earlier
// holder of them committed is seen. Name Stored only to enter Uploads that are named beside it: it makes the uploads
// of one contour wait for each other.
type Reads struct {
	Packets   []document.PacketID // the latest attempt of each, without body
	Exchanges []ExchangeKey       // with tasks and packet row; of an answer also the exchange that it answers
	Journals  []JournalKey        // created at zero where absent
	Cards     []Key
	Claims    []ClaimKey
	Stored    []document.ContourCode // created at zero where absent
	Uploads   []UploadKey
	Early     []document.PacketID
	EarlyOf   []document.ContourCode // only counted: how many early reports these contours have waiting
	Dead      []Key
}

// State is what was found. What is absent from a map does not exist.
type State struct {
	Head      Head
	Packets   map[document.PacketID]*Packet
	Exchanges map[ExchangeKey]*Exchange
	Journals  map[JournalKey]*Journal
	Cards     map[Key]*Card
	Claims    map[ClaimKey]*Claim
	Stored    map[document.ContourCode]int64 // bytes of each that was named: the sum of its uploads that are not Lent
	Uploads   map[UploadKey]*Upload
	Early     map[document.PacketID][]Early
	EarlyOf   map[document.ContourCode]int // never nil
	Dead      map[Key]*Dead
}

// Writes is everything that one commit changes. Rows in the New fields are inserted, in the Set fields
// replaced by primary key (all columns that can change), in the Gone fields removed.
type Writes struct {
	NewPackets   []*Packet
	NewExchanges []*Exchange // with their Tasks
	SetPackets   []*Packet   // State, Rules, At, Emulated
	SetExchanges []*Exchange // without their Tasks
	SetTasks     []*Task     // Executor, Others, State, Outcome, Card, Journal, Number, Changed: what the sender wrote stays
	SetJournals  []*Journal
	NewCards     []*Card
	SetCards     []*Card // refused with ErrStale when Version is not the stored one + 1
	NewClaims    []*Claim
	Receipts     []*Receipt // a receipt id that exists already, or comes twice here, is left as it is and comes back with Seq 0
	Number       bool       // number the receipts in the same commit where the record can (see Sealing): they come back with their Leaf
	Notes        []Note
	NewEarly     []Early
	GoneEarly    []document.PacketID
	NewDead      []*Dead
	GoneDead     []Key
	NewUploads   []*Upload   // a new one is added to its contour's sum; one that exists takes the younger At; ErrStale when the file was given up as it was put at At, or later: put it again
	Adopted      []UploadKey // ErrStale when one is not there: never uploaded, or given up
}

// Empty says whether there is nothing to write.
func (w *Writes) Empty() bool {
	return w == nil || len(w.NewPackets)+len(w.NewExchanges)+len(w.SetPackets)+len(w.SetExchanges)+len(w.SetTasks)+len(w.SetJournals)+
		len(w.NewCards)+len(w.SetCards)+len(w.NewClaims)+len(w.Receipts)+len(w.Notes)+len(w.NewEarly)+len(w.GoneEarly)+
		len(w.NewDead)+len(w.GoneDead)+len(w.NewUploads)+len(w.Adopted) == 0
}
