package asic

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(manifestHead + manifestSig + manifestObject + manifestTail))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseManifest("m", raw)
		if err != nil {
			if !errors.Is(err, ErrContainer) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		if len(m.objects) == 0 || checkName(m.signature) != nil {
			t.Errorf("manifest %+v", m)
		}
		for _, o := range m.objects {
			if again, err := resolve(reference(o.name)); err != nil || again != o.name {
				t.Errorf("%q is written as %s and read as %q, %v", o.name, reference(o.name), again, err)
			}
		}
	})
}

// What opens can be read to its end within its limits, or is damaged.
func FuzzOpen(f *testing.F) {
	n := newNotary(f)
	data := n.container(f)
	f.Add(data)
	f.Add(rebuild(f, data, func(all []*entry) []*entry { return append(all, plain(f, "META-INF/", "")) }))
	const most = 1 << 20
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := open(data, Limits{Files: 20, Size: most})
		if err != nil {
			if !errors.Is(err, ErrContainer) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		verdict, err := c.Verify(n.verifier, time.Now())
		if err != nil {
			t.Fatalf("failure to read octets in memory: %v", err)
		}
		for _, o := range c.Objects() {
			r, err := c.Open(o.Name)
			if err != nil {
				continue
			}
			if read, _ := io.Copy(io.Discard, r); read > o.Size {
				t.Errorf("%q yields %d octets, declared %d", o.Name, read, o.Size)
			}
			r.Close()
		}
		if verdict.Status == signature.Valid && !holdsFiles(t, c) {
			t.Error("other files verify")
		}
	})
}
