package sdip

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// small are limits that leave a fuzzer fast.
var small = Options{Limits: markup.Limits{Bytes: 1 << 16, Depth: 24, Elements: 2000, Attrs: 64}, Inline: true}

// seeds are the examples of one kind of file.
func seeds(f *testing.F, kind string) {
	names, err := filepath.Glob("testdata/*" + kind)
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// stable: what decodes without faults is written and decodes to the same, unless the writer says what it lost; and then the
// second writing loses nothing more.
func stable[T any](t *testing.T, v T, write func(T) ([]byte, Losses), read func([]byte) (T, error)) {
	t.Helper()
	for round := range 2 {
		text, losses := write(v)
		again, err := read(text)
		if err != nil && len(losses.Missing) > 0 {
			return // the format demands what nobody said
		}
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, text)
		}
		if diff := documenttest.Diff(v, again); diff != "" && (round > 0 || losses.none()) {
			t.Fatalf("round %d: %+v\n%s\n%s", round, losses, diff, text)
		}
		v = again
	}
}

func FuzzDecode(f *testing.F) {
	seeds(f, ".xml")
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data, small)
		if err != nil {
			if _, ok := err.(document.Faults); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		stable(t, m, func(m *Message) ([]byte, Losses) { return Encode(m, small) }, func(b []byte) (*Message, error) { return Decode(b, Options{}) })
	})
}

func FuzzDecodePackage(f *testing.F) {
	seeds(f, ".json")
	f.Add([]byte(`{"from":{"idAbonent":"ROUTER "},"body":{"message":"x","ackResult":[{"errorcode":"10","value":"y"}]},"attachments":[{"name":"a","size":1,"sign":{"data":"MAA="}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := DecodePackage(data, small)
		if err != nil {
			return
		}
		stable(t, p, func(p *Package) ([]byte, Losses) { return EncodePackage(p, small) }, func(b []byte) (*Package, error) { return DecodePackage(b, Options{}) })
	})
}

func FuzzDecodePage(f *testing.F) {
	f.Add([]byte(`{"number":1,"size":1,"numberOfElements":1,"hasNext":true,"content":[{"from":{"idAbonent":"ROUTER"},"body":{"message":"x"}}]}`))
	f.Add([]byte(`{"hasNext":"0","content":{"id":1,"body":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		packages, faults, more, err := DecodePage(data, small)
		if err != nil {
			return
		}
		if len(packages) != len(faults) {
			t.Fatalf("%d packages, %d lists of faults", len(packages), len(faults))
		}
		var good []*Package
		for i, p := range packages {
			_, losses := EncodePackage(p, small)
			if faults[i] == nil && len(losses.Missing) == 0 {
				good = append(good, p)
			}
		}
		again, _, moreAgain, err := DecodePage(EncodePage(good, 1, 100, more, small), Options{})
		if err != nil || more != moreAgain || len(again) != len(good) {
			t.Fatalf("%v: %d of %d packages, more %v", err, len(again), len(good), moreAgain)
		}
	})
}

func FuzzDecodeSignatures(f *testing.F) {
	f.Add([]byte(`[{"keyId":"k","signer":"s","operationType":"o","origSignatire":"x","data":"MAA="}]`))
	f.Add([]byte(`{"data":"MA\r\nA=","signtime":"2026-11-23T08:10:00Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := DecodeSignatures(data, small.Limits)
		if err != nil {
			return
		}
		for i := range list {
			if len(list[i].CMS) == 0 {
				t.Fatalf("signature %d is empty", i)
			}
		}
	})
}
