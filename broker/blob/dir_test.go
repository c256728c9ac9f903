package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/blob/blobtest"
)

func TestDir(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return openDir(t, t.TempDir()) })
}

func TestDirTakesOneGiBInBoundedMemory(t *testing.T) {
	blobtest.Bounded(1<<30)(t, openDir(t, t.TempDir()))
}

func TestDirBrokenUploadLeavesNoFile(t *testing.T) {
	path := t.TempDir()
	blobtest.Break(t, openDir(t, path))
	if got := filesBelow(t, path); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestDirKeepsOneFileForOneContent(t *testing.T) {
	path := t.TempDir()
	s := openDir(t, path)
	for range 3 {
		putDir(t, s, "the same order")
	}
	if got := filesBelow(t, path); len(got) != 1 {
		t.Errorf("got files %v, want one", got)
	}
}

func TestDirTellsDamageAndPuttingAgainHeals(t *testing.T) {
	content := strings.Repeat("an order ", 100_000)
	for name, damage := range map[string]func(path string) error{
		"a flipped bit":  func(path string) error { return rewrite(path, content[:70_000]+"X"+content[70_001:]) },
		"a lost end":     func(path string) error { return rewrite(path, content[:70_000]) },
		"a longer end":   func(path string) error { return rewrite(path, content+"!") },
		"a symlink":      func(path string) error { return replace(path, func() error { return os.Symlink("/etc/passwd", path) }) },
		"a pipe":         func(path string) error { return replace(path, func() error { return syscall.Mkfifo(path, 0o600) }) },
		"another's text": func(path string) error { return rewrite(path, strings.ToUpper(content)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			s := openDir(t, path)
			info := putDir(t, s, content)
			if err := damage(contentPath(path, info.Digest)); err != nil {
				t.Fatal(err)
			}
			read, err := readDir(t, s, info.Digest)
			if damaged := (*blob.DamagedError)(nil); !errors.As(err, &damaged) || damaged.Digest != info.Digest {
				t.Errorf("got %v, want a damaged content", err)
			}
			if len(read) >= len(content) {
				t.Errorf("%d bytes were given out as if they were whole", len(read))
			}
			putDir(t, s, content)
			if read, err := readDir(t, s, info.Digest); string(read) != content {
				t.Errorf("not healed: %v", err)
			}
		})
	}
}

func TestDirRefusesLinkedFolders(t *testing.T) {
	path, elsewhere := t.TempDir(), t.TempDir()
	s := openDir(t, path)
	info := putDir(t, s, "an order")
	folder := filepath.Dir(contentPath(path, info.Digest))
	if err := errors.Join(os.Rename(folder, filepath.Join(elsewhere, "f")), os.Symlink(filepath.Join(elsewhere, "f"), folder)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), info.Digest); err == nil {
		t.Error("Stat went through a symbolic link")
	}
	if _, err := s.Put(t.Context(), strings.NewReader("an order"), 100); err == nil {
		t.Error("Put went through a symbolic link")
	}
	if err := s.Delete(t.Context(), info); err == nil {
		t.Error("Delete went through a symbolic link")
	}
	if _, err := blob.OpenDir(path); err == nil {
		t.Error("OpenDir went through a symbolic link")
	}
}

func TestDirListsNothingButContents(t *testing.T) {
	path := t.TempDir()
	s := openDir(t, path)
	info := putDir(t, s, "an order")
	folder := filepath.Dir(contentPath(path, info.Digest))
	for _, name := range []string{"notes.txt", strings.ToUpper(info.Digest.String()), info.Digest.String() + "~"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.List(t.Context(), blob.Digest{}, 10); err != nil || len(got) != 1 || got[0] != info {
		t.Errorf("got %+v, %v", got, err)
	}
}

// childDir, when set, makes this binary the process that is killed in mid-upload.
const childDir = "BLOB_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if path := os.Getenv(childDir); path != "" {
		uploadForEver(path)
	}
	os.Exit(m.Run())
}

// uploadForEver puts a content that does not end, and tells its parent when much of it is on disk.
func uploadForEver(path string) {
	s, err := blob.OpenDir(path)
	if err != nil {
		panic(err)
	}
	told := io.MultiReader(io.LimitReader(&blobtest.Noise{}, 4<<20), tell{}, &blobtest.Noise{})
	_, err = s.Put(context.Background(), told, 1<<40)
	panic(err)
}

// tell writes a line to standard output, then blocks as a sender does whose line went dead.
type tell struct{}

func (tell) Read([]byte) (int, error) {
	os.Stdout.WriteString("uploading\n")
	return os.Stdin.Read(make([]byte, 1)) // an open pipe into which nobody writes
}

func TestDirSweepsAfterKillAndSparesTheLiving(t *testing.T) {
	path := t.TempDir()
	dead, alive := startChild(t, path), startChild(t, path)
	s := openDir(t, path) // a third process opens while both live
	if got := filesBelow(t, path); len(got) != 2 {
		t.Fatalf("with two uploads under way there are files %v", got)
	}
	if err := errors.Join(dead.Process.Kill(), ignoreExit(dead.Wait())); err != nil {
		t.Fatal(err)
	}
	if got, err := s.List(t.Context(), blob.Digest{}, 10); err != nil || len(got) != 0 {
		t.Errorf("after the kill something is visible: %+v, %v", got, err)
	}
	openDir(t, path)
	if got := filesBelow(t, path); len(got) != 1 {
		t.Errorf("after the sweep there are files %v, want that of the living process", got)
	}
	if err := errors.Join(alive.Process.Kill(), ignoreExit(alive.Wait())); err != nil {
		t.Fatal(err)
	}
	openDir(t, path)
	if got := filesBelow(t, path); len(got) != 0 {
		t.Errorf("after both died there are files %v", got)
	}
}

func startChild(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("uploading\n"))
	if _, err := io.ReadFull(out, line); err != nil {
		t.Fatalf("child: %v", err)
	}
	return child
}

func ignoreExit(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}

func openDir(t *testing.T, path string) *blob.Dir {
	t.Helper()
	s, err := blob.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func putDir(t *testing.T, s blob.Store, content string) blob.Info {
	t.Helper()
	info, err := s.Put(t.Context(), strings.NewReader(content), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func readDir(t *testing.T, s blob.Store, d blob.Digest) ([]byte, error) {
	t.Helper()
	r, _, err := s.Open(t.Context(), d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(r)
	return b.Bytes(), err
}

func contentPath(path string, d blob.Digest) string {
	return filepath.Join(path, d.String()[:2], d.String())
}

func rewrite(path, content string) error {
	return replace(path, func() error { return os.WriteFile(path, []byte(content), 0o600) })
}

func replace(path string, with func() error) error { return errors.Join(os.Remove(path), with()) }

func filesBelow(t *testing.T, path string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(path, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}
