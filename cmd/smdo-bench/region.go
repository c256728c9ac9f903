package main

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// region is the invented country that packets cross: contours with an organisation, two participants and
// three journals each, and the trust between them.
type region struct {
	Senders   int // contours that send
	Receivers int // contours that receive, with hosted journals
	Ring      int // in place of both: so many contours, each sends to the four after it
	Tasks     bool
}

const ringTrust = 4

func (r region) sender(i int) document.ContourCode {
	if r.Ring > 0 {
		return document.ContourCode(fmt.Sprint("c", i%r.Ring))
	}
	return document.ContourCode(fmt.Sprint("s", i%r.Senders))
}

func (r region) receiver(i int) document.ContourCode {
	if r.Ring > 0 {
		return document.ContourCode(fmt.Sprint("c", (i+1+i/r.Ring%ringTrust)%r.Ring))
	}
	return document.ContourCode(fmt.Sprint("r", (i%r.Senders+i/r.Senders)%r.Receivers))
}

func (r region) contours() (all []document.ContourCode) {
	for i := range r.Ring {
		all = append(all, document.ContourCode(fmt.Sprint("c", i)))
	}
	if r.Ring > 0 {
		return all
	}
	for i := range r.Senders {
		all = append(all, r.sender(i))
	}
	for i := range r.Receivers {
		all = append(all, document.ContourCode(fmt.Sprint("r", i)))
	}
	return all
}

// rules writes the contours file of the region.
func (r region) rules() []byte {
	var s strings.Builder
	s.WriteString("edition: smdo-contours/1\nkinds: [Письмо]\norganisations:\n")
	all := r.contours()
	for i, c := range all {
		fmt.Fprintf(&s, "  - {code: o-%s, name: {ru: Организация}, agreement: {number: %q, date: 2026-01-12}}\n", c, fmt.Sprint(i))
	}
	s.WriteString("contours:\n")
	for _, c := range all {
		fmt.Fprintf(&s, `  - code: %[1]s
    organisation: o-%[1]s
    title: {ru: Контур}
    delivery: hosted
    time_zone: Europe/Minsk
    journals:
      - {code: tasks, kind: tasks, title: {ru: Задачи}, index: смдо}
      - {code: in, kind: incoming, title: {ru: Входящие}, index: вх}
    participants: [{code: petrov, name: Петров, rights: [send]}, {code: ivanov, name: Иванов, rights: [execute]}]
`, c)
	}
	s.WriteString("trust:\n")
	pair := func(from, to document.ContourCode) {
		fmt.Fprintf(&s, "  - {from: %s, to: %s, signatures: {emulator: allow, undeterminable: hold, hold_for: 72h}}\n", from, to)
	}
	for i := range r.Ring {
		for k := range ringTrust {
			pair(all[i], all[(i+1+k)%r.Ring])
		}
	}
	if r.Ring == 0 {
		for i := range r.Senders {
			for k := range r.Receivers {
				pair(all[i], all[r.Senders+k])
			}
		}
	}
	return []byte(s.String())
}

// packets makes the region's packets: a document with 1 KB of requisites and one signed 1 KB file. Signing is
// the senders' work, not the hub's: the signed files are made beforehand, each by a signer with a certificate of
// its own, and each packet carries one of them under a name and a document of its own.
type packets struct {
	region
	files []document.Attachment
}

const (
	signedFiles = 512
	fileSize    = 1024
	titleSize   = 300 // Cyrillic letters, two octets each
)

func (r region) sign(dir string, by signature.Algorithm) (*packets, *signature.Emulator, error) {
	emulator, err := signature.OpenEmulator(filepath.Join(dir, "emulator"))
	if err != nil {
		return nil, nil, err
	}
	p := &packets{region: r}
	for i := range signedFiles {
		content := fmt.Appendf(nil, `{"file":%d,"text":%q}`, i, strings.Repeat("x", fileSize))[:fileSize]
		signer, err := emulator.Issue(fmt.Sprint("petrov.", i), signature.SignerOptions{Algorithm: by})
		if err != nil {
			return nil, nil, err
		}
		cms, err := signer.Sign(signature.ContentOf(content))
		if err != nil {
			return nil, nil, err
		}
		p.files = append(p.files, document.Attachment{
			Name: "Письмо.json", MediaType: "application/json", Size: fileSize, SHA256: sha256.Sum256(content), Inline: content,
			Signatures: []document.Signature{{CMS: cms}},
		})
	}
	return p, emulator, nil
}

// make returns packet i.
func (p *packets) make(i int) *document.Packet {
	id := record.NewKey().String()
	to := p.receiver(i)
	packet := &document.Packet{
		ID: document.PacketID{Sender: p.sender(i), MsgID: document.MsgID(id)}, Edition: document.Edition, Kind: document.Main, Acknow: document.AcknowAlways,
		Sent: time.Now().UTC(), Subject: "Письмо", Author: "petrov", To: []document.Receiver{{Contour: to}},
		Document: &document.Document{
			ID: "doc-" + id, Kind: "Письмо", Sheets: 1, Number: document.RegNumber{Number: "01-05/" + fmt.Sprint(i), Date: document.Date{Year: 2026, Month: 11, Day: 23}},
			Title: title, Files: p.files[i%len(p.files) : i%len(p.files)+1 : i%len(p.files)+1],
		},
	}
	if p.Tasks {
		packet.Tasks = []document.Task{{ID: "t-1", Kind: document.Inform, SMDO: true, Text: "Для сведения", Executors: []document.Executor{{Contour: to, Participant: "ivanov", Chief: true}}}}
	}
	return packet
}

const sentence = "О предоставлении сведений об исполнении бюджета за отчётный период. "

var title = string([]rune(strings.Repeat(sentence, 1+titleSize/20))[:titleSize])
