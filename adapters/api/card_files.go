package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// AttachFile puts a file with its signatures on the draft.
func (d *door) AttachFile(ctx context.Context, r openapi.AttachFileRequestObject) (openapi.AttachFileResponseObject, error) {
	room, err := d.roomInside(ctx, r.Card)
	if err != nil {
		return nil, err
	}
	a, err := d.readAttachment(ctx, r, room)
	if err != nil {
		return nil, err
	}
	card, err := d.edit(ctx, r.Card, r.Params.IfMatch, func(p *document.Packet) error {
		if named(p, a.Name) != nil {
			return document.Faults{document.NewFault(document.FileTwice, "file", a.Name)}
		}
		p.Document.Files = append(p.Document.Files, *a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	view, err := d.cardView(ctx, card)
	return openapi.AttachFile200JSONResponse{Body: view, Headers: openapi.AttachFile200ResponseHeaders{ETag: etag(card.Version)}}, err
}

// roomInside is how many bytes of files the card's packet can still carry inside. A card that was sent is left
// to the hub to refuse, before its file is read.
func (d *door) roomInside(ctx context.Context, id string) (int64, error) {
	card, err := d.card(ctx, id)
	if err != nil {
		return 0, err
	}
	if card.Kind != document.JournalOutgoing {
		return 0, notFound("card")
	}
	if card.State == document.CardSent {
		_, err := d.hub.EditCard(ctx, card.Contour, card.Key, 0, func(*document.Packet) error { return nil })
		return 0, err
	}
	p, err := wire.UnmarshalPacket(card.Draft)
	if err != nil {
		return 0, fmt.Errorf("draft of card %s: %v", card.Key, err)
	}
	room := d.hub.Limits.InlineTotal
	for _, a := range p.Files {
		room -= int64(len(a.Inline))
	}
	return room, nil
}

// readAttachment reads the parts file and signature, and lets the emulator sign where that is asked for.
func (d *door) readAttachment(ctx context.Context, r openapi.AttachFileRequestObject, room int64) (*document.Attachment, error) {
	var a *document.Attachment
	var signatures []document.Signature
	for n := 0; ; n++ {
		part, err := r.Body.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, brokenPart(err)
		}
		switch name := part.FormName(); {
		case n > document.MaxSignatures || name == "file" && a != nil || name != "file" && name != "signature":
			return nil, bad("", "parts: one file, signature …")
		case name == "file":
			read, err := d.readFile(ctx, part, room)
			if err != nil {
				return nil, err
			}
			a = &read
		default:
			s, err := d.readSignature(part)
			if err != nil {
				return nil, err
			}
			signatures = append(signatures, s)
		}
	}
	if a == nil {
		return nil, bad("file", "required")
	}
	if a.Inline != nil {
		a.SHA256 = sha256.Sum256(a.Inline)
	}
	a.Signatures = signatures
	if r.Params.Emulate != nil {
		return a, d.emulateUnder(ctx, *r.Params.Emulate, value(r.Params.Algorithm), a)
	}
	return a, nil
}

// emulateUnder adds the emulator's signature under a file of the caller's own.
func (d *door) emulateUnder(ctx context.Context, participant document.ParticipantCode, algorithm openapi.EmulatedAlgorithm, a *document.Attachment) error {
	content, err := d.contentOf(ctx, callOf(ctx).Contour, a)
	if err != nil {
		return err
	}
	cms, err := d.emulate(ctx, participant, algorithm, content)
	if err != nil {
		return err
	}
	a.Signatures = append(a.Signatures, document.Signature{CMS: cms, Signer: string(participant), SignedAt: d.hub.Clock().UTC()})
	return nil
}

// GetCardFile streams a file of the draft.
func (d *door) GetCardFile(ctx context.Context, r openapi.GetCardFileRequestObject) (openapi.GetCardFileResponseObject, error) {
	card, err := d.card(ctx, r.Card)
	if err != nil {
		return nil, err
	}
	p, err := d.packetOf(ctx, card)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, notFound("file")
	}
	return d.openFile(ctx, p, r.Sha256)
}

// DetachFile takes a file off the draft.
func (d *door) DetachFile(ctx context.Context, r openapi.DetachFileRequestObject) (openapi.DetachFileResponseObject, error) {
	card, err := d.editFile(ctx, r.Card, r.Params.IfMatch, r.Sha256, func(p *document.Packet, i int) error {
		p.Document.Files = slices.Delete(p.Document.Files, i, i+1)
		return nil
	})
	if err != nil {
		return nil, err
	}
	view, err := d.cardView(ctx, card)
	return openapi.DetachFile200JSONResponse{Body: view, Headers: openapi.DetachFile200ResponseHeaders{ETag: etag(card.Version)}}, err
}

// SignCardFile adds a signature under a file of the draft.
func (d *door) SignCardFile(ctx context.Context, r openapi.SignCardFileRequestObject) (openapi.SignCardFileResponseObject, error) {
	b := r.Body
	if (len(b.Cms) == 0) == (b.Emulate == "") {
		return nil, bad("cms", "cms or emulate")
	}
	signed := document.Attachment{}
	if b.Emulate != "" { // signed before the card is locked for the change
		a, err := d.draftFile(ctx, r.Card, r.Sha256)
		if err != nil {
			return nil, err
		}
		signed = *a
		if err := d.emulateUnder(ctx, b.Emulate, b.Algorithm, &signed); err != nil {
			return nil, err
		}
	} else {
		signed.Signatures = []document.Signature{{CMS: signatureDER(b.Cms)}}
	}
	last := signed.Signatures[len(signed.Signatures)-1]
	card, err := d.editFile(ctx, r.Card, r.Params.IfMatch, r.Sha256, func(p *document.Packet, i int) error {
		p.Document.Files[i].Signatures = append(p.Document.Files[i].Signatures, last)
		return nil
	})
	if err != nil {
		return nil, err
	}
	view, err := d.cardView(ctx, card)
	return openapi.SignCardFile200JSONResponse{Body: view, Headers: openapi.SignCardFile200ResponseHeaders{ETag: etag(card.Version)}}, err
}

func (d *door) draftFile(ctx context.Context, id, digest string) (*document.Attachment, error) {
	card, err := d.card(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := d.packetOf(ctx, card)
	if err != nil {
		return nil, err
	}
	if i := fileAt(p, digest); i >= 0 {
		return &p.Document.Files[i], nil
	}
	return nil, notFound("file")
}

// editFile changes the file of the draft that has the digest.
func (d *door) editFile(ctx context.Context, id string, match *string, digest string, change func(*document.Packet, int) error) (*record.Card, error) {
	return d.edit(ctx, id, match, func(p *document.Packet) error {
		i := fileAt(p, digest)
		if i < 0 {
			return notFound("file")
		}
		return change(p, i)
	})
}

func fileAt(p *document.Packet, digest string) int {
	want, err := blob.ParseDigest(digest)
	if err != nil || p == nil || p.Document == nil {
		return -1
	}
	return slices.IndexFunc(p.Document.Files, func(a document.Attachment) bool { return a.SHA256 == want })
}
