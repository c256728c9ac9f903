package contours_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEveryProblemIsToldWithItsPlaceInBothLanguages(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			config, problems := contours.Parse(text)
			if len(problems) == 0 || config != nil {
				t.Fatalf("Parse accepted %s", file)
			}
			got := problems.Describe(document.Russian) + "\n\n" + problems.Describe(document.English) + "\n"
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", got)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestAFileBeyondTheLimitIsRefusedUnread(t *testing.T) {
	_, problems := contours.Parse(make([]byte, contours.MaxFile+1))
	if len(problems) != 1 || problems[0].Code != contours.FileTooLarge {
		t.Errorf("Parse: %v, want %s", problems, contours.FileTooLarge)
	}
}

func TestWhatTheFileLeavesOutHasItsDefault(t *testing.T) {
	c := compile(t, []byte(small)).Config()
	if c.Approval != contours.ApprovalNone || c.Answers != contours.AnswersAllowed || c.Organisations[0].State != contours.Active {
		t.Errorf("settings: %v %v %v", c.Approval, c.Answers, c.Organisations[0].State)
	}
	want := contours.Pair{
		ID: "a>b", From: "a", To: "b", Tasks: []document.TaskKind{document.Sign, document.Inform},
		Signatures: contours.SignaturePolicy{
			Emulator: contours.RefuseEmulator, Undeterminable: contours.HoldUndeterminable, HoldFor: contours.Duration(72 * time.Hour),
		},
	}
	if diff := cmp.Diff(want, c.Trust[0]); diff != "" {
		t.Errorf("pair (-want +got):\n%s", diff)
	}
	b := c.Contours[1]
	if b.TimeZone != "Europe/Minsk" || b.TTL != contours.Duration(contours.DefaultTTL) {
		t.Errorf("contour: zone %q, ttl %v", b.TimeZone, b.TTL)
	}
	if got := b.Journals[0].Register; got != contours.Auto {
		t.Errorf("tasks are registered by %q, want auto (R02)", got)
	}
	if got := b.Journals[1].Register; got != contours.Clerk {
		t.Errorf("incoming documents are registered by %q, want clerk (R03a)", got)
	}
	if diff := cmp.Diff([]contours.Right{contours.MayExecute}, b.Participants[0].Rights); diff != "" {
		t.Errorf("rights (-want +got):\n%s", diff)
	}
}

// small is two contours and one pair, everything else left out.
const small = `
edition: smdo-contours/1
kinds: [Письмо, Приказ]
organisations:
  - {code: oa, name: {ru: Одна}, agreement: {number: "1", date: 2026-01-12}}
  - {code: ob, name: {ru: Другая}, agreement: {number: "2", date: 2026-01-12}}
contours:
  - code: a
    organisation: oa
    title: {ru: А}
    delivery: mailbox
    participants: [{code: petrov, name: Петров, rights: [send]}, {code: lunin, name: Лунин}]
  - code: b
    organisation: ob
    title: {ru: Б}
    delivery: hosted
    journals:
      - {code: tasks, kind: tasks, title: {ru: Задачи}, index: смдо}
      - {code: in, kind: incoming, title: {ru: Входящие}, template: "{seq:4}"}
    participants: [{code: ivanov, name: Иванов}, {code: belova, name: Белова}, {code: clerk, name: Новик, rights: [clerk]}]
trust:
  - {from: a, to: b}
`

func FuzzParse(f *testing.F) {
	f.Add(contours.Example())
	f.Add([]byte(small))
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		config, problems := contours.Parse(text)
		if (config == nil) == (problems == nil) {
			t.Fatalf("config %v with problems %v", config, problems)
		}
		if config == nil {
			for _, p := range problems {
				if p.Line < 1 || p.Column < 1 || p.Text(document.Russian) == "" {
					t.Errorf("problem without place or words: %+v", p)
				}
			}
			return
		}
		book, err := contours.NewBook(config, 1)
		if err != nil {
			t.Fatalf("NewBook refuses what Parse accepts: %v", err)
		}
		for _, p := range config.Trust {
			book.Explain(contours.Request{From: p.From, To: p.To, Kind: config.Kinds[0], At: noon()}, document.Russian)
		}
	})
}
