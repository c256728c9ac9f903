package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/smdo-hub/smdo-hub/contours"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"smdo": main})
}

// TestJourneys plays testdata/script: what people do at the command line, each script on a hub of its own.
func TestJourneys(t *testing.T) {
	update := slices.Contains(os.Args, "-update")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: update, RequireExplicitExec: false,
		Setup: func(env *testscript.Env) error {
			url, keys, err := startHub(t, env)
			env.Setenv("SMDO_URL", url)
			env.Setenv("KEYS", keys)
			env.Setenv("SMDO_CONTEXTS", filepath.Join(env.WorkDir, "contexts.yaml"))
			env.Setenv("SMDO_TZ", "UTC")
			return errors.Join(err, os.WriteFile(filepath.Join(env.WorkDir, "example.yaml"), contours.Example(), 0o644))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"as": asHolder, "keep": keepOutput, "code": withCode, "shape": jsonShape},
	})
}

// startHub runs a hub with the example's organisations until the script ends.
func startHub(t *testing.T, env *testscript.Env) (url, keys string, err error) {
	config := defaults()
	config.Data, config.HTTP.Listen, config.Bus.Port, config.Trust.Emulator = filepath.Join(env.WorkDir, "hub"), "127.0.0.1:0", testPort(t), true
	config.Timing.Custody = Duration(patience)
	ctx, cancel := context.WithCancel(context.Background())
	h, err := assemble(ctx, config, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})), start{rules: contours.Example()})
	if err != nil {
		cancel()
		return "", "", err
	}
	door, err := h.httpDoor(config.HTTP.Listen)
	if err != nil {
		cancel()
		return "", "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx, door.serve) }()
	env.Defer(func() {
		cancel()
		if err := errors.Join(<-ended, h.close()); err != nil && !errors.Is(err, context.Canceled) {
			env.T().Log("hub: ", err)
			env.T().FailNow()
		}
	})
	keys, err = h.devKeys(ctx)
	return door.url(), keys, err
}

// asHolder: as head-a. What follows is done with the key of that contour, or of admin or auditor.
func asHolder(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: as HOLDER")
	}
	ts.Setenv("SMDO_KEY_FILE", filepath.Join(ts.Getenv("KEYS"), args[0]+".key"))
}

// keepOutput: keep PACKET. The variable holds what the last command printed, or the word after a prefix in it.
func keepOutput(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: keep NAME [WORD-BEFORE]")
	}
	words := strings.Fields(ts.ReadFile("stdout"))
	if len(args) == 2 {
		i := slices.Index(words, args[1])
		if i < 0 || i+1 == len(words) {
			ts.Fatalf("keep: %q is not in the output", args[1])
		}
		words = words[i+1:]
	}
	if len(words) == 0 {
		ts.Fatalf("keep: the output is empty")
	}
	ts.Setenv(args[0], words[0])
}

// withCode: code 4 smdo … The command has to end with this exit code.
func withCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// jsonShape: shape FILE. The last output is JSON whose fields and their kinds are those of the golden file:
// the contract that programs rely on.
func jsonShape(ts *testscript.TestScript, _ bool, args []string) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &value))
	found := map[string]bool{}
	shapeOf(value, "", found)
	var lines []string
	for line := range found {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	got, want := strings.Join(lines, "\n"), strings.TrimSpace(ts.ReadFile(args[0]))
	if got != want {
		ts.Fatalf("the shape is\n%s\nwant\n%s", got, want)
	}
}

func shapeOf(value any, path string, found map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, x := range v {
			shapeOf(x, path+"."+name, found)
		}
	case []any:
		for _, x := range v {
			shapeOf(x, path+"[]", found)
		}
		if len(v) == 0 {
			found[path+"[]"] = true
		}
	default:
		found[fmt.Sprintf("%s %T", path, v)] = true
	}
}
