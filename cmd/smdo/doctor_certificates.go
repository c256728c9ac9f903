package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// certificates examines the trust folders and the certificate of the API's own door.
func (x *examination) certificates(c Config) {
	if len(c.Trust.Folders) == 0 && !c.Trust.Emulator {
		x.add("trust", warning, "0", "ни одна подпись не будет признана: укажите trust.folders", "no signature will be believed: set trust.folders")
	}
	for _, f := range c.Trust.Folders {
		if _, err := signature.OpenTrustStore(signature.Folder{Domain: f.Domain, Path: f.Path}); err != nil {
			x.add("trust "+f.Domain, failure, err.Error(), "исправьте папку", "correct the folder")
			continue
		}
		entries, _ := os.ReadDir(f.Path)
		for _, e := range entries {
			x.dates("trust "+f.Domain, filepath.Join(f.Path, e.Name()))
		}
	}
	if c.Trust.Emulator {
		x.add("trust", warning, x.lang.Pick("Эмулятор ЭЦП включён", "the emulator is on"), "в эксплуатации выключите: trust.emulator", "switch it off in production: trust.emulator")
	}
	if c.HTTP.Cert != "" {
		x.dates("tls", c.HTTP.Cert)
	}
}

// dates examines the dates of every certificate of a file, PEM or DER.
func (x *examination) dates(check, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		x.add(check, failure, err.Error(), "", "")
		return
	}
	for _, der := range certificatesOf(text) {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			x.add(check, warning, name+": "+err.Error(), "", "")
			continue
		}
		x.validity(check, name, certificate)
	}
}

// certificatesOf are the certificates of a PEM file; another file is taken for one in DER.
func certificatesOf(text []byte) (all [][]byte) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			all = append(all, block.Bytes)
		}
	}
	if len(all) == 0 {
		return [][]byte{text}
	}
	return all
}

func (x *examination) validity(check, name string, c *x509.Certificate) {
	text := fmt.Sprintf("%s %s: %s – %s", filepath.Base(name), c.Subject.CommonName, c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly))
	switch left := time.Until(c.NotAfter); {
	case left < 0 || time.Now().Before(c.NotBefore):
		x.add(check, failure, text, "срок не тот: замените", "out of its term: replace it")
	case left < expiringSoon:
		x.add(check, warning, text, "скоро истечёт: замените", "it ends soon: replace it")
	default:
		x.ok(check, text)
	}
}
