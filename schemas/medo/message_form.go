package medo

import (
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// communication describes the root.
func (c *codec) communication(f *markup.Form, m *Message) {
	version := string(m.Version)
	c.attr(f, "version", markup.Required, &version)
	m.Version = Version(version)
	if f.Reading() {
		if c.version = m.Version; version != "" && !m.Version.Known() {
			f.Fault(document.PacketEdition, "@version", clip(version), string(V271))
		}
	}
	markup.One(f, "header", markup.Required, true, m, c.header)
	c.body(f, m)
	markup.One(f, "deliveryIndex", markup.Optional, len(m.Index) > 0, m, func(f *markup.Form, m *Message) {
		markup.Many(f, "destination", 1, markup.Unbounded, &m.Index, c.source)
		f.KeepRest()
	})
	f.KeepRest()
}

func (c *codec) header(f *markup.Form, m *Message) {
	kind := string(m.Kind)
	c.attr(f, "type", markup.Required, &kind)
	m.Kind = Kind(kind)
	c.uid(f, markup.Need(!f.Reading()), &m.UID) // its absence has a code of its own
	created := formatTime(m.Created, c.version, c.zone())
	c.attr(f, "created", markup.Optional, &created)
	if f.Reading() {
		var ok bool
		if m.Created, ok = c.moment(created); !ok {
			f.Fault(document.FormatAttributeType, "@created", "created")
		}
	}
	markup.One(f, "source", markup.Required, true, &m.Source, c.source)
	c.keepAll(f, "operator", "comment")
	f.KeepRest()
}

// source describes source and destination.
func (c *codec) source(f *markup.Form, s *Source) {
	c.uid(f, markup.Required, &s.UID)
	c.text(f, "organization", markup.Required, maxString, &s.Organization)
	f.KeepRest()
}

// body describes the choice of what a message carries.
func (c *codec) body(f *markup.Form, m *Message) {
	has := func(name string) bool { return f.Reading() && f.Element().Child(name) != nil }
	switch {
	case m.Acknowledgment != nil || has("acknowledgment"):
		markup.Maybe(f, "acknowledgment", &m.Acknowledgment, c.acknowledgment)
	case m.Notification != nil || has("notification"):
		markup.Maybe(f, "notification", &m.Notification, c.notification)
	case m.Container != "" || has("container"):
		markup.One(f, "container", markup.Required, true, m, func(f *markup.Form, m *Message) {
			c.text(f, "body", markup.Required, maxString, &m.Container)
			f.KeepRest()
		})
	default:
		if f.Reading() && has("document") {
			m.Packet = &document.Packet{Document: new(document.Document)}
			c.packet = m.Packet
		}
		if m.Packet == nil || m.Packet.Document == nil {
			f.Fault(document.PacketZone, "document", "document")
			f.Missing = append(f.Missing, f.Path("document"))
			return
		}
		markup.One(f, "document", markup.Required, true, m.Packet.Document, c.document)
		c.files(f)
	}
}
