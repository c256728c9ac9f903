package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Found is a message that was left for the hub. Its files are opened within its folder, whatever links lie there.
type Found struct {
	Name  string
	Files map[string]int64 // sizes
	root  *os.Root         // of the message
}

// maxFiles is how many files a message may have.
const maxFiles = 1000

// Open opens a file of the message.
func (m *Found) Open(name string) (*os.File, error) {
	f, err := m.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open a file of a message: %w", err)
	}
	return f, nil
}

// Read reads a file whole. More than a number of octets are its sender's fault.
func (m *Found) Read(name string, limit int64) ([]byte, error) {
	f, err := m.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read a file of a message: %w", err)
	}
	if int64(len(text)) > limit {
		return nil, document.Faults{document.NewFault(document.PacketTooLarge, name, fmt.Sprint("> ", limit), fmt.Sprint(limit))}
	}
	return text, nil
}

var (
	errTooMany = errors.New("the message has too many files")
	errNested  = errors.New("the message has folders, or something that is no file")
)

// box is one correspondent's folder.
type box struct{ root *os.Root }

// openBox opens a correspondent's folder, and makes it where it is missing.
func openBox(root *os.Root, contour document.ContourCode) (*box, error) {
	for _, dir := range []string{"", "in", "out", "bad"} {
		if err := root.Mkdir(path.Join(string(contour), dir), 0o770); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("folder of %s: %w", contour, err)
		}
	}
	own, err := root.OpenRoot(string(contour))
	if err != nil {
		return nil, fmt.Errorf("folder of %s: %w", contour, err)
	}
	return &box{own}, nil
}

// waiting lists up to limit messages that were left and have not changed since, in the order of their names.
func (b *box) waiting(since time.Time, limit int) (names []string, err error) {
	dir, err := b.root.Open("in")
	if err != nil {
		return nil, fmt.Errorf("look for messages: %w", err)
	}
	defer dir.Close()
	all, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("look for messages: %w", err)
	}
	slices.Sort(all)
	for _, name := range all {
		if len(names) == limit {
			break
		}
		if visible(name) && b.settled(path.Join("in", name), since) {
			names = append(names, name)
		}
	}
	return names, nil
}

// visible says whether a name is that of a message, and not of one on its way.
func visible(name string) bool {
	lower := strings.ToLower(name)
	return !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "~") && !strings.HasSuffix(lower, ".tmp") && !strings.HasSuffix(lower, ".part")
}

// settled says whether nothing of a message has changed since.
func (b *box) settled(name string, since time.Time) bool {
	info, err := b.root.Lstat(name)
	if err != nil || info.ModTime().After(since) {
		return false
	}
	if !info.IsDir() {
		return true
	}
	files, err := b.list(name)
	for _, f := range files {
		if f.ModTime().After(since) {
			return false
		}
	}
	return err == nil && len(files) > 0
}

// list reads a folder.
func (b *box) list(name string) ([]fs.FileInfo, error) {
	dir, err := b.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("list a message: %w", err)
	}
	defer dir.Close()
	files, err := dir.Readdir(maxFiles + 1)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("list a message: %w", err)
	}
	return files, nil
}

// open opens a message that was left. What is no message is an error that is its sender's fault.
func (b *box) open(name string) (*Found, error) {
	in := path.Join("in", name)
	info, err := b.root.Lstat(in)
	if err != nil {
		return nil, fmt.Errorf("open a message: %w", err)
	}
	m := &Found{Name: name, Files: map[string]int64{}}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return m, errNested
		}
		m.Files[name] = info.Size()
		m.root, err = b.root.OpenRoot("in")
		return m, err
	}
	files, err := b.list(in)
	if err != nil {
		return nil, err
	}
	if len(files) > maxFiles {
		return m, errTooMany
	}
	for _, f := range files {
		if !f.Mode().IsRegular() {
			return m, errNested
		}
		m.Files[f.Name()] = f.Size()
	}
	m.root, err = b.root.OpenRoot(in)
	return m, err
}

func (m *Found) close() {
	if m.root != nil {
		_ = m.root.Close()
	}
}

// remove forgets a message that the hub has.
func (b *box) remove(name string) error {
	if err := b.root.RemoveAll(path.Join("in", name)); err != nil {
		return fmt.Errorf("remove a message: %w", err)
	}
	return nil
}

// putAside moves a message that cannot be read, with the reason.
func (b *box) putAside(name, reason string, now time.Time) error {
	bad := path.Join("bad", now.UTC().Format("20060102-150405.000000000"))
	if err := b.root.Mkdir(bad, 0o770); err != nil {
		return fmt.Errorf("put a message aside: %w", err)
	}
	if err := b.root.WriteFile(path.Join(bad, "reason.txt"), []byte(reason+"\n"), 0o660); err != nil {
		return fmt.Errorf("put a message aside: %w", err)
	}
	if err := b.root.Rename(path.Join("in", name), path.Join(bad, name)); err != nil {
		return fmt.Errorf("put a message aside: %w", err)
	}
	return nil
}

// hand writes a message for the correspondent. One of that name that it has not taken yet is the same message.
func (b *box) hand(m *adapters.Message) error {
	target := path.Join("out", m.Name)
	if _, err := b.root.Lstat(target); err == nil {
		return nil
	}
	hidden := path.Join("out", "."+m.Name+".tmp")
	if err := b.root.RemoveAll(hidden); err != nil {
		return fmt.Errorf("hand a message over: %w", err)
	}
	if len(m.Files) == 1 && m.Files[0].Name == m.Name {
		if err := b.write(hidden, m.Files[0]); err != nil {
			return err
		}
	} else if err := b.writeFolder(hidden, m.Files); err != nil {
		return err
	}
	if err := b.root.Rename(hidden, target); err != nil {
		return fmt.Errorf("hand a message over: %w", err)
	}
	return b.sync("out")
}

func (b *box) writeFolder(hidden string, files []adapters.File) error {
	if err := b.root.Mkdir(hidden, 0o770); err != nil {
		return fmt.Errorf("hand a message over: %w", err)
	}
	for _, f := range files {
		if err := b.write(path.Join(hidden, f.Name), f); err != nil {
			return err
		}
	}
	return b.sync(hidden)
}

func (b *box) write(name string, f adapters.File) error {
	out, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o660)
	if err != nil {
		return fmt.Errorf("hand a message over: %w", err)
	}
	err = f.Write(out)
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("hand a message over: %w", err)
	}
	return nil
}

func (b *box) sync(dir string) error {
	d, err := b.root.Open(dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fmt.Errorf("hand a message over: %w", err)
	}
	return nil
}
