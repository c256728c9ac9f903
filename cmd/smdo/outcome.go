package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// journeyReport is what smdo dev --exit -o json prints: a contract.
type journeyReport struct {
	Packets       []packetReport `json:"packets"`
	Discrepancies []string       `json:"discrepancies"`
}

type packetReport struct {
	ID           string            `json:"id"`
	Kind         string            `json:"kind"`
	From         string            `json:"from"`
	To           string            `json:"to"`
	Status       string            `json:"status"`
	Registration string            `json:"registration"`
	Tasks        []taskReport      `json:"tasks"`
	Signatures   []signatureReport `json:"signatures"`
	Receipts     []receiptReport   `json:"receipts"`
}

type taskReport struct {
	ID           string `json:"id"`
	Kind         string `json:"kind"`
	Executor     string `json:"executor"`
	Status       string `json:"status"`
	Registration string `json:"registration"`
}

type signatureReport struct {
	SHA256   string `json:"sha256"`
	Signer   string `json:"signer"`
	Verdict  string `json:"verdict"`
	Family   string `json:"family"`
	Emulated bool   `json:"emulated"`

	Organisation string     `json:"organisation"`
	Issuer       string     `json:"issuer"`
	Serial       string     `json:"serial"`
	NotBefore    *time.Time `json:"not_before"`
	NotAfter     *time.Time `json:"not_after"`
}

type receiptReport struct {
	ID    string    `json:"id"`
	Leaf  int64     `json:"leaf"`
	Stage string    `json:"stage"`
	Code  int       `json:"code"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

// report reads back from the record what became of a packet.
func (h *hub) report(ctx context.Context, id document.PacketID, lang document.Lang) (packetReport, error) {
	_, exchanges, err := h.record.Packet(ctx, id)
	if err != nil {
		return packetReport{}, fmt.Errorf("packet %s: %w", id, err)
	}
	ex := exchanges[0]
	r := packetReport{ID: id.String(), Kind: "document", From: string(id.Sender), To: string(ex.Receiver), Status: receipts.Status(ex.State, taskStates(ex), lang), Registration: ex.Number.Number, Tasks: []taskReport{}, Signatures: []signatureReport{}, Receipts: []receiptReport{}}
	for _, t := range ex.Tasks {
		r.Kind = string(t.Kind)
		r.Tasks = append(r.Tasks, taskReport{t.ID, string(t.Kind), string(t.Executor), receipts.TaskText(t.State, lang), t.Number.Number})
	}
	files, err := h.senderFiles(ctx, id)
	if err != nil {
		return r, err
	}
	for _, f := range files {
		r.Signatures = append(r.Signatures, h.verdicts(&f)...)
	}
	sealed, err := h.record.Receipts(ctx, id, 1000)
	if err != nil {
		return r, fmt.Errorf("receipts of %s: %w", id, err)
	}
	for _, s := range sealed {
		receipt, err := wire.UnmarshalReceipt(s.Bytes)
		if err != nil {
			return r, err
		}
		r.Receipts = append(r.Receipts, receiptReport{string(receipt.ID), s.Leaf, receipt.Stage.String(), receipt.Code, receipts.Text(receipt, lang), receipt.At})
	}
	return r, nil
}

// senderFiles are the files on the sender's card, with all signatures under them.
func (h *hub) senderFiles(ctx context.Context, id document.PacketID) ([]document.Attachment, error) {
	key, err := record.ParseKey(string(id.MsgID))
	if err != nil {
		return nil, err
	}
	card, err := h.record.Card(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("card of %s: %w", id, err)
	}
	p, err := wire.UnmarshalPacket(card.Draft)
	if err != nil {
		return nil, fmt.Errorf("card of %s: %w", id, err)
	}
	return p.Document.Files, nil
}

func (h *hub) verdicts(f *document.Attachment) []signatureReport {
	var out []signatureReport
	content := signature.ContentOf(f.Inline)
	for _, s := range f.Signatures {
		v := h.verifier.Verify(s.CMS, content, time.Now())
		r := signatureReport{SHA256: hex.EncodeToString(f.SHA256[:]), Verdict: v.Status.String(), Emulated: v.Emulated}
		if len(v.Signers) > 0 {
			id := v.Signers[0].Signer
			r.Signer, r.Family, r.Organisation, r.Issuer, r.Serial = id.CommonName, v.Signers[0].Family, id.Organisation, id.Issuer, id.Serial
			r.NotBefore, r.NotAfter = known(id.NotBefore), known(id.NotAfter)
		}
		out = append(out, r)
	}
	return out
}

// judge compares what became of a packet with what had to become of it.
func (s step) judge(r packetReport) (wrong []string) {
	note := func(format string, args ...any) { wrong = append(wrong, r.ID+": "+fmt.Sprintf(format, args...)) }
	signers := map[string]bool{string(s.author): true}
	for i, t := range s.tasks {
		if t.end == "" {
			continue
		}
		if i >= len(r.Tasks) {
			note("task %d is missing", i+1)
			continue
		}
		if got, want := r.Tasks[i].Status, receipts.TaskText(t.end, ""); got != want && got != receipts.TaskText(t.end, document.English) {
			note("task %s is «%s», want «%s»", r.Tasks[i].ID, got, want)
		}
		if t.outcome == document.Signed {
			signers[string(t.executor)] = true
		}
	}
	for _, v := range r.Signatures {
		if v.Verdict != signature.Valid.String() || !v.Emulated {
			note("the signature of %s is %s", v.Signer, v.Verdict)
		}
		delete(signers, v.Signer)
	}
	for signer := range signers {
		note("the signature of %s is missing on the sender's card", signer)
	}
	if s.end == document.Rejected && (len(r.Receipts) == 0 || r.Receipts[0].Stage != document.Reject.String()) {
		note("it was not rejected")
	}
	return wrong
}

// write puts the sender's files and signatures into a folder, with the roots that they verify under.
func (h *hub) write(ctx context.Context, dir string, ids []document.PacketID) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write files: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), pemOf(h.emulator.Roots()...), 0o644); err != nil {
		return fmt.Errorf("write files: %w", err)
	}
	for n, id := range ids {
		files, err := h.senderFiles(ctx, id)
		if err != nil {
			return err
		}
		for i, f := range files {
			name := filepath.Join(dir, fmt.Sprintf("packet-%d-file-%d.pdf", n+1, i+1)) // names of senders are never paths
			if err := os.WriteFile(name, f.Inline, 0o644); err != nil {
				return fmt.Errorf("write files: %w", err)
			}
			for j, s := range f.Signatures {
				if err := os.WriteFile(fmt.Sprintf("%s.%d.p7s", name, j+1), s.CMS, 0o644); err != nil {
					return fmt.Errorf("write files: %w", err)
				}
			}
		}
	}
	return nil
}
