package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// trustStoreCommand is about folders of certificates of certification centres, and of trusted lists.
type trustStoreCommand struct {
	Ls    trustStoreLs    `cmd:"" help:"Сертификаты и доверенные списки папки со сроками. / Certificates and trusted lists of a folder with their terms."`
	Check trustStoreCheck `cmd:"" help:"Проверить папку: сроки, подписи, цепочки, списки. / Examine a folder: terms, signatures, chains, lists."`
	Add   trustStoreAdd   `cmd:"" help:"Добавить в папку хаба сертификаты центров (PEM, DER, PKCS #7) или доверенный список (TSL). / Add certificates of centres or a trusted list to the hub's folder."`
}

// trustFolder is one folder, or those of a configuration, as at a moment.
type trustFolder struct {
	Dir        string   `arg:"" optional:"" help:"Папка; вместо неё -c. / Folder; or -c in its place." type:"existingdir"`
	Config     string   `short:"c" help:"Папки из файла настроек. / The folders of a configuration file." type:"existingfile"`
	Domain     string   `help:"С -c: только эта область доверия. / With -c: this domain of trust alone."`
	ListSigner []string `help:"С папкой: файл сертификата того, чьи доверенные списки (.xml) принимать; можно несколько. / With a folder: certificate file of one whose trusted lists count; may be repeated." type:"existingfile" sep:"none"`
	At         moment   `help:"На момент; без флага сейчас. / As at; now without it."`
}

// trustedCertificate is a contract of -o json. Days are whole days left until not_after, negative after it. A trusted list
// has kind list, its number as serial and the moment when the next one is due as not_after.
type trustedCertificate struct {
	Name         string    `json:"name"`
	Organisation string    `json:"organisation"`
	Kind         string    `json:"kind"`
	Family       string    `json:"family"`
	Key          string    `json:"key"`
	NotBefore    time.Time `json:"not_before"`
	NotAfter     time.Time `json:"not_after"`
	DaysLeft     int       `json:"days_left"`
	Issuer       string    `json:"issuer"`
	Serial       string    `json:"serial"`
	SHA256       string    `json:"sha256"`
	Verdict      string    `json:"verdict"`
	Code         string    `json:"code"`
	Text         string    `json:"text"`
}

// open loads the folders, for examining only.
func (f *trustFolder) open() (*signature.TrustStore, []signature.Family, error) {
	folders, families, err := f.folders()
	if err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	store, err := signature.OpenTrustStore(examiningOnly(folders)...)
	if err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	return store, families, nil
}

func (f *trustFolder) folders() ([]signature.Folder, []signature.Family, error) {
	switch {
	case f.Config != "" && f.Dir == "" && len(f.ListSigner) == 0:
		config, err := loadConfig(f.Config)
		if err != nil {
			return nil, nil, err
		}
		return configuredFolders(config, f.Domain)
	case f.Config != "" || f.Dir == "" || f.Domain != "":
		return nil, nil, errors.New("want a folder, or -c with or without --domain")
	}
	families, err := familiesOf(nil)
	if err != nil {
		return nil, nil, err
	}
	folder := signature.Folder{Domain: filepath.Base(f.Dir), Path: f.Dir}
	if len(f.ListSigner) > 0 {
		folder.Lists, err = listsBy(f.ListSigner, signature.Hold, families)
	}
	return []signature.Folder{folder}, families, err
}

func (f *trustFolder) examine(g *Global) ([]trustedCertificate, error) {
	store, families, err := f.open()
	if err != nil {
		return nil, err
	}
	if f.At.IsZero() {
		f.At.Time = time.Now()
	}
	return trusted(g, store, families, f.At.Time), nil
}

// trusted are the certificates and lists of a store as at a moment, lists last.
func trusted(g *Global, store *signature.TrustStore, families []signature.Family, at time.Time) []trustedCertificate {
	all := []trustedCertificate{}
	for _, v := range signature.NewVerifier(store, families...).CheckAuthorities(at) {
		kind := "intermediate"
		if v.Listed {
			kind = "listed"
		} else if v.Root {
			kind = "root"
		}
		all = append(all, trustedCertificate{v.CommonName, v.Organisation, kind, v.Family, v.Key, v.NotBefore, v.NotAfter, signature.DaysLeft(v.NotAfter, at), v.Issuer, v.Serial, hex.EncodeToString(v.Certificate),
			v.Status.String(), string(v.Reason), g.Lang.Pick(v.Text().RU, v.Text().EN)})
	}
	for _, l := range store.Lists() {
		all = append(all, trustedList(g, l, at))
	}
	return all
}

func trustedList(g *Global, l *signature.HeldList, at time.Time) trustedCertificate {
	row := trustedCertificate{Name: l.Scheme, Organisation: l.File, Kind: "list", NotBefore: l.Issued, NotAfter: l.NextUpdate, DaysLeft: signature.DaysLeft(l.NextUpdate, at),
		Serial: strconv.FormatUint(l.Sequence, 10), SHA256: hex.EncodeToString(l.SHA256), Verdict: signature.Valid.String(), Text: g.Lang.Pick(fmt.Sprintf("служб: %d", len(l.Services)), fmt.Sprintf("services: %d", len(l.Services)))}
	if l.StaleAt(at) {
		row.Verdict, row.Code = signature.Undeterminable.String(), string(signature.Untrusted)
		row.Text = g.Lang.Pick("Список устарел: нужен следующий", "The list has run out: the next one is needed")
	}
	return row
}

type trustStoreLs struct{ trustFolder }

// Run is the command.
func (t *trustStoreLs) Run(g *Global) error {
	all, err := t.examine(g)
	if err != nil {
		return err
	}
	return printTrusted(g, all)
}

func printTrusted(g *Global, all []trustedCertificate) error {
	return table(g, all, []string{"name", "kind", "key", "from", "until", "days_left", "text", "+organisation", "+family", "+issuer", "+serial", "+sha256", "+verdict"}, func(x *trustedCertificate) []string {
		return []string{x.Name, x.Kind, x.Key, g.at(x.NotBefore), g.at(x.NotAfter), strconv.Itoa(x.DaysLeft), x.Text, x.Organisation, x.Family, x.Issuer, x.Serial, x.SHA256, x.Verdict}
	})
}

// place is what was examined.
func (f *trustFolder) place() string {
	if f.Dir != "" {
		return f.Dir
	}
	return f.Config
}

type trustStoreCheck struct {
	trustFolder
	Days int `help:"За сколько дней до конца срока предупреждать. / How many days before the end of a term to warn." default:"60"`
}

// Run is the command: 0 when all is well, 1 when a certificate is of no use, 5 when one soon will be or cannot be decided.
func (t *trustStoreCheck) Run(g *Global) error {
	all, err := t.examine(g)
	if err != nil {
		return err
	}
	useless, soon := 0, 0
	for i := range all {
		switch x := &all[i]; {
		case x.Verdict == signature.Invalid.String():
			useless++
		case x.Verdict == signature.Undeterminable.String():
			soon++
		case x.DaysLeft < t.Days:
			soon++
			x.Text = g.Lang.Pick(fmt.Sprintf("Скоро истечёт: осталось дней %d", x.DaysLeft), fmt.Sprintf("Ends soon: %d days left", x.DaysLeft))
		}
	}
	if err := printTrusted(g, all); err != nil {
		return err
	}
	switch {
	case useless > 0:
		return &exitError{exitFailure, fmt.Errorf(g.Lang.Pick("негодных сертификатов: %d", "certificates of no use: %d"), useless)}
	case len(all) == 0:
		return &exitError{exitFailure, fmt.Errorf(g.Lang.Pick("%s: сертификатов нет", "%s: no certificate"), t.place())}
	case soon > 0:
		return &exitError{exitPartial, fmt.Errorf(g.Lang.Pick("требуют внимания: %d", "ask for attention: %d"), soon)}
	}
	return nil
}
