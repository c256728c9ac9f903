package medo

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// entry is one file beside a message of versions until 2.6: of the document, or a signature of one.
type entry struct {
	name        string
	description string
	signature   bool
	file        int // index in Document.Files
	nth         int // of the signatures of that file
}

// arrangeFiles brings each signature behind its file, the order in which they are written, so that what is kept of an
// entry finds it again.
func arrangeFiles(root *markup.Element) {
	files := root.Child("files")
	if files == nil {
		return
	}
	list := files.Children
	key := func(e *markup.Element) int {
		name, _ := e.Attr("localName")
		for i, f := range list {
			if of, _ := f.Attr("localName"); f != e && signs(name, of) {
				return i
			}
		}
		return slices.Index(list, e)
	}
	if len(list) > 2*document.MaxFiles {
		return // nothing that is read further
	}
	keys := make(map[*markup.Element]int, len(list))
	for _, e := range list {
		keys[e] = key(e)
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b *markup.Element) int {
		if d := keys[a] - keys[b]; d != 0 {
			return d
		}
		return signature(a) - signature(b)
	})
	files.Children = sorted
}

func signature(e *markup.Element) int {
	if name, _ := e.Attr("localName"); strings.EqualFold(path.Ext(name), ".p7s") {
		return 1
	}
	return 0
}

// signs says whether a file is a signature by its name: "document.p7s" or "document_2.p7s" beside "document.pdf", or
// "document.pdf.p7s".
func signs(name, of string) bool {
	s, found := strings.CutSuffix(name, path.Ext(name))
	if !found || !strings.EqualFold(path.Ext(name), ".p7s") || strings.EqualFold(path.Ext(of), ".p7s") {
		return false
	}
	base := stem(of)
	if s == of || s == base {
		return true
	}
	n, ok := strings.CutPrefix(s, base+"_")
	_, err := strconv.Atoi(n)
	return ok && err == nil
}

// files describes the files beside the message.
func (c *codec) files(f *markup.Form) {
	var list []entry
	if !f.Reading() {
		list = c.entries()
		if len(list) == 0 {
			return
		}
	}
	markup.One(f, "files", markup.Optional, true, &list, func(f *markup.Form, list *[]entry) {
		markup.Many(f, "file", 0, 2*document.MaxFiles, list, c.file)
		f.KeepRest()
	})
	if f.Reading() {
		c.take(list)
	}
}

// entries are what is written: each file with its signatures behind it.
func (c *codec) entries() (list []entry) {
	files := c.packet.Document.Files
	for i := range files {
		local := c.names.files[i]
		list = append(list, entry{name: local, description: described(&files[i], local), file: i})
		for s := range files[i].Signatures {
			list = append(list, entry{name: stem(local), signature: true, file: i, nth: s})
		}
	}
	return list
}

func (c *codec) file(f *markup.Form, e *entry) {
	part := Part{Role: RoleDocument, File: e.file, Signature: -1}
	if !f.Reading() && e.signature {
		e.name = c.names.of(f.Path("@localName"), e.name, ".p7s")
		part.Role, part.Signature = RoleSignature, e.nth
	}
	c.attr(f, "localName", markup.Required, &e.name)
	if !f.Reading() {
		part.Name = e.name
		c.parts = append(c.parts, part)
		number := strconv.Itoa(len(c.parts) - 1)
		if c.kept[f.Path("@localId")] == "" {
			f.Element().Set("localId", number)
		}
	}
	group := ""
	if !f.Reading() && len(c.parts) == 1 {
		group = "Текст документа"
	}
	c.keepOr(f, "group", group)
	c.text(f, "description", markup.Optional, maxShort, &e.description)
	c.keepAll(f, "pages", "SetterOpublicDate")
	if f.Reading() && strings.EqualFold(path.Ext(e.name), ".p7s") {
		c.hold(f, "@localName", e.name)
	}
	f.KeepRest()
}

// take makes attachments of what was read.
func (c *codec) take(list []entry) {
	d := c.packet.Document
	for _, e := range list {
		last := len(d.Files) - 1
		if last >= 0 && len(c.parts) > 0 && e.description == "" && signs(e.name, c.fileName(last)) {
			a := &d.Files[last]
			c.parts = append(c.parts, Part{e.name, RoleSignature, last, len(a.Signatures)})
			a.Signatures = append(a.Signatures, document.Signature{})
			continue
		}
		var a document.Attachment
		original(&a, e.name, e.description)
		d.Files = append(d.Files, a)
		c.parts = append(c.parts, Part{e.name, RoleDocument, last + 1, -1})
	}
}

// fileName is what the message calls a file.
func (c *codec) fileName(i int) string {
	a := &c.packet.Document.Files[i]
	if a.ReferenceID != "" {
		return a.ReferenceID
	}
	return a.Name
}
