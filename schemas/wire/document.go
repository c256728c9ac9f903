package wire

import "github.com/smdo-hub/smdo-hub/schemas/document"

func requisites(c *coder, d *document.Document) {
	text(c, 1, &d.ID)
	integer(c, 2, &d.Type)
	text(c, 3, &d.Kind)
	integer(c, 4, &d.Sheets)
	one(c, 5, &d.Number, regNumber)
	text(c, 6, &d.Title)
	text(c, 7, &d.Annotation)
	boolean(c, 8, &d.Collection)
	one(c, 9, &d.Confidential, confidential)
	maybe(c, 10, &d.Parent, parent)
	many(c, 11, &d.Referred, maxList, reference)
	many(c, 12, &d.Numbers, maxList, docNumber)
	many(c, 13, &d.History, maxList, regHistory)
	many(c, 14, &d.Files, document.MaxFiles, attachment)
	many(c, 15, &d.Authors, maxList, author)
	many(c, 16, &d.Validators, maxList, validator)
	maybe(c, 17, &d.Writer, party)
}

func regNumber(c *coder, r *document.RegNumber) {
	text(c, 1, &r.Number)
	day(c, 2, &r.Date)
}

func confidential(c *coder, o *document.Confidential) {
	boolean(c, 1, &o.Restricted)
	text(c, 2, &o.NumCopy)
	text(c, 3, &o.Text)
}

func parent(c *coder, p *document.Parent) {
	text(c, 1, &p.DocumentID)
	text(c, 2, &p.LastMsgID)
	text(c, 3, &p.FirstMsgID)
	text(c, 4, &p.Contour)
	boolean(c, 5, &p.ByHub)
	one(c, 6, &p.Number, regNumber)
}

func reference(c *coder, r *document.Reference) {
	text(c, 1, &r.ID)
	boolean(c, 2, &r.IsTask)
	one(c, 3, &r.Number, regNumber)
}

func docNumber(c *coder, d *document.DocNumber) {
	text(c, 1, &d.Kind)
	one(c, 2, &d.Number, regNumber)
	maybe(c, 3, &d.Organization, organization)
}

func regHistory(c *coder, h *document.RegHistory) {
	text(c, 1, &h.ID)
	one(c, 2, &h.Number, regNumber)
	maybe(c, 3, &h.Organization, organization)
}

func attachment(c *coder, a *document.Attachment) {
	text(c, 1, &a.Name)
	text(c, 2, &a.MediaType)
	integer(c, 3, &a.Size)
	digest(c, 4, &a.SHA256)
	content(c, 5, &a.Inline)
	many(c, 6, &a.Signatures, document.MaxSignatures, signature)
	text(c, 7, &a.ReferenceID)
	text(c, 8, &a.Description)
	integer(c, 9, &a.Order)
	text(c, 10, &a.OS)
	text(c, 11, &a.TypeVersion)
	text(c, 12, &a.Charset)
	day(c, 13, &a.Created)
	day(c, 14, &a.Modified)
}

func signature(c *coder, s *document.Signature) {
	blob(c, 1, &s.CMS)
	text(c, 2, &s.KeyID)
	text(c, 3, &s.Signer)
	moment(c, 4, &s.SignedAt)
	text(c, 5, &s.Operation)
	text(c, 6, &s.Original)
}

func author(c *coder, a *document.Author) {
	one(c, 1, &a.Party, party)
	one(c, 2, &a.OutNumber, regNumber)
}

func validator(c *coder, v *document.Validator) {
	text(c, 1, &v.Attestation)
	one(c, 2, &v.Party, party)
	maybe(c, 3, &v.Number, docNumber)
}
