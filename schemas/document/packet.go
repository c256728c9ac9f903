package document

import "time"

// Edition is the edition of the hub's own packet that this code reads and writes. A packet that names
// another one is refused, never half understood.
const Edition = "smdo-hub/1"

// MaxReceivers is how many receivers one packet may have (SDIP 2.4, Header/Receiver 1–100).
const MaxReceivers = 100

// PacketKind says what a packet is in a correspondence (SDIP Header/@msg_type).
type PacketKind int

// The kinds of packets, with their numbers in ГОСТ Р 53898 and SDIP.
const (
	Notification      PacketKind = 0 // receipts of the formats; they travel as reports, not as packets
	Main              PacketKind = 1 // a main document, with or without tasks
	Additions         PacketKind = 2 // additions to a main document
	Answer            PacketKind = 3 // an answer document
	AdditionsToAnswer PacketKind = 4
)

// Acknow says which receipts the sender wants (SDIP Header/@msg_acknow). Absence means Always.
type Acknow int

// The wishes for receipts.
const (
	AcknowNone    Acknow = 0
	AcknowOnError Acknow = 1
	AcknowAlways  Acknow = 2
)

// Packet is what travels: addressed, signed file by file, immutable.
type Packet struct {
	ID      PacketID
	Edition string // of the hub's packet; Edition when made here
	Kind    PacketKind
	Acknow  Acknow
	Sent    time.Time // when the sender made it (Envelop/@dtstamp); information, never an order
	Subject string    // Envelop/@subject

	From   System          // the sender's system, as it names itself
	Author ParticipantCode // who sent it; must have the right to send where tasks cross contours

	To        []Receiver // 1–100
	Document  *Document  // absent in additions
	Tasks     []Task
	Answer    *TaskAnswer // what an answer says of the task that it answers
	Folders   []Folder    // AddDocuments
	Expansion *Expansion
}

// System names an organisation's EDMS (Sender and Receiver attributes of SDIP).
type System struct {
	Name    string // of the organisation
	SysID   string // GUID of the EDMS product, issued by the operator of the national system
	System  string // product name
	Details string // product version
}

// Receiver is one addressee of a packet.
type Receiver struct {
	Contour      ContourCode
	System       System
	Organization *Organization
	Person       *Person // a private person
	Referred     []Reference
}

// Files returns every attachment of the packet with the path of its field: the document's own first,
// then those of tasks and of folders, in the order of the form.
func (p *Packet) Files(yield func(field string, a *Attachment) bool) {
	if p.Document != nil {
		for i := range p.Document.Files {
			if !yield(path("document.files", i), &p.Document.Files[i]) {
				return
			}
		}
	}
	for t := range p.Tasks {
		for i := range p.Tasks[t].Files {
			if !yield(path(path("tasks", t)+".files", i), &p.Tasks[t].Files[i]) {
				return
			}
		}
	}
	for f := range p.Folders {
		for i := range p.Folders[f].Files {
			if !yield(path(path("folders", f)+".files", i), &p.Folders[f].Files[i]) {
				return
			}
		}
	}
}

// Receives says whether contour c is among the receivers.
func (p *Packet) Receives(c ContourCode) bool {
	for i := range p.To {
		if p.To[i].Contour == c {
			return true
		}
	}
	return false
}

// TasksFor returns the tasks that have an executor in contour c, in the order of the packet. A task
// without executors is for every receiver.
func (p *Packet) TasksFor(c ContourCode) []*Task {
	var tasks []*Task
	for i := range p.Tasks {
		if p.Tasks[i].isFor(c) {
			tasks = append(tasks, &p.Tasks[i])
		}
	}
	return tasks
}

// Expansion carries what a format allows beyond its zones (SDIP Expansion): a named control set and
// variables. The hub keeps it and never acts on it.
type Expansion struct {
	Supplement string
	Version    string
	Date       Date
	Notes      string
	Variables  []Variable
}

// Variable is one entry of an Expansion.
type Variable struct {
	Name  string
	Value string
}

// FolderKind says what additional material is (SDIP Folder/@add_type).
type FolderKind int

// The kinds of folders.
const (
	Enclosure   FolderKind = 0 // a part of the document
	Information FolderKind = 1 // information material
	Link        FolderKind = 2 // a link to another document
)

// Folder is a set of additional material (AddDocuments/Folder).
type Folder struct {
	Contents string
	Kind     FolderKind
	Files    []Attachment
	Notes    []string
	Referred []Reference
}
