package signature

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// A credential is one PEM file with the private key and the certificate, so that the two cannot be torn apart.

func readCredential(path string) (c credential, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			if c.key, err = parsePrivate(block.Bytes); err != nil {
				return c, fmt.Errorf("%s: %w", path, err)
			}
		case "CERTIFICATE":
			if c.certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
				return c, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	if c.key == nil || c.certificate == nil {
		return c, fmt.Errorf("%s: key or certificate is missing", path)
	}
	return c, nil
}

func writeCredential(path string, c credential, replace bool) error {
	key, err := marshalPrivate(c.key)
	if err != nil {
		return err
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	data = append(data, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.certificate.Raw})...)
	return writeWhole(path, data, replace)
}

func writeCertificate(path string, c *x509.Certificate) error {
	return writeWhole(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), true)
}

// writeWhole makes the file appear as a whole or not at all. Without replace, one that is there is left alone,
// with an error that is fs.ErrExist.
func writeWhole(path string, data []byte, replace bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // readable for the owner only
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
		return err
	case replace:
		return os.Rename(f.Name(), path)
	}
	return os.Link(f.Name(), path)
}
