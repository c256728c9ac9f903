package main

import (
	"bytes"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// signatureCommand works with signatures in files, without a hub.
type signatureCommand struct {
	Verify  signatureVerify  `cmd:"" help:"Проверить подписи под файлом. / Verify the signatures of a file."`
	Inspect signatureInspect `cmd:"" help:"Что подпись говорит о себе; не проверяется. / What a signature says of itself; nothing is verified."`
	Sign    signatureSign    `cmd:"" help:"Подписать файл. / Sign a file."`
}

// trustFlags say whom to trust.
type trustFlags struct {
	Roots         []string `help:"Папка корневых и промежуточных сертификатов; можно несколько. / Folder of root and intermediate certificates; may be repeated." type:"existingdir" sep:"none"`
	EmulatorRoots string   `help:"То же для эмулятора ЭЦП: подписи помечаются. / The same for the emulator: signatures are marked." type:"existingdir"`
	Families      []string `help:"Разрешённые семейства: std, gost, stb; без флага все. / Families allowed; all without it."`
}

// open loads the folders. The domain of trust is called as its folder.
func (f trustFlags) open() (*signature.TrustStore, []signature.Family, error) {
	families, err := familiesOf(f.Families)
	if err != nil {
		return nil, nil, &exitError{exitUsage, fmt.Errorf("--families: %w", err)}
	}
	var folders []signature.Folder
	for _, dir := range f.Roots {
		folders = append(folders, signature.Folder{Domain: filepath.Base(dir), Path: dir})
	}
	if f.EmulatorRoots != "" {
		folders = append(folders, signature.Folder{Domain: "emulator", Path: f.EmulatorRoots, Emulator: true})
	}
	store, err := signature.OpenTrustStore(folders...)
	if err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	return store, families, nil
}

// readSignature reads a message: DER, base64 or PEM.
func readSignature(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read signature: %w", err)
	}
	if block, _ := pem.Decode(data); block != nil && bytes.HasPrefix(data, []byte("-----BEGIN")) {
		return block.Bytes, nil
	}
	return data, nil
}

// inspectedSigner is a contract of -o json.
type inspectedSigner struct {
	Name               string     `json:"name"`
	Organisation       string     `json:"organisation"`
	Issuer             string     `json:"issuer"`
	Serial             string     `json:"serial"`
	Digest             string     `json:"digest"`
	Algorithm          string     `json:"algorithm"`
	SigningTime        *time.Time `json:"signing_time"`
	SigningCertificate bool       `json:"signing_certificate"`
	Stamps             int        `json:"stamps"`
}

type inspectedCertificate struct {
	Name      string    `json:"name"`
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"`
	Key       string    `json:"key"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"`
}

type inspected struct {
	Signers      []inspectedSigner      `json:"signers"`
	Certificates []inspectedCertificate `json:"certificates"`
}

type signatureInspect struct {
	Signature string `arg:"" help:"Подпись: DER, base64 или PEM. / Signature: DER, base64 or PEM." type:"existingfile"`
}

// Run is the command.
func (s *signatureInspect) Run(g *Global) error {
	cms, err := readSignature(s.Signature)
	if err != nil {
		return err
	}
	found, err := signature.Inspect(cms)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Signature, err)
	}
	out := inspected{Signers: []inspectedSigner{}, Certificates: []inspectedCertificate{}}
	for _, x := range found.Signers {
		i := inspectedSigner{Digest: x.Digest, Algorithm: x.Algorithm, SigningTime: known(x.SigningTime), SigningCertificate: x.SigningCertificate, Stamps: x.Stamps}
		if x.Certificate != nil {
			id := signature.Identify(x.Certificate)
			i.Name, i.Organisation, i.Issuer, i.Serial = id.CommonName, id.Organisation, id.Issuer, id.Serial
		}
		out.Signers = append(out.Signers, i)
	}
	for _, c := range found.Certificates {
		id := signature.Identify(c)
		out.Certificates = append(out.Certificates, inspectedCertificate{id.CommonName, id.Issuer, id.Serial, signature.KeyName(c.RawSubjectPublicKeyInfo), id.NotBefore, id.NotAfter, hex.EncodeToString(id.Certificate)})
	}
	return s.print(g, &out)
}

// print shows signers and certificates as two tables; programs get both at once, and as CSV the signers.
func (s *signatureInspect) print(g *Global, out *inspected) error {
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(out)
	}
	err := table(g, out.Signers, []string{"signer", "organisation", "digest", "algorithm", "signing_time", "signing_certificate", "stamps", "+issuer", "+serial"}, func(x *inspectedSigner) []string {
		return []string{x.Name, x.Organisation, x.Digest, x.Algorithm, g.at(orZero(x.SigningTime)), strconv.FormatBool(x.SigningCertificate), strconv.Itoa(x.Stamps), x.Issuer, x.Serial}
	})
	if err != nil || g.Output == "csv" {
		return err
	}
	fmt.Fprintln(g.stdout)
	return table(g, out.Certificates, []string{"certificate", "key", "from", "until", "+issuer", "+serial", "+sha256"}, func(x *inspectedCertificate) []string {
		return []string{x.Name, x.Key, g.at(x.NotBefore), g.at(x.NotAfter), x.Issuer, x.Serial, x.SHA256}
	})
}

// known is nil for the zero time, which JSON shows as null.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
