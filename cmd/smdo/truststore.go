package main

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// trustStoreCommand is about folders of certificates of certification centres.
type trustStoreCommand struct {
	Ls    trustStoreLs    `cmd:"" help:"Сертификаты папки со сроками. / Certificates of a folder with their terms."`
	Check trustStoreCheck `cmd:"" help:"Проверить папку: сроки, подписи, цепочки. / Examine a folder: terms, signatures, chains."`
}

// trustFolder is one folder as at a moment.
type trustFolder struct {
	Dir string `arg:"" help:"Папка. / Folder." type:"existingdir"`
	At  moment `help:"На момент; без флага сейчас. / As at; now without it."`
}

// trustedCertificate is a contract of -o json. Days are whole days left until not_after, negative after it.
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

func (f *trustFolder) examine(g *Global) ([]trustedCertificate, error) {
	store, families, err := trustFlags{Roots: []string{f.Dir}}.open()
	if err != nil {
		return nil, err
	}
	if f.At.IsZero() {
		f.At.Time = time.Now()
	}
	all := []trustedCertificate{}
	for _, v := range signature.NewVerifier(store, families...).CheckAuthorities(f.At.Time) {
		kind := "intermediate"
		if v.Root {
			kind = "root"
		}
		left := int(math.Floor(v.NotAfter.Sub(f.At.Time).Hours() / 24))
		all = append(all, trustedCertificate{v.CommonName, v.Organisation, kind, v.Family, v.Key, v.NotBefore, v.NotAfter, left, v.Issuer, v.Serial, hex.EncodeToString(v.Certificate),
			v.Status.String(), string(v.Reason), g.Lang.Pick(v.Text().RU, v.Text().EN)})
	}
	return all, nil
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
		return &exitError{exitFailure, fmt.Errorf(g.Lang.Pick("%s: сертификатов нет", "%s: no certificate"), t.Dir)}
	case soon > 0:
		return &exitError{exitPartial, fmt.Errorf(g.Lang.Pick("требуют внимания: %d", "ask for attention: %d"), soon)}
	}
	return nil
}
