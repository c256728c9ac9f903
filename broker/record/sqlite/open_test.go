package sqlite

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

func TestOneProcessOnly(t *testing.T) {
	if path := os.Getenv("SQLITE_TEST_OPEN"); path != "" { // the other process
		if _, err := Open(t.Context(), path); !errors.Is(err, record.ErrInUse) {
			t.Errorf("a second process: %v, want ErrInUse", err)
		}
		return
	}
	r, path := openTest(t)
	if _, err := Open(t.Context(), path); !errors.Is(err, record.ErrInUse) {
		t.Errorf("a second Open: %v, want ErrInUse", err)
	}
	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOneProcessOnly$", "-test.v")
	other.Env = append(os.Environ(), "SQLITE_TEST_OPEN="+path)
	if out, err := other.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	fatal(t, r.Update(t.Context(), record.Reads{}, dead("mine"))) // the first is not disturbed
}

func TestWhatIsCommittedIsThereAfterTheProcessWasKilled(t *testing.T) {
	if path := os.Getenv("SQLITE_TEST_KILL"); path != "" { // the process that dies
		r, err := Open(t.Context(), path)
		fatal(t, err)
		fatal(t, r.Update(t.Context(), record.Reads{}, dead("committed")))
		r.Update(t.Context(), record.Reads{}, func(st *record.State) (*record.Writes, error) {
			self, _ := os.FindProcess(os.Getpid())
			self.Kill()
			select {}
		})
	}
	path := filepath.Join(t.TempDir(), "record.db")
	r, err := Open(t.Context(), path)
	fatal(t, err)
	was, err := r.Head(t.Context())
	fatal(t, err)
	fatal(t, r.Close())
	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWhatIsCommittedIsThereAfterTheProcessWasKilled$")
	other.Env = append(os.Environ(), "SQLITE_TEST_KILL="+path)
	if out, err := other.CombinedOutput(); err == nil || other.ProcessState.ExitCode() != -1 {
		t.Fatalf("the other process was not killed: %v\n%s", err, out)
	}
	r, err = Open(t.Context(), path)
	fatal(t, err)
	defer r.Close()
	if stored(t, r, "committed") != 1 {
		t.Error("what the killed process committed is gone")
	}
	if h, err := r.Head(t.Context()); err != nil || h != was {
		t.Errorf("head is %+v, %v; before it was %+v", h, err, was)
	}
}

func TestUnsafeSettingsAreNamed(t *testing.T) {
	r, _ := openTest(t)
	fatal(t, r.Durable(t.Context()))
	// The setting cannot be changed within a transaction: go round the writer while it has nothing to do.
	_, err := r.writer.s.conn.ExecContext(t.Context(), "PRAGMA synchronous = NORMAL")
	fatal(t, err)
	if err := r.Durable(t.Context()); err == nil {
		t.Error("Durable is content with synchronous=NORMAL")
	}
}

func TestTheFilesAreTheOwnersAlone(t *testing.T) {
	_, path := openTest(t)
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		fatal(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", filepath.Base(path)+suffix, mode)
		}
	}
}

func TestNoMemoryDatabase(t *testing.T) {
	for _, path := range []string{"", ":memory:"} {
		if r, err := Open(t.Context(), path); err == nil {
			r.Close()
			t.Errorf("Open(%q) succeeded", path)
		}
	}
}
