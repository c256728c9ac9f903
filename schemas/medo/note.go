package medo

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// note is an event as a note: a token that programs know, then a line for each thing said.
func (n *Notification) note() string {
	lines := []string{prefix + string(n.Event)}
	for _, s := range n.said() {
		if text := s.text(); text != "" {
			lines = append(lines, s.name+": "+strings.ReplaceAll(text, "\n", "\n\t"))
		}
	}
	return strings.Join(lines, "\n")
}

// ParseNote reads a note that tells an event of МЭДО. Any other is none; that a document was registered or refused no note
// can tell.
func ParseNote(note string) (n Notification, ok bool) {
	token, rest, _ := strings.Cut(note, "\n")
	event, ok := strings.CutPrefix(token, prefix)
	n.Event = Event(event)
	if !ok || n.Event.Text() == "" || n.Event == DocumentAccepted || n.Event == DocumentRefused {
		return Notification{}, false
	}
	said := map[string]string{}
	last := ""
	for line := range strings.SplitSeq(rest, "\n") {
		if more, ok := strings.CutPrefix(line, "\t"); ok {
			said[last] += "\n" + more
		} else if name, value, ok := strings.Cut(line, ": "); ok {
			last, said[name] = name, value
		}
	}
	for _, s := range n.said() {
		s.set(said[s.name])
	}
	return n, true
}

// sayable is one thing that an event may say: a word or a day.
type sayable struct {
	name string
	word *string
	day  *document.Date
}

func (s sayable) text() string {
	if s.day != nil {
		return s.day.String()
	}
	return *s.word
}

func (s sayable) set(text string) {
	if s.day == nil {
		*s.word = text
		return
	}
	*s.day, _ = document.ParseDate(text) // a note that somebody wrote by hand may have none
}

// said are the things that an event says, in the order of a note.
func (n *Notification) said() (list []sayable) {
	for _, p := range []struct {
		name  string
		party *Party
	}{{"foundation", &n.Foundation}, {"secretary", &n.Secretary}, {"manager", &n.Manager}, {"executor", &n.Executor}, {"signatory", &n.Signatory}, {"report", &n.Report}} {
		list = append(list,
			sayable{p.name + "/organization", &p.party.Organization, nil}, sayable{p.name + "/person", &p.party.Person, nil},
			sayable{p.name + "/department", &p.party.Department, nil}, sayable{p.name + "/post", &p.party.Post, nil},
			sayable{p.name + "/contactInfo", &p.party.Contact, nil}, sayable{p.name + "/signed", nil, &p.party.Signed},
			sayable{p.name + "/number", &p.party.Number.Number, nil}, sayable{p.name + "/date", nil, &p.party.Number.Date})
	}
	return append(list, sayable{"number", &n.Number.Number, nil}, sayable{"date", nil, &n.Number.Date}, sayable{"courseText", &n.Course, nil},
		sayable{"publicationPoint", &n.Publication, nil}, sayable{"comment", &n.Comment, nil})
}
