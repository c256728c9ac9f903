package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestTheCommandsOfTheREADMEWork runs its blocks as a reader would, in order, in one shell.
func TestTheCommandsOfTheREADMEWork(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 5 {
		t.Fatalf("the README has %d blocks of commands, this test knows 5", len(blocks))
	}
	first := strings.Fields(strings.SplitN(blocks[0][1], "#", 2)[0])
	if got := strings.Join(first, " "); got != "go run ./cmd/smdo dev" {
		t.Fatalf("the first command is %q", got)
	}
	url, keys := devHub(t)
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	script := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", blocks[1][1]+"\n"+blocks[2][1]+"\n"+blocks[3][1]+"\n"+blocks[4][1])
	script.Dir = dir
	script.Env = append(os.Environ(), "URL="+url, "KEYS="+keys, "PATH="+filepath.Dir(name)+":"+os.Getenv("PATH"))
	out, err := script.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"another contour's key: 404", "no rule, no way"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	var card struct {
		Files []struct {
			Signatures []struct{ Verdict, Signer string }
		}
	}
	body, err := os.ReadFile(filepath.Join(dir, "card.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &card); err != nil {
		t.Fatal(err)
	}
	if len(card.Files) != 1 || len(card.Files[0].Signatures) != 2 {
		t.Errorf("the sender's card has %+v, want one file with two signatures", card.Files)
	}
}

// devHub runs «smdo dev» as a process until the test ends.
func devHub(t *testing.T) (url, keys string) {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	cmd := exec.Command(name, "dev", "--data", filepath.Join(dir, "data"), "--port", "0", "--nats-port", "0", "--ready-file", ready)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := <-ended; err != nil {
			t.Errorf("smdo dev ended with %v\n%s", err, out.String())
		}
	})
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if text, err := os.ReadFile(ready); err == nil && bytes.HasSuffix(text, []byte("\n")) {
			return strings.TrimSpace(string(text)), filepath.Join(dir, "data", "dev", "keys")
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("smdo dev ended: %v\n%s", err, out.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("smdo dev is not ready\n%s", out.String())
	return "", ""
}
