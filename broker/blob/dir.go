package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Dir keeps contents as files of a directory on a local disk, for Linux and other Unix systems:
//
//	3f/3f0a…   a content, under its digest, in one of 256 folders by the digest's first byte
//	tmp/…      uploads under way, each locked (flock) by the process that writes it
//
// An upload becomes visible by being renamed into its folder after it was synced; the folder is synced after that.
// A crash before the rename leaves an unlocked file in tmp, which the next [OpenDir] removes; a crash between
// the rename and the second sync leaves either nothing or the whole content, and nobody was told.
// Renaming over a content that is there already renews its version, and heals it where it was damaged.
//
// Only what is found by walking real folders and plain files counts: symbolic links are refused wherever they stand.
type Dir struct {
	path string
}

const tmpFolder = "tmp"

// OpenDir opens the store at path, making it if need be, and removes what uploads of dead processes left behind.
// Other processes may have it open.
func OpenDir(path string) (*Dir, error) {
	s := &Dir{path: path}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	// All folders are made and synced here, so that Put need not ask whether the entry of its folder is durable.
	for _, name := range append(folders(), tmpFolder) {
		if err := os.Mkdir(filepath.Join(path, name), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("open blob directory: %w", err)
		}
		folder, err := s.folder(name)
		if err != nil {
			return nil, fmt.Errorf("open blob directory: %w", err)
		}
		folder.Close()
	}
	for _, name := range []string{path, filepath.Dir(filepath.Clean(path))} {
		if err := syncFolder(name); err != nil {
			return nil, fmt.Errorf("open blob directory: %w", err)
		}
	}
	if err := s.sweep(); err != nil {
		return nil, fmt.Errorf("sweep blob directory: %w", err)
	}
	return s, nil
}

// Put implements [Store].
func (s *Dir) Put(ctx context.Context, r io.Reader, limit int64, also ...io.Writer) (Info, error) {
	tmp, err := s.createTmp()
	if err != nil {
		return Info{}, fmt.Errorf("store content: %w", err)
	}
	defer tmp.discard()

	in := newIntake(ctx, r, limit, also)
	if _, err := io.CopyBuffer(struct{ io.Writer }{tmp.file}, in, make([]byte, 128<<10)); err != nil {
		return Info{}, fmt.Errorf("store content: %w", err)
	}
	d := in.digest()
	if err := tmp.seal(time.Now()); err != nil {
		return Info{}, fmt.Errorf("store content %s: %w", d, err)
	}
	if err := s.publish(ctx, tmp, d); err != nil {
		return Info{}, fmt.Errorf("store content %s: %w", d, err)
	}
	info, err := describe(tmp.file, d)
	if err != nil {
		return Info{}, fmt.Errorf("store content %s: %w", d, err)
	}
	return info, nil
}

// publish moves a sealed upload to its place. The lock keeps it out from between the two halves of Delete, and makes
// the times of storing follow the order of storing, whatever the clock does.
func (s *Dir) publish(ctx context.Context, tmp *tmpFile, d Digest) error {
	folder, err := s.folder(folderOf(d))
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := lock(folder, unix.LOCK_EX); err != nil {
		return err
	}
	ours, err := describe(tmp.file, d)
	if err != nil {
		return err
	}
	if there, err := s.Stat(ctx, d); err == nil && !ours.Stored.After(there.Stored) {
		if err := tmp.seal(there.Stored.Add(time.Nanosecond)); err != nil {
			return err
		}
	}
	if err := unix.Renameat(int(tmp.folder.Fd()), tmp.name, int(folder.Fd()), d.String()); err != nil {
		return os.NewSyscallError("rename", err)
	}
	tmp.name = ""
	if err := lock(folder, unix.LOCK_UN); err != nil { // syncing is slow and needs no lock
		return err
	}
	return folder.Sync()
}

// Open implements [Store].
func (s *Dir) Open(ctx context.Context, d Digest) (io.ReadCloser, Info, error) {
	file, info, err := s.open(d)
	if err != nil {
		return nil, Info{}, fmt.Errorf("open content: %w", err)
	}
	return newVerifying(ctx, file, info), info, nil
}

// Stat implements [Store].
func (s *Dir) Stat(ctx context.Context, d Digest) (Info, error) {
	file, info, err := s.open(d)
	if err != nil {
		return Info{}, fmt.Errorf("look up content: %w", err)
	}
	return info, file.Close()
}

// Delete implements [Store]. Comparing versions and removing are one step for everybody who takes the folder's lock.
func (s *Dir) Delete(ctx context.Context, info Info) error {
	folder, err := s.folder(folderOf(info.Digest))
	if err != nil {
		return fmt.Errorf("delete content %s: %w", info.Digest, err)
	}
	defer folder.Close()
	if err := lock(folder, unix.LOCK_EX); err != nil {
		return fmt.Errorf("delete content %s: %w", info.Digest, err)
	}
	now, err := s.Stat(ctx, info.Digest)
	if absent := (*NotFoundError)(nil); errors.As(err, &absent) {
		return nil
	}
	if err != nil || now.Version != info.Version {
		return err
	}
	if err := unix.Unlinkat(int(folder.Fd()), info.Digest.String(), 0); err != nil {
		return fmt.Errorf("delete content %s: %w", info.Digest, err)
	}
	if err := lock(folder, unix.LOCK_UN); err != nil {
		return fmt.Errorf("delete content %s: %w", info.Digest, err)
	}
	return folder.Sync()
}

// List implements [Store]. It holds one folder's names at a time.
func (s *Dir) List(ctx context.Context, after Digest, limit int) ([]Info, error) {
	var infos []Info
	for _, name := range folders()[after[0]:] {
		found, err := s.listFolder(ctx, name, after, limit-len(infos))
		if err != nil {
			return nil, fmt.Errorf("list contents: %w", err)
		}
		if infos = append(infos, found...); len(infos) >= limit {
			break
		}
	}
	return infos, nil
}

func (s *Dir) listFolder(ctx context.Context, name string, after Digest, limit int) ([]Info, error) {
	folder, err := s.folder(name)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	digests, err := digestsAbove(folder, after)
	if err != nil {
		return nil, err
	}
	var infos []Info
	for _, d := range digests {
		if len(infos) == limit {
			break
		}
		info, err := s.Stat(ctx, d)
		if absent := (*NotFoundError)(nil); errors.As(err, &absent) {
			continue // deleted since the names were read
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, ctx.Err()
}

// folders names the 256 folders in order.
func folders() []string {
	names := make([]string, 256)
	for i := range names {
		names[i] = hex.EncodeToString([]byte{byte(i)})
	}
	return names
}

func folderOf(d Digest) string { return hex.EncodeToString(d[:1]) }

// describe makes the Info of an open file. Time and inode make its version.
func describe(file *os.File, d Digest) (Info, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		return Info{}, os.NewSyscallError("fstat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return Info{}, &DamagedError{d, "not a plain file"}
	}
	stored := time.Unix(st.Mtim.Unix()).UTC()
	version := strconv.FormatInt(stored.UnixNano(), 36) + "." + strconv.FormatUint(st.Ino, 36)
	return Info{Digest: d, Size: st.Size, Stored: stored, Version: version}, nil
}
