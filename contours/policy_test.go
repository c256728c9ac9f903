package contours_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

const weekend = `
policies:
  - id: no-restricted-outside
    title: {ru: документы ДСП не покидают организацию «oa», en: restricted documents do not leave oa}
    cedar: |
      forbid (principal in Organisation::"oa", action, resource)
        when { context.restricted }
        unless { resource in Organisation::"oa" };
  - id: no-answers-by-emulator
    cedar: forbid (principal, action == Action::"answer", resource) when { context.emulated };
  - id: big-orders
    cedar: |
      forbid (principal, action, resource)
        when { context.kind == "Приказ" && context.size > 500 && context.taskKinds.contains("sign") && resource.delivery == "hosted" };
`

func TestForbidWinsOverThePair(t *testing.T) {
	book := compile(t, []byte(with("restricted: true, signatures: {emulator: allow}")+weekend))
	answer := contours.Request{From: "b", To: "a", Author: "ivanov", Packet: document.Answer, Kind: "Письмо", Answer: true, Emulated: true, At: noon()}
	for _, c := range []struct {
		promise string
		request contours.Request
		want    []string
	}{
		{"what no policy speaks of passes", letter(), nil},
		{"a restricted letter is forbidden", letter(func(r *contours.Request) { r.Restricted = true }), []string{"no-restricted-outside"}},
		{"an answer is forbidden though it needs no pair", answer, []string{"no-answers-by-emulator"}},
		{"all policies that forbid are named", letter(func(r *contours.Request) { r.Restricted, r.Kind = true, "Приказ" }),
			[]string{"big-orders", "no-restricted-outside"}},
	} {
		t.Run(c.promise, func(t *testing.T) {
			d := book.Decide(c.request)
			if diff := cmp.Diff(c.want, d.Policies); diff != "" {
				t.Errorf("policies (-want +got):\n%s", diff)
			}
			if d.Allowed != (c.want == nil) || d.Faults.Has(document.TrustForbidden) == d.Allowed {
				t.Errorf("allowed %v: %v", d.Allowed, d.Faults)
			}
			for i, id := range c.want {
				if d.Faults[i].Rule != id {
					t.Errorf("fault %d names rule %q, want %q", i, d.Faults[i].Rule, id)
				}
			}
		})
	}
}

func TestWhatThePairRefusesNoPolicyAllows(t *testing.T) {
	book := compile(t, []byte(small+weekend))
	if d := book.Decide(letter(func(r *contours.Request) { r.Size, r.Kind = 1, "Указ" })); d.Allowed || d.Policies != nil {
		t.Errorf("allowed %v by policies %v, want refused by the pair alone", d.Allowed, d.Policies)
	}
}

// TestDecidingDependsOnNothingButTheRules draws rules and requests: whatever the order of the file, the
// decision is the same, and with a policy that forbids everything from that sender nothing passes.
func TestDecidingDependsOnNothingButTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var contoursText, trust []string
		names := []string{"k0", "k1", "k2", "k3"}
		for _, n := range names {
			contoursText = append(contoursText, fmt.Sprintf("  - {code: %s, organisation: o, title: {ru: К}, delivery: mailbox, participants: [{code: p, name: П, rights: [send, execute]}]}\n", n))
		}
		for _, from := range names {
			for _, to := range names {
				if from != to && rapid.Bool().Draw(t, from+">"+to) {
					trust = append(trust, fmt.Sprintf("  - {from: %s, to: %s, restricted: %v, max_size: %d, tasks: [%s], signatures: {emulator: %s}}\n", from, to,
						rapid.Bool().Draw(t, "restricted"), rapid.IntRange(1, 3).Draw(t, "max"),
						rapid.SampledFrom([]string{"sign", "inform", "sign, inform"}).Draw(t, "tasks"),
						rapid.SampledFrom([]string{"allow", "refuse"}).Draw(t, "emulator")))
				}
			}
		}
		if len(trust) == 0 {
			trust = []string{"  - {from: k0, to: k1}\n"}
		}
		write := func(policies string) *contours.Book {
			file := "edition: smdo-contours/1\nkinds: [Письмо]\norganisations: [{code: o, name: {ru: О}, agreement: {number: n, date: 2026-01-01}}]\ncontours:\n" +
				strings.Join(contoursText, "") + "trust:\n" + strings.Join(trust, "") + policies
			config, problems := contours.Parse([]byte(file))
			if problems != nil {
				t.Fatal(problems)
			}
			book, err := contours.NewBook(config, 1)
			if err != nil {
				t.Fatal(err)
			}
			return book
		}
		r := contours.Request{
			From: document.ContourCode(rapid.SampledFrom(names).Draw(t, "from")), To: document.ContourCode(rapid.SampledFrom(names).Draw(t, "to")),
			Author: "p", Packet: document.Main, Kind: "Письмо", At: noon(), Size: int64(rapid.IntRange(0, 4).Draw(t, "size")),
			Restricted: rapid.Bool().Draw(t, "secret"), Emulated: rapid.Bool().Draw(t, "emulated"), Answer: rapid.Bool().Draw(t, "answer"),
		}
		if rapid.Bool().Draw(t, "task") {
			r.Tasks = []contours.TaskRequest{{Kind: rapid.SampledFrom([]document.TaskKind{document.Sign, document.Inform, document.Errand}).Draw(t, "kind"),
				Executors: []contours.ExecutorRequest{{0, document.ParticipantCode(rapid.SampledFrom([]string{"p", "q", ""}).Draw(t, "executor"))}}}}
		}

		plain := write("").Decide(r)
		slices.Reverse(trust)
		slices.Reverse(contoursText)
		if diff := cmp.Diff(plain, write("").Decide(r)); diff != "" {
			t.Fatalf("the order of the file changes the decision:\n%s", diff)
		}
		told := write("").Explain(r, document.English)
		if diff := cmp.Diff(plain, told.Decision); diff != "" {
			t.Fatalf("Explain decides otherwise than Decide:\n%s", diff)
		}
		other := write("policies: [{id: none, cedar: 'forbid (principal == Contour::\"k0\", action, resource) when { context.size > 100 };'}]\n").Decide(r)
		if diff := cmp.Diff(plain, other); diff != "" {
			t.Fatalf("a policy that does not apply changes the decision:\n%s", diff)
		}
		forbidden := write(fmt.Sprintf("policies: [{id: all, cedar: 'forbid (principal == Contour::\"%s\", action, resource);'}]\n", r.From)).Decide(r)
		if forbidden.Allowed || !forbidden.Faults.Has(document.TrustForbidden) || len(forbidden.Faults) != len(plain.Faults)+1 {
			t.Fatalf("a forbid does not win: %+v", forbidden)
		}
	})
}
