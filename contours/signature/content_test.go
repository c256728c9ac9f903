package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"io"
	"testing"
	"testing/iotest"
)

func TestContentIsDigestedInOnePass(t *testing.T) {
	data := bytes.Repeat(file, 1000)
	want256, want384, want512 := sha256.Sum256(data), sha512.Sum384(data), sha512.Sum512(data)
	got, err := ReadContent(iotest.HalfReader(bytes.NewReader(data)), Std(), Std())
	if err != nil {
		t.Fatal(err)
	}
	if got.Size != int64(len(data)) || len(got.Digests) != 3 || !bytes.Equal(got.Digests[SHA256], want256[:]) ||
		!bytes.Equal(got.Digests[SHA384], want384[:]) || !bytes.Equal(got.Digests[SHA512], want512[:]) {
		t.Errorf("content %+v", got)
	}
	if _, err := ReadContent(iotest.ErrReader(io.ErrUnexpectedEOF)); err == nil {
		t.Error("half a file was digested")
	}
}

func TestHashesAreThoseOfTheFamilies(t *testing.T) {
	verifier := trusting(t)
	digester := verifier.NewDigester()
	if _, err := digester.Write(file); err != nil {
		t.Fatal(err)
	}
	content := digester.Content()
	if len(verifier.Hashes()) != 3 || len(content.Digests) != 3 {
		t.Fatalf("hashes %v", verifier.Hashes())
	}
	for _, hash := range Std().Hashes() {
		if !bytes.Equal(content.Digests[hash.Name], ContentOf(file).Digest(hash)) {
			t.Errorf("digest %s differs", hash.Name)
		}
	}
}

// A file in memory pays for the digests that its signatures name, once each; one that streamed past has them all.
func TestDigestsOfAFileInMemoryAreTakenWhenAskedFor(t *testing.T) {
	taken := 0
	counted := func(h Hash) Hash {
		return Hash{h.Name, h.OID, func() hash.Hash { taken++; return h.New() }}
	}
	held, streamed := ContentOf(file), NewDigester(allFamilies()...)
	if _, err := streamed.Write(file); err != nil {
		t.Fatal(err)
	}
	for i, h := range hashesOf(allFamilies()) {
		for range 2 {
			if got := held.Digest(counted(h)); !bytes.Equal(got, streamed.Content().Digest(h)) || len(got) != h.New().Size() {
				t.Errorf("digest %s is %x", h.Name, got)
			}
		}
		if taken != i { // SHA-256, the first, was there
			t.Errorf("%s: %d digests were taken, want %d", h.Name, taken, i)
		}
	}
	if (Content{}).Digest(hashBelt()) != nil {
		t.Error("a digest of nothing")
	}
}

// Large writes are digested side by side, small ones one after the other.
func TestDigestsDoNotDependOnTheSizeOfWrites(t *testing.T) {
	data := bytes.Repeat(file, manyOctets/len(file)+2)
	whole, halves := NewDigester(allFamilies()...), NewDigester(allFamilies()...)
	for _, write := range []struct {
		to *Digester
		p  []byte
	}{{whole, data}, {halves, data[:100]}, {halves, data[100:]}} {
		if _, err := write.to.Write(write.p); err != nil {
			t.Fatal(err)
		}
	}
	for name, sum := range whole.Content().Digests {
		if !bytes.Equal(sum, halves.Content().Digests[name]) {
			t.Errorf("digest %s differs", name)
		}
	}
}
