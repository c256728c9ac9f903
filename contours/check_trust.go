package contours

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func (c *checker) pair(i int) {
	p := &c.config.Trust[i]
	for key, code := range map[string]document.ContourCode{"from": p.From, "to": p.To} {
		if c.contours[code] == nil {
			c.say([]any{"trust", i, key}, ReferenceUnknown, string(code))
		}
	}
	if p.From == p.To {
		c.say([]any{"trust", i, "to"}, PairSelf, string(p.To))
	}
	if first, twice := c.pairs[way{p.From, p.To}]; twice {
		c.say([]any{"trust", i}, PairTwice, string(p.From)+">"+string(p.To), c.line("trust", first))
	} else {
		c.pairs[way{p.From, p.To}] = i
		c.rule([]any{"trust", i}, string(p.ID))
	}
	if !p.ValidUntil.isZero() && document.Date(p.ValidUntil).Before(document.Date(p.ValidFrom)) {
		c.say([]any{"trust", i, "valid_until"}, ValidityReversed, p.ValidFrom.String(), p.ValidUntil.String())
	}
	for n, kind := range p.Kinds {
		if !slices.Contains(c.config.Kinds, kind) {
			c.say([]any{"trust", i, "kinds", n}, KindUnlisted, kind)
		}
	}
	if to := c.contours[p.To]; to != nil {
		for n, code := range p.Executors {
			c.participant([]any{"trust", i, "executors", n}, to, code, MayExecute)
		}
	}
}

// rule notes the id of a rule or policy: receipts name them, so no two may share one.
func (c *checker) rule(place []any, id string) {
	if line, twice := c.rules[id]; twice {
		c.say(append(place, "id"), CodeTwice, id, decimal(int64(line)))
		return
	}
	c.rules[id] = c.root.find(steps(place)).line
}

func (c *checker) policies() {
	if len(c.config.Policies) == 0 {
		return
	}
	validator, err := newValidator()
	if err != nil {
		c.say([]any{"policies"}, PolicyInvalid, "", err.Error())
		return
	}
	for i := range c.config.Policies {
		p := &c.config.Policies[i]
		c.rule([]any{"policies", i}, p.ID)
		place := []any{"policies", i, "cedar"}
		policy, err := parsePolicy(p.Cedar)
		if err != nil {
			c.say(place, PolicyInvalid, p.ID, err.Error())
			continue
		}
		if err := validator.Policy(p.ID, (*ast.Policy)(policy.AST())); err != nil {
			c.say(place, PolicyInvalid, p.ID, findings(err))
		}
		c.policyReferences(place, policy)
	}
}

// findings puts what the validator found into one order: it walks maps.
func findings(err error) string {
	lines := strings.Split(err.Error(), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// policyReferences checks that the contours and organisations that a policy names exist: a prohibition
// with a misspelt code forbids nothing.
func (c *checker) policyReferences(place []any, policy *cedar.Policy) {
	named, err := references(policy)
	if err != nil {
		c.say(place, PolicyInvalid, "", err.Error())
		return
	}
	for _, uid := range named {
		known := true
		switch uid.Type {
		case "Contour":
			known = c.contours[document.ContourCode(uid.ID)] != nil
		case "Organisation":
			_, known = c.orgs[OrganisationCode(uid.ID)]
		}
		if !known {
			c.say(place, ReferenceUnknown, uid.String())
		}
	}
}

// cases checks that no two have one name: a failed case is known by it.
func (c *checker) cases() {
	seen := map[string]int{}
	for i := range c.config.Cases {
		name := c.config.Cases[i].Name
		if first, twice := seen[name]; twice {
			c.say([]any{"cases", i, "name"}, CodeTwice, name, c.line("cases", first, "name"))
			continue
		}
		seen[name] = i
	}
}
