package adaptertest

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// GOST speaks ГОСТ Р 53898 over HTTP.
type GOST struct {
	Self
	URL string // of the hub's door
}

// Name is the protocol.
func (g *GOST) Name() string { return "ГОСТ Р 53898, HTTP" }

func (g *GOST) login(r *http.Request) { r.SetBasicAuth(g.Code, g.Key) }

func (g *GOST) post(ctx context.Context, text string) error {
	_, _, err := g.call(ctx, http.MethodPost, g.URL+"/messages", "application/xml", []byte(text), g.login, http.StatusCreated)
	return err
}

func (g *GOST) head(kind int, id, to, toTitle string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Header standart="Стандарт системы управления документами" version="1.0" time="2026-11-23T08:15:00Z" msg_type="%d" msg_id="%s" msg_acknow="2"
 from_org_id="%s" from_organization="%s" from_sys_id="sys-%s" from_system="СЭД" to_org_id="%s" to_organization="%s">`, kind, id, g.Code, xmlText.Replace(g.Title), g.Code, to, xmlText.Replace(toTitle))
}

// Send sends a letter.
func (g *GOST) Send(ctx context.Context, to Address, l Letter) error {
	return g.post(ctx, g.head(1, l.ID, to.Code, to.Title)+fmt.Sprintf(`
 <Document idnumber="%s" type="0" kind="Письмо" pages="1" title="%s"><RegNumber regdate="2026-11-23">%s</RegNumber><Confident flag="0">Общий</Confident>
  <DocTransfer os="Linux" type="application/pdf" description="Письмо.pdf" transfertype="0">%s</DocTransfer>
  <DocTransfer os="Linux" type="application/pkcs7-signature" description="Подпись" transfertype="0">%s</DocTransfer>
  <Author><OrganizationWithSign organization_string="%s"><OfficialPersonWithSign><Name>%s</Name></OfficialPersonWithSign></OrganizationWithSign></Author></Document>%s</Header>`,
		l.Doc, xmlText.Replace(l.Title), l.Number, b64(l.File), b64(g.Sign(l.File)), xmlText.Replace(g.Title), g.Person, taskList(&g.Self, to, l)))
}

// taskList is the list of tasks as ГОСТ and СМДО write it.
func taskList(s *Self, to Address, l Letter) string {
	if !l.Tasks {
		return ""
	}
	var text strings.Builder
	for i, kind := range []string{"для информации", "поручение", "на согласование"} {
		fmt.Fprintf(&text, `<Task idnumber="%s-%d" task_reg="1" task_copy="0" kind="%s" task_text="Рассмотреть" deadline="2026-12-31"><TaskNumber taskDate="2026-11-23">%d</TaskNumber><Confident flag="0">Общий</Confident>
 <Referred idnumber="%s" retype="1"><RegNumber regdate="2026-11-23">%s</RegNumber></Referred>
 <AuthorOrganization><OrganizationWithSign organization_string="%s"><OfficialPersonWithSign><Name>%s</Name></OfficialPersonWithSign></OrganizationWithSign></AuthorOrganization>
 <Executor responsible="1"><Organization organization_string="%s"><OfficialPerson><Name>%s</Name></OfficialPerson></Organization></Executor></Task>`,
			l.ID[:8], i+1, kind, i+1, l.Doc, l.Number, xmlText.Replace(s.Title), s.Person, xmlText.Replace(to.Title), to.Executor)
	}
	return "<TaskList>" + text.String() + "</TaskList>"
}

// gostMessage is what is read of a message.
type gostMessage struct {
	ID   string `xml:"msg_id,attr"`
	From string `xml:"from_org_id,attr"`
	zonesRead
}

// zonesRead is what is read of the zones.
type zonesRead struct {
	Document *struct {
		ID        string `xml:"idnumber,attr"`
		Number    string `xml:"RegNumber"`
		Transfers []struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
			Data string `xml:"Data"`
		} `xml:"DocTransfer"`
	} `xml:"Document"`
	Tasks   []struct{} `xml:"TaskList>Task"`
	Receipt *struct {
		About     string `xml:"msg_id,attr"`
		Type      int    `xml:"ack_type,attr"`
		RegNumber string `xml:"RegNumber"`
		IncNumber string `xml:"IncNumber"`
		Results   []struct {
			Code int `xml:"errorcode,attr"`
		} `xml:"AckResult"`
	} `xml:"Acknowledgement"`
}

// said fills in what a receipt says.
func (z *zonesRead) said(e *Event, number string) {
	e.About, e.Number = z.Receipt.About, number
	e.Said = verdict(z.Receipt.Type, len(z.Receipt.Results) > 0 && z.Receipt.Results[0].Code == 0)
}

// verdict is what a receipt of a type says.
func verdict(ackType int, good bool) string {
	switch {
	case !good:
		return Refused
	case ackType == 1:
		return Delivered
	case ackType == 2:
		return Registered
	}
	return Other
}

// Take takes one message after another until none waits.
func (g *GOST) Take(ctx context.Context) (events []Event, err error) {
	for {
		w, text, err := g.call(ctx, http.MethodGet, g.URL+"/messages", "", nil, g.login, http.StatusOK, http.StatusNoContent)
		if err != nil || w.StatusCode == http.StatusNoContent {
			return events, err
		}
		var m gostMessage
		if err := xml.Unmarshal(text, &m); err != nil {
			return events, fmt.Errorf("%w: %s", err, text)
		}
		e := Event{ID: m.ID, From: m.From, Tasks: len(m.Tasks)}
		if m.Receipt != nil {
			m.said(&e, m.Receipt.RegNumber)
		} else if d := m.Document; d != nil && len(d.Transfers) > 0 {
			e.Document, e.Number = d.ID, d.Number
			if e.File, err = base64.StdEncoding.DecodeString(d.Transfers[0].Text); err != nil {
				return events, err
			}
		}
		events = append(events, e)
		if _, _, err := g.call(ctx, http.MethodDelete, g.URL+"/"+w.Header.Get("Content-Location"), "", nil, g.login, http.StatusNoContent); err != nil {
			return events, err
		}
	}
}

// Register sends a receipt of registration.
func (g *GOST) Register(ctx context.Context, e Event, number string) error {
	return g.post(ctx, g.head(0, g.NewID(), e.From, e.From)+fmt.Sprintf(`<Acknowledgement msg_id="%s" ack_type="2"><RegNumber regdate="2026-11-24">%s</RegNumber><AckResult errorcode="0">Зарегистрирован</AckResult></Acknowledgement></Header>`, e.ID, number))
}
