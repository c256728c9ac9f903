package smdomail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // names of files in the encodings that mail programs use
	"github.com/emersion/go-message/mail"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// take takes one mail. After an error that is not its sender's fault it stays where it is.
func (p *Post) take(ctx context.Context, raw []byte) error {
	from, m, err := p.open(ctx, raw)
	if err == nil {
		err = p.submit(ctx, from, m)
	}
	var faults document.Faults
	if !errors.As(err, &faults) {
		return err
	}
	if from != "" && m != nil && m.ID.Valid() && m.Kind != document.Notification {
		if err := p.refuse(ctx, from, m, faults); err != nil {
			return err
		}
	}
	return p.putAside(raw, from, faults)
}

// open reads a mail: who sends it, and the message with the files beside it, which are stored already.
func (p *Post) open(ctx context.Context, raw []byte) (from document.ContourCode, m *sdip.Message, err error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return "", nil, malformed("", "not a mail")
	}
	addresses, err := r.Header.AddressList("From")
	if err != nil || len(addresses) != 1 {
		return "", nil, malformed("From", "address")
	}
	from, known := p.sender(addresses[0].Address)
	if !known {
		return "", nil, document.Faults{document.NewFault(document.PacketSender, "From")}
	}
	text, files, err := p.parts(ctx, from, r)
	if err != nil {
		return from, nil, err
	}
	m, err = sdip.Decode(text, sdip.Options{Names: adapters.Names(p.Hub.Book())})
	if err != nil {
		return from, m, err
	}
	if m.Sender.Code != from {
		return from, m, document.Faults{document.NewFault(document.PacketSender, "Header/Sender/@id")}
	}
	if m.Packet != nil {
		err = p.complete(ctx, from, m.Packet, files)
	}
	return from, m, err
}

func malformed(field, what string) error {
	return document.Faults{document.NewFault(document.PacketMalformed, field, what)}
}

// parts finds the XML of a mail and stores the files beside it, by their names.
func (p *Post) parts(ctx context.Context, from document.ContourCode, r *mail.Reader) (text []byte, files map[string]*document.Attachment, err error) {
	files = map[string]*document.Attachment{}
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil && !message.IsUnknownCharset(err) || n > document.MaxFiles {
			return nil, nil, malformed("MIME", "multipart")
		}
		name := nameOf(part.Header)
		switch {
		case isMessage(name):
			if text != nil {
				return nil, nil, malformed("MIME", "_data.xml, _ack.xml")
			}
			if text, err = io.ReadAll(io.LimitReader(part.Body, int64(markup.DefaultLimits().Bytes))); err != nil {
				return nil, nil, malformed("MIME", name)
			}
		case name != "":
			info, err := p.Files.Store(ctx, from, name, part.Body)
			if err != nil {
				return nil, nil, err
			}
			files[name] = &document.Attachment{Size: info.Size, SHA256: info.Digest}
		}
	}
	if text == nil {
		return nil, nil, malformed("MIME", "_data.xml, _ack.xml")
	}
	return text, files, nil
}

// nameOf is the name of a part; empty for the text of the mail, which says nothing. Some gateways add .txt.
func nameOf(h mail.PartHeader) string {
	var name string
	switch h := h.(type) {
	case *mail.AttachmentHeader:
		name, _ = h.Filename()
	case *mail.InlineHeader:
		_, params, _ := h.ContentDisposition()
		if name = params["filename"]; name == "" {
			_, params, _ = h.ContentType()
			name = params["name"]
		}
	}
	name = path.Base(strings.ReplaceAll(strings.TrimSpace(name), `\`, "/"))
	if name == "." || name == "/" {
		return ""
	}
	if stem, ok := strings.CutSuffix(name, ".txt"); ok && (isMessage(stem) || strings.HasPrefix(strings.ToLower(stem), "attach")) {
		return stem
	}
	return name
}

func isMessage(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".xml") && (strings.Contains(name, "_data") || strings.Contains(name, "_ack"))
}

// complete gives the packet the files that came beside the message, and its author.
func (p *Post) complete(ctx context.Context, from document.ContourCode, packet *document.Packet, files map[string]*document.Attachment) error {
	var missing document.Faults
	for field, a := range packet.Files {
		f := files[a.ReferenceID]
		switch {
		case a.Inline != nil:
			if err := p.Files.Spill(ctx, from, field, a); err != nil {
				return err
			}
		case f == nil:
			missing = append(missing, document.NewFault(document.FileMissing, field))
		default:
			a.Size, a.SHA256 = f.Size, f.SHA256
		}
	}
	if len(missing) > 0 {
		return missing
	}
	if packet.Author == "" && packet.Document != nil {
		packet.Author = adapters.Author(p.Hub.Book(), from, packet.Document)
	}
	return nil
}

// submit gives the hub what a message says.
func (p *Post) submit(ctx context.Context, from document.ContourCode, m *sdip.Message) error {
	if m.Receipt != nil {
		return adapters.Submit(ctx, p.Hub, from, nil, m.Report(from))
	}
	return adapters.Submit(ctx, p.Hub, from, m.Packet, nil)
}

// refuse tells the sender of a message that was not taken what is wrong with it, as the router does (103).
func (p *Post) refuse(ctx context.Context, from document.ContourCode, m *sdip.Message, faults document.Faults) error {
	about := document.PacketID{Sender: from, MsgID: m.ID}
	r := &document.Receipt{ID: document.NewReceiptID(about, from, "", document.Reject, "mail"), Packet: about, Receiver: from, Stage: document.Reject, Code: 1, Faults: faults, At: p.Clock()}
	packet := &document.Packet{ID: about}
	if m.Packet != nil {
		packet = m.Packet
	}
	answer, err := p.Receipt(ctx, r, packet)
	if err != nil {
		return err
	}
	return p.hand(ctx, from, answer)
}

// maxAside is how many files of mails that were put aside may lie there: then such mails stay in the mailbox.
const maxAside = 20_000

// putAside keeps a mail that was not taken, with the reason. The same mail is kept once.
func (p *Post) putAside(raw []byte, from document.ContourCode, faults document.Faults) error {
	if dir, err := p.Bad.Open("."); err == nil {
		names, _ := dir.Readdirnames(maxAside)
		_ = dir.Close()
		if len(names) >= maxAside {
			return fmt.Errorf("put a mail aside: %d files lie there already", len(names))
		}
	}
	sum := sha256.Sum256(raw)
	name := hex.EncodeToString(sum[:16])
	var reason strings.Builder
	fmt.Fprintf(&reason, "%s\n", from)
	codes := make([]string, len(faults))
	for i := range faults {
		f := &faults[i]
		codes[i] = string(f.Code)
		fmt.Fprintf(&reason, "%s %s: %s\n", f.Code, f.Field, f.Text(document.Russian))
	}
	if err := p.Bad.WriteFile(name+".txt", []byte(reason.String()), 0o640); err != nil {
		return fmt.Errorf("put a mail aside: %w", err)
	}
	if err := p.Bad.WriteFile(name+".eml", raw, 0o640); err != nil {
		return fmt.Errorf("put a mail aside: %w", err)
	}
	p.Log.Warn("a mail was put aside", "contour", from, "faults", codes)
	return nil
}
