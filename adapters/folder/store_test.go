package folder

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func openTestBox(t *testing.T) (*box, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := openBox(root, "head-a")
	if err != nil {
		t.Fatal(err)
	}
	return b, filepath.Join(dir, "head-a")
}

func put(t *testing.T, path, text string, age time.Duration) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o770); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o660); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	for _, p := range []string{path, filepath.Dir(path)} {
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

// What is on its way is left alone: hidden and temporary names, and what has changed a moment ago, be it in a folder.
func TestMessagesOnTheirWayAreLeftAlone(t *testing.T) {
	b, dir := openTestBox(t)
	in := filepath.Join(dir, "in")
	for _, name := range []string{"2.xml", "1/message.xml", ".3.xml", "~4.xml", "5.xml.tmp", "6.part", "7.TMP/x.xml"} {
		put(t, filepath.Join(in, name), "x", time.Hour)
	}
	put(t, filepath.Join(in, "8.xml"), "x", 0)
	put(t, filepath.Join(in, "9", "old.xml"), "x", time.Hour)
	put(t, filepath.Join(in, "9", "young.pdf"), "x", 0)
	if err := os.Mkdir(filepath.Join(in, "empty"), 0o770); err != nil {
		t.Fatal(err)
	}
	got, err := b.waiting(time.Now().Add(-time.Minute), 10)
	if err != nil || !slices.Equal(got, []string{"1", "2.xml"}) {
		t.Errorf("%q %v", got, err)
	}
	if got, _ = b.waiting(time.Now().Add(-time.Minute), 1); !slices.Equal(got, []string{"1"}) {
		t.Errorf("one at most: %q", got)
	}
}

// A correspondent's links lead nowhere, and what is no message is its fault.
func TestWhatIsNoMessage(t *testing.T) {
	b, dir := openTestBox(t)
	in := filepath.Join(dir, "in")
	secret := filepath.Join(t.TempDir(), "secret")
	put(t, secret, "secret", time.Hour)
	put(t, filepath.Join(in, "linked", "message.xml"), "x", time.Hour)
	for link, to := range map[string]string{filepath.Join(in, "link.xml"): secret, filepath.Join(in, "linked", "a.pdf"): secret, filepath.Join(in, "outside"): filepath.Dir(secret)} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(in, "nested", "inner", "message.xml"), "x", time.Hour)
	for i := range maxFiles + 1 {
		put(t, filepath.Join(in, "many", strings.Repeat("a", 1+i%50)+string(rune('a'+i/50))), "x", time.Hour)
	}
	for name, want := range map[string]error{"link.xml": errNested, "linked": errNested, "outside": errNested, "nested": errNested, "many": errTooMany} {
		m, err := b.open(name)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if m != nil {
			m.close()
		}
	}
}

func TestFilesOfAMessage(t *testing.T) {
	b, dir := openTestBox(t)
	put(t, filepath.Join(dir, "in", "one", "message.xml"), "text", time.Hour)
	m, err := b.open("one")
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	if text, err := m.Read("message.xml", 4); string(text) != "text" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	var faults document.Faults
	if _, err := m.Read("message.xml", 3); !errors.As(err, &faults) || faults[0].Code != document.PacketTooLarge {
		t.Errorf("too large: %v", err)
	}
	for _, name := range []string{"../../../head-a/in/one/message.xml", "/etc/passwd", "absent"} {
		if _, err := m.Open(name); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
}

// A message is handed over whole or not at all, once, and what cannot be read is kept with the reason.
func TestHandOverAndPutAside(t *testing.T) {
	b, dir := openTestBox(t)
	broken := &adapters.Message{Name: "m", Files: []adapters.File{adapters.TextFile("a", []byte("x")), {Name: "b", Write: func(io.Writer) error { return io.ErrUnexpectedEOF }}}}
	if err := b.hand(broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	visible := func() []string {
		names, _ := filepath.Glob(filepath.Join(dir, "out", "[^.]*"))
		return names
	}
	if got := visible(); len(got) != 0 {
		t.Errorf("half a message is there: %q", got)
	}
	whole := &adapters.Message{Name: "m", Files: []adapters.File{adapters.TextFile("a", []byte("x")), adapters.TextFile("b", []byte("y"))}}
	single := adapters.Single("s.xml", []byte("z"))
	for range 2 {
		for _, m := range []*adapters.Message{whole, single} {
			if err := b.hand(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "out", "m", "b")); string(text) != "y" || err != nil || len(visible()) != 2 {
		t.Errorf("%q %v %q", text, err, visible())
	}
	put(t, filepath.Join(dir, "in", "bad.xml"), "garbage", time.Hour)
	if err := b.putAside("bad.xml", "PKT-01", time.Now()); err != nil {
		t.Fatal(err)
	}
	kept, _ := filepath.Glob(filepath.Join(dir, "bad", "*", "bad.xml"))
	reasons, _ := filepath.Glob(filepath.Join(dir, "bad", "*", "reason.txt"))
	if len(kept) != 1 || len(reasons) != 1 {
		t.Errorf("%q %q", kept, reasons)
	}
}

// careless is a translator with a defect.
type careless struct{ adapters.Writer }

func (careless) Read(_ context.Context, _ document.ContourCode, m *Found) (*Meaning, error) {
	if m.Name == "1.xml" {
		panic("a defect")
	}
	return nil, document.Faults{document.NewFault(document.PacketMalformed, "", "x")}
}

// A message over which a translator falls stays where it is, and the others are taken.
func TestAMessageThatATranslatorFallsOverStopsNobody(t *testing.T) {
	b, dir := openTestBox(t)
	for _, name := range []string{"1.xml", "2.xml"} {
		put(t, filepath.Join(dir, "in", name), "x", time.Hour)
	}
	root, err := os.OpenRoot(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{Root: root, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}
	if err := g.takeAll(t.Context(), "head-a", careless{}); err == nil {
		t.Error("nobody hears of the defect")
	}
	if left, err := b.waiting(time.Now(), 10); err != nil || !slices.Equal(left, []string{"1.xml"}) {
		t.Errorf("%q stay: %v", left, err)
	}
}
