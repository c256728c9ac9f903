package gost94

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Another program says what the digests of random messages are. It has its own opinion of the empty one: see the
// package comment.
func TestOpensslAgrees(t *testing.T) {
	names, messages := randomFiles(t)
	sums := askTool(t, []string{"openssl", "dgst", "-engine", "gost", "-md_gost94", "-r"}, names)
	for i, message := range messages {
		h := New()
		writeInParts(h, message)
		if got := hex.EncodeToString(h.Sum(nil)); got != sums[i] {
			t.Errorf("%d octets: %s, openssl says %s", len(message), got, sums[i])
		}
	}
}

// randomFiles writes messages of all lengths around the block and of some great ones.
func randomFiles(t *testing.T) (names []string, messages [][]byte) {
	random := rand.New(rand.NewPCG(5831, 94))
	dir := t.TempDir()
	for i := range 220 {
		n := i + 1
		if i >= 200 {
			n = random.IntN(100_000)
		}
		name, message := filepath.Join(dir, fmt.Sprint(i)), randomBytes(random, n)
		if err := os.WriteFile(name, message, 0o600); err != nil {
			t.Fatal(err)
		}
		names, messages = append(names, name), append(messages, message)
	}
	return names, messages
}

// askTool returns the first word of each line that the command says about the files, after a trial on none. A tool
// that is missing fails the test under make test, which installs it.
func askTool(t *testing.T, command, names []string) (sums []string) {
	t.Helper()
	run := func(names ...string) ([]byte, error) {
		c := exec.Command(command[0], append(command[1:], names...)...)
		c.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
		return c.Output()
	}
	if _, err := run(os.DevNull); err != nil {
		if os.Getenv("SMDO_TEST_STRICT") == "1" {
			t.Fatalf("%v: %v; Debian has it in openssl and libengine-gost-openssl", command, err)
		}
		t.Skipf("!!! NOT TESTED: %v: %v", command, err)
	}
	out, err := run(names...)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		sums = append(sums, strings.Fields(line)[0])
	}
	if len(sums) != len(names) {
		t.Fatalf("%v told %d digests of %d files", command, len(sums), len(names))
	}
	return sums
}

func writeInParts(h interface{ Write([]byte) (int, error) }, message []byte) {
	random := rand.New(rand.NewPCG(1, uint64(len(message))))
	for len(message) > 0 {
		n := random.IntN(len(message)) + 1
		h.Write(message[:n])
		message = message[n:]
	}
}
