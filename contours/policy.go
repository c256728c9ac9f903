package contours

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// policies are the Cedar policies of a book: a permit for what the pairs allow, and what the file forbids.
//
// A contour is Contour::"code" in Organisation::"code"; the action is Action::"send", or Action::"answer"
// for an answer to an accepted packet. Every attribute of the context is always there, as policySchema says,
// so a checked policy cannot fail to evaluate.
type policies struct {
	set      *cedar.PolicySet
	entities cedar.EntityMap
}

// policySchema is what policies are checked against: the entities and the context.
//
//go:embed policy.cedarschema
var policySchema []byte

// PolicySchema returns the Cedar schema that policies of the file are written against.
func PolicySchema() []byte { return slices.Clone(policySchema) }

// permit ships with the hub: what the pairs allow passes unless it is forbidden.
const permit = `permit (principal, action, resource) when { context.allowed };`

const permitID = "smdo:pairs"

var (
	errOnePolicy = errors.New("want one policy")
	errNoForbid  = errors.New("only forbid: what is allowed is said by the pairs")
)

// newPolicies returns nil where the file forbids nothing beyond its pairs: then nothing is evaluated.
func newPolicies(c *Config) (*policies, error) {
	if len(c.Policies) == 0 {
		return nil, nil
	}
	p := &policies{cedar.NewPolicySet(), make(cedar.EntityMap, len(c.Contours)+len(c.Organisations))}
	for i := range c.Policies {
		policy, err := parsePolicy(c.Policies[i].Cedar)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", c.Policies[i].ID, err)
		}
		p.set.Add(cedar.PolicyID(c.Policies[i].ID), policy)
	}
	var ours cedar.Policy
	if err := ours.UnmarshalCedar([]byte(permit)); err != nil {
		return nil, fmt.Errorf("policy %s: %w", permitID, err)
	}
	p.set.Add(permitID, &ours)
	for i := range c.Organisations {
		uid := organisationUID(c.Organisations[i].Code)
		p.entities[uid] = cedar.Entity{UID: uid}
	}
	for i := range c.Contours {
		uid := contourUID(string(c.Contours[i].Code))
		p.entities[uid] = cedar.Entity{
			UID:        uid,
			Parents:    cedar.NewEntityUIDSet(organisationUID(c.Contours[i].Organisation)),
			Attributes: cedar.NewRecord(cedar.RecordMap{"delivery": cedar.String(c.Contours[i].Delivery), "preset": cedar.String(c.Contours[i].Preset)}),
		}
	}
	return p, nil
}

func contourUID(code string) cedar.EntityUID {
	return cedar.NewEntityUID("Contour", cedar.String(code))
}

func organisationUID(code OrganisationCode) cedar.EntityUID {
	return cedar.NewEntityUID("Organisation", cedar.String(code))
}

func parsePolicy(text string) (*cedar.Policy, error) {
	list, err := cedar.NewPolicyListFromBytes("policy", []byte(text))
	switch {
	case err != nil:
		return nil, err
	case len(list) != 1:
		return nil, fmt.Errorf("%d statements: %w", len(list), errOnePolicy)
	case list[0].Effect() != cedar.Forbid:
		return nil, errNoForbid
	}
	return list[0], nil
}

// newValidator checks types of policies: an attribute that does not exist would otherwise be found out in
// traffic, by a prohibition that never works.
func newValidator() (*validate.Validator, error) {
	var s schema.Schema
	if err := s.UnmarshalCedar(policySchema); err != nil {
		return nil, fmt.Errorf("policy schema: %w", err)
	}
	resolved, err := s.Resolve()
	if err != nil {
		return nil, fmt.Errorf("policy schema: %w", err)
	}
	return validate.New(resolved, validate.WithStrict()), nil
}

// forbidding returns the ids of the policies that forbid the request, sorted. A policy that fails to
// evaluate forbids: a prohibition that is in doubt holds.
func (p *policies) forbidding(j *judgement) []string {
	_, why := cedar.Authorize(p.set, p.entities, cedar.Request{
		Principal: contourUID(string(j.request.From)),
		Action:    action(j.request),
		Resource:  contourUID(string(j.request.To)),
		Context:   context(j),
	})
	var ids []string
	for _, reason := range why.Reasons {
		if reason.PolicyID != permitID {
			ids = append(ids, string(reason.PolicyID))
		}
	}
	for _, broken := range why.Errors {
		ids = append(ids, string(broken.PolicyID))
	}
	slices.Sort(ids)
	return ids
}

func action(r *Request) cedar.EntityUID {
	if r.Answer {
		return cedar.NewEntityUID("Action", "answer")
	}
	return cedar.NewEntityUID("Action", "send")
}

func context(j *judgement) cedar.Record {
	r := j.request
	var kinds, executors []cedar.Value
	smdo := false
	for i := range r.Tasks {
		kinds = append(kinds, cedar.String(r.Tasks[i].Kind))
		smdo = smdo || r.Tasks[i].SMDO
		for _, e := range r.Tasks[i].Executors {
			executors = append(executors, cedar.String(e.Participant))
		}
	}
	return cedar.NewRecord(cedar.RecordMap{
		"allowed":    cedar.Boolean(len(j.decision.Faults) == 0),
		"rule":       cedar.String(j.decision.Rule),
		"author":     cedar.String(r.Author),
		"kind":       cedar.String(r.Kind),
		"packet":     cedar.Long(r.Packet),
		"restricted": cedar.Boolean(r.Restricted),
		"size":       cedar.Long(r.Size),
		"taskKinds":  cedar.NewSet(kinds...),
		"executors":  cedar.NewSet(executors...),
		"smdo":       cedar.Boolean(smdo),
		"emulated":   cedar.Boolean(r.Emulated),
		"at":         cedar.NewDatetime(r.At),
	})
}

// references returns the contours and organisations that a policy names.
func references(p *cedar.Policy) ([]types.EntityUID, error) {
	text, err := p.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return entitiesIn(tree), nil
}

// entitiesIn finds {"type": …, "id": …} anywhere in a policy's JSON form.
func entitiesIn(tree any) []types.EntityUID {
	var found []types.EntityUID
	switch t := tree.(type) {
	case []any:
		for _, v := range t {
			found = append(found, entitiesIn(v)...)
		}
	case map[string]any:
		kind, isKind := t["type"].(string)
		id, isID := t["id"].(string)
		if isKind && isID {
			return append(found, cedar.NewEntityUID(cedar.EntityType(kind), cedar.String(id)))
		}
		for _, v := range t {
			found = append(found, entitiesIn(v)...)
		}
	}
	return found
}
