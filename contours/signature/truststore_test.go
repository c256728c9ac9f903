package signature

import (
	"encoding/pem"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
)

func TestFoldersHoldRootsAndIntermediates(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	middle := newCentre(t, "РУЦ", root)
	leaf := middle.issue()
	dir := t.TempDir()
	both := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: middle.certificate.Raw})
	both = append(both, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.certificate.Raw})...)
	writeFile(t, filepath.Join(dir, "both.CRT"), both)
	writeFile(t, filepath.Join(dir, "README.txt"), []byte("left alone"))
	verdict := NewVerifier(openStore(t, Folder{Domain: "ГосСУОК", Path: dir}), Std()).Verify(leaf.sign(t), ContentOf(file), moment)
	wantVerdict(t, verdict, Valid, "", "")
	if len(verdict.Signers[0].Chain) != 3 || verdict.Signers[0].Domain != "ГосСУОК" {
		t.Errorf("verdict %+v", verdict)
	}
}

func TestWhatIsNoAuthorityIsNotLoaded(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}})
	for name, data := range map[string][]byte{
		"signer": root.issue().certificate.Raw, "garbage": []byte("x"), "key": key, "empty": []byte("-----BEGIN"),
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "a.pem"), data)
		if _, err := OpenTrustStore(Folder{Domain: "x", Path: dir}); err == nil {
			t.Errorf("%s was loaded", name)
		}
	}
	if _, err := OpenTrustStore(Folder{Domain: "x", Path: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}
