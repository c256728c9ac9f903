package asic

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	mimetypeName = "mimetype"
	metaFolder   = "META-INF/"
	maxName      = 512 // octets
)

// checkName refuses names of files that lead out of the archive, or that some system would read otherwise.
func checkName(name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("%w: a name is longer than %d octets", ErrContainer, maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsAny(name, `\:`):
		return fmt.Errorf("%w: forbidden character in the name %q", ErrContainer, name)
	case !fs.ValidPath(name) || name == ".": // absolute, .., or with empty parts
		return fmt.Errorf("%w: forbidden name %q", ErrContainer, name)
	case isMeta(name) && !strings.HasPrefix(name+"/", metaFolder):
		return fmt.Errorf("%w: %q is not %s", ErrContainer, name, metaFolder)
	}
	return nil
}

func isMeta(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return strings.EqualFold(first+"/", metaFolder)
}

// isManifest: EN 319 162-1, 4.4.3.2: META-INF/ASiCManifest*.xml.
func isManifest(name string) bool {
	matched, err := path.Match(metaFolder+"ASiCManifest*.xml", name)
	return matched && err == nil
}

// names is a set of names that differ in more than case, no file among them also the folder of another. By lower
// case: true for what stands in the archive, folders with their slash; false for the folders that names imply.
type names map[string]bool

// add takes up a file, or a folder whose name ends with a slash.
func (n names) add(name string) error {
	folded := strings.ToLower(name)
	bare, folder := strings.CutSuffix(folded, "/")
	_, known := n[bare]
	if n[folded] || n[bare] || known && !folder {
		return fmt.Errorf("%w: the name %q stands twice", ErrContainer, name)
	}
	n[folded] = true
	if folder {
		n[bare] = false
	}
	for parent := path.Dir(bare); parent != "."; parent = path.Dir(parent) {
		if n[parent] {
			return fmt.Errorf("%w: %q lies below a file", ErrContainer, name)
		}
		n[parent] = false
	}
	return nil
}

// reference is the URI of a file in a manifest, relative to the root of the container.
func reference(name string) string { return (&url.URL{Path: name}).EscapedPath() }

// resolve returns the name that a URI in a manifest stands for.
func resolve(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.ContainsAny(uri, "?#") {
		return "", fmt.Errorf("%w: %q is not the path of a file", ErrContainer, uri)
	}
	return u.Path, checkName(u.Path)
}
