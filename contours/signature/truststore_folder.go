package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxLists bounds the trusted lists of one folder.
const maxLists = 64

// read reads what a folder holds.
func (f Folder) read() (Domain, error) {
	d := Domain{Name: f.Domain, Emulator: f.Emulator}
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return d, err
	}
	for _, e := range entries {
		kind := strings.ToLower(filepath.Ext(e.Name()))
		list := kind == ".xml" && f.Lists.Read != nil
		if !list && !slices.Contains([]string{".pem", ".crt", ".cer", ".der"}, kind) {
			continue
		}
		data, err := readTrusted(filepath.Join(f.Path, e.Name()))
		if err == nil && list {
			err = d.addList(data, e.Name(), f.Lists)
		} else if err == nil {
			var certificates []*x509.Certificate
			certificates, err = parseCertificates(data)
			d.Certificates = append(d.Certificates, certificates...)
		}
		if err != nil {
			return d, fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	d.Lists, err = newest(d.Lists)
	return d, err
}

func (d *Domain) addList(data []byte, name string, lists Lists) error {
	if len(d.Lists) == maxLists {
		return fmt.Errorf("more than %d trusted lists", maxLists)
	}
	held, err := lists.read(data)
	if err != nil {
		return err
	}
	held.Domain, held.File = d.Name, name
	d.Lists = append(d.Lists, held)
	return nil
}

// readTrusted reads a file that is not longer than the longest list.
func readTrusted(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxList {
		return nil, fmt.Errorf("longer than %d MiB", maxList>>20)
	}
	return os.ReadFile(path)
}

func parseCertificates(data []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		return x509.ParseCertificates(data)
	}
	var all []*x509.Certificate
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a %s among certificates", strings.ToLower(block.Type))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all, data = append(all, c), rest
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no certificate")
	}
	return all, nil
}
