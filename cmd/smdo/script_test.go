package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
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

// shapes is the folder of goldens, named before any script changes the working directory.
var shapes, _ = filepath.Abs("testdata/shape")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"smdo": main})
}

// TestJourneys plays testdata/script: what people do at the command line, each script on a hub of its own.
func TestJourneys(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			url, keys, stop, err := startHub(t, filepath.Join(env.WorkDir, "hub"))
			env.Defer(func() {
				if err := stop(); err != nil {
					env.T().Fatal("hub: ", err)
				}
			})
			env.Setenv("SMDO_URL", url)
			env.Setenv("KEYS", keys)
			env.Setenv("SMDO_CONTEXTS", filepath.Join(env.WorkDir, "contexts.yaml"))
			env.Setenv("SMDO_TZ", "UTC")
			return errors.Join(err, os.WriteFile(filepath.Join(env.WorkDir, "example.yaml"), contours.Example(), 0o644))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"as": asHolder, "keep": keepOutput, "code": withCode, "shape": jsonShape},
	})
}

// startHub runs a hub with the example's organisations until stop is called.
func startHub(t *testing.T, dir string) (url, keys string, stop func() error, err error) {
	config := defaults()
	config.Data, config.HTTP.Listen, config.Bus.Port, config.Trust.Emulator = dir, "127.0.0.1:0", testPort(t), true
	config.Timing.Custody = Duration(patience)
	return startConfigured(config)
}

func startConfigured(config Config) (url, keys string, stop func() error, err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	ended <- nil
	h, err := assemble(ctx, config, log, start{rules: contours.Example()})
	if err != nil {
		return "", "", func() error { cancel(); return nil }, err
	}
	stop = func() error {
		cancel()
		err := errors.Join(<-ended, h.close())
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	}
	door, err := h.httpDoor(config.HTTP.Listen)
	if err != nil {
		return "", "", stop, err
	}
	<-ended
	go func() { ended <- h.run(ctx, door.serve) }()
	keys, err = h.devKeys(ctx)
	return door.url(), keys, stop, err
}

// asHolder: as head-a. What follows is done with the key of that contour, or of admin or auditor.
func asHolder(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: as HOLDER")
	}
	ts.Setenv("SMDO_KEY_FILE", filepath.Join(ts.Getenv("KEYS"), args[0]+".key"))
}

// keepOutput: keep PACKET. The variable holds what the last command printed, or, as CSV, the first row's column.
func keepOutput(ts *testscript.TestScript, _ bool, args []string) {
	words := strings.Fields(ts.ReadFile("stdout"))
	if len(args) == 2 {
		rows, err := csv.NewReader(strings.NewReader(ts.ReadFile("stdout"))).ReadAll()
		ts.Check(err)
		if words = nil; len(rows) > 1 && slices.Contains(rows[0], args[1]) {
			words = []string{rows[1][slices.Index(rows[0], args[1])]}
		}
	}
	if len(words) != 1 {
		ts.Fatalf("keep: not one word but %q", words)
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

var update = flag.Bool("update", false, "renew testdata/shape")

// jsonShape: shape packet-ls. The fields of the last output, JSON, and their kinds are those of the golden file
// testdata/shape/packet-ls.txt: the contract that programs rely on.
func jsonShape(ts *testscript.TestScript, _ bool, args []string) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &value))
	found := map[string]bool{}
	shapeOf(value, "", found)
	got := strings.Join(slices.Sorted(maps.Keys(found)), "\n") + "\n"
	golden := filepath.Join(shapes, args[0]+".txt")
	if *update {
		ts.Check(os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	ts.Check(err)
	if got != string(want) {
		ts.Fatalf("the shape is\n%s\nwant, by %s,\n%s", got, golden, want)
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
