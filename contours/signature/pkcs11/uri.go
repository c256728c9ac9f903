package pkcs11

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// address is a parsed URI of RFC 7512.
type address struct {
	token     map[string]string // what the token has to say of itself: "token", "serial", "manufacturer", "model"
	slot      *uint             // where it has to be; nil: anywhere
	object    string            // label of the key; empty: any
	id        string            // octets; empty: any
	module    string            // path of the library
	pinSource string            // path of the PIN's file
}

// parseAddress refuses what it does not know: an attribute that is passed over might have told two keys apart. Errors do not
// show values, of which one may be a PIN.
func parseAddress(uri string) (*address, error) {
	path, query, _ := strings.Cut(uri, "?")
	path, ok := strings.CutPrefix(path, "pkcs11:")
	if !ok {
		return nil, errors.New("address of the key: want pkcs11:…")
	}
	a := &address{token: make(map[string]string)}
	if err := eachAttribute(path, ";", a.setPath); err != nil {
		return nil, err
	}
	if err := eachAttribute(query, "&", a.setQuery); err != nil {
		return nil, err
	}
	switch {
	case a.object == "" && a.id == "":
		return nil, errors.New("address of the key: want object or id")
	case a.module == "":
		return nil, errors.New("address of the key: want module-path, the library of the token's maker")
	case a.pinSource == "":
		return nil, errors.New("address of the key: want pin-source, the file with the PIN")
	}
	return a, nil
}

func eachAttribute(list, separator string, set func(name, value string) error) error {
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(list, separator) {
		if part == "" {
			continue
		}
		name, raw, _ := strings.Cut(part, "=")
		value, err := url.PathUnescape(raw)
		if err != nil || value == "" || seen[name] {
			return fmt.Errorf("address of the key: attribute %.40q is empty, broken or there twice", name)
		}
		seen[name] = true
		if err := set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (a *address) setPath(name, value string) error {
	switch name {
	case "token", "serial", "manufacturer", "model":
		a.token[name] = value
	case "slot-id":
		n, err := strconv.ParseUint(value, 10, strconv.IntSize)
		if err != nil {
			return errors.New("address of the key: slot-id is not a number")
		}
		slot := uint(n)
		a.slot = &slot
	case "object":
		a.object = value
	case "id":
		a.id = value
	case "type":
		if value != "private" {
			return errors.New("address of the key: type is not private")
		}
	default:
		return fmt.Errorf("address of the key: attribute %.40q is not known", name)
	}
	return nil
}

func (a *address) setQuery(name, value string) error {
	switch name {
	case "module-path", "pin-source":
	case "pin-value":
		return errors.New("address of the key: a PIN in it would be seen by everybody; put it into a file: pin-source")
	default:
		return fmt.Errorf("address of the key: attribute %.40q is not known", name)
	}
	if value = strings.TrimPrefix(strings.TrimPrefix(value, "file:"), "//"); !filepath.IsAbs(value) {
		return fmt.Errorf("address of the key: %s is not a path from the root", name)
	}
	if name == "module-path" {
		a.module = value
	} else {
		a.pinSource = value
	}
	return nil
}

// pin reads the PIN anew each time: it may have been changed.
func (a *address) pin() (string, error) {
	data, err := os.ReadFile(a.pinSource)
	if err != nil {
		return "", fmt.Errorf("PIN of the token: %w", err)
	}
	pin := strings.TrimRight(string(data), "\r\n")
	if pin == "" {
		return "", fmt.Errorf("PIN of the token: %s is empty", a.pinSource)
	}
	return pin, nil
}

// fits reports whether a token is the one.
func (a *address) fits(t token) bool {
	for name, want := range a.token {
		if t.says[name] != want {
			return false
		}
	}
	return a.slot == nil || *a.slot == t.slot
}
