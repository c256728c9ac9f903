package document

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Limits of the packet's form. Sizes in bytes are a matter of configuration and stand in Limits.
const (
	MaxFiles      = 500
	MaxTasks      = 500
	MaxSignatures = 20 // SDIP: Signature 1–20 a file
	MaxTitle      = 4000
	MaxName       = 255
	maxText       = 64 << 10
	maxSheets     = 100_000
)

// Limits are the sizes that a door accepts (D15), in bytes.
type Limits struct {
	InlineFile   int64 // one file inside the packet
	InlineTotal  int64 // all files inside the packet
	File         int64 // one file, uploaded or inside
	Packet       int64 // everything together
	SignatureCMS int64 // one signature
}

// DefaultLimits are those of D15; a packet may have 4 GiB in all.
func DefaultLimits() Limits {
	return Limits{InlineFile: 64 << 10, InlineTotal: 512 << 10, File: 2 << 30, Packet: 4 << 30, SignatureCMS: 64 << 10}
}

// Validate returns everything that is wrong with the form of the packet, independent of who may send
// what to whom (S08: all faults at once). It does not look at signatures beyond their presence.
func (p *Packet) Validate(l Limits) Faults {
	var c check
	c.envelope(p)
	c.zones(p)
	c.receivers(p)
	if p.Document != nil {
		c.document(p)
	}
	c.tasks(p)
	c.files(p, l)
	return c.faults
}

type check struct{ faults Faults }

func (c *check) add(code FaultCode, field string, args ...string) {
	c.faults = append(c.faults, NewFault(code, field, args...))
}

func (c *check) envelope(p *Packet) {
	if p.Edition != Edition {
		c.add(PacketEdition, "edition", clip(p.Edition), Edition)
	}
	if p.Kind < Main || p.Kind > AdditionsToAnswer {
		c.add(PacketKindUnknown, "kind", strconv.Itoa(int(p.Kind)))
	}
	if !p.ID.Sender.Valid() {
		c.add(PacketSender, "sender")
	}
	if !p.ID.MsgID.Valid() {
		c.add(PacketMsgID, "msg_id")
	}
	c.text("subject", p.Subject, MaxTitle)
}

// zones checks which zones go with which kind (SDIP 2.5).
func (c *check) zones(p *Packet) {
	switch p.Kind {
	case Main, Answer:
		if p.Document == nil {
			c.add(PacketZone, "document", "Document")
		}
	case Additions:
		if len(p.Tasks) == 0 && len(p.Folders) == 0 {
			c.add(PacketZone, "folders", "AddDocuments")
		}
	case AdditionsToAnswer:
		if len(p.Folders) == 0 {
			c.add(PacketZone, "folders", "AddDocuments")
		}
	}
	if p.Kind == Answer && p.Document != nil && (p.Document.Parent == nil || !p.Document.Parent.LastMsgID.Valid()) {
		c.add(DocumentParent, "document.parent")
	}
	if p.Answer != nil && p.Answer.Outcome != "" && !p.Answer.Outcome.Known() {
		c.add(TaskOutcome, "answer.outcome", clip(string(p.Answer.Outcome)), "")
	}
	if p.Answer != nil && p.Answer.Outcome == Declined && p.Answer.Reason == "" {
		c.add(TaskReason, "answer.reason")
	}
}

func (c *check) receivers(p *Packet) {
	if len(p.To) == 0 {
		c.add(PacketNoReceiver, "to")
	}
	if len(p.To) > MaxReceivers {
		c.add(PacketReceivers, "to", strconv.Itoa(len(p.To)), strconv.Itoa(MaxReceivers))
		return
	}
	for i := range p.To {
		for j := range i {
			if p.To[i].Contour == p.To[j].Contour {
				c.add(PacketTwice, path("to", i), clip(string(p.To[i].Contour)))
			}
		}
		if !p.To[i].Contour.Valid() {
			c.add(ContourUnknown, path("to", i), clip(string(p.To[i].Contour)))
		}
	}
}

func (c *check) document(p *Packet) {
	d := p.Document
	if d.ID == "" {
		c.add(DocumentID, "document.id")
	}
	if d.Kind == "" {
		c.add(DocumentKindMissing, "document.kind")
	}
	if d.Sheets < 1 || d.Sheets > maxSheets {
		c.add(DocumentSheets, "document.sheets")
	}
	if d.Number.Number == "" {
		c.add(DocumentNumber, "document.number")
	}
	if d.Number.Date.IsZero() {
		c.add(DocumentDate, "document.number.date")
	}
	if p.Kind == Main && len(d.Files) == 0 {
		c.add(FileNone, "document.files")
	}
	c.text("document.id", d.ID, MaxName)
	c.text("document.kind", d.Kind, MaxName)
	c.text("document.number", d.Number.Number, MaxName)
	c.text("document.title", d.Title, MaxTitle)
	c.text("document.annotation", d.Annotation, maxText)
}

func (c *check) tasks(p *Packet) {
	if len(p.Tasks) > MaxTasks {
		c.add(PacketParts, "tasks", strconv.Itoa(len(p.Tasks)), strconv.Itoa(MaxTasks))
		return
	}
	seen := make(map[string]bool, len(p.Tasks))
	for i := range p.Tasks {
		t, field := &p.Tasks[i], path("tasks", i)
		if t.ID == "" || len(t.ID) > MaxName || !clean(t.ID) {
			c.add(TaskID, field+".id")
		} else if seen[t.ID] {
			c.add(TaskTwice, field+".id", t.ID)
		}
		seen[t.ID] = true
		c.task(p, t, field)
	}
}

// task checks one task: S01, S05 for those marked «СМДО», T04 for errands.
func (c *check) task(p *Packet, t *Task, field string) {
	if !t.Kind.Known() || t.SMDO && t.Kind != Sign && t.Kind != Inform {
		c.add(TaskKindForbidden, field+".kind", clip(string(t.Kind)))
	}
	switch {
	case t.SMDO:
		if !t.Deadline.IsZero() {
			c.add(TaskTerm, field+".deadline")
		}
		if t.Controller != nil {
			c.add(TaskController, field+".controller")
		}
		if t.Report {
			c.add(TaskReport, field+".report")
		}
	case t.Kind == Errand && (t.Deadline.IsZero() || t.Controller == nil):
		c.add(TaskErrand, field)
	}
	if len(t.Executors) == 0 {
		c.add(TaskNoExecutor, field+".executors")
	}
	if len(t.Executors) > MaxReceivers {
		c.add(PacketParts, field+".executors", strconv.Itoa(len(t.Executors)), strconv.Itoa(MaxReceivers))
		return
	}
	chiefs := 0
	for i := range t.Executors {
		e := &t.Executors[i]
		if e.Chief {
			chiefs++
		}
		if !p.Receives(e.Contour) {
			c.add(TaskReceiver, path(field+".executors", i), clip(string(e.Contour)))
		}
	}
	if chiefs > 1 {
		c.add(TaskChiefs, field+".executors")
	}
	c.text(field+".text", t.Text, maxText)
}

func (c *check) files(p *Packet, l Limits) {
	var count int
	var inline, total int64
	names := map[string]bool{}
	for field, a := range p.Files {
		if count++; count > MaxFiles {
			c.add(FileMany, "document.files", "> "+strconv.Itoa(MaxFiles), strconv.Itoa(MaxFiles))
			return
		}
		c.file(field, a, l)
		if names[a.Name] {
			c.add(FileTwice, field, clip(a.Name))
		}
		names[a.Name] = true
		inline += int64(len(a.Inline))
		total += a.Size
	}
	if inline > l.InlineTotal {
		c.add(PacketTooLarge, "document.files", strconv.FormatInt(inline, 10), strconv.FormatInt(l.InlineTotal, 10))
	}
	if total > l.Packet {
		c.add(PacketTooLarge, "document.files", strconv.FormatInt(total, 10), strconv.FormatInt(l.Packet, 10))
	}
}

func (c *check) file(field string, a *Attachment, l Limits) {
	if !fileName(a.Name) {
		c.add(FileName, field+".name")
	}
	if a.Size <= 0 {
		c.add(FileEmpty, field)
	}
	if a.Inline != nil && int64(len(a.Inline)) != a.Size {
		c.add(FileDigest, field)
	}
	if int64(len(a.Inline)) > l.InlineFile {
		c.add(FileInline, field, strconv.FormatInt(l.InlineFile, 10))
	}
	if a.Size > l.File {
		c.add(FileTooLarge, field, strconv.FormatInt(a.Size, 10), strconv.FormatInt(l.File, 10))
	}
	if len(a.Signatures) == 0 {
		c.add(SignatureMissing, field)
	}
	if len(a.Signatures) > MaxSignatures {
		c.add(SignatureMany, field, strconv.Itoa(len(a.Signatures)), strconv.Itoa(MaxSignatures))
	}
	for i := range a.Signatures {
		if n := int64(len(a.Signatures[i].CMS)); n == 0 || n > l.SignatureCMS {
			c.add(SignatureMalformed, path(field+".signatures", i))
		}
	}
}

func (c *check) text(field, s string, limit int) {
	if utf8.RuneCountInString(s) > limit || !utf8.ValidString(s) || !clean(s) {
		c.add(PacketText, field, strconv.Itoa(limit))
	}
}

// clean says that s has no control characters besides line ends and tabs.
func clean(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
	}
	return true
}

// fileName allows what can be shown and saved anywhere: no separators, no dot names, no controls.
func fileName(s string) bool {
	if s == "" || s == "." || s == ".." || utf8.RuneCountInString(s) > MaxName || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r == '/' || r == '\\' || r == ':' || unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// clip keeps an argument of a fault short and printable: it repeats what a stranger sent.
func clip(s string) string {
	const most = 64
	out := make([]rune, 0, most)
	for _, r := range s {
		if len(out) == most {
			break
		}
		if !unicode.IsPrint(r) {
			r = '�'
		}
		out = append(out, r)
	}
	return string(out)
}
