package sdip

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// The JSON twin: an element is a member with a small first letter, its text the member "value", its attributes plain members.
// An element that may come several times is an array. Nulls say nothing, and either may stand for the other.

// parseTwin reads JSON as a tree of elements: objects and what is in arrays become children, scalars attributes.
func parseTwin(data []byte, l markup.Limits) (*markup.Element, error) {
	if len(data) > l.Bytes {
		return nil, &markup.SyntaxError{Line: 1, Err: markup.ErrLimit}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	p := &twinParser{json: jsontext.NewDecoder(bytes.NewBuffer(data)), limits: l, data: data}
	root := new(markup.Element)
	if p.json.PeekKind() != '{' {
		return nil, p.fail(markup.ErrSyntax)
	}
	if err := p.object(root, 1); err != nil {
		return nil, err
	}
	if _, err := p.json.ReadToken(); err != io.EOF {
		return nil, p.fail(markup.ErrSyntax)
	}
	return root, nil
}

type twinParser struct {
	json   *jsontext.Decoder
	limits markup.Limits
	data   []byte
	count  int // elements
	attrs  int
	spare  []markup.Element // made many at once
}

// element makes one, within the limits.
func (p *twinParser) element(name string) (*markup.Element, error) {
	if p.count++; p.count > p.limits.Elements {
		return nil, p.fail(markup.ErrLimit)
	}
	if len(p.spare) == 0 {
		p.spare = make([]markup.Element, 16)
	}
	e := &p.spare[0]
	p.spare = p.spare[1:]
	e.Name = name
	return e, nil
}

// fail names the line; what a JSON reader says of the text may repeat the text, which a fault must not.
func (p *twinParser) fail(err error) error {
	var already *markup.SyntaxError
	if errors.As(err, &already) {
		return err
	}
	if !errors.Is(err, markup.ErrLimit) {
		err = markup.ErrSyntax
	}
	at := min(int(p.json.InputOffset()), len(p.data))
	return &markup.SyntaxError{Line: 1 + bytes.Count(p.data[:at], []byte("\n")), Detail: "JSON", Err: err}
}

func (p *twinParser) object(e *markup.Element, depth int) error {
	if depth > p.limits.Depth {
		return p.fail(markup.ErrLimit)
	}
	if err := p.skip(); err != nil { // the brace
		return err
	}
	for p.json.PeekKind() != '}' {
		raw, err := p.json.ReadValue()
		if err != nil {
			return p.fail(err)
		}
		name, ok := known[string(raw)]
		if !ok {
			name = unquoted(raw)
		}
		if err := p.member(e, name, depth); err != nil {
			return err
		}
	}
	return p.skip()
}

func (p *twinParser) skip() error {
	if _, err := p.json.ReadToken(); err != nil {
		return p.fail(err)
	}
	return nil
}

func (p *twinParser) member(e *markup.Element, name string, depth int) error {
	switch p.json.PeekKind() {
	case '{':
		return p.child(e, name, depth)
	case '[':
		if err := p.skip(); err != nil {
			return err
		}
		for p.json.PeekKind() != ']' {
			if err := p.item(e, name, depth); err != nil {
				return err
			}
		}
		return p.skip()
	}
	text, null, err := p.scalar()
	switch {
	case err != nil || null:
		return err
	case strings.EqualFold(name, "value"):
		e.Text = text
	case len(e.Attrs) >= p.limits.Attrs || p.attrs >= 8*p.limits.Elements:
		return p.fail(markup.ErrLimit)
	default:
		if p.attrs++; e.Attrs == nil {
			e.Attrs = make([]markup.Attr, 0, 4)
		}
		e.Attrs = append(e.Attrs, markup.Attr{Name: name, Value: text})
	}
	return nil
}

// item is a value in an array.
func (p *twinParser) item(e *markup.Element, name string, depth int) error {
	switch p.json.PeekKind() {
	case '{':
		return p.child(e, name, depth)
	case '[':
		return p.fail(markup.ErrSyntax) // nothing in the format is an array of arrays
	}
	text, null, err := p.scalar()
	if err != nil || null {
		return err
	}
	c, err := p.element(name)
	if err == nil {
		e.Add(c).Text = text
	}
	return err
}

// child reads an object. One with nothing but nulls in it says as little as a null: so senders write what they do not use.
func (p *twinParser) child(e *markup.Element, name string, depth int) error {
	c, err := p.element(name)
	if err != nil {
		return err
	}
	empty := p.json.InputOffset()
	if err := p.object(c, depth+1); err != nil {
		return err
	}
	if len(c.Attrs) == 0 && len(c.Children) == 0 && c.Text == "" && bytes.Contains(p.data[empty:p.json.InputOffset()], []byte("null")) {
		return nil
	}
	e.Add(c)
	return nil
}

// scalar reads a string, a number or a boolean as text.
func (p *twinParser) scalar() (text string, null bool, err error) {
	raw, err := p.json.ReadValue()
	if err != nil {
		return "", false, p.fail(err)
	}
	switch raw.Kind() {
	case 'n':
		return "", true, nil
	case 't':
		return "1", false, nil
	case 'f':
		return "0", false, nil
	case '"':
		return unquoted(raw), false, nil
	}
	return string(raw), false, nil
}

// unquoted is what a JSON string says.
func unquoted(raw jsontext.Value) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // the reader has found it good
	return string(text)
}

// known are the names of the format as JSON strings: so that reading one takes no room.
var known = quotedNames(`acknowledgement ackResult ack_type addDocuments add_type annotation applicationId attachments attestation author authorOrganization
	body char_set collection confident confirmId contents created data dateIn dateSent deadline delivery_type description docNumber docParent docTransfer document
	dtstamp econtact envelop errorcode executor fathersname firstname flag folder from fullname header headerId id idAbonent idnumber incNumber kind lastmsg_id
	modified msg_acknow msg_id msg_type name note numcopy official officialPerson officialPersonWithSign operation_type ordernum organization organization_string
	organizationWithSign orgId os packageId pages parentId parmsg_id parorg_id post receiver referenceid referred regdate regNumber responsible retype secname
	sender sign signature signDate signer signtime size subject sys_id system system_details task taskDate taskList taskNumber task_copy task_reg task_specified
	task_text title to type typeAbonent type_ver validator value writer`)

func quotedNames(list string) map[string]string {
	m := map[string]string{}
	for _, name := range strings.Fields(list) {
		m[strconv.Quote(name)] = name
	}
	return m
}
