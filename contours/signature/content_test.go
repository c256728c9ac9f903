package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
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
	for _, name := range verifier.Hashes() {
		if !bytes.Equal(content.Digests[name], ContentOf(file).Digests[name]) {
			t.Errorf("digest %s differs", name)
		}
	}
}
