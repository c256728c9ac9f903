package contours

import "github.com/smdo-hub/smdo-hub/schemas/document"

// Edition is the edition of the contours file that this code reads.
const Edition = "smdo-contours/1"

// Config is the contours file, read and checked. It is not changed after Parse.
type Config struct {
	Edition       string         `json:"edition"`
	Approval      Approval       `json:"approval"`
	Answers       Answers        `json:"answers"`
	Kinds         []string       `json:"kinds"` // of documents, permitted for exchange (S03)
	Organisations []Organisation `json:"organisations"`
	Contours      []Contour      `json:"contours"`
	Trust         []Pair         `json:"trust"`
	Policies      []Policy       `json:"policies"`
	Cases         []Case         `json:"cases"`
}

// Approval says whether a new version of the file needs a second person.
type Approval string

// The ways of approval.
const (
	ApprovalNone     Approval = "none"
	ApprovalRequired Approval = "required"
)

// Answers says whether an answer to an accepted packet may go back without a pair of its own.
type Answers string

// The ways of answers.
const (
	AnswersAllowed Answers = "allowed"
	AnswersByPair  Answers = "by-pair"
)

// Name is a text for people in both languages. English may be absent.
type Name struct {
	RU string `json:"ru"`
	EN string `json:"en,omitempty"`
}

// Text picks the language; where there is no English, Russian stands in.
func (n Name) Text(l document.Lang) string {
	if l == document.English && n.EN != "" {
		return n.EN
	}
	return n.RU
}

// State says whether an organisation's access is open.
type State string

// The states of a subscriber (C01).
const (
	Active    State = "active"
	Suspended State = "suspended"
)

// OrganisationCode names an organisation within the file.
type OrganisationCode string

// Organisation is a legal entity, a subscriber of the exchange (абонент СМДО).
type Organisation struct {
	Code      OrganisationCode `json:"code"`
	Name      Name             `json:"name"`
	State     State            `json:"state"`
	Agreement Agreement        `json:"agreement"`
}

// Agreement is the paper by which an organisation joined (J01).
type Agreement struct {
	Number string `json:"number"`
	Date   Day    `json:"date"`
}

// Delivery says how packets reach a contour.
type Delivery string

// The ways of delivery.
const (
	Hosted  Delivery = "hosted"  // into journals that the hub keeps for the contour
	Mailbox Delivery = "mailbox" // into a mailbox that the contour's system pulls and confirms
	Push    Delivery = "push"    // by an adapter that hands them to the contour's system
)

// Protocol is what a contour's system speaks with the hub.
type Protocol string

// The protocols.
const (
	ProtocolAPI  Protocol = "api"       // the hub's own
	ProtocolSMDO Protocol = "smdo"      // the REST router of СМДО: receipts come as packages
	ProtocolMail Protocol = "smdo-mail" // СМДО by mail
	ProtocolGOST Protocol = "gost53898"
	ProtocolMEDO Protocol = "medo"

	ProtocolUpstream Protocol = "smdo-upstream" // beyond a national router of СМДО, whose subscriber the hub is
)

// MEDO is how a contour is called in МЭДО.
type MEDO struct {
	UID     string `json:"uid"`     // GUID in the directory of addressees
	Address string `json:"address"` // mailbox~gateway, in envelopes
	Version string `json:"version"` // of the format that is written to it
}

// Contour is one EDMS of one organisation, attached to the hub.
type Contour struct {
	Code         document.ContourCode     `json:"code"`
	Organisation OrganisationCode         `json:"organisation"`
	Title        Name                     `json:"title"`
	Delivery     Delivery                 `json:"delivery"`
	Protocol     Protocol                 `json:"protocol"`
	Mail         string                   `json:"mail"` // mailbox of its system
	MEDO         MEDO                     `json:"medo"`
	TimeZone     string                   `json:"time_zone"`
	TTL          Duration                 `json:"ttl"`    // how long a packet toward it may stay undelivered, unless the pair says otherwise
	Preset       PresetCode               `json:"preset"` // empty: unlimited
	Seats        int                      `json:"seats"`  // instead of the preset's; 0: as the preset says
	Quota        Size                     `json:"quota"`  // bytes stored for it; 0: unlimited
	Reports      []string                 `json:"reports"`
	SendsAs      document.ParticipantCode `json:"sends_as"` // on whose behalf it sends where its format names no author
	Journals     []Journal                `json:"journals"`
	Participants []Participant            `json:"participants"`
}

// Journal is a numbered register of a hosted contour.
type Journal struct {
	Code     document.JournalCode `json:"code"`
	Kind     document.JournalKind `json:"kind"`
	Title    Name                 `json:"title"`
	Template string               `json:"template"` // of numbers, with {seq}; see package journal
	Index    string               `json:"index"`    // for {index}
	Register Register             `json:"register"`
}

// Register says who registers what comes into a journal.
type Register string

// The ways of registration (R02, R03a).
const (
	Auto  Register = "auto"
	Clerk Register = "clerk"
)

// Right is what a participant may do.
type Right string

// The rights of participants, granted one by one (C04, S07).
const (
	MaySend     Right = "send"     // create tasks across contours and send packets
	MayExecute  Right = "execute"  // be named as an executor
	MayRegister Right = "clerk"    // register, mark as not subject, refuse
	MaySee      Right = "exchange" // see «Система обмена»: all packets of the contour
)

// Participant is a user of a contour who takes part in the exchange by name (C03).
type Participant struct {
	Code   document.ParticipantCode `json:"code"`
	Name   string                   `json:"name"` // of a person: content, never in receipts or logs (D17)
	Rights []Right                  `json:"rights"`
}
