package asic

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Pieces of a ZIP archive (APPNOTE 6.3, 4.3).
const (
	signatureLocal      = 0x04034b50
	signatureDescriptor = 0x08074b50
	signatureEnd        = 0x06054b50
	lengthLocal         = 30
	lengthCentral       = 46
	lengthEnd           = 22

	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
	flagUTF8       = 1 << 11
)

// maxDirectory bounds the central directory, which is held in memory, in octets.
const maxDirectory = 1 << 20

// directory is where the central directory lies.
type directory struct {
	entries      int
	offset, size int64
}

// readEnd reads the end of the central directory. It lies at the very end, behind the directory itself; the one
// comment allowed is the one that repeats the type (EN 319 162-1, A.1).
func readEnd(r io.ReaderAt, size int64) (directory, error) {
	for _, comment := range []string{"", "mimetype=" + MediaType} {
		at := size - lengthEnd - int64(len(comment))
		if at < 0 {
			continue
		}
		end := make([]byte, lengthEnd+len(comment))
		if err := readAt(r, end, at); err != nil {
			return directory{}, err
		}
		if binary.LittleEndian.Uint32(end) != signatureEnd || int(binary.LittleEndian.Uint16(end[20:])) != len(comment) ||
			string(end[lengthEnd:]) != comment {
			continue
		}
		u16 := func(i int) int { return int(binary.LittleEndian.Uint16(end[i:])) }
		u32 := func(i int) int64 { return int64(binary.LittleEndian.Uint32(end[i:])) }
		d := directory{entries: u16(10), size: u32(12), offset: u32(16)}
		if u16(4) != 0 || u16(6) != 0 || u16(8) != d.entries || d.entries == 0xffff || d.offset+d.size != at {
			return directory{}, fmt.Errorf("%w: in parts, in ZIP64, or with something before its end", ErrContainer)
		}
		if d.size > maxDirectory {
			return directory{}, fmt.Errorf("%w: directory larger than 1 MiB", ErrContainer)
		}
		return d, nil
	}
	return directory{}, fmt.Errorf("%w: no ZIP archive, or something behind its end", ErrContainer)
}

// checkLayout walks the archive from its first octet and demands that entries lie side by side up to the directory, and
// say of themselves what the directory says. So no two readers see different files. The first is to be mimetype.
func checkLayout(r io.ReaderAt, d directory, files []*zip.File) error {
	byData := make(map[int64]*zip.File, len(files)) // by where the data begin
	left := d.size
	for _, f := range files {
		left -= int64(lengthCentral + len(f.Name) + len(f.Extra) + len(f.Comment))
		at, err := f.DataOffset()
		if err != nil {
			return notZIP(err)
		}
		byData[at] = f
	}
	if left != 0 {
		return fmt.Errorf("%w: something lies behind its directory", ErrContainer)
	}
	var at int64
	for range files {
		next, err := checkPlace(r, at, byData)
		if err != nil {
			return err
		}
		at = next
	}
	if at != d.offset {
		return fmt.Errorf("%w: something lies between its files", ErrContainer)
	}
	return nil
}

// checkPlace holds the entry that begins at an octet against the directory, and returns where the next one begins.
func checkPlace(r io.ReaderAt, at int64, byData map[int64]*zip.File) (int64, error) {
	var header [lengthLocal]byte
	if err := readAt(r, header[:], at); err != nil {
		return 0, err
	}
	name, extra := int(binary.LittleEndian.Uint16(header[26:])), int(binary.LittleEndian.Uint16(header[28:]))
	data := at + lengthLocal + int64(name) + int64(extra)
	f := byData[data]
	if f == nil || name != len(f.Name) {
		return 0, fmt.Errorf("%w: something lies between its files", ErrContainer)
	}
	if at == 0 && (f.Name != mimetypeName || f.Method != zip.Store || extra != 0 || len(f.Extra) != 0) {
		return 0, fmt.Errorf("%w: its first file is not mimetype, as it is", ErrContainer)
	}
	local := make([]byte, name+extra)
	if err := readAt(r, local, at+lengthLocal); err != nil {
		return 0, err
	}
	if string(local[:name]) != f.Name || !sameHeader(header, f) || !extraOK(local[name:]) {
		return 0, fmt.Errorf("%w: its directory says otherwise than its files", ErrContainer)
	}
	end := data + int64(f.CompressedSize64)
	descriptor, err := readDescriptor(r, end, f)
	return end + descriptor, err
}

// sameHeader holds the local header against the directory. With a descriptor behind the data, the header may leave
// sizes and sum at zero.
func sameHeader(local [lengthLocal]byte, f *zip.File) bool {
	u16 := func(i int) uint16 { return binary.LittleEndian.Uint16(local[i:]) }
	u32 := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(local[i:])) }
	if u32(0) != signatureLocal || u16(6) != f.Flags || u16(8) != f.Method {
		return false
	}
	sum, packed, size := u32(14), u32(18), u32(22)
	return sum == uint64(f.CRC32) && packed == f.CompressedSize64 && size == f.UncompressedSize64 ||
		f.Flags&flagDescriptor != 0 && sum|packed|size == 0
}

// readDescriptor returns the length of the data descriptor behind an entry's data, with or without a signature.
func readDescriptor(r io.ReaderAt, at int64, f *zip.File) (int64, error) {
	if f.Flags&flagDescriptor == 0 {
		return 0, nil
	}
	var want [16]byte
	binary.LittleEndian.PutUint32(want[:], signatureDescriptor)
	binary.LittleEndian.PutUint32(want[4:], f.CRC32)
	binary.LittleEndian.PutUint32(want[8:], uint32(f.CompressedSize64))
	binary.LittleEndian.PutUint32(want[12:], uint32(f.UncompressedSize64))
	var got [16]byte
	if err := readAt(r, got[:], at); err != nil {
		return 0, err
	}
	switch {
	case got == want:
		return 16, nil
	case [12]byte(got[:12]) == [12]byte(want[4:]):
		return 12, nil
	}
	return 0, fmt.Errorf("%w: a data descriptor says otherwise than the directory", ErrContainer)
}

// extraOK: extra fields that tell times and owners are nobody's concern; others could give a file another name or size.
func extraOK(extra []byte) bool {
	for len(extra) >= 4 {
		id, length := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		switch id {
		case 0x000a, 0x5455, 0x5855, 0x7855, 0x7875: // NTFS, extended timestamp, and three of Info-ZIP for Unix
		default:
			return false
		}
		if len(extra) < 4+length {
			return false
		}
		extra = extra[4+length:]
	}
	return len(extra) == 0
}

// readAt fills p; beyond the end there is no archive.
func readAt(r io.ReaderAt, p []byte, at int64) error {
	if len(p) == 0 {
		return nil
	}
	n, err := r.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return fmt.Errorf("%w: cut off", ErrContainer)
	}
	return fmt.Errorf("read container: %w", err)
}

// notZIP tells what package zip finds wrong from a failure to read.
func notZIP(err error) error {
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, zip.ErrChecksum) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrContainer, err)
	}
	return fmt.Errorf("read container: %w", err)
}
