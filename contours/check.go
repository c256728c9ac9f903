package contours

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/journal"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// check finds what only the whole file can show: codes that nobody describes, quotas, times, policies.
func check(config *Config, root *node) Problems {
	c := checker{
		config: config, root: root, orgs: map[OrganisationCode]int{}, contours: map[document.ContourCode]*Contour{},
		receives: map[document.ContourCode]bool{}, pairs: map[way]int{}, rules: map[string]int{},
	}
	c.codes()
	for i := range config.Contours {
		c.contour(i)
	}
	for i := range config.Trust {
		c.pair(i)
	}
	c.policies()
	c.cases()
	c.found.sort()
	return c.found
}

type checker struct {
	config *Config
	root   *node
	found  Problems

	orgs     map[OrganisationCode]int          // place in the file
	contours map[document.ContourCode]*Contour // the first with the code
	receives map[document.ContourCode]bool     // some pair leads to it
	pairs    map[way]int                       // place in the file
	rules    map[string]int                    // line of the rule or policy with the id
}

// say notes a problem at a place, given as keys and indices.
func (c *checker) say(place []any, code document.FaultCode, args ...string) {
	line, column, path := c.root.locate(steps(place))
	for i := range args {
		args[i] = clip(args[i])
	}
	c.found = append(c.found, Problem{line, column, path, code, args})
}

func (c *checker) line(place ...any) string {
	return decimal(int64(c.root.find(steps(place)).line))
}

func steps(place []any) []string {
	texts := make([]string, len(place))
	for i, p := range place {
		texts[i] = fmt.Sprint(p)
	}
	return texts
}

// codes notes who is described, so that references can be followed.
func (c *checker) codes() {
	for i := range c.config.Organisations {
		code := c.config.Organisations[i].Code
		if first, twice := c.orgs[code]; twice {
			c.say([]any{"organisations", i, "code"}, CodeTwice, string(code), c.line("organisations", first, "code"))
			continue
		}
		c.orgs[code] = i
	}
	for i := range c.config.Contours {
		code := c.config.Contours[i].Code
		if first := c.contours[code]; first != nil {
			place := slices.IndexFunc(c.config.Contours, func(o Contour) bool { return o.Code == code })
			c.say([]any{"contours", i, "code"}, CodeTwice, string(code), c.line("contours", place, "code"))
			continue
		}
		c.contours[code] = &c.config.Contours[i]
	}
	for i := range c.config.Trust {
		c.receives[c.config.Trust[i].To] = true
	}
}

func (c *checker) contour(i int) {
	k := &c.config.Contours[i]
	if _, known := c.orgs[k.Organisation]; !known {
		c.say([]any{"contours", i, "organisation"}, ReferenceUnknown, string(k.Organisation))
	}
	if _, err := time.LoadLocation(k.TimeZone); err != nil || k.TimeZone == "Local" {
		c.say([]any{"contours", i, "time_zone"}, ZoneUnknown, k.TimeZone)
	}
	c.quotas(i, k)
	c.journals(i, k)
	c.participants(i, k)
}

func (c *checker) quotas(i int, k *Contour) {
	preset, _ := PresetOf(k.Preset)
	if k.Seats > 0 && k.Preset != "" && !preset.MoreSeats {
		c.say([]any{"contours", i, "seats"}, SeatsUnlimited, preset.Name)
	}
	for _, f := range []*document.Fault{
		CheckSeats(k, len(k.Participants)), CheckJournals(k, len(k.Journals)), CheckReports(k, len(k.Reports)),
	} {
		if f != nil {
			c.say([]any{"contours", i, f.Field}, f.Code, f.Args...)
		}
	}
}

func (c *checker) journals(i int, k *Contour) {
	seen := map[document.JournalCode]int{}
	for n := range k.Journals {
		j := &k.Journals[n]
		if first, twice := seen[j.Code]; twice {
			c.say([]any{"contours", i, "journals", n, "code"}, CodeTwice, string(j.Code), c.line("contours", i, "journals", first, "code"))
		} else {
			seen[j.Code] = n
		}
		if _, fault := journal.Parse(j.Template); fault != nil {
			c.say([]any{"contours", i, "journals", n, "template"}, fault.Code, fault.Args...)
		}
		if strings.Contains(j.Template, "{index}") && j.Index == "" {
			c.say([]any{"contours", i, "journals", n}, IndexMissing)
		}
	}
	if k.Delivery != Hosted || !c.receives[k.Code] {
		return
	}
	for _, kind := range []document.JournalKind{document.JournalTasks, document.JournalIncoming} {
		if !slices.ContainsFunc(k.Journals, func(j Journal) bool { return j.Kind == kind }) {
			c.say([]any{"contours", i, "journals"}, JournalMissing, string(k.Code), string(kind))
		}
	}
}

func (c *checker) participants(i int, k *Contour) {
	seen := map[document.ParticipantCode]int{}
	for n := range k.Participants {
		code := k.Participants[n].Code
		if first, twice := seen[code]; twice {
			c.say([]any{"contours", i, "participants", n, "code"}, CodeTwice, string(code), c.line("contours", i, "participants", first, "code"))
			continue
		}
		seen[code] = n
	}
	if k.SendsAs != "" {
		c.participant([]any{"contours", i, "sends_as"}, k, k.SendsAs, MaySend)
	}
}

// participant checks that the contour has such a participant with the right.
func (c *checker) participant(place []any, k *Contour, code document.ParticipantCode, right Right) {
	n := slices.IndexFunc(k.Participants, func(p Participant) bool { return p.Code == code })
	switch {
	case n < 0:
		c.say(place, ReferenceUnknown, string(k.Code)+"/"+string(code))
	case !k.Participants[n].may(right):
		c.say(place, RightMissing, string(code), string(right))
	}
}
