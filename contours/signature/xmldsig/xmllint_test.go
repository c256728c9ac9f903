package xmldsig

import (
	"bytes"
	"os/exec"
	"testing"

	"pgregory.net/rapid"
)

// libxml2 canonicalizes whole documents, comments included, by either method.
func TestCanonicalFormsAreThoseOfXmllint(t *testing.T) {
	program := tool(t, "xmllint", "libxml2-utils")
	for _, c := range []struct {
		flag   string
		method Canonicalization
	}{
		{"--exc-c14n", Canonicalization{Comments: true}},
		{"--c14n", Canonicalization{Inclusive: true, Comments: true}},
	} {
		t.Run(c.flag, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				doc := documents().Draw(t, "document")
				command := exec.Command(program, c.flag, "--nonet", "-")
				command.Stdin = bytes.NewReader([]byte(doc))
				want, err := command.Output()
				if err != nil {
					t.Fatalf("xmllint of %q: %v", doc, err)
				}
				d, err := Parse([]byte(doc))
				if err != nil {
					t.Fatalf("%q: %v", doc, err)
				}
				got, err := c.method.Document(d)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%q\ngot     %q\nxmllint %q (%v)", doc, got, want, err)
				}
			})
		})
	}
}
