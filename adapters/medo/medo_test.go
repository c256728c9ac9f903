package medo_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/charmap"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/folder"
	"github.com/smdo-hub/smdo-hub/adapters/medo"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// uids are the correspondents in МЭДО.
var uids = map[string]string{"head-a": "aaaaaaaa-0000-4000-8000-000000000001", "sub-a2": "bbbbbbbb-0000-4000-8000-000000000002", "head-b": "cccccccc-0000-4000-8000-000000000003"}

// site is a hub whose head-a and sub-a2 exchange messages of МЭДО; head-b, which is hosted, has an address there.
type site struct {
	*brokertest.Env
	t    *testing.T
	root string
}

func start(t *testing.T, version string) *site {
	t.Helper()
	text := string(contours.Example())
	for _, c := range []string{"head-a", "sub-a2", "head-b"} {
		at := strings.Index(text, "- code: "+c+"\n")
		hosted := at + strings.Index(text[at:], "delivery: hosted")
		delivery := "delivery: push\n    protocol: medo"
		if c == "head-b" {
			delivery = "delivery: hosted"
		}
		text = text[:hosted] + fmt.Sprintf("%s\n    medo: {uid: %s, address: %s~MEDOGU, version: '%s'}", delivery, uids[c], strings.ToUpper(c), version) + text[hosted+len("delivery: hosted"):]
	}
	s := &site{Env: brokertest.Start(t, brokertest.Options{Rules: []byte(text)}), t: t, root: t.TempDir()}
	root, err := os.OpenRoot(s.root)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	translator := &medo.Translator{Files: adapters.Files{Hub: s.Hub, Blobs: s.Blobs, Verifier: s.Verifier}, Record: s.Record, Clock: time.Now}
	gateway := &folder.Gateway{
		Hub: s.Hub, Record: s.Record, Root: root, Translators: map[contours.Protocol]folder.Translator{contours.ProtocolMEDO: translator},
		Every: 20 * time.Millisecond, Clock: time.Now, Log: log,
	}
	carrier := &adapters.Carrier{Hub: s.Hub, Record: s.Record, Clock: time.Now, Log: log}
	for _, part := range []func(context.Context) error{gateway.Run, carrier.Run} {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- part(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	return s
}

// leave puts a message where the gateway takes it: a folder, under another name first.
func (s *site) leave(contour string, files map[string][]byte) {
	s.t.Helper()
	in := filepath.Join(s.root, contour, "in")
	name := filepath.Join(in, uuid.NewString())
	if err := os.MkdirAll(name+".tmp", 0o770); err != nil {
		s.t.Fatal(err)
	}
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(name+".tmp", file), content, 0o660); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := os.Rename(name+".tmp", name); err != nil {
		s.t.Fatal(err)
	}
}

// waitFor waits until n messages lie in a folder, and returns their files by name.
func (s *site) waitFor(contour, box string, n int) (messages []map[string][]byte) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(20 * time.Millisecond) {
		dirs, _ := filepath.Glob(filepath.Join(s.root, contour, box, "[^.]*"))
		if len(dirs) >= n {
			for _, dir := range dirs {
				files, _ := os.ReadDir(dir)
				m := map[string][]byte{}
				for _, f := range files {
					content, err := os.ReadFile(filepath.Join(dir, f.Name()))
					if err != nil && !f.IsDir() {
						s.t.Fatal(err)
					}
					m[f.Name()] = content
				}
				messages = append(messages, m)
			}
			return messages
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d of %d messages in %s/%s", len(dirs), n, contour, box)
		}
	}
}

func ini(to string, files ...string) []byte {
	text := "[ПИСЬМО КП ПС СЗИ]\r\nТЕМА=ЭСД МЭДО (01-05/77 от 23.11.2026)\r\nЭЦП=1\r\nДАТА=23.11.2026 11:15:00\r\n[АДРЕСАТЫ]\r\n0=" + strings.ToUpper(to) + "~MEDOGU\r\n[ФАЙЛЫ]\r\n"
	for i, f := range files {
		text += fmt.Sprintf("%d=%s\r\n", i, f)
	}
	out, err := charmap.Windows1251.NewEncoder().Bytes([]byte(text))
	if err != nil {
		panic(err)
	}
	return out
}

// letter is a message of 2.5 in windows-1251, composed by hand.
func (s *site) letter(from, to, uid, doc string, pdf []byte, participant string) map[string][]byte {
	text := fmt.Sprintf(`<?xml version="1.0" encoding="windows-1251"?>
<xdms:communication xdms:version="2.5" xmlns:xdms="http://www.infpres.com/IEDMS">
  <xdms:header xdms:type="Документ" xdms:uid="%s" xdms:created="2026-11-23T11:15:00"><xdms:source xdms:uid="%s"><xdms:organization>Ведомство</xdms:organization></xdms:source></xdms:header>
  <xdms:document xdms:uid="%s"><xdms:kind>Письмо</xdms:kind><xdms:num><xdms:number>01-05/77</xdms:number><xdms:date>2026-11-23</xdms:date></xdms:num>
    <xdms:addressees><xdms:addressee><xdms:organization>Ведомство Б</xdms:organization></xdms:addressee></xdms:addressees>
    <xdms:pages>2</xdms:pages><xdms:annotation>О согласовании</xdms:annotation></xdms:document>
  <xdms:files><xdms:file xdms:localName="text001.pdf" xdms:localId="0"><xdms:group>Текст документа</xdms:group></xdms:file>
    <xdms:file xdms:localName="text001.pdf.p7s" xdms:localId="1"><xdms:group>ЭЦП</xdms:group></xdms:file></xdms:files>
</xdms:communication>`, uid, uids[from], doc)
	encoded, err := charmap.Windows1251.NewEncoder().Bytes([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return map[string][]byte{"envelope.ini": ini(to, "document.xml", "text001.pdf", "text001.pdf.p7s"), "document.xml": encoded, "text001.pdf": pdf, "text001.pdf.p7s": s.Sign(participant, pdf).CMS}
}

// said reads an answer without the codec: what kind, about what, and how.
type said struct {
	Ack struct {
		UID      string `xml:"uid,attr"`
		Accepted bool   `xml:"accepted"`
		Code     string `xml:"errorCode"`
		Comment  string `xml:"comment"`
	} `xml:"acknowledgment"`
	Notification struct {
		UID      string `xml:"uid,attr"`
		Type     string `xml:"type,attr"`
		Accepted struct {
			Number string `xml:"num>number"`
		} `xml:"documentAccepted"`
	} `xml:"notification"`
}

func answers(t *testing.T, messages []map[string][]byte) (list []said) {
	t.Helper()
	for _, m := range messages {
		for _, name := range []string{"acknowledgment.xml", "notification.xml"} {
			if text, ok := m[name]; ok {
				var x said
				if err := xml.Unmarshal(text, &x); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				if _, ok := m["envelope.ini"]; !ok {
					t.Errorf("no envelope beside %s", name)
				}
				list = append(list, x)
			}
		}
	}
	return list
}

func TestLetterOf25IsRegisteredAndAnswered(t *testing.T) {
	s := start(t, "2.5")
	uid, doc := uuid.NewString(), uuid.NewString()
	s.leave("head-a", s.letter("head-a", "head-b", uid, doc, []byte("%PDF-1.4 letter"), "petrov"))
	var delivered, registered bool
	for _, a := range answers(t, s.waitFor("head-a", "out", 2)) {
		delivered = delivered || a.Ack.UID == uid && a.Ack.Accepted
		registered = registered || a.Notification.UID == doc && a.Notification.Type == "Зарегистрирован" && strings.Contains(a.Notification.Accepted.Number, "02-вх")
	}
	if !delivered || !registered {
		t.Errorf("%+v", answers(t, s.waitFor("head-a", "out", 2)))
	}
	_, exchanges, err := s.Record.Packet(t.Context(), document.PacketID{Sender: "head-a", MsgID: document.MsgID(uid)})
	if err != nil || exchanges[0].State != document.Registered {
		t.Errorf("%v %+v", err, exchanges)
	}
}

// unzip reads a container without the codec.
// A receiver who is a person, with no organisation and no system named, is written to where the format has a place for it;
// else the sender is told.
func TestLetterToAPerson(t *testing.T) {
	for version, carried := range map[string]bool{"2.5": true, "2.7": false} {
		s := start(t, version)
		p := s.Letter("head-a")
		p.ID.Sender, p.Author, p.To[0].Person = "head-b", "orlova", &document.Person{Name: "Петров Пётр Петрович"}
		p.Document.Files[0] = s.File("Письмо.pdf", []byte("%PDF-1.4"), "orlova")
		if o, err := s.Submit(t.Context(), "head-b", p); err != nil || o.Standing != "custody" {
			t.Fatalf("%+v %v", o, err)
		}
		if carried {
			s.waitFor("head-a", "out", 1)
		} else {
			s.becomes(p.ID, document.DeliveryFailed, "")
		}
	}
}

func unzip(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// A document of another kind of contour reaches МЭДО as a container with drawn stamps; the correspondent acknowledges it,
// registers it, and answers.
func TestIntoAContainerAndBack(t *testing.T) {
	for _, version := range []string{"2.7", "2.7.1"} {
		t.Run(version, func(t *testing.T) {
			s := start(t, version)
			p := s.Letter("sub-a2")
			pdf := p.Document.Files[0].Inline
			p.ID.Sender, p.Author, p.To = "head-b", "orlova", []document.Receiver{{Contour: "head-a"}}
			p.Document.Files[0] = s.File("Письмо.pdf", pdf, "orlova")
			if o, err := s.Submit(t.Context(), "head-b", p); err != nil || o.Standing != "custody" {
				t.Fatalf("%+v %v", o, err)
			}
			m := s.waitFor("head-a", "out", 1)[0]
			name := map[string]string{"2.7": "document.xml", "2.7.1": "message.xml"}[version]
			if !strings.Contains(string(m[name]), "Транспортный контейнер") || !strings.Contains(string(m[name]), string(p.ID.MsgID)) {
				t.Fatalf("%s", m[name])
			}
			files := unzip(t, m["document.edc.zip"])
			passport := string(files["passport.xml"])
			if !strings.Contains(passport, "01-05/77") || !slices.ContainsFunc(mapsKeys(files), func(n string) bool { return bytes.Equal(files[n], pdf) }) {
				t.Fatalf("%q\n%s", mapsKeys(files), passport)
			}
			pictures := 0
			for n, content := range files {
				if strings.HasSuffix(n, ".png") {
					pictures++
					if _, err := png.Decode(bytes.NewReader(content)); err != nil {
						t.Errorf("%s: %v", n, err)
					}
				}
			}
			if pictures < 2 {
				t.Errorf("%d stamps", pictures)
			}
			s.leave("head-a", s.acknowledgment("head-a", "head-b", string(p.ID.MsgID)))
			doc := passport[strings.Index(passport, `uid="`)+5:]
			s.leave("head-a", s.notification("head-a", "head-b", doc[:strings.Index(doc, `"`)], "552-вх"))
			s.becomes(p.ID, document.Registered, "552-вх")
		})
	}
}

func mapsKeys(m map[string][]byte) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	return list
}

func (s *site) becomes(id document.PacketID, state document.State, number string) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; <-time.After(20 * time.Millisecond) {
		_, exchanges, err := s.Record.Packet(s.t.Context(), id)
		if err == nil && exchanges[0].State == state && exchanges[0].Number.Number == number {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%v %+v", err, exchanges[0])
		}
	}
}

func (s *site) acknowledgment(from, to, uid string) map[string][]byte {
	return map[string][]byte{"envelope.ini": ini(to, "acknowledgment.xml"), "acknowledgment.xml": []byte(fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<xdms:communication xdms:version="2.7" xmlns:xdms="http://www.infpres.com/IEDMS"><xdms:header xdms:type="Квитанция" xdms:uid="%s" xdms:created="2026-11-23T11:20:00">
<xdms:source xdms:uid="%s"><xdms:organization>Ведомство</xdms:organization></xdms:source></xdms:header>
<xdms:acknowledgment xdms:uid="%s"><xdms:time>2026-11-23T11:20:00</xdms:time><xdms:accepted>true</xdms:accepted></xdms:acknowledgment></xdms:communication>`, uuid.NewString(), uids[from], uid))}
}

func (s *site) notification(from, to, doc, number string) map[string][]byte {
	return map[string][]byte{"envelope.ini": ini(to, "notification.xml"), "notification.xml": []byte(fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<xdms:communication xdms:version="2.7" xmlns:xdms="http://www.infpres.com/IEDMS"><xdms:header xdms:type="Уведомление" xdms:uid="%s" xdms:created="2026-11-24T09:05:00">
<xdms:source xdms:uid="%s"><xdms:organization>Ведомство</xdms:organization></xdms:source></xdms:header>
<xdms:notification xdms:type="Зарегистрирован" xdms:uid="%s"><xdms:documentAccepted><xdms:time>2026-11-24T09:05:00</xdms:time>
<xdms:foundation><xdms:organization>Ведомство Б</xdms:organization><xdms:num><xdms:number>01-05/77</xdms:number><xdms:date>2026-11-23</xdms:date></xdms:num></xdms:foundation>
<xdms:num><xdms:number>%s</xdms:number><xdms:date>2026-11-24</xdms:date></xdms:num></xdms:documentAccepted></xdms:notification></xdms:communication>`, uuid.NewString(), uids[from], doc, number))}
}

// Between two correspondents: what one wrote as a container the other gets as one, with its own stamps.
func TestContainerFromCorrespondentToCorrespondent(t *testing.T) {
	s := start(t, "2.7")
	uid, doc, pdf := uuid.NewString(), uuid.NewString(), []byte("%PDF-1.4 in a container")
	s.leave("head-a", s.containerOf("head-a", "sub-a2", uid, doc, pdf, "petrov", ""))
	m := s.waitFor("sub-a2", "out", 1)[0]
	files := unzip(t, m["document.edc.zip"])
	if string(files["document.pdf"]) != string(pdf) || string(files["regStamp.png"]) != "registration" || !strings.Contains(string(files["passport.xml"]), doc) {
		t.Errorf("%q\n%s", mapsKeys(files), files["passport.xml"])
	}
}

// containerOf composes a message of 2.7 by hand; without leaves a file out.
func (s *site) containerOf(from, to, uid, doc string, pdf []byte, participant, without string) map[string][]byte {
	passport := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<c:container xmlns:c="http://minsvyaz.ru/container" c:uid="%s" c:version="1.0">
  <c:requisites><c:documentKind>Письмо</c:documentKind><c:annotation>О согласовании</c:annotation></c:requisites>
  <c:authors><c:author><c:organization><c:title>Ведомство А</c:title></c:organization>
    <c:registration><c:number>01-05/77</c:number><c:date>2026-11-23</c:date><c:registrationStamp c:localName="regStamp.png"><c:position><c:page>1</c:page>
      <c:topLeft><c:x>20</c:x><c:y>60</c:y></c:topLeft><c:dimension><c:w>60</c:w><c:h>10</c:h></c:dimension></c:position></c:registrationStamp></c:registration>
    <c:sign><c:person><c:post>Начальник</c:post><c:name>Петров Пётр Петрович</c:name></c:person>
      <c:documentSignature c:localName="document.p7s"><c:signatureStamp c:localName="signStamp1.png"><c:position><c:page>2</c:page>
        <c:topLeft><c:x>90</c:x><c:y>200</c:y></c:topLeft><c:dimension><c:w>70</c:w><c:h>30</c:h></c:dimension></c:position></c:signatureStamp></c:documentSignature></c:sign></c:author></c:authors>
  <c:addressees><c:addressee><c:organization><c:title>Ведомство Б</c:title></c:organization></c:addressee></c:addressees>
  <c:document c:localName="document.pdf"><c:pagesQuantity>2</c:pagesQuantity></c:document>
</c:container>`, doc)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string][]byte{"passport.xml": []byte(passport), "document.pdf": pdf, "document.p7s": s.Sign(participant, pdf).CMS, "regStamp.png": []byte("registration"), "signStamp1.png": []byte("signature")} {
		if name == without {
			continue
		}
		w, _ := z.Create(name)
		_, _ = w.Write(content)
	}
	if err := z.Close(); err != nil {
		s.t.Fatal(err)
	}
	message := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<xdms:communication xdms:version="2.7" xmlns:xdms="http://www.infpres.com/IEDMS"><xdms:header xdms:type="Транспортный контейнер" xdms:uid="%s" xdms:created="2026-11-23T11:15:00">
<xdms:source xdms:uid="%s"><xdms:organization>Ведомство А</xdms:organization></xdms:source></xdms:header><xdms:container><xdms:body>document.edc.zip</xdms:body></xdms:container></xdms:communication>`, uid, uids[from])
	return map[string][]byte{"envelope.ini": ini(to, "document.edc.zip", "document.xml"), "document.xml": []byte(message), "document.edc.zip": b.Bytes()}
}

// What is wrong is acknowledged in the negative, with the checkers' codes, and put aside; what cannot be carried is told to
// its sender.
func TestWhatIsWrong(t *testing.T) {
	s := start(t, "2.7")
	uid := uuid.NewString()
	refused := func(want string, n int) {
		t.Helper()
		for _, a := range answers(t, s.waitFor("head-a", "out", n)) {
			if !a.Ack.Accepted && strings.Contains(a.Ack.Comment+a.Ack.Code, want) {
				return
			}
		}
		t.Errorf("no acknowledgment says %s: %+v", want, answers(t, s.waitFor("head-a", "out", n)))
	}
	s.leave("head-a", s.containerOf("head-a", "sub-a2", uid, uuid.NewString(), []byte("%PDF"), "petrov", "passport.xml"))
	refused("e68", 1)
	s.leave("head-a", s.containerOf("head-a", "sub-a2", uuid.NewString(), uuid.NewString(), []byte("%PDF"), "petrov", "regStamp.png"))
	refused("e62", 2)
	bad := s.containerOf("head-a", "sub-a2", uuid.NewString(), uuid.NewString(), []byte("%PDF"), "petrov", "")
	bad["document.edc.zip"] = []byte("not a zip")
	s.leave("head-a", bad)
	refused("e69", 3)
	nameless := s.letter("head-a", "sub-a2", "x", uuid.NewString(), []byte("%PDF"), "petrov")
	nameless["document.xml"] = bytes.Replace(nameless["document.xml"], []byte(` xdms:uid="x"`), nil, 1)
	s.leave("head-a", nameless)
	refused("248", 4)
	other := s.letter("sub-a2", "head-a", uuid.NewString(), uuid.NewString(), []byte("%PDF"), "petrov") // in another's name
	s.leave("head-a", other)
	refused("отправитель не тот", 5)
	unsigned := s.letter("head-a", "head-b", uuid.NewString(), uuid.NewString(), []byte("%PDF unsigned"), "petrov")
	unsigned["text001.pdf.p7s"] = s.Sign("petrov", []byte("another file")).CMS
	s.leave("head-a", unsigned) // refused by a receipt
	refused("SIG-21", 6)
	if n := len(s.waitFor("head-a", "bad", 5)); n != 5 {
		t.Errorf("%d are put aside", n)
	}

	p := s.Letter("sub-a2")
	p.ID.Sender, p.Author, p.To = "head-b", "orlova", []document.Receiver{{Contour: "head-a"}}
	p.Document.Files[0] = s.File("Письмо.docx", []byte("no PDF"), "orlova")
	if o, err := s.Submit(t.Context(), "head-b", p); err != nil || o.Standing != "custody" {
		t.Fatalf("%+v %v", o, err)
	}
	s.becomes(p.ID, document.DeliveryFailed, "")
}
