package medo

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// seeds are the samples of a kind.
func seeds(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		f.Fatal("no samples", err)
	}
	for _, file := range files {
		f.Add(sample(f, filepath.Base(file)))
	}
}

// mustBeProblems says that a decoder's error is nothing but Problems with texts.
func mustBeProblems(t failer, err error) {
	t.Helper()
	var problems Problems
	if err != nil && (!errors.As(err, &problems) || len(problems) == 0 || problems.Error() == "") {
		t.Fatalf("error %T %v", err, err)
	}
}

func FuzzDecode(f *testing.F) {
	seeds(f, "*_*.xml")
	f.Fuzz(func(t *testing.T, data []byte) { thereAndBack(t, data) })
}

func FuzzDecodePassport(f *testing.F) {
	seeds(f, "passport*.xml")
	f.Fuzz(func(t *testing.T, data []byte) { passportThereAndBack(t, data) })
}

func FuzzDecodeEnvelope(f *testing.F) {
	f.Add([]byte(envelopeSample))
	f.Add(windows1251(f, envelopeSample))
	f.Add([]byte("[АДРЕСАТЫ]\n0=A~B\n[ФАЙЛЫ]\n0=\\\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := DecodeEnvelope(data, Options{})
		mustBeProblems(t, err)
		if err != nil {
			return
		}
		text, losses := EncodeEnvelope(e, Options{})
		again, err := DecodeEnvelope(text, Options{})
		if err != nil {
			t.Fatalf("%v\n%q", err, text)
		}
		if diff := cmp.Diff(e, again, cmpopts.EquateEmpty()); diff != "" && len(losses.Lost) == 0 {
			t.Fatalf("%s\n%q", diff, text)
		}
	})
}

func FuzzOpenContainer(f *testing.F) {
	f.Add(pack(f, sampleFiles(f, "passport_27.xml")))
	f.Add(pack(f, sampleFiles(f, "passport_271.xml")[:3]))
	f.Add(pack(f, []file{{passportName, "<a/>"}, {"../a", "x"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := DefaultZipLimits()
		limits.File, limits.Total = 1<<20, 4<<20
		c, err := OpenContainer(bytes.NewReader(data), int64(len(data)), Options{Zip: limits})
		mustBeProblems(t, err)
		if c == nil {
			return
		}
		for _, part := range c.Parts {
			r, err := c.Open(part.Name)
			if err != nil {
				continue
			}
			n, broken := io.Copy(io.Discard, r)
			if n > limits.File {
				t.Fatalf("%s has %d bytes", part.Name, n)
			}
			if err := r.Close(); err != nil && broken == nil {
				t.Fatal(err)
			}
		}
	})
}
