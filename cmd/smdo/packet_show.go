package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

type packetShow struct {
	Connection
	Packet string `arg:"" help:"Пакет. / Packet."`
	Body   bool   `help:"Сам пакет, как его приняли. / The packet itself, as it was accepted."`
	Save   string `help:"Сохранить файлы и подписи в каталог. / Save files and signatures into a folder." type:"path"`
}

// packetStory is a packet with its receipts.
type packetStory struct {
	openapi.PacketView
	Files    []openapi.SignedFile `json:"files"`
	Receipts []openapi.Receipt    `json:"receipts"`
}

// Run is the command.
func (p *packetShow) Run(ctx context.Context, g *Global) error {
	hub, err := p.open(g)
	if err != nil {
		return err
	}
	if p.Body || p.Save != "" {
		body, err := answer[openapi.Packet](hub.GetPacketBody(ctx, p.Packet))
		if err != nil {
			return err
		}
		if p.Save != "" {
			if err := hub.savePacket(ctx, p.Save, p.Packet, &body); err != nil {
				return err
			}
		}
		if p.Body {
			return g.print(body)
		}
	}
	var story packetStory
	if story.PacketView, err = answer[openapi.PacketView](hub.GetPacket(ctx, p.Packet, &openapi.GetPacketParams{Lang: hub.lang()})); err != nil {
		return err
	}
	files, err := answer[openapi.SignedFileList](hub.ListPacketFiles(ctx, p.Packet, &openapi.ListPacketFilesParams{Lang: hub.lang()}))
	if err != nil {
		return err
	}
	story.Files = files.Items
	page, err := answer[openapi.ReceiptPage](hub.ListPacketReceipts(ctx, p.Packet, &openapi.ListPacketReceiptsParams{Lang: hub.lang()}))
	if err != nil {
		return err
	}
	story.Receipts = page.Items
	return g.story(&story)
}

func (g *Global) story(s *packetStory) error {
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(s)
	}
	fmt.Fprintf(g.stdout, "%s  %s%s\n", s.ID, s.Status, mark(s.Emulated, g.Lang))
	fmt.Fprintf(g.stdout, "%s %s %s  %s\n", s.DocumentKind, s.Number.Number, s.Number.Date, s.Title)
	g.fileLines(s.Files)
	for i := range s.Exchanges {
		g.exchangeLines(&s.Exchanges[i])
	}
	for i := range s.Receipts {
		r := &s.Receipts[i]
		fmt.Fprintln(g.stdout, g.receiptLine(r))
		for _, f := range r.Faults {
			fmt.Fprintf(g.stdout, "      %s %s: %s\n", f.Code, f.Field, g.Lang.Pick(f.TextRu, f.TextEn))
		}
	}
	return nil
}

func (c *client) savePacket(ctx context.Context, dir, id string, p *openapi.Packet) error {
	if p.Document == nil {
		return nil
	}
	var files []openapi.SignedFile
	for i := range p.Document.Files {
		a := &p.Document.Files[i]
		f := openapi.SignedFile{Name: a.Name, Sha256: hex.EncodeToString(a.SHA256[:]), Size: a.Size}
		for _, s := range a.Signatures {
			f.Signatures = append(f.Signatures, openapi.SignatureView{Cms: s.CMS})
		}
		files = append(files, f)
	}
	return c.save(ctx, dir, files, func(sha256 string) (io.ReadCloser, error) { return content(c.GetPacketFile(ctx, id, sha256)) })
}

// content is the body of a file's answer.
func content(r *http.Response, err error) (io.ReadCloser, error) {
	if r, err = good(r, err); err != nil {
		return nil, err
	}
	return r.Body, nil
}

// save writes files and the signatures under them into a folder. What a sender calls a file is metadata and
// never a path: only the last element of the name is used, and nothing is overwritten.
func (c *client) save(ctx context.Context, dir string, files []openapi.SignedFile, read func(sha256 string) (io.ReadCloser, error)) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save files: %w", err)
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.Base(strings.ReplaceAll(f.Name, `\`, "/")))
		body, err := read(f.Sha256)
		if err != nil {
			return err
		}
		err = writeNew(name, body)
		_ = body.Close()
		if err != nil {
			return err
		}
		for i, s := range f.Signatures {
			if err := writeNew(fmt.Sprintf("%s.%d.p7s", name, i+1), strings.NewReader(string(s.Cms))); err != nil {
				return err
			}
		}
	}
	c.g.say("сохранено в "+dir, "saved in "+dir)
	return nil
}

func writeNew(name string, r io.Reader) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("save files: %w", err)
	}
	_, err = io.Copy(f, r)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return nil
}
