package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// trustStoreAdd puts certificates of centres, or a trusted list, into the folder of a domain of trust. The running hub
// finds them within a minute.
type trustStoreAdd struct {
	Confirm
	File   string `arg:"" help:"Сертификаты центров: PEM, DER, PKCS #7; или доверенный список: XML. / Certificates of centres, or a trusted list." type:"existingfile"`
	Config string `short:"c" help:"Файл настроек хаба. / The hub's configuration file." type:"existingfile" required:""`
	Domain string `help:"Область доверия; не нужна, когда она одна. / Domain of trust; not needed where there is one."`
}

// Run is the command.
func (t *trustStoreAdd) Run(g *Global) error {
	config, err := loadConfig(t.Config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	folders, families, err := configuredFolders(config, "")
	if err != nil {
		return &exitError{exitUsage, err}
	}
	folder, err := folderOf(folders, t.Domain)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	data, err := os.ReadFile(t.File)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	folders = examiningOnly(folders)
	folder.Lists.ReadOnly = true
	addition := &addition{g: g, folder: folder, families: families, now: time.Now()}
	if addition.store, err = signature.OpenTrustStore(folders...); err != nil {
		return &exitError{exitFailure, err}
	}
	if isXML(data) {
		err = addition.list(data)
	} else {
		err = addition.certificates(data)
	}
	if err != nil {
		return err
	}
	return addition.confirm(t.Confirm)
}

func isXML(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))), []byte("<"))
}

// addition is what is to be added, and where.
type addition struct {
	g        *Global
	folder   signature.Folder
	families []signature.Family
	store    *signature.TrustStore // as it is
	now      time.Time

	rows []trustedCertificate
	name string // of the file in the folder
	data []byte
}

func (a *addition) refuse(ru, en string) error {
	return &exitError{exitFailure, errors.New(a.g.Lang.Pick(ru, en))}
}

// confirm shows what is to be added, asks, and writes.
func (a *addition) confirm(c Confirm) error {
	g := a.g
	if err := printTrusted(&Global{Output: "wide", Lang: g.Lang, TZ: g.TZ, NoColor: g.NoColor, stdout: g.stderr, stderr: g.stderr}, a.rows); err != nil {
		return err
	}
	if err := c.ask(g, g.Lang.Pick("доверять им в области ", "trust them in the domain ")+a.folder.Domain); err != nil {
		return err
	}
	if err := writePublic(a.folder.Path, a.name, a.data); err != nil {
		return fmt.Errorf("add to %s: %w", a.folder.Path, err)
	}
	g.say("записано: "+filepath.Join(a.folder.Path, a.name)+"; работающий хаб прочтёт это в течение минуты", "written: "+filepath.Join(a.folder.Path, a.name)+"; a running hub reads it within a minute")
	if g.Output == "table" {
		return nil
	}
	return printTrusted(g, a.rows)
}

// certificates examines those that are not there yet beside those that are.
func (a *addition) certificates(data []byte) error {
	all, err := signature.ParseBundle(data)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	var fresh []*x509.Certificate
	held := a.held()
	for _, c := range all {
		sum := sha256.Sum256(c.Raw)
		switch {
		case !c.BasicConstraintsValid || !c.IsCA:
			return a.refuse("«"+c.Subject.CommonName+"»: не сертификат центра", "“"+c.Subject.CommonName+"”: not a centre's certificate")
		case !slices.Contains(held, hex.EncodeToString(sum[:])):
			held, fresh = append(held, hex.EncodeToString(sum[:])), append(fresh, c)
		}
	}
	if len(fresh) == 0 {
		return a.refuse("всё это уже есть", "all of it is there already")
	}
	if err := a.examine(fresh); err != nil {
		return err
	}
	sum := sha256.Sum256(fresh[0].Raw)
	a.name = hex.EncodeToString(sum[:8]) + ".pem"
	for _, c := range fresh {
		a.data = append(a.data, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return nil
}

// held are the digests of all certificates of the store.
func (a *addition) held() (sums []string) {
	for _, c := range trusted(a.g, a.store, a.families, a.now) {
		if c.Kind != "listed" {
			sums = append(sums, c.SHA256)
		}
	}
	return sums
}

// examine refuses what would not be good in the folder: expired, not signed by itself or by a centre that is there or
// comes with it, or in another domain as well.
func (a *addition) examine(fresh []*x509.Certificate) error {
	beside, err := a.store.With(signature.Domain{Name: a.folder.Domain, Certificates: fresh})
	if err != nil {
		return &exitError{exitFailure, err}
	}
	for _, row := range trusted(a.g, beside, a.families, a.now) {
		if !slices.ContainsFunc(fresh, func(c *x509.Certificate) bool {
			s := sha256.Sum256(c.Raw)
			return hex.EncodeToString(s[:]) == row.SHA256
		}) {
			continue
		}
		if row.Verdict != signature.Valid.String() {
			return a.refuse("«"+row.Name+"»: "+row.Text, "“"+row.Name+"”: "+row.Text)
		}
		a.rows = append(a.rows, row)
	}
	return nil
}
