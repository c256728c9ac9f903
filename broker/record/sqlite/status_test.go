package sqlite

import (
	"path/filepath"
	"testing"
)

func TestStatusTellsTheSchemaWithoutTouchingTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.db")
	has, wants, err := Status(t.Context(), path)
	if err != nil || has != 0 || wants == 0 {
		t.Fatalf("without a file: has %d, wants %d, %v", has, wants, err)
	}
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if has, again, err := Status(t.Context(), path); err != nil || has != wants || again != wants {
		t.Errorf("while open: has %d, wants %d, %v; want %d", has, again, err, wants)
	}
}
