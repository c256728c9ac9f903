package medo

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Role is what a file is to a message or a container.
type Role int

// The roles.
const (
	RoleDocument            Role = iota // a file of the document: its text, until 2.6 also its attachments
	RoleSignature                       // a signature of the document
	RoleAttachment                      // an attachment
	RoleAttachmentSignature             // a signature of an attachment
	RoleRegistrationStamp               // a picture
	RoleSignatureStamp                  // a picture
	RoleContainerSignature              // a signature of the passport
)

// Part is one file that a message or a passport names.
type Part struct {
	Name      string // Latin when it is written
	Role      Role
	File      int // index in Packet.Document.Files; -1 where it is none of them nor a signature of one
	Signature int // index in its Signatures; -1 where it is none
}

var (
	latinName = regexp.MustCompile(`^[a-zA-Z0-9_]{1,250}\.[a-zA-Z0-9]{3,4}$`)
	extension = regexp.MustCompile(`^\.[a-zA-Z0-9]{3,4}$`)
)

// fits says whether a name may be written (container, fileName and documentFileName).
func fits(name string, pdf bool) bool {
	return latinName.MatchString(name) && len(name) <= 255 && (!pdf || strings.HasSuffix(name, ".pdf"))
}

// naming gives the files of a packet names that МЭДО allows, each another one whatever the case of its letters.
type naming struct {
	files []string          // of Document.Files
	owner map[string]string // in lower case: the path that a name was kept for, or "" when it is taken
	kept  map[string]string
}

// nameFiles names the files: by their reference in the message, their own name, or anew. In a container the first is the
// document, a PDF.
func nameFiles(p *document.Packet, kept map[string]string, container bool) naming {
	n := naming{owner: map[string]string{}, kept: kept}
	for _, reserved := range []string{passportName, "document.xml", "communication.xml", "message.xml", "envelope.ini", "envelope.ltr", ContainerName} {
		n.owner[reserved] = ""
	}
	if p.Document == nil {
		return n
	}
	for i := range p.Document.Files {
		a := &p.Document.Files[i]
		pdf := container && i == 0
		stem := "attachment" + strconv.Itoa(i)
		if i == 0 {
			stem = "document"
		}
		name := n.free(stem, extensionOf(a, pdf))
		for _, own := range []string{a.Name, a.ReferenceID} {
			if _, taken := n.owner[strings.ToLower(own)]; !taken && fits(own, pdf) {
				name = own
			}
		}
		n.owner[strings.ToLower(name)] = ""
		n.files = append(n.files, name)
	}
	for at, name := range kept {
		if _, taken := n.owner[strings.ToLower(name)]; !taken && strings.HasSuffix(at, "/@localName") && fits(name, false) {
			n.owner[strings.ToLower(name)] = at
		}
	}
	return n
}

// of is the name of what stands at a path: the one that was read, or one made of a stem.
func (n *naming) of(at, stem, ext string) string {
	name := n.kept[at]
	if name == "" || n.owner[strings.ToLower(name)] != at {
		name = n.free(stem, ext)
	}
	n.owner[strings.ToLower(name)] = ""
	return name
}

// free is the first name of a stem that nobody has.
func (n *naming) free(stem, ext string) string {
	for i := 1; ; i++ {
		name := stem + ext
		if i > 1 {
			name = stem + "_" + strconv.Itoa(i) + ext
		}
		if _, taken := n.owner[strings.ToLower(name)]; !taken {
			return name
		}
	}
}

// stem is a name without what comes after the last dot, short enough to be added to.
func stem(name string) string {
	s := strings.TrimSuffix(name, path.Ext(name))
	return s[:min(len(s), 200)]
}

func extensionOf(a *document.Attachment, pdf bool) string {
	ext := path.Ext(a.Name)
	switch {
	case pdf:
		return ".pdf"
	case extension.MatchString(ext):
		return ext
	}
	return ".bin"
}

// isPDF says whether a file is one, by its name or its type.
func isPDF(a *document.Attachment) bool {
	return strings.EqualFold(path.Ext(a.Name), ".pdf") || strings.EqualFold(path.Ext(a.ReferenceID), ".pdf") || a.MediaType == mediaPDF
}

const mediaPDF = "application/pdf"

// mediaType is the type that a name tells.
func mediaType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return mediaPDF
	case ".xml":
		return "application/xml"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".txt":
		return "text/plain"
	case ".docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return ""
}

// described is a file's description as it is written: a name that is not allowed in МЭДО goes before it, with a colon.
// original is the way back.
func described(a *document.Attachment, local string) string {
	if _, _, taken := cutName(a.Description, local); a.Name == local && !taken || a.Name == "" {
		return a.Description
	}
	if a.Description == "" {
		return a.Name
	}
	return a.Name + ": " + a.Description
}

func original(a *document.Attachment, local, description string) {
	a.Name, a.Description = local, description
	if name, rest, ok := cutName(description, local); ok {
		a.Name, a.Description = name, rest
	}
	if a.Name != local {
		a.ReferenceID = local
	}
	a.MediaType = mediaType(a.Name)
}

// cutName finds a name at the beginning of a description: up to a colon, of the same kind as the file beside.
func cutName(description, local string) (name, rest string, ok bool) {
	name, rest, _ = strings.Cut(description, ": ")
	ext := path.Ext(name)
	ok = ext != "" && ext != name && strings.EqualFold(ext, path.Ext(local)) && !strings.ContainsAny(name, "/\\:\n\r\t") && len([]rune(name)) <= document.MaxName
	return name, rest, ok
}

// count is how many parts have a role.
func count(parts []Part, r Role) (n int) {
	for i := range parts {
		if parts[i].Role == r {
			n++
		}
	}
	return n
}
