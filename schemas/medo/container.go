package medo

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
)

// Names of МЭДО.
const (
	ContainerName = "document.edc.zip" // the zip beside a message
	passportName  = "passport.xml"     // in it
)

// ZipLimits bound what a container may hold.
type ZipLimits struct {
	Entries   int   // files
	File      int64 // bytes of one file, unpacked
	Total     int64 // bytes of all files, unpacked
	Ratio     int64 // how many times larger than packed a file of more than 1 MiB may be
	Passport  int64 // bytes of passport.xml
	Signature int64 // bytes of one signature; they are read into the packet
	Kept      int64 // bytes of all other small files that the packet keeps: stamps
}

// DefaultZipLimits allow 2 GiB a file and 4 GiB in all.
func DefaultZipLimits() ZipLimits {
	return ZipLimits{Entries: 1000, File: 2 << 30, Total: 4 << 30, Ratio: 200, Passport: 16 << 20, Signature: 64 << 10, Kept: 512 << 10}
}

func (o *Options) zip() ZipLimits {
	if o.Zip == (ZipLimits{}) {
		return DefaultZipLimits()
	}
	return o.Zip
}

// directoryBytes is how much of a zip may be read to find its files.
const directoryBytes = 2 << 20

// Container is an opened *.edc.zip. Its files stay where they are; Open reads one.
type Container struct {
	Passport
	Left []string // files that the packet does not hold and the passport does not name, or that are too large to be kept

	files  map[string]*zip.File
	limits ZipLimits
}

// OpenContainer reads the passport and the signatures of a container of size bytes. The error is Problems, everything that
// is wrong; the container beside it holds what could be read, and is nil when there is no passport to read.
//
// The packet's files have their sizes and not yet their contents or digests; whoever stores them learns those on the way.
func OpenContainer(r io.ReaderAt, size int64, o Options) (*Container, error) {
	guard := &directoryReader{r: r}
	guard.left.Store(directoryBytes)
	archive, err := zip.NewReader(guard, size)
	if errors.Is(err, errDirectory) {
		return nil, Problems{{Code: ZipLimit, Note: err.Error()}}
	}
	if err != nil {
		return nil, Problems{{Code: NotZip, Note: clip(err.Error())}}
	}
	guard.open.Store(true)
	c := &Container{files: make(map[string]*zip.File, len(archive.File)), limits: o.zip()}
	problems := c.list(archive.File)
	if problems.Has(ZipLimit) {
		return nil, problems
	}
	if c.files[passportName] == nil {
		return nil, append(problems, Problem{Code: PassportAbsent, Field: passportName})
	}
	text, err := c.read(passportName, c.limits.Passport)
	if err != nil {
		return nil, append(problems, Problem{Code: PassportSchema, Field: passportName, Note: clip(err.Error())})
	}
	passport, err := DecodePassport(text, o)
	if more, ok := err.(Problems); ok {
		problems = append(problems, more...)
	}
	if passport == nil {
		return nil, problems
	}
	c.Passport = *passport
	problems = append(problems, c.fill()...)
	return c, problems.orNil()
}

var errDirectory = errors.New("the list of files is too long")

// directoryReader lets no more than so many bytes be read until the container is open: a list of files can be as long as
// the zip itself.
type directoryReader struct {
	r    io.ReaderAt
	left atomic.Int64
	open atomic.Bool
}

func (d *directoryReader) ReadAt(p []byte, at int64) (int, error) {
	if !d.open.Load() && d.left.Add(-int64(len(p))) < 0 {
		return 0, errDirectory
	}
	return d.r.ReadAt(p, at)
}

// list takes the files of the zip's root and finds what is wrong with them.
func (c *Container) list(files []*zip.File) (problems Problems) {
	if len(files) > c.limits.Entries {
		return Problems{{Code: ZipLimit, Note: fmt.Sprintf("%d files > %d", len(files), c.limits.Entries)}}
	}
	var total int64
	for _, f := range files {
		unpacked, packed := int64(f.UncompressedSize64), max(int64(f.CompressedSize64), 1) // negative ones are refused here
		switch {
		case unpacked < 0 || packed < 0 || unpacked > c.limits.File || unpacked > 1<<20 && unpacked/packed > c.limits.Ratio:
			return Problems{{Code: ZipLimit, Field: clip(f.Name), Note: strconv.FormatInt(unpacked, 10)}}
		case f.Name == "" || strings.ContainsAny(f.Name, "/\\") || f.Mode().IsDir():
			problems = append(problems, Problem{Code: ZipName, Field: clip(f.Name)})
		case c.files[f.Name] != nil:
			problems = append(problems, Problem{Code: ZipTwice, Field: clip(f.Name)})
		default:
			c.files[f.Name] = f
		}
		if total += unpacked; total > c.limits.Total {
			return Problems{{Code: ZipLimit, Note: fmt.Sprintf("%d > %d", total, c.limits.Total)}}
		}
	}
	return problems
}

// Open reads a file of the container by the name that the passport gives it. No more comes out than the zip declares.
func (c *Container) Open(name string) (io.ReadCloser, error) {
	f := c.files[name]
	if f == nil {
		return nil, fmt.Errorf("open %q of the container: %w", clip(name), errAbsent)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open %q of the container: %w", clip(name), err)
	}
	return &bounded{r, int64(f.UncompressedSize64)}, nil // list has refused what does not fit
}

var (
	errAbsent = errors.New("there is no such file")
	errLonger = errors.New("the file is longer than the zip declares")
)

// bounded gives out so many bytes and no more.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, errLonger
	}
	return n, err
}

// read reads a small file.
func (c *Container) read(name string, most int64) ([]byte, error) {
	r, err := c.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return data, errors.Join(err, r.Close())
}
