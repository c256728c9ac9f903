package contours_test

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func parse(t *testing.T, file string) *contours.Config {
	t.Helper()
	return compile(t, []byte(file)).Config()
}

func TestDiffTellsWhatChangedAndNothingElse(t *testing.T) {
	changed := strings.NewReplacer(
		"edition: smdo-contours/1", "edition: smdo-contours/1\napproval: required # a comment",
		"kinds: [Письмо, Приказ]", "kinds: [Приказ, Письмо]", // order is no change
		"{code: ob,", "{code: ob, state: suspended,",
		"{code: lunin, name: Лунин}", "{code: gusev, name: Гусев}",
		"index: смдо", "index: з",
		"{from: a, to: b}", "{from: a, to: b, tasks: [inform], max_size: 20MiB, signatures: {emulator: allow}}\n  - {from: b, to: a}",
	).Replace(small) + weekend
	var got strings.Builder
	for _, c := range contours.Diff(parse(t, small), parse(t, changed)) {
		got.WriteString(c.Text(document.Russian) + "\n" + c.Text(document.English) + "\n")
	}
	golden(t, "testdata/diff.txt", got.String())
}

func TestAFileDoesNotDifferFromItself(t *testing.T) {
	spelt := strings.Replace(small, "{from: a, to: b}", "{to: b, from: a, id: a>b, tasks: [inform, sign], signatures: {emulator: refuse}}", 1)
	if got := contours.Diff(parse(t, small), parse(t, spelt)); len(got) != 0 {
		t.Errorf("defaults written out differ: %v", got)
	}
	if got := contours.Diff(nil, parse(t, small)); len(got) != 3+2+2+2+5+1 {
		t.Errorf("against nothing %d are added: %v", len(got), got)
	}
}

func recorded(requests ...contours.Request) iter.Seq2[contours.Request, error] {
	return func(yield func(contours.Request, error) bool) {
		for _, r := range requests {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestADryRunCountsWhatWouldHaveBeenDecidedOtherwise(t *testing.T) {
	order := letter(func(r *contours.Request) { r.Kind = "Приказ" })
	back := contours.Request{From: "b", To: "a", Author: "ivanov", Packet: document.Main, Kind: "Письмо", At: noon()}
	unchanged := letter(func(r *contours.Request) { r.Author = "nobody" })
	worse := letter(func(r *contours.Request) { r.Kind, r.Author = "Приказ", "nobody" })
	stricter := strings.Replace(with("kinds: [Письмо]"), "trust:\n", "trust:\n  - {from: b, to: a}\n", 1)
	report, err := contours.DryRun(compile(t, []byte(small)), compile(t, []byte(stricter)), recorded(letter(), order, order, back, unchanged, worse), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := contours.Report{
		Old: 1, New: 1, Seen: 6, Changed: 4,
		Pairs:   []contours.PairCount{{From: "a", To: "b", Closed: 2, Other: 1}, {From: "b", To: "a", Opened: 1}},
		Reasons: []contours.ReasonCount{{Code: document.TrustNone, Goes: 1}, {Code: document.TrustKind, Appears: 3}},
	}
	examples := report.Examples
	report.Examples = nil
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(examples) != 2 || !examples[0].Old.Allowed || examples[0].New.Allowed || examples[0].Request.Kind != "Приказ" {
		t.Errorf("examples: %+v", examples)
	}
}

func TestADryRunEndsAtAnErrorWithWhatItCounted(t *testing.T) {
	lost := errors.New("the record is away")
	broken := func(yield func(contours.Request, error) bool) {
		if yield(letter(), nil) {
			yield(contours.Request{}, lost)
		}
	}
	book := compile(t, []byte(small))
	report, err := contours.DryRun(book, book, broken, 1)
	if !errors.Is(err, lost) || report.Seen != 1 {
		t.Errorf("report %+v, error %v", report, err)
	}
}

func TestASecondPersonIsAskedWhereTheRulesOrTheirChangeSaySo(t *testing.T) {
	free, strict := &contours.Config{Approval: contours.ApprovalNone}, &contours.Config{Approval: contours.ApprovalRequired}
	for _, c := range []struct {
		promise       string
		current, next *contours.Config
		by, approved  string
		needs, stands bool
	}{
		{"free rules change freely", free, free, "anna", "", false, true},
		{"a new hub too", nil, free, "anna", "", false, true},
		{"strict rules do not", strict, strict, "anna", "", true, false},
		{"nor by the same person twice", strict, strict, "anna", "anna", true, false},
		{"but by two", strict, strict, "anna", "boris", true, true},
		{"switching approval off needs it", strict, free, "anna", "", true, false},
		{"switching it on needs it", free, strict, "anna", "", true, false},
	} {
		t.Run(c.promise, func(t *testing.T) {
			v := contours.NewVersion(2, []byte("text"), c.by, noon())
			v.ApprovedBy = c.approved
			if got := contours.NeedsApproval(c.current, c.next); got != c.needs {
				t.Errorf("NeedsApproval %v, want %v", got, c.needs)
			}
			if got := v.Approved(c.current, c.next); got != c.stands {
				t.Errorf("Approved %v, want %v", got, c.stands)
			}
		})
	}
}

func TestCasesHoldTheRulesToTheirWord(t *testing.T) {
	cases, problems := contours.ParseCases([]byte(`
- name: right
  request: {from: a, to: b, author: petrov, kind: Письмо, tasks: [{kind: sign, smdo: true, executors: [ivanov]}]}
  expect: {verdict: allow, rule: a>b}
- name: wrong verdict
  request: {from: a, to: b, kind: Письмо, restricted: true}
  expect: {verdict: allow}
- name: one fault more than named
  request: {from: a, to: b, kind: Указ, restricted: true, at: 2026-11-25T12:00:00+03:00}
  expect: {verdict: refuse, faults: [TRU-03]}
- name: both faults, in any order
  request: {from: a, to: b, kind: Указ, restricted: true, packet: additions}
  expect: {verdict: refuse, faults: [TRU-03, DOC-02]}
- name: another rule
  request: {from: a, to: b, kind: Письмо}
  expect: {verdict: allow, rule: b>a}
`))
	if problems != nil {
		t.Fatal(problems)
	}
	var got []bool
	for _, r := range compile(t, []byte(small)).RunCases(cases, noon()) {
		got = append(got, r.Passed)
	}
	if diff := cmp.Diff([]bool{true, false, false, true, false}, got); diff != "" {
		t.Errorf("passed (-want +got):\n%s", diff)
	}
}

func TestAFileOfCasesHasItsProblemsToldToo(t *testing.T) {
	_, problems := contours.ParseCases([]byte("- name: x\n  request: {from: a}\n  expect: {verdict: perhaps}\n"))
	want := "2:13 CFG-10 [0].request: the mandatory field \"to\" is missing\n3:21 CFG-13 [0].expect.verdict: \"perhaps\" is not allowed; one of: allow, refuse, block"
	if diff := cmp.Diff(want, problems.Describe(document.English)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnitsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]time.Duration{"30m": 30 * time.Minute, "72h": 72 * time.Hour, "3d": 72 * time.Hour, "366d": 366 * 24 * time.Hour} {
		var d, again contours.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("duration %q is %v, %v", text, time.Duration(d), err)
		}
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("duration %v written as %q is read as %v", time.Duration(d), d, again)
		}
	}
	for text, want := range map[string]int64{`4096`: 4096, `"512KiB"`: 512 << 10, `"20 MiB"`: 20 << 20, `"4GiB"`: 4 << 30} {
		var s, again contours.Size
		if err := s.UnmarshalJSON([]byte(text)); err != nil || int64(s) != want {
			t.Errorf("size %s is %d, %v", text, s, err)
		}
		if err := again.UnmarshalJSON([]byte(s.String())); err != nil || again != s {
			t.Errorf("size %d written as %q is read as %d", s, s, again)
		}
	}
}
