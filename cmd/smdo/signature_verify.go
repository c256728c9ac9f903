package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/timestamp"
)

type signatureVerify struct {
	trustFlags
	File       string   `arg:"" help:"Подписанный файл. / The signed file." type:"existingfile"`
	Signatures []string `arg:"" help:"Отсоединённые подписи: DER, base64 или PEM. / Detached signatures." type:"existingfile"`
	At         moment   `help:"На момент: RFC 3339, день или назад: 2h, 3d; без флага сейчас. / As at: RFC 3339, a day, or ago; now without it."`
	CRL        []string `name:"crl" help:"Папка списков отозванных сертификатов; можно несколько. / Folder of revocation lists; may be repeated." type:"existingdir" sep:"none"`
}

// fileVerdict is what signature verify prints: a contract.
type fileVerdict struct {
	File       string             `json:"file"`
	Size       int64              `json:"size"`
	SHA256     string             `json:"sha256"`
	At         time.Time          `json:"at"`
	Verdict    string             `json:"verdict"`
	Emulated   bool               `json:"emulated"`
	Signatures []signatureVerdict `json:"signatures"`
}

type signatureVerdict struct {
	File     string          `json:"file"`
	Verdict  string          `json:"verdict"`
	Code     string          `json:"code"`
	Field    string          `json:"field"`
	Text     string          `json:"text"`
	Detail   string          `json:"detail"`
	Emulated bool            `json:"emulated"`
	Signers  []signerVerdict `json:"signers"`
}

type signerVerdict struct {
	Name           string     `json:"name"`
	Organisation   string     `json:"organisation"`
	Issuer         string     `json:"issuer"`
	Serial         string     `json:"serial"`
	NotBefore      *time.Time `json:"not_before"`
	NotAfter       *time.Time `json:"not_after"`
	Family         string     `json:"family"`
	Verdict        string     `json:"verdict"`
	Code           string     `json:"code"`
	Field          string     `json:"field"`
	Text           string     `json:"text"`
	Detail         string     `json:"detail"`
	SigningTime    *time.Time `json:"signing_time"`
	Time           time.Time  `json:"time"`
	TimeSource     string     `json:"time_source"`
	Domain         string     `json:"domain"`
	Emulated       bool       `json:"emulated"`
	Revocation     string     `json:"revocation"`
	RevocationTime *time.Time `json:"revocation_time"`
	Chain          []string   `json:"chain"`
}

// Run is the command: 0 when all signatures are valid, 1 when one is not, 5 when one cannot be decided.
func (s *signatureVerify) Run(g *Global) error {
	verifier, err := s.verifier()
	if err != nil {
		return err
	}
	if s.At.IsZero() {
		s.At.Time = time.Now()
	}
	content, err := s.digest(verifier)
	if err != nil {
		return err
	}
	out := fileVerdict{File: s.File, Size: content.Size, SHA256: hex.EncodeToString(content.Digests[signature.SHA256]), At: s.At.UTC(), Signatures: []signatureVerdict{}}
	worst := signature.Valid
	for _, name := range s.Signatures {
		cms, err := readSignature(name)
		if err != nil {
			return err
		}
		v := verifier.Verify(cms, content, s.At.Time)
		if v.Status == signature.Invalid || worst == signature.Valid {
			worst = v.Status
		}
		out.Emulated = out.Emulated || v.Emulated
		out.Signatures = append(out.Signatures, g.verdict(name, v))
	}
	out.Verdict = worst.String()
	if err := s.print(g, &out); err != nil {
		return err
	}
	switch worst {
	case signature.Valid:
		return nil
	case signature.Invalid:
		return &exitError{exitFailure, errors.New(g.Lang.Pick("подпись недействительна", "a signature is invalid"))}
	}
	return &exitError{exitPartial, errors.New(g.Lang.Pick("решить нельзя: не хватает сведений", "undeterminable: something needed is missing"))}
}

func (s *signatureVerify) verifier() (*signature.Verifier, error) {
	store, families, err := s.open()
	if err != nil {
		return nil, err
	}
	v := signature.NewVerifier(store, families...)
	v.Stamps = timestamp.NewVerifier(store, families...).Verify
	if len(s.CRL) > 0 {
		if v.Revocation, err = signature.OpenRevocationStore(store, signature.RevocationConfig{Folders: s.CRL}, families...); err != nil {
			return nil, &exitError{exitUsage, err}
		}
	}
	return v, nil
}

// digest reads the file once; its SHA-256 is shown whatever the families.
func (s *signatureVerify) digest(v *signature.Verifier) (signature.Content, error) {
	f, err := os.Open(s.File)
	if err != nil {
		return signature.Content{}, fmt.Errorf("read signed file: %w", err)
	}
	defer f.Close()
	families, err := familiesOf(s.Families)
	if err != nil {
		return signature.Content{}, err
	}
	return signature.ReadContent(f, append(families, signature.Std())...)
}

// verdict puts a finding into words.
func (g *Global) verdict(name string, v signature.Verdict) signatureVerdict {
	out := signatureVerdict{File: name, Verdict: v.Status.String(), Code: string(v.Reason), Field: v.Field, Text: g.Lang.Pick(v.Text().RU, v.Text().EN), Detail: v.Detail, Emulated: v.Emulated, Signers: []signerVerdict{}}
	for _, s := range v.Signers {
		x := signerVerdict{
			Name: s.Signer.CommonName, Organisation: s.Signer.Organisation, Issuer: s.Signer.Issuer, Serial: s.Signer.Serial, NotBefore: known(s.Signer.NotBefore), NotAfter: known(s.Signer.NotAfter),
			Family: s.Family, Verdict: s.Status.String(), Code: string(s.Reason), Field: s.Field, Text: g.Lang.Pick(s.Text().RU, s.Text().EN), Detail: s.Detail,
			SigningTime: known(s.SigningTime), Time: s.Time.UTC(), TimeSource: string(s.TimeSource), Domain: s.Domain, Emulated: s.Emulated,
			Revocation: string(s.Revocation), RevocationTime: known(s.RevocationTime), Chain: []string{},
		}
		for _, sum := range s.Chain {
			x.Chain = append(x.Chain, hex.EncodeToString(sum))
		}
		out.Signers = append(out.Signers, x)
	}
	return out
}

// signatureWord is a verdict as people read them.
func (g *Global) signatureWord(verdict string, emulated bool) string {
	colour, ru, en := green, "действительна", "valid"
	switch verdict {
	case signature.Invalid.String():
		colour, ru, en = red, "недействительна", "invalid"
	case signature.Undeterminable.String():
		colour, ru, en = yellow, "решить нельзя", "undeterminable"
	}
	return g.paint(colour, g.Lang.Pick(ru, en)) + mark(emulated, g.Lang)
}

// print shows a row a signer, and one for a message that could not be read.
func (s *signatureVerify) print(g *Global, out *fileVerdict) error {
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(out)
	}
	header := []string{"signature", "verdict", "signer", "organisation", "family", "valid_until", "time", "text", "+valid_from", "+issuer", "+serial", "+domain", "+revocation", "+detail", "+code", "+field", "+signers"}
	var rows [][]string
	for _, x := range out.Signatures {
		if len(x.Signers) == 0 {
			rows = append(rows, []string{x.File, g.signatureWord(x.Verdict, x.Emulated), "", "", "", "", g.at(out.At), x.Text, "", "", "", "", "", x.Detail, x.Code, x.Field, "0"})
		}
		for _, p := range x.Signers {
			rows = append(rows, []string{x.File, g.signatureWord(p.Verdict, p.Emulated), p.Name, p.Organisation, p.Family, g.at(orZero(p.NotAfter)), g.at(p.Time), p.Text, g.at(orZero(p.NotBefore)), p.Issuer, p.Serial, p.Domain, p.Revocation, p.Detail, p.Code, p.Field, strconv.Itoa(len(x.Signers))})
		}
	}
	return g.list(out, header, rows)
}
