package zones

import (
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Format is one of the formats that share the zones.
type Format int

// The formats.
const (
	SDIP1 Format = iota // SDIP-1.0
	SDIP2               // SDIP-2.1.1
	GOST                // ГОСТ Р 53898
)

// SDIP says whether the format is one of СМДО's.
func (f Format) SDIP() bool { return f != GOST }

// prefix begins the names of variables that keep what the vocabulary has no word for.
func (f Format) prefix() string {
	if f.SDIP() {
		return "sdip:"
	}
	return "gost53898:"
}

// Names lets codes of the hub appear as the names that the formats carry. Both functions may be nil.
type Names struct {
	Person func(document.ContourCode, document.ParticipantCode) *document.Person // nil for a code without a name
	Code   func(document.ContourCode, *document.Person) document.ParticipantCode // empty when nobody is called so
}

// Codec reads or writes the zones of one packet.
type Codec struct {
	Format Format
	Names  Names
	JSON   bool // the twin of the REST router
	Inline bool // write files that the packet holds as base64 in the message

	packet *document.Packet
	refs   []string // of files, in the order of Packet.Files
	next   int
}

// Begin sets the packet whose zones are read or written.
func (c *Codec) Begin(p *document.Packet) { c.packet, c.refs, c.next = p, References(p), 0 }

// References names the files of a packet, in the order of Packet.Files, as they are called in a message beside which
// they travel: as the packet says where it gives every file another name, else attach1, attach2 … (SDIP 2.2).
func References(p *document.Packet) []string {
	var refs []string
	seen := map[string]bool{"": true}
	own := true
	for _, a := range p.Files {
		own = own && !seen[a.ReferenceID]
		seen[a.ReferenceID] = true
		refs = append(refs, a.ReferenceID)
	}
	if !own {
		for i := range refs {
			refs[i] = "attach" + strconv.Itoa(i+1)
		}
	}
	return refs
}

// Elements are the names of all elements of the formats: one of them in a wrong place is another fault than a foreign one.
var Elements = strings.Fields(`Envelop Header Sender Receiver Integrity Body Document TaskList Task AddDocuments Folder Expansion Controlset Varset Econtact AnyData
	Acknowledgement AckResult Datadir RegNumber IncNumber DocParent Confident Referred DocNumber RegHistory DocTransfer Data Signature Author Validator Writer
	OrganizationWithSign OrganizationOnly Organization OfficialPersonWithSign OfficialPerson PrivatePersonWithSign PrivatePerson OutNumber TaskNumber
	AuthorOrganization Executor Note Name Official Rank Address SignDate Addressee`)

// KindOf guesses the kind of a message that names none, or an unknown one, by the zones in its body: that much can be read
// and judged beside the fault.
func KindOf(body *markup.Form) document.PacketKind {
	switch {
	case body.Has("Acknowledgement") || body.Has("Datadir"):
		return document.Notification
	case body.Has("Document"):
		return document.Main
	}
	return document.Additions
}

// Extras are the variables of a packet that were kept from this format, by their paths in it.
func (c *Codec) Extras(p *document.Packet) (list []document.Variable) {
	if p == nil || p.Expansion == nil {
		return nil
	}
	for _, v := range p.Expansion.Variables {
		if path, ok := strings.CutPrefix(v.Name, c.Format.prefix()); ok {
			list = append(list, document.Variable{Name: path, Value: v.Value})
		}
	}
	return list
}

// Keep puts what a reading left over into the packet.
func (c *Codec) Keep(p *document.Packet, extras []document.Variable) {
	if len(extras) == 0 {
		return
	}
	if p.Expansion == nil {
		p.Expansion = new(document.Expansion)
	}
	for _, x := range extras {
		p.Expansion.Variables = append(p.Expansion.Variables, document.Variable{Name: c.Format.prefix() + x.Name, Value: x.Value})
	}
}

// Body is the zones of a packet: Body of SDIP, Header of ГОСТ.
func (c *Codec) Body(f *markup.Form, p *document.Packet) {
	f.Drop("author", p.Author != "")
	switch {
	case f.Reading():
		markup.Maybe(f, "Document", &p.Document, c.document)
	case p.Document != nil:
		markup.Maybe(f, "Document", &p.Document, c.document)
	}
	markup.One(f, "TaskList", markup.Optional, len(p.Tasks) > 0, p, func(f *markup.Form, p *document.Packet) {
		markup.Many(f, "Task", 1, markup.Unbounded, &p.Tasks, c.task)
	})
	markup.One(f, "AddDocuments", markup.Optional, len(p.Folders) > 0, p, func(f *markup.Form, p *document.Packet) {
		markup.Many(f, "Folder", 0, markup.Unbounded, &p.Folders, c.folder)
	})
	c.expansion(f, p)
	if f.Reading() {
		c.settle(p)
	}
	c.require(f, p)
}

// require is which zones go with which kind of message (SDIP 2.5; ГОСТ Р 53898, table 3).
func (c *Codec) require(f *markup.Form, p *document.Packet) {
	missing := func(zone string) {
		if f.Reading() {
			f.Fault(document.PacketZone, zone, zone)
		} else {
			f.Missing = append(f.Missing, f.Path(zone))
		}
	}
	additions := p.Kind == document.Additions || p.Kind == document.AdditionsToAnswer
	if p.Document == nil && (!additions || c.Format == GOST) {
		missing("Document")
	}
	if additions && len(p.Folders) == 0 && (p.Kind == document.AdditionsToAnswer || len(p.Tasks) == 0) {
		missing("AddDocuments")
	}
	if additions && c.Format.SDIP() && len(p.Folders) > 0 && !refers(p) {
		if f.Reading() {
			f.Fault(document.FormatCount, "AddDocuments/Folder/Referred", "Referred", "0", "1")
		} else {
			f.Missing = append(f.Missing, f.Path("AddDocuments/Folder/Referred"))
		}
	}
}

// refers says whether additions say to what.
func refers(p *document.Packet) bool {
	n := 0
	if p.Document != nil {
		n = len(p.Document.Referred) + 1
	}
	for i := range p.Tasks {
		n += len(p.Tasks[i].Referred)
	}
	for i := range p.Folders {
		n += len(p.Folders[i].Referred)
	}
	return n > 0
}
