package adaptertest

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// MEDO is a correspondent of МЭДО 2.7.1 with a folder.
type MEDO struct {
	Self
	Folder string // in and out are in it, by the hub's view
}

// Name is the protocol.
func (m *MEDO) Name() string { return "МЭДО 2.7.1, папка" }

// leave puts a message for the hub: a folder, under another name first.
func (m *MEDO) leave(ctx context.Context, to, name string, files map[string][]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	envelope := "[ПИСЬМО КП ПС СЗИ]\r\nТЕМА=ЭСД МЭДО\r\nЭЦП=1\r\nДАТА=23.11.2026 11:15:00\r\n[АДРЕСАТЫ]\r\n0=" + to + "\r\n[ФАЙЛЫ]\r\n"
	n := 0
	for f := range files {
		envelope += fmt.Sprintf("%d=%s\r\n", n, f)
		n++
	}
	ini, err := charmap.Windows1251.NewEncoder().Bytes([]byte(envelope))
	if err != nil {
		return err
	}
	files["envelope.ini"] = ini
	dir := filepath.Join(m.Folder, "in", name)
	if err := os.MkdirAll(dir+".tmp", 0o770); err != nil {
		return err
	}
	for f, content := range files {
		if err := os.WriteFile(filepath.Join(dir+".tmp", f), content, 0o660); err != nil {
			return err
		}
	}
	return os.Rename(dir+".tmp", dir)
}

func (m *MEDO) communication(kind, id, body string) []byte {
	return []byte(fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<c:communication xmlns:c="urn:IEDMS:MESSAGE" c:version="2.7.1"><c:header c:type="%s" c:uid="%s" c:created="2026-11-23T11:15:00+03:00"><c:source c:uid="%s"><c:organization>%s</c:organization></c:source></c:header>%s</c:communication>`,
		kind, id, m.GUID, xmlText.Replace(m.Title), body))
}

// Send sends a letter as a container.
func (m *MEDO) Send(ctx context.Context, to Address, l Letter) error {
	passport := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<c:container xmlns:c="urn:IEDMS:CONTAINER" c:uid="%s" c:version="2.7.1"><c:requisites><c:documentKind c:id="DK00000000">Письмо</c:documentKind><c:classification c:id="DC00000000">Обычная информация</c:classification><c:annotation>%s</c:annotation></c:requisites>
<c:authors><c:author><c:organization><c:title>%s</c:title></c:organization><c:registration><c:number>%s</c:number><c:date>2026-11-23</c:date>%s</c:registration>
<c:sign><c:person><c:post>Начальник</c:post><c:name>%s</c:name></c:person><c:documentSignature c:localName="document.p7s">%s</c:documentSignature></c:sign></c:author></c:authors>
<c:addressees><c:addressee><c:organization><c:title>%s</c:title></c:organization></c:addressee></c:addressees><c:document c:localName="document.pdf"><c:pagesQuantity>1</c:pagesQuantity></c:document></c:container>`,
		l.Doc, xmlText.Replace(l.Title), xmlText.Replace(m.Title), l.Number, stampAt("registrationStamp", "regStamp.png", 20), m.Person, stampAt("signatureStamp", "signStamp1.png", 60), xmlText.Replace(to.Title))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string][]byte{"passport.xml": []byte(passport), "document.pdf": l.File, "document.p7s": m.Sign(l.File), "regStamp.png": []byte("\x89PNG"), "signStamp1.png": []byte("\x89PNG")} {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	text := m.communication("Транспортный контейнер", l.ID, "<c:container><c:body>document.edc.zip</c:body></c:container>")
	return m.leave(ctx, to.Mailbox, l.ID, map[string][]byte{"message.xml": text, "document.edc.zip": b.Bytes()})
}

func stampAt(element, name string, y int) string {
	return fmt.Sprintf(`<c:%s c:localName="%s"><c:position><c:page>1</c:page><c:topLeft><c:x>20</c:x><c:y>%d</c:y></c:topLeft><c:dimension><c:w>60</c:w><c:h>20</c:h></c:dimension></c:position></c:%s>`, element, name, y, element)
}

// Take takes what the hub left.
func (m *MEDO) Take(context.Context) (events []Event, err error) {
	out := filepath.Join(m.Folder, "out")
	dirs, err := os.ReadDir(out)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, d := range dirs {
		if strings.HasPrefix(d.Name(), ".") {
			continue
		}
		e, err := m.read(filepath.Join(out, d.Name()))
		if err != nil {
			return events, err
		}
		events = append(events, e)
		if err := os.RemoveAll(filepath.Join(out, d.Name())); err != nil {
			return events, err
		}
	}
	return events, nil
}

// communicationRead is what is read of a message.
type communicationRead struct {
	Header struct {
		UID    string `xml:"uid,attr"`
		Source struct {
			UID string `xml:"uid,attr"`
		} `xml:"source"`
	} `xml:"header"`
	Ack *struct {
		UID      string `xml:"uid,attr"`
		Accepted bool   `xml:"accepted"`
	} `xml:"acknowledgment"`
	Notification *struct {
		UID      string `xml:"uid,attr"`
		Accepted *struct {
			Number string `xml:"num>number"`
		} `xml:"documentAccepted"`
		Refused *struct{} `xml:"documentRefused"`
	} `xml:"notification"`
}

func (m *MEDO) read(dir string) (e Event, err error) {
	var text []byte
	for _, name := range []string{"message.xml", "acknowledgment.xml", "notification.xml"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			text = b
		}
	}
	var x communicationRead
	if err := xml.Unmarshal(text, &x); err != nil {
		return e, fmt.Errorf("%w: %s", err, text)
	}
	e.ID, e.From = x.Header.UID, x.Header.Source.UID
	switch {
	case x.Ack != nil:
		e.About, e.Said = x.Ack.UID, verdict(1, x.Ack.Accepted)
	case x.Notification != nil:
		e.About, e.Said = x.Notification.UID, Other
		if a := x.Notification.Accepted; a != nil {
			e.Said, e.Number = Registered, a.Number
		} else if x.Notification.Refused != nil {
			e.Said = Refused
		}
	default:
		return e, m.container(filepath.Join(dir, "document.edc.zip"), &e)
	}
	return e, nil
}

func (m *MEDO) container(path string, e *Event) error {
	z, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return err
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			return err
		}
	}
	var p struct {
		UID    string `xml:"uid,attr"`
		Number string `xml:"authors>author>registration>number"`
		File   struct {
			Name string `xml:"localName,attr"`
		} `xml:"document"`
	}
	if err := xml.Unmarshal(files["passport.xml"], &p); err != nil {
		return err
	}
	e.Document, e.Number, e.File = p.UID, p.Number, files[p.File.Name]
	return nil
}

// Register sends a notification that the document was registered.
func (m *MEDO) Register(ctx context.Context, e Event, number string) error {
	body := fmt.Sprintf(`<c:notification c:type="Зарегистрирован" c:uid="%s"><c:documentAccepted><c:time>2026-11-24T09:05:00+03:00</c:time><c:foundation><c:organization>%s</c:organization><c:num><c:number>%s</c:number><c:date>2026-11-23</c:date></c:num></c:foundation>
<c:num><c:number>%s</c:number><c:date>2026-11-24</c:date></c:num></c:documentAccepted></c:notification>`, e.Document, e.From, e.Number, number)
	id := m.NewID()
	return m.leave(ctx, "X~MEDOGU", id, map[string][]byte{"notification.xml": m.communication("Уведомление", id, body)})
}
