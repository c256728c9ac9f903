package medo_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/charmap"

	"github.com/smdo-hub/smdo-hub/adapters/adaptertest"
)

// Whatever stands in whatever place of a message, it is taken or put aside: none stays in its folder, over which the
// translator falls.
func TestNoMessageStaysInItsFolder(t *testing.T) {
	s := start(t, "2.7")
	n := 0
	leave := func(m map[string][]byte, file, head, text string, encode func([]byte) ([]byte, error)) {
		for _, variant := range adaptertest.XMLVariants([]byte(text)) {
			n++
			encoded, err := encode(append([]byte(head), variant...))
			if err != nil {
				t.Fatal(err)
			}
			message := maps.Clone(m)
			message[file] = encoded
			s.leave("head-a", message)
		}
	}
	same := func(b []byte) ([]byte, error) { return b, nil }

	m := s.letter("head-a", "sub-a2", uuid.NewString(), uuid.NewString(), []byte("%PDF"), "petrov")
	text, err := charmap.Windows1251.NewDecoder().Bytes(m["document.xml"])
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(text), "\n")
	leave(m, "document.xml", head, body, charmap.Windows1251.NewEncoder().Bytes)

	m = s.notification("head-a", "sub-a2", uuid.NewString(), "5")
	leave(m, "notification.xml", "", string(m["notification.xml"]), same)
	m = s.acknowledgment("head-a", "sub-a2", uuid.NewString())
	leave(m, "acknowledgment.xml", "", string(m["acknowledgment.xml"]), same)

	for deadline := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		left, err := os.ReadDir(filepath.Join(s.root, "head-a", "in"))
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages stay", len(left))
		}
	}
	t.Logf("%d variants", n)
}
