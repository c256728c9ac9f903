package asic

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// MediaType is that of a container, and the content of its file mimetype.
const MediaType = "application/vnd.etsi.asic-e+zip"

// A Writer writes one container: files first, then signatures, then Close.
type Writer struct {
	archive *zip.Writer
	written counter
	hash    signature.Hash
	names   names
	objects []object
	signed  int
}

// NewWriter begins a container whose manifests give digests by the first algorithm of family. Signers may be of others.
func NewWriter(w io.Writer, family signature.Family) (*Writer, error) {
	c := &Writer{hash: family.Hashes()[0], names: names{mimetypeName: true}}
	c.written.w = w
	c.archive = zip.NewWriter(&c.written)
	return c, c.writeMimetype()
}

// writeMimetype: EN 319 162-1, A.1: first, stored, without extra fields, so that its content stands at a known place.
func (c *Writer) writeMimetype() error {
	header := &zip.FileHeader{
		Name: mimetypeName, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(MediaType)),
		CompressedSize64: uint64(len(MediaType)), UncompressedSize64: uint64(len(MediaType)),
	}
	w, err := c.archive.CreateRaw(header)
	if err == nil {
		_, err = io.WriteString(w, MediaType)
	}
	if err != nil {
		return fmt.Errorf("write container: %w", err)
	}
	return nil
}

// Add writes a file of the given media type, which may be empty. Files are added before the first Sign.
func (c *Writer) Add(name, mediaType string, content io.Reader) error {
	if c.signed > 0 {
		return fmt.Errorf("add %q to a container: already signed", name)
	}
	if isMeta(name) {
		return fmt.Errorf("add %q to a container: the name is reserved", name)
	}
	digest := c.hash.New()
	if err := c.write(name, io.TeeReader(content, digest)); err != nil {
		return err
	}
	c.objects = append(c.objects, object{name: name, mediaType: mediaType, digest: digest.Sum(nil)})
	return nil
}

// Sign adds a signature over all the files: sign is given the digests of a manifest of them and returns a detached
// CAdES signature, as signature.Signer.Sign does.
func (c *Writer) Sign(sign func(signature.Content) ([]byte, error)) error {
	if len(c.objects) == 0 {
		return errors.New("sign a container: no files")
	}
	number := fmt.Sprintf("%03d", c.signed+1)
	signatureName := metaFolder + "signature" + number + ".p7s"
	manifest, err := marshalManifest(signatureName, c.objects, c.hash)
	if err != nil {
		return fmt.Errorf("sign a container: %w", err)
	}
	if c.signed == maxManifests || len(manifest) > maxManifest {
		return errors.New("sign a container: more signatures or files than are read again")
	}
	cms, err := sign(signature.ContentOf(manifest))
	if err != nil {
		return fmt.Errorf("sign a container: %w", err)
	}
	c.signed++
	if err := c.write(metaFolder+"ASiCManifest"+number+".xml", strings.NewReader(string(manifest))); err != nil {
		return err
	}
	return c.write(signatureName, strings.NewReader(string(cms)))
}

// Close ends the container. One that nobody signed is an error.
func (c *Writer) Close() error {
	if c.signed == 0 {
		return errors.New("close a container: not signed")
	}
	if err := c.archive.Close(); err != nil {
		return fmt.Errorf("close a container: %w", err)
	}
	return c.tooLong()
}

func (c *Writer) write(name string, content io.Reader) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := c.names.add(name); err != nil {
		return err
	}
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(0o644) // marked as made on Unix: in others, unzip takes names for those of DOS, whatever they say
	w, err := c.archive.CreateHeader(header)
	if err != nil {
		return fmt.Errorf("write %q to a container: %w", name, err)
	}
	n, err := io.Copy(w, io.LimitReader(content, math.MaxUint32))
	if err != nil {
		return fmt.Errorf("write %q to a container: %w", name, err)
	}
	if n == math.MaxUint32 {
		return fmt.Errorf("write %q to a container: 4 GiB or more", name)
	}
	return c.tooLong()
}

// tooLong: we read no ZIP64.
func (c *Writer) tooLong() error {
	if c.written.n >= math.MaxUint32 {
		return errors.New("write a container: 4 GiB or more")
	}
	return nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
