package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/gost53898"
	"github.com/smdo-hub/smdo-hub/schemas/medo"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// readers are the formats that can be read, by their names in --from.
func readers() map[string]func([]byte) (*carried, error) {
	return map[string]func([]byte) (*carried, error){
		"sdip": fromSDIP, "sdip-1.0": fromSDIP, "sdip-json": fromTwin, "gost53898": fromGOST, "medo": fromMEDO, "hub": fromHub,
	}
}

// writers are those that can be written, by their names in --to.
func writers(lang document.Lang) map[string]func(*carried) ([]byte, losses, error) {
	return map[string]func(*carried) ([]byte, losses, error){
		"sdip":      func(x *carried) ([]byte, losses, error) { return toSDIP(x, sdip.V2) },
		"sdip-1.0":  func(x *carried) ([]byte, losses, error) { return toSDIP(x, sdip.V1) },
		"sdip-json": toTwin, "gost53898": toGOST, "hub": toHub,
		"medo": func(x *carried) ([]byte, losses, error) { return toMEDO(x, lang) },
	}
}

func fromSDIP(data []byte) (*carried, error) {
	m, err := sdip.Decode(data, sdip.Options{})
	if err != nil {
		return nil, err
	}
	return ofSDIP(m)
}

func fromTwin(data []byte) (*carried, error) {
	p, err := sdip.DecodePackage(data, sdip.Options{})
	if err != nil {
		return nil, err
	}
	if p.Message == nil {
		return nil, document.Faults{document.NewFault(document.PacketZone, "body/envelop", "envelop")}
	}
	return ofSDIP(p.Message)
}

// ofSDIP is a message of СМДО as it is carried on. A notice of a changed directory is nothing that others know.
func ofSDIP(m *sdip.Message) (*carried, error) {
	if m.Changed != nil {
		return nil, document.Faults{document.NewFault(document.FormatZone, "Body/Datadir", "Datadir")}
	}
	if m.Receipt != nil {
		return &carried{receipt: m, report: m.Report(m.Sender.Code)}, nil
	}
	return &carried{packet: m.Packet}, nil
}

func fromGOST(data []byte) (*carried, error) {
	m, err := gost53898.Decode(data, gost53898.Options{})
	if err != nil {
		return nil, err
	}
	if m.Receipt == nil {
		return &carried{packet: m.Packet}, nil
	}
	a, _ := m.Receipt.Rewrite(zones.GOST, zones.SDIP2) // nothing is lost that way
	return ofSDIP(&sdip.Message{
		Version: sdip.V2, ID: m.ID, Sent: m.Sent, Acknow: m.Acknow, Receipt: a,
		Sender: sdip.Party{Code: m.From.Code, System: m.From.System}, To: []document.Receiver{{Contour: m.To.Code, System: m.To.System}},
	})
}

func fromMEDO(data []byte) (*carried, error) {
	m, err := medo.Decode(data, medo.Options{})
	var problems medo.Problems
	if errors.As(err, &problems) {
		return nil, problems.Faults()
	}
	if m.IsReport() {
		report, _ := m.Report(medo.Options{}, nil)
		return &carried{report: report}, nil
	}
	if m.Packet.Document == nil {
		return nil, &exitError{exitDenied, fmt.Errorf("документ лежит в контейнере %[1]s, который здесь не читается / the document is in the container %[1]s, which is not read here", m.Container)}
	}
	return &carried{packet: m.Packet}, nil
}

func fromHub(data []byte) (*carried, error) {
	var p openapi.Packet
	err := json.Unmarshal(data, &p)
	var faults document.Faults
	if err != nil && !errors.As(err, &faults) {
		return nil, document.Faults{document.NewFault(document.PacketMalformed, "", "JSON")}
	}
	return &carried{packet: (*document.Packet)(&p)}, err
}

// message is the message of СМДО that carries x.
func (x *carried) message() (*sdip.Message, error) {
	switch {
	case x.packet != nil:
		return sdip.Of(x.packet), nil
	case x.receipt != nil:
		return x.receipt, nil
	}
	return nil, errNoWay
}

func toSDIP(x *carried, v sdip.Version) ([]byte, losses, error) {
	m, err := x.message()
	if err != nil {
		return nil, losses{}, err
	}
	m.Version = v
	out, l := sdip.Encode(m, sdip.Options{Inline: true})
	return out, losses{l.Lost, l.Missing, l.Made}, nil
}

func toTwin(x *carried) ([]byte, losses, error) {
	m, err := x.message()
	if err != nil {
		return nil, losses{}, err
	}
	m.Version = sdip.V2
	out, l := sdip.EncodePackage(&sdip.Package{HeaderID: sdip.HeaderID, Ack: m.Receipt != nil, Message: m}, sdip.Options{Inline: true})
	out, err = indented(out)
	return out, losses{l.Lost, l.Missing, l.Made}, err
}

// toGOST writes a message to the first receiver: the format has one a message.
func toGOST(x *carried) ([]byte, losses, error) {
	var m *gost53898.Message
	var l losses
	switch {
	case x.packet != nil && len(x.packet.To) > 0:
		m = gost53898.Of(x.packet, 0)
		for i := 1; i < len(x.packet.To); i++ {
			l.lost = append(l.lost, fmt.Sprintf("to[%d]", i))
		}
	case x.packet != nil:
		return nil, l, document.Faults{document.NewFault(document.PacketNoReceiver, "to")}
	case x.receipt != nil:
		r := x.receipt
		a, lost := r.Receipt.Rewrite(zones.SDIP2, zones.GOST)
		if a == nil {
			return nil, l, errNoWay
		}
		l.lost = lost
		m = &gost53898.Message{ID: r.ID, Sent: r.Sent, Acknow: r.Acknow, From: gost53898.Party{Code: r.Sender.Code, System: r.Sender.System}, To: gost53898.Party{Code: r.To[0].Contour, System: r.To[0].System}, Receipt: a}
	default:
		return nil, l, errNoWay
	}
	out, more := gost53898.Encode(m, gost53898.Options{})
	return out, losses{append(l.lost, more.Lost...), more.Missing, more.Made}, nil
}

// toMEDO writes the message of 2.5, which is one file; containers are for the adapter, which has the files.
func toMEDO(x *carried, lang document.Lang) ([]byte, losses, error) {
	var m *medo.Message
	var l losses
	if x.packet != nil {
		m = medo.Of(x.packet, medo.V25)
	} else {
		m = medo.MessageOf(x.report, medo.About{Document: string(x.report.Packet.MsgID)}, medo.V25)
		if r := x.receipt; r != nil {
			m.Source = medo.Source{UID: r.Sender.SysID, Organization: r.Sender.Name}
		}
		more := medo.LossesOf(x.report, m, medo.Options{})
		l.lost = more.Lost
	}
	out, more := medo.Encode(m, medo.Options{})
	for _, p := range more.Unfit {
		l.missing = append(l.missing, p.Field+": "+p.Text(lang))
	}
	return out, losses{append(l.lost, more.Lost...), append(l.missing, more.Missing...), more.Made}, nil
}

// toHub writes a packet as the HTTP API takes it, and a receipt as the report that a connector posts.
func toHub(x *carried) ([]byte, losses, error) {
	if x.packet != nil {
		text, err := json.Marshal(openapi.Packet(*x.packet))
		if err == nil {
			text, err = indented(text)
		}
		return text, losses{}, err
	}
	r := x.report
	if r.Stage != document.Deliver && r.Stage != document.Register && r.Stage != document.UserNote {
		return nil, losses{}, errNoWay // the router's: no contour may report it
	}
	out := openapi.Report{ID: r.ID, Packet: r.Packet.String(), Stage: openapi.Stage(r.Stage.String()), Code: r.Code, At: r.At, Note: r.Note}
	out.Number = openapi.Registration{Number: r.Number.Number, Date: r.Number.Date.String()}
	for i := range r.Faults {
		out.Faults = append(out.Faults, openapi.ReportFault{Code: openapi.FaultCode(r.Faults[i].Code), Field: r.Faults[i].Field, Args: r.Faults[i].Args})
	}
	text, err := json.Marshal(out)
	if err == nil {
		text, err = indented(text)
	}
	return text, losses{}, err
}
