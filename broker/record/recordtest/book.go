package recordtest

import (
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var bookPromises = []promise{
	{"rules: propose, approve, versions", (*bed).rules},
	{"rules: of two made from one version the second is refused", (*bed).rulesMoved},
	{"rules: every stage sees the version in force", (*bed).rulesInForce},
	{"keys", (*bed).keys},
	{"dead letters", (*bed).deadLetters},
	{"the record knows its bus", (*bed).bus},
}

func (b *bed) propose(comment string, activate bool) record.Rules {
	b.Helper()
	r := record.Rules{Text: []byte("rules " + comment), Digest: [32]byte{byte(len(comment))}, Comment: comment, By: "ivanov", At: start}
	version, err := b.r.ProposeRules(b.Context(), r, activate)
	b.must(err)
	r.Version, r.Active, r.Pending = version, activate, !activate
	return r
}

func (b *bed) rules() {
	ctx := b.Context()
	first, second, third := b.propose("first", true), b.propose("the second", false), b.propose("the third one", false)
	if first.Version != 1 || second.Version != 2 || third.Version != 3 {
		b.Fatalf("versions %d, %d, %d", first.Version, second.Version, third.Version)
	}
	for version, want := range map[int64]record.Rules{0: first, 1: first, 2: second, 3: third} {
		got, err := b.r.RulesVersion(ctx, version)
		b.must(err)
		b.same(fmt.Sprint("version ", version), got, want)
	}
	b.must(b.r.ApproveRules(ctx, 3, "petrov"))
	first.Active, third.Active, third.Pending, third.Approved = false, true, false, "petrov"
	got, err := b.r.RulesVersion(ctx, 0)
	b.must(err)
	b.same("version in force", got, third)
	for version, why := range map[int64]string{2: "a newer one is in force", 3: "it is in force", 1: "it was never pending"} {
		if err := b.r.ApproveRules(ctx, version, "petrov"); !errors.Is(err, record.ErrStale) {
			b.Errorf("approve %d, though %s: %v, want ErrStale", version, why, err)
		}
	}
	first.Text, second.Text, third.Text = nil, nil, nil
	for before, want := range map[int64][]record.Rules{0: {third, second}, 3: {second, first}, 2: {first}, 1: nil} {
		got, err := b.r.RulesVersions(ctx, before, 2)
		b.must(err)
		b.same(fmt.Sprint("versions before ", before), got, want)
	}
}

func (b *bed) rulesMoved() {
	ctx := b.Context()
	b.propose("first", true)
	_, err := b.r.ProposeRules(ctx, record.Rules{Text: []byte("second"), At: start, Base: 1}, true)
	b.must(err)
	if _, err := b.r.ProposeRules(ctx, record.Rules{Text: []byte("late"), At: start, Base: 1}, true); !errors.Is(err, record.ErrStale) {
		b.Errorf("rules made from a version that is no longer in force: %v, want ErrStale", err)
	}
	h, err := b.r.Head(ctx)
	b.must(err)
	if h.Rules != 2 {
		b.Errorf("version %d is in force, want 2", h.Rules)
	}
}

func (b *bed) rulesInForce() {
	steps := []struct {
		activate bool
		want     int64
	}{{true, 1}, {false, 1}, {true, 3}}
	for _, step := range steps {
		b.propose("next", step.activate)
		h, err := b.r.Head(b.Context())
		b.must(err)
		if seen := b.state(record.Reads{}).Head.Rules; seen != step.want || h.Rules != step.want {
			b.Fatalf("a stage sees version %d, Head says %d, want %d", seen, h.Rules, step.want)
		}
	}
}

func (b *bed) keys() {
	ctx := b.Context()
	f := new(filler)
	var all []record.APIKey
	for i := range 5 {
		var k record.APIKey
		f.fill(&k)
		k.ID, k.Contour = fmt.Sprint("k", i), "snd"
		if i == 2 {
			k = record.APIKey{ID: k.ID, Contour: "snd", Secret: [32]byte{1}}
		}
		all = append(all, k)
		b.must(b.r.AddKey(ctx, k))
	}
	other := record.APIKey{ID: "a", Contour: "other", Role: record.RoleAuditor}
	b.must(b.r.AddKey(ctx, other))
	for _, want := range all {
		got, err := b.r.Key(ctx, want.ID)
		b.must(err)
		b.same("key "+want.ID, got, want)
	}
	double := all[1]
	double.Role = record.RoleAdmin
	if err := b.r.AddKey(ctx, double); err == nil {
		b.Error("a key was replaced by one of the same id")
	}
	page, err := b.r.Keys(ctx, "snd", "", 2)
	b.must(err)
	b.same("first page", page, all[:2])
	page, err = b.r.Keys(ctx, "snd", "k1", 10)
	b.must(err)
	b.same("last page", page, all[2:])
	page, err = b.r.Keys(ctx, "", "", 2)
	b.must(err)
	b.same("everybody's", page, []record.APIKey{other, all[0]})

	at := start.AddDate(0, 1, 0)
	b.must(b.r.RevokeKey(ctx, "k2", at))
	b.must(b.r.RevokeKey(ctx, "k2", at.AddDate(0, 1, 0)))
	got, err := b.r.Key(ctx, "k2")
	b.must(err)
	if !got.Revoked.Equal(at) {
		b.Errorf("revoked at %s, want the first time, %s", got.Revoked, at)
	}
}

func (b *bed) deadLetters() {
	var all []*record.Dead
	for i, stage := range []string{"admit", "report", "admit", "admit"} {
		d := &record.Dead{Key: record.NewKey(), Stage: stage, Contour: document.ContourCode(fmt.Sprint("c", i)), Reason: "r", At: start, Payload: []byte{byte(i)}, Headers: map[string]string{"a": "b"}}
		all = append(all, d)
		b.write(&record.Writes{NewDead: []*record.Dead{d}})
	}
	for _, c := range []struct {
		stage string
		after record.Key
		limit int
		want  []*record.Dead
	}{
		{"admit", record.Key{}, 2, []*record.Dead{all[0], all[2]}},
		{"admit", all[2].Key, 2, []*record.Dead{all[3]}},
		{"report", record.Key{}, 2, []*record.Dead{all[1]}},
		{"", record.Key{}, 10, all},
		{"register", record.Key{}, 10, nil},
	} {
		got, err := b.r.DeadLetters(b.Context(), c.stage, c.after, c.limit)
		b.must(err)
		b.same("dead letters of "+c.stage, got, c.want)
	}
	b.write(&record.Writes{GoneDead: []record.Key{all[0].Key}})
	got, err := b.r.DeadLetters(b.Context(), "admit", record.Key{}, 1)
	b.must(err)
	b.same("after one was returned", got, []*record.Dead{all[2]})
}

func (b *bed) bus() {
	ctx := b.Context()
	b.must(b.r.BindBus(ctx, "bus-1"))
	b.must(b.r.BindBus(ctx, "bus-1"))
	if err := b.r.BindBus(ctx, "bus-2"); !errors.Is(err, record.ErrStale) {
		b.Errorf("binding another bus: %v, want ErrStale", err)
	}
	h, err := b.r.Head(ctx)
	b.must(err)
	if h.Bus != "bus-1" || h.Epoch == "" {
		b.Errorf("head is %+v", h)
	}
}
