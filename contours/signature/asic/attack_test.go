package asic

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func TestRebuiltAsItWasAContainerStillVerifies(t *testing.T) {
	n := newNotary(t)
	data := rebuild(t, n.container(t), func(all []*entry) []*entry { return all })
	if got := n.verify(t, data); got.Status != signature.Valid {
		t.Errorf("verdict %+v", got)
	}
	withFolder := rebuild(t, data, func(all []*entry) []*entry {
		return append(all, plain(t, "META-INF/", ""), plain(t, "вложения/", ""))
	})
	if got := n.verify(t, withFolder); got.Status != signature.Valid {
		t.Errorf("with folders: verdict %+v", got)
	}
	repeated := pack(t, entriesOf(t, data), func(w *zip.Writer) { w.SetComment("mimetype=" + MediaType) })
	if got := n.verify(t, repeated); got.Status != signature.Valid {
		t.Errorf("with the type as a comment: verdict %+v", got)
	}
}

func TestEntriesThatDeceiveAreRefused(t *testing.T) {
	data := newNotary(t).container(t)
	add := func(name string) func([]*entry) []*entry {
		return func(all []*entry) []*entry {
			if strings.HasSuffix(name, "/") {
				return append(all, plain(t, name, ""))
			}
			return append(all, plain(t, name, "подмена"))
		}
	}
	first := func(change func(*entry)) func([]*entry) []*entry {
		return func(all []*entry) []*entry { change(all[1]); return all }
	}
	for name, c := range map[string]struct {
		change func([]*entry) []*entry
		words  string
	}{
		"a name twice":               {add("приказ № 7.txt"), "stands twice"},
		"a name in capitals":         {add("ПРИКАЗ № 7.txt"), "stands twice"},
		"a folder called as a file":  {add("приказ № 7.txt/"), "stands twice"},
		"a file below a file":        {add("приказ № 7.txt/x"), "below a file"},
		"a file called as a folder":  {add("вложения"), "stands twice"},
		"out of the archive":         {add("../x"), "forbidden name"},
		"out of the archive, deeper": {add("a/../../x"), "forbidden name"},
		"absolute":                   {add("/etc/passwd"), "forbidden name"},
		"a drive":                    {add("C:x"), "forbidden character"},
		"backslashes":                {add(`..\x`), "forbidden character"},
		"an end within":              {add("x\x00.txt"), "forbidden character"},
		"empty parts":                {add("a//b"), "forbidden name"},
		"not listed":                 {add("x.txt"), "no manifest lists"},
		"not listed in META-INF":     {add("META-INF/manifest.xml"), "no manifest lists"},
		"META-INF in other letters":  {add("Meta-Inf/x"), "is not META-INF/"},
		"an empty folder":            {add("x/"), "is empty"},
		"a folder with a content": {func(all []*entry) []*entry {
			return append(all, renamed(plain(t, "x", "подмена"), "вложения/"))
		}, "has a content"},
		"mimetype again":       {add("MimeType"), "stands twice"},
		"listed and not there": {func(all []*entry) []*entry { return append(all[:1], all[2:]...) }, "listed and not there"},
		"signature not there":  {func(all []*entry) []*entry { return all[:4] }, "no signature of its own"},
		"no manifest":          {func(all []*entry) []*entry { return all[:1] }, "no manifest"},
		"mimetype second":      {func(all []*entry) []*entry { all[0], all[1] = all[1], all[0]; return all }, "first file is not mimetype"},
		"no mimetype":          {func(all []*entry) []*entry { return all[1:] }, "mimetype is missing"},
		"another type": {func(all []*entry) []*entry {
			all[0] = plain(t, "mimetype", strings.Replace(MediaType, "asic-e", "asic-s", 1))
			return all
		}, "another type"},
		"encrypted":                    {first(func(e *entry) { e.Flags |= flagEncrypted }), "encrypted"},
		"packed otherwise":             {first(func(e *entry) { e.Method = 12 }), "unknown method"},
		"a link":                       {first(func(e *entry) { e.SetMode(fs.ModeSymlink | 0o777) }), "neither a file nor a folder"},
		"a name beside the name":       {first(func(e *entry) { e.Extra = []byte{0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, 'x'} }), "unknown extra field"},
		"a comment":                    {first(func(e *entry) { e.Comment = "x" }), "has a comment"},
		"a name not marked as UTF-8":   {func(all []*entry) []*entry { all[1].NonUTF8 = true; all[1].Flags &^= flagUTF8; return all }, "not marked as UTF-8"},
		"an extra field with mimetype": {func(all []*entry) []*entry { all[0].Extra = []byte{0x55, 0x54, 1, 0, 0}; return all }, "first file is not mimetype"},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, rebuild(t, data, c.change), c.words) })
	}
}

func renamed(e *entry, name string) *entry {
	e.Name, e.packed, e.Flags = name, nil, e.Flags|flagUTF8 // what is declared is enough
	e.SetMode(fs.ModeDir | 0o755)
	return e
}

func TestArchivesThatTwoReadersReadOtherwiseAreRefused(t *testing.T) {
	data := newNotary(t).container(t)
	all := entriesOf(t, data)
	hidden := pack(t, append(all[:1:1], append([]*entry{plain(t, "x", "подмена")}, all[1:]...)...))
	end := len(data) - lengthEnd
	directoryAt := binary.LittleEndian.Uint32(data[end+16:])
	for name, c := range map[string]struct {
		data  []byte
		words string
	}{
		"something before":              {append([]byte("#!/bin/sh\n"), data...), "before its end"},
		"something behind":              {append(bytes.Clone(data), 'x'), "behind its end"},
		"a comment":                     {pack(t, all, func(w *zip.Writer) { w.SetComment("x") }), "behind its end"},
		"another archive behind":        {append(bytes.Clone(data), data...), "before its end"},
		"a file not in the directory":   {dropFromDirectory(t, hidden, 1), "between its files"},
		"another name in the header":    {changed(data, lengthLocal+8+len(MediaType)+lengthLocal, 'X'), "says otherwise"},
		"another method in the header":  {changed(data, lengthLocal+8+len(MediaType)+8, 0), "says otherwise"},
		"other sizes in the descriptor": {changed(data, bytes.Index(data, []byte("PK\x07\x08"))+13, 0x77), "descriptor"},
		"in parts":                      {changed(data, end+4, 1), "in parts"},
		"a directory elsewhere":         {changed(data, end+16, byte(directoryAt+1)), "before its end"},
		"nothing":                       {nil, "no ZIP"},
		"noise":                         {bytes.Repeat([]byte{7}, 1000), "no ZIP"},
		"cut off":                       {data[:len(data)/2], "no ZIP"},
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, c.data, c.words) })
	}
}

func changed(data []byte, at int, to byte) []byte {
	c := bytes.Clone(data)
	c[at] = to
	return c
}

// dropFromDirectory leaves an entry in place and takes its line out of the directory.
func dropFromDirectory(t *testing.T, data []byte, number int) []byte {
	t.Helper()
	end := len(data) - lengthEnd
	at := int(binary.LittleEndian.Uint32(data[end+16:]))
	length := func(at int) int {
		u16 := func(i int) int { return int(binary.LittleEndian.Uint16(data[at+i:])) }
		return lengthCentral + u16(28) + u16(30) + u16(32)
	}
	for range number {
		at += length(at)
	}
	gone := length(at)
	out := append(bytes.Clone(data[:at]), data[at+gone:]...)
	end -= gone
	binary.LittleEndian.PutUint16(out[end+8:], binary.LittleEndian.Uint16(out[end+8:])-1)
	binary.LittleEndian.PutUint16(out[end+10:], binary.LittleEndian.Uint16(out[end+10:])-1)
	binary.LittleEndian.PutUint32(out[end+12:], binary.LittleEndian.Uint32(out[end+12:])-uint32(gone))
	return out
}

// Two entries over the same packed data are how small archives unpack to petabytes.
func TestEntriesThatOverlapAreRefused(t *testing.T) {
	n := newNotary(t)
	data := pack(t, append(entriesOf(t, n.container(t)), plain(t, "копия приказ № 7.txt", "x")))
	end := len(data) - lengthEnd
	at := int(binary.LittleEndian.Uint32(data[end+16:]))
	var offsets []int
	for at < end {
		offsets = append(offsets, at)
		at += lengthCentral + int(binary.LittleEndian.Uint16(data[at+28:])) + int(binary.LittleEndian.Uint16(data[at+30:])) + int(binary.LittleEndian.Uint16(data[at+32:]))
	}
	last := offsets[len(offsets)-1]
	copy(data[last+42:last+46], data[offsets[1]+42:offsets[1]+46]) // the last entry's place is the second's
	wantRefused(t, data, "")
}

func TestBombsAreRefusedBeforeTheyUnpack(t *testing.T) {
	data := newNotary(t).container(t)
	wantRefused(t, rebuild(t, data, func(all []*entry) []*entry {
		for i := range 1000 {
			all = append(all, plain(t, fmt.Sprint(i), ""))
		}
		return all
	}), "more than 1000")
	wantRefused(t, rebuild(t, data, func(all []*entry) []*entry {
		all[1].UncompressedSize64, all[2].UncompressedSize64 = 3<<30, 3<<30
		return all
	}), "larger than")
	if _, err := open(data, Limits{Size: 100}); err == nil {
		t.Error("larger than its limit, and opened")
	}
	if _, err := open(data, Limits{Files: 4}); err == nil {
		t.Error("more files than its limit, and opened")
	}
}

// A file that unpacks to more, or to less, than it declares is altered, though its first octets are the signed ones.
func TestFilesThatLieAboutTheirSizeAreAltered(t *testing.T) {
	n := newNotary(t)
	for _, lie := range []int{-1, 1, -40} {
		data := rebuild(t, n.container(t), func(all []*entry) []*entry {
			all[2].UncompressedSize64 = uint64(int(all[2].UncompressedSize64) + lie)
			return all
		})
		got := n.verify(t, data)
		if got.Status != signature.Invalid || fmt.Sprint(got.Signatures[0].Altered) != "[вложения/перечень.xlsx]" {
			t.Errorf("%d octets: verdict %+v", lie, got)
		}
	}
}

func TestDamagedDataAreAltered(t *testing.T) {
	n := newNotary(t)
	data := rebuild(t, n.container(t), func(all []*entry) []*entry {
		all[2].packed = bytes.Repeat([]byte{0xff}, len(all[2].packed))
		return all
	})
	if got := n.verify(t, data); got.Status != signature.Invalid || len(got.Signatures[0].Altered) != 1 {
		t.Errorf("verdict %+v", got)
	}
	data = rebuild(t, n.container(t), func(all []*entry) []*entry {
		last := all[len(all)-1]
		last.packed = bytes.Repeat([]byte{0xff}, len(last.packed))
		return all
	})
	if got := n.verify(t, data); got.Status != signature.Invalid || got.Reason != signature.Malformed {
		t.Errorf("verdict %+v", got)
	}
}
