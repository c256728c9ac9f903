package asic

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// ErrContainer says that a file is not a container that is read here; what it is wrapped in says why. Other errors
// are failures to read.
var ErrContainer = errors.New("not an ASiC-E container with CAdES")

// Bounds of what is held in memory, in octets and in number.
const (
	maxManifest  = 256 << 10
	maxSignature = 128 << 10
	maxManifests = 20 // as many signatures as a file may carry elsewhere
)

// Limits bounds a container before anything is unpacked.
type Limits struct {
	Files int   // entries of the archive; 0 is 1000
	Size  int64 // of all files unpacked, in octets; 0 is 4 GiB
}

// A Container is an archive whose structure is right; what it holds is not verified yet. It may be used by many
// goroutines when what it reads from may.
type Container struct {
	files     map[string]*zip.File // without folders
	manifests []*manifest
	objects   []Object
}

// An Object is a file that somebody signed.
type Object struct {
	Name      string // path in the container
	MediaType string // as the first manifest that lists it says; may be empty
	Size      int64  // declared, in octets
}

// Open looks at the container in r, which is size octets long: its layout, names, limits and manifests. Of the files'
// contents it reads the manifests only.
func Open(r io.ReaderAt, size int64, limits Limits) (*Container, error) {
	if limits.Files == 0 {
		limits.Files = 1000
	}
	if limits.Size == 0 {
		limits.Size = 4 << 30
	}
	end, err := readEnd(r, size)
	if err != nil {
		return nil, err
	}
	if end.entries > limits.Files {
		return nil, fmt.Errorf("%w: %d files, more than %d", ErrContainer, end.entries, limits.Files)
	}
	archive, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are ours to check
		return nil, notZIP(err)
	}
	c := &Container{files: make(map[string]*zip.File)}
	if err := c.addFiles(archive.File, limits.Size); err != nil {
		return nil, err
	}
	if err := checkLayout(r, end, archive.File); err != nil {
		return nil, err
	}
	if err := c.readManifests(archive.File); err != nil {
		return nil, err
	}
	return c, c.checkListed(archive.File)
}

// addFiles checks what each entry declares, and all of them together.
func (c *Container) addFiles(files []*zip.File, most int64) error {
	all, left := make(names), most
	for _, f := range files {
		if err := checkEntry(f); err != nil {
			return err
		}
		if err := all.add(f.Name); err != nil {
			return err
		}
		if left -= int64(f.UncompressedSize64); left < 0 {
			return fmt.Errorf("%w: unpacked it is larger than %d octets", ErrContainer, most)
		}
		if !strings.HasSuffix(f.Name, "/") {
			c.files[f.Name] = f
		}
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, "/") && !c.holds(f.Name) { // a name that nobody signed
			return fmt.Errorf("%w: the folder %q is empty", ErrContainer, f.Name)
		}
	}
	return c.checkMimetype()
}

func (c *Container) holds(folder string) bool {
	for name := range c.files {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

func checkEntry(f *zip.File) error {
	name, folder := strings.CutSuffix(f.Name, "/")
	if err := checkName(name); err != nil {
		return err
	}
	switch {
	case f.Flags&flagEncrypted != 0 || f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("%w: %q is encrypted or packed by an unknown method", ErrContainer, f.Name)
	case f.Flags&flagUTF8 == 0 && strings.ContainsFunc(f.Name, func(r rune) bool { return r > '~' }):
		return fmt.Errorf("%w: the name %q is not marked as UTF-8", ErrContainer, f.Name)
	case f.UncompressedSize64 >= math.MaxUint32 || f.CompressedSize64 >= math.MaxUint32:
		return fmt.Errorf("%w: %q is in ZIP64", ErrContainer, f.Name)
	case folder != f.Mode().IsDir() || !folder && !f.Mode().IsRegular():
		return fmt.Errorf("%w: %q is neither a file nor a folder", ErrContainer, f.Name)
	case folder && (f.UncompressedSize64 != 0 || f.CompressedSize64 != 0):
		return fmt.Errorf("%w: the folder %q has a content", ErrContainer, f.Name)
	case f.Comment != "" || !extraOK(f.Extra):
		return fmt.Errorf("%w: %q has a comment or an unknown extra field", ErrContainer, f.Name)
	}
	return nil
}

func (c *Container) checkMimetype() error {
	content, err := c.read(mimetypeName, int64(len(MediaType)))
	if err != nil {
		return err
	}
	if string(content) != MediaType {
		return fmt.Errorf("%w: it is of another type", ErrContainer)
	}
	return nil
}

func (c *Container) readManifests(files []*zip.File) error {
	for _, f := range files {
		if !isManifest(f.Name) {
			continue
		}
		if len(c.manifests) == maxManifests {
			return fmt.Errorf("%w: more than %d signatures", ErrContainer, maxManifests)
		}
		raw, err := c.read(f.Name, maxManifest)
		if err != nil {
			return err
		}
		m, err := parseManifest(f.Name, raw)
		if err != nil {
			return err
		}
		c.manifests = append(c.manifests, m)
	}
	if len(c.manifests) == 0 {
		return fmt.Errorf("%w: it has no manifest", ErrContainer)
	}
	return nil
}

// checkListed: what manifests list is there, and what is there they list.
func (c *Container) checkListed(files []*zip.File) error {
	media := make(map[string]string)
	known := map[string]bool{mimetypeName: true}
	for _, m := range c.manifests {
		if known[m.signature] || !isMeta(m.signature) || isManifest(m.signature) || c.files[m.signature] == nil {
			return fmt.Errorf("%w: %s has no signature of its own", ErrContainer, m.name)
		}
		known[m.name], known[m.signature] = true, true
		for _, o := range m.objects {
			if c.files[o.name] == nil {
				return fmt.Errorf("%w: %q is listed and not there", ErrContainer, o.name)
			}
			known[o.name] = true
			if media[o.name] == "" {
				media[o.name] = o.mediaType
			}
		}
	}
	for _, f := range files {
		switch {
		case strings.HasSuffix(f.Name, "/"):
		case !known[f.Name]:
			return fmt.Errorf("%w: no manifest lists %q", ErrContainer, f.Name)
		case !isMeta(f.Name) && f.Name != mimetypeName:
			c.objects = append(c.objects, Object{f.Name, media[f.Name], int64(f.UncompressedSize64)})
		}
	}
	return nil
}

// Objects lists the files that were signed, in the order of the archive.
func (c *Container) Objects() []Object { return c.objects }

// Open returns the content of a file. It never yields more than is declared: what is wrong with the archive is an
// error at its end.
func (c *Container) Open(name string) (io.ReadCloser, error) {
	f := c.files[name]
	if f == nil {
		return nil, fmt.Errorf("open %q in a container: no such file", name)
	}
	content, err := f.Open()
	if err != nil {
		return nil, notZIP(err)
	}
	return content, nil
}

// read returns the content of a small file.
func (c *Container) read(name string, most int64) ([]byte, error) {
	f := c.files[name]
	if f == nil || int64(f.UncompressedSize64) > most {
		return nil, fmt.Errorf("%w: %s is missing or longer than %d octets", ErrContainer, name, most)
	}
	content, err := f.Open()
	if err != nil {
		return nil, notZIP(err)
	}
	defer content.Close()
	data, err := io.ReadAll(io.LimitReader(content, most+1))
	if err != nil {
		return nil, damage(err)
	}
	return data, nil
}
