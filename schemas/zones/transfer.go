package zones

import (
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"path"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// signed is how many signatures SDIP wants of a file. The writer reports what is missing; the reader lets it pass, for a
// signature may stand beside the message, and who has to sign is for the hub to say (-22).
type signed struct{ least, most int }

func ofDocument() signed { return signed{1, document.MaxSignatures} }
func ofTask() signed     { return signed{0, 1} }

// transfers are the files of a zone.
func (c *Codec) transfers(f *markup.Form, least int, s signed, files *[]document.Attachment) {
	if c.Format == GOST {
		c.transfersGOST(f, files)
		return
	}
	if f.Reading() {
		least, s = 0, signed{0, markup.Unbounded}
	}
	markup.Many(f, "DocTransfer", least, markup.Unbounded, files, func(f *markup.Form, a *document.Attachment) {
		c.transfer(f, a)
		markup.Many(f, "Signature", s.least, s.most, &a.Signatures, signature)
	})
}

// transfer describes DocTransfer of SDIP without its signatures.
func (c *Codec) transfer(f *markup.Form, a *document.Attachment) {
	f.Attr("name", markup.Required, &a.Name)
	f.Attr("os", markup.Optional, &a.OS)
	f.Attr("type", markup.Optional, &a.MediaType)
	markup.Number(f, "ordernum", markup.Optional, 0, &a.Order)
	f.Attr("type_ver", markup.Optional, &a.TypeVersion)
	f.Attr("char_set", markup.Optional, &a.Charset)
	f.Attr("description", markup.Optional, &a.Description)
	f.Date("created", markup.Optional, &a.Created)
	f.Date("modified", markup.Optional, &a.Modified)
	markup.One(f, "Data", markup.Required, true, a, c.data)
}

// data is the file itself, or what it is called beside the message.
func (c *Codec) data(f *markup.Form, a *document.Attachment) {
	if f.Reading() {
		f.Attr("referenceid", markup.Optional, &a.ReferenceID)
		c.content(f, a)
		if a.ReferenceID == "" && strings.TrimSpace(f.Element().Text) == "" {
			f.Fault(document.FormatContent, "", "Data")
		}
		return
	}
	ref := c.reference()
	if c.Inline && a.Inline != nil {
		f.Drop("reference_id", a.ReferenceID != "")
		text := base64.StdEncoding.EncodeToString(a.Inline)
		f.Content(&text)
		return
	}
	if ref != a.ReferenceID {
		f.Made = append(f.Made, f.Path("@referenceid"))
	}
	f.Attr("referenceid", markup.Required, &ref)
}

// reference names the next file.
func (c *Codec) reference() string {
	if c.next >= len(c.refs) {
		return "attach" + strconv.Itoa(c.next+1) // of a receipt, which is no part of a packet
	}
	c.next++
	return c.refs[c.next-1]
}

// content reads base64, with line ends in it as senders write it.
func (c *Codec) content(f *markup.Form, a *document.Attachment) {
	text := f.Element().Text
	if strings.TrimSpace(text) == "" {
		return
	}
	b, ok := Base64(text)
	if !ok {
		f.Fault(document.FormatContent, "", f.Element().Name)
		return
	}
	a.Inline, a.Size, a.SHA256 = b, int64(len(b)), sha256.Sum256(b)
}

// Base64 reads base64 without minding blanks and line ends; ok is false when it is none, or empty.
func Base64(text string) (content []byte, ok bool) {
	if strings.ContainsAny(text, " \t") {
		text = strings.NewReplacer(" ", "", "\t", "").Replace(text)
	}
	b, err := base64.StdEncoding.DecodeString(text) // skips line ends
	return b, err == nil && len(b) > 0
}

func signature(f *markup.Form, s *document.Signature) {
	f.Attr("keyid", markup.Optional, &s.KeyID)
	f.Attr("signer", markup.Optional, &s.Signer)
	f.Time("signtime", markup.Optional, &s.SignedAt)
	f.Attr("operation_type", markup.Optional, &s.Operation)
	f.Attr("orig_signature", markup.Optional, &s.Original)
	if !f.Reading() {
		text := base64.StdEncoding.EncodeToString(s.CMS)
		f.Content(&text)
		return
	}
	cms, ok := Base64(f.Element().Text)
	if !ok {
		f.Fault(document.SignatureMalformed, "")
	}
	s.CMS = cms
}

// SignatureType is the @type of a DocTransfer that holds the detached signature of the file before it. ГОСТ Р 53898 leaves
// signatures to the parties; it is how this hub sends them in that format, and takes them.
const SignatureType = "application/pkcs7-signature"

// transfersGOST are DocTransfer of ГОСТ: files, each followed by its signatures.
func (c *Codec) transfersGOST(f *markup.Form, files *[]document.Attachment) {
	var list []document.Attachment
	if !f.Reading() {
		for i, name := range namesInGOST(*files) {
			f.Drop("DocTransfer["+strconv.Itoa(i+1)+"]/name", name != (*files)[i].Name)
			list = append(list, (*files)[i])
			for _, s := range (*files)[i].Signatures {
				list = append(list, document.Attachment{MediaType: SignatureType, Description: "Подпись файла «" + (*files)[i].Name + "»", OS: (*files)[i].OS, Inline: s.CMS})
			}
		}
	}
	markup.Many(f, "DocTransfer", 0, markup.Unbounded, &list, c.transferGOST)
	if !f.Reading() {
		return
	}
	*files = (*files)[:0:0]
	for i := range list {
		a := &list[i]
		if n := len(*files); a.MediaType == SignatureType && n > 0 {
			(*files)[n-1].Signatures = append((*files)[n-1].Signatures, document.Signature{CMS: a.Inline})
			continue
		}
		*files = append(*files, *a)
	}
	nameFiles(*files)
}

// transferGOST describes DocTransfer of ГОСТ, which has no file name: the description names it.
func (c *Codec) transferGOST(f *markup.Form, a *document.Attachment) {
	os, kind, description := a.OS, a.MediaType, a.Description
	if !f.Reading() {
		if os == "" {
			os, f.Made = unsaid, append(f.Made, f.Path("@os"))
		}
		if kind == "" {
			kind, f.Made = mediaType(a.Name), append(f.Made, f.Path("@type"))
		}
		if description == "" {
			description = a.Name
		}
		c.droppedByGOST(f, a)
	}
	f.Attr("os", markup.Required, &os)
	f.Attr("type", markup.Required, &kind)
	f.Attr("type_ver", markup.Optional, &a.TypeVersion)
	f.Attr("char_set", markup.Optional, &a.Charset)
	f.Attr("description", markup.Required, &description)
	link := a.Inline == nil || !c.Inline && a.MediaType != SignatureType
	f.Flag("transfertype", markup.Required, &link)
	switch {
	case f.Reading():
		a.OS, a.MediaType, a.Description = os, kind, description
		if link {
			f.Content(&a.ReferenceID)
		} else {
			c.content(f, a)
		}
	case link:
		ref := c.reference()
		if ref != a.ReferenceID {
			f.Made = append(f.Made, f.Path(""))
		}
		f.Content(&ref)
	default:
		if a.MediaType != SignatureType {
			c.reference()
		}
		text := base64.StdEncoding.EncodeToString(a.Inline)
		f.Content(&text)
	}
}

func (c *Codec) droppedByGOST(f *markup.Form, a *document.Attachment) {
	f.Drop("order", a.Order != 0)
	f.Drop("created", !a.Created.IsZero())
	f.Drop("modified", !a.Modified.IsZero())
	f.Drop("reference_id", a.ReferenceID != "" && c.Inline && a.Inline != nil)
	for i := range a.Signatures {
		s := &a.Signatures[i]
		f.Drop("signatures["+strconv.Itoa(i)+"]", s.KeyID != "" || s.Signer != "" || !s.SignedAt.IsZero() || s.Operation != "" || s.Original != "")
	}
}

// namesInGOST is how a reader will call files that are written.
func namesInGOST(files []document.Attachment) []string {
	read := make([]document.Attachment, len(files))
	for i, a := range files {
		read[i] = document.Attachment{MediaType: a.MediaType, Description: a.Description}
		if read[i].MediaType == "" {
			read[i].MediaType = mediaType(a.Name)
		}
		if read[i].Description == "" {
			read[i].Description = a.Name
		}
	}
	nameFiles(read)
	names := make([]string, len(files))
	for i := range read {
		names[i] = read[i].Name
	}
	return names
}

// nameFiles gives files of ГОСТ names by their descriptions, none twice.
func nameFiles(files []document.Attachment) {
	seen := map[string]bool{}
	for i := range files {
		a := &files[i]
		a.Name = fileName(a.Description, a.MediaType)
		for n := 2; seen[a.Name]; n++ {
			ext := path.Ext(a.Name)
			a.Name = strings.TrimSuffix(fileName(a.Description, a.MediaType), ext) + " (" + strconv.Itoa(n) + ")" + ext
		}
		seen[a.Name] = true
		if a.Name == a.Description {
			a.Description = ""
		}
	}
}

// fileName makes a name of a description, with the extension of its type when it has none.
func fileName(description, kind string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:`, r) || r < ' ' {
			return '_'
		}
		return r
	}, strings.TrimSpace(description))
	if runes := []rune(name); len(runes) > document.MaxName-8 {
		name = string(runes[:document.MaxName-8])
	}
	if ext := path.Ext(name); name == "" || len(ext) < 2 || len(ext) > 6 || strings.Contains(ext, " ") {
		name += extensions[strings.ToLower(kind)]
	}
	return name
}

// extensions of the types that documents have.
var extensions = map[string]string{
	"application/pdf": ".pdf", "text/plain": ".txt", "application/msword": ".doc", "application/rtf": ".rtf", "text/xml": ".xml", "application/xml": ".xml",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
	"application/vnd.oasis.opendocument.text": ".odt", "application/zip": ".zip", "image/tiff": ".tif", "image/jpeg": ".jpg", "image/png": ".png",
}

func mediaType(name string) string {
	for t, ext := range extensions {
		if ext == strings.ToLower(path.Ext(name)) && t != "text/xml" {
			return t
		}
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
