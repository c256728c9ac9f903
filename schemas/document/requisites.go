package document

import (
	"strconv"
	"time"
)

// Document is what a packet carries, with the requisites of its form.
type Document struct {
	ID     string       // Document/@idnumber: the sender's identifier of the document
	Type   DocumentType // outgoing, incoming, internal
	Kind   string       // «Письмо», «Приказ» … from the list of kinds permitted for exchange (S03)
	Sheets int          // number of sheets (pages), mandatory (S03)

	Number       RegNumber // the sender's registration number and date
	Title        string
	Annotation   string
	Collection   bool
	Confidential Confidential

	Parent     *Parent // in an answer: what it answers
	Referred   []Reference
	Numbers    []DocNumber
	History    []RegHistory
	Files      []Attachment
	Authors    []Author
	Validators []Validator // approval results
	Writer     *Party
}

// DocumentType is the side of the sender's registration (SDIP Document/@type).
type DocumentType int

// The types of documents.
const (
	Outgoing DocumentType = 0
	Incoming DocumentType = 1
	Internal DocumentType = 2
)

// RegNumber is a registration number with its day.
type RegNumber struct {
	Number string
	Date   Date
}

// Confidential is the access mark of a document (SDIP Confident).
type Confidential struct {
	Restricted bool   // flag 1: «ДСП» and the like
	NumCopy    string // number of the copy
	Text       string // «Общий», «Для служебного пользования»
}

// Parent is the reference of an answer to what it answers (SDIP DocParent).
type Parent struct {
	DocumentID string
	LastMsgID  MsgID       // the packet being answered
	FirstMsgID MsgID       // the first packet of the thread; LastMsgID when there is no other
	Contour    ContourCode // who sent that packet
	ByHub      bool        // delivery_type 1: the parent came by the exchange system
	Number     RegNumber
}

// Reference points at another document or task (SDIP Referred).
type Reference struct {
	ID     string
	IsTask bool
	Number RegNumber
}

// DocNumber is a number that somebody else gave the document (SDIP DocNumber).
type DocNumber struct {
	Kind         string
	Number       RegNumber
	Organization *Organization
}

// RegHistory is an earlier registration of the document (SDIP RegHistory).
type RegHistory struct {
	ID           string
	Number       RegNumber
	Organization *Organization
}

// Attachment is one file. Its content is either Inline (up to the configured limit) or a blob that the
// sender's contour uploaded before, named by its digest.
type Attachment struct {
	Name       string // as the sender named it: metadata, never a path
	MediaType  string
	Size       int64
	SHA256     [32]byte
	Inline     []byte // nil when the content is a blob
	Signatures []Signature

	ReferenceID string // Data/@referenceid
	Description string
	Order       int
	OS          string
	TypeVersion string
	Charset     string
	Created     Date
	Modified    Date
}

// Signature is one detached CMS over an attachment.
type Signature struct {
	CMS       []byte // DER
	KeyID     string
	Signer    string // as the sender wrote it; the verdict names the certificate's subject
	SignedAt  time.Time
	Operation string
	Original  string // orig_signature
}

// Validator is a result of approval (согласование) or of confirmation.
type Validator struct {
	Attestation string // «Согласовано», «Утверждено», «Согласовано с замечаниями», «Отклонено»
	Party       Party
	Number      *DocNumber
}

// Author is who issued the document.
type Author struct {
	Party     Party
	OutNumber RegNumber
}

func path(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
