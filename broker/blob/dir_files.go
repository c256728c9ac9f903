package blob

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// folder opens one of the store's own folders, never through a symbolic link.
func (s *Dir) folder(name string) (*os.File, error) {
	path := filepath.Join(s.path, name)
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open folder", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// open opens a content. A symbolic link, device or pipe in its place counts as damage: no Put has put it there.
func (s *Dir) open(d Digest) (*os.File, Info, error) {
	folder, err := s.folder(folderOf(d))
	if err != nil {
		return nil, Info{}, err
	}
	defer folder.Close()
	file, err := openAt(folder, d.String(), unix.O_RDONLY|unix.O_NONBLOCK, 0) // O_NONBLOCK: a pipe must not hold us
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil, Info{}, &NotFoundError{d}
	case errors.Is(err, unix.ELOOP):
		return nil, Info{}, &DamagedError{d, "a symbolic link"}
	case err != nil:
		return nil, Info{}, err
	}
	info, err := describe(file, d)
	if err != nil {
		file.Close()
		return nil, Info{}, err
	}
	return file, info, nil
}

// tmpFile is an upload under way. The lock on it says that its process lives; the system drops it at process end.
type tmpFile struct {
	folder *os.File
	file   *os.File
	name   string // empty once published
}

func (s *Dir) createTmp() (*tmpFile, error) {
	folder, err := s.folder(tmpFolder)
	if err != nil {
		return nil, err
	}
	for {
		name := rand.Text()
		file, err := openAt(folder, name, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, 0o400)
		if err != nil {
			folder.Close()
			return nil, err
		}
		tmp := &tmpFile{folder, file, name}
		if err := lock(file, unix.LOCK_EX); err != nil {
			tmp.discard()
			return nil, err
		}
		if linked(file) {
			return tmp, nil
		}
		file.Close() // a sweep took it between creation and lock
	}
}

// seal makes the bytes durable and gives the file its time of storing.
func (t *tmpFile) seal(now time.Time) error {
	stamp, err := unix.TimeToTimespec(now)
	if err != nil {
		return err
	}
	times := []unix.Timespec{stamp, stamp}
	if err := unix.UtimesNanoAt(int(t.folder.Fd()), t.name, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return os.NewSyscallError("utimensat", err)
	}
	return t.file.Sync()
}

// discard removes the file unless it was published, and closes it.
func (t *tmpFile) discard() {
	if t.name != "" {
		_ = unix.Unlinkat(int(t.folder.Fd()), t.name, 0) // what stays is unlocked, and swept at the next start
	}
	t.file.Close()
	t.folder.Close()
}

// sweep removes the uploads of dead processes: those it can lock.
func (s *Dir) sweep() error {
	folder, err := s.folder(tmpFolder)
	if err != nil {
		return err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := sweepOne(folder, name); err != nil {
			return err
		}
	}
	return folder.Sync()
}

func sweepOne(folder *os.File, name string) error {
	file, err := openAt(folder, name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil // just published
	}
	if err != nil {
		return err
	}
	defer file.Close()
	err = lock(file, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil // somebody is writing it
	}
	if err != nil {
		return err
	}
	if err := unix.Unlinkat(int(folder.Fd()), name, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// digestsAbove reads the names in a folder and returns in order those that are digests above after.
func digestsAbove(folder *os.File, after Digest) ([]Digest, error) {
	var found []Digest
	for {
		names, err := folder.Readdirnames(1024)
		for _, name := range names {
			if d, err := ParseDigest(name); err == nil && bytes.Compare(d[:], after[:]) > 0 {
				found = append(found, d)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	return found, nil
}

func openAt(folder *os.File, name string, flags int, mode uint32) (*os.File, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(int(folder.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(folder.Name(), name), Err: err}
	}
	return os.NewFile(uintptr(fd), filepath.Join(folder.Name(), name)), nil
}

func lock(file *os.File, how int) error {
	_, err := retry(func() (int, error) { return 0, unix.Flock(int(file.Fd()), how) })
	return os.NewSyscallError("flock", err)
}

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

func linked(file *os.File) bool {
	var st unix.Stat_t
	return unix.Fstat(int(file.Fd()), &st) == nil && st.Nlink > 0
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
