package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

type signatureSign struct {
	File string `arg:"" help:"Что подписать. / What to sign." type:"existingfile"`
	Out  string `help:"Куда записать подпись, DER; без флага FILE.p7s. / Where to write the signature, DER; FILE.p7s without it." type:"path"`

	Key      string   `help:"Ключ: файл PEM (PKCS #8: RSA, ECDSA, Ed25519), токен pkcs11:… (RFC 7512) или ключ у поставщика подписи https://… / Key: a PEM file, pkcs11:… of a token, or https://… at a provider." xor:"with" required:""`
	Cert     string   `help:"Его сертификат, за ним сертификаты центров: PEM. Для файла нужен; для токена вместо лежащего в нём. / Its certificate, followed by those of authorities: needed for a file, for a token instead of its own." type:"existingfile"`
	Provider provider `embed:"" prefix:"provider-"`

	Emulator    string `help:"Каталог эмулятора ЭЦП; без него он создаётся. / Directory of the emulator; made when absent." type:"path" xor:"with" required:""`
	Participant string `help:"Участник, за которого подписывает эмулятор. / Whom the emulator signs for."`
	Name        string `help:"Имя в сертификате; без флага участник. / Name in the certificate; the participant without it."`
	Fault       string `help:"Подписать с ошибкой, для проверок: expired, not-yet-valid, wrong-digest, unknown-root, broken-chain, revoked, stale-list, late-stamp. / Sign with a fault, for tests." enum:",expired,not-yet-valid,wrong-digest,unknown-root,broken-chain,revoked,stale-list,late-stamp" default:""`

	Algorithm string `help:"Алгоритм: ${enum}; без флага какой у ключа, у эмулятора ecdsa-p256. / Algorithm; that of the key without it, ecdsa-p256 of the emulator." enum:",ecdsa-p256,ecdsa-p384,ecdsa-p521,rsa-2048,rsa-pss,ed25519,gost2012-256,gost2012-512,bign-256" default:""`
}

// signedFile is what signature sign prints: a contract.
type signedFile struct {
	File      string `json:"file"`
	Signature string `json:"signature"`
	SHA256    string `json:"sha256"`
	Signer    string `json:"signer"`
	Key       string `json:"key"`
	Emulated  bool   `json:"emulated"`
}

// Run is the command.
func (s *signatureSign) Run(g *Global) error {
	signer, done, err := s.signer(g)
	if err != nil {
		return err
	}
	defer done()
	f, err := os.Open(s.File)
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	defer f.Close()
	content, err := signature.ReadContent(f, signature.Std(), signature.GOST(), signature.STB())
	if err != nil {
		return err
	}
	cms, err := signer.Sign(content)
	if err != nil {
		return keyError(err)
	}
	if s.Out == "" {
		s.Out = s.File + ".p7s"
	}
	if err := os.WriteFile(s.Out, cms, 0o644); err != nil {
		return fmt.Errorf("write signature: %w", err)
	}
	c := signer.Certificate()
	out := signedFile{s.File, s.Out, hex.EncodeToString(content.Digests[signature.SHA256]), c.Subject.CommonName, signature.KeyName(c.RawSubjectPublicKeyInfo), s.Emulator != ""}
	row := []string{out.Signature, out.Signer, out.Key, fmt.Sprint(out.Emulated), out.File, out.SHA256}
	return g.list(out, []string{"signature", "signer", "key", "emulated", "+file", "+sha256"}, [][]string{row})
}

// signer is who signs; done is called after.
func (s *signatureSign) signer(g *Global) (signer signature.Signer, done func(), err error) {
	if s.Emulator == "" {
		return s.keySigner(g)
	}
	if s.Participant == "" {
		return nil, nil, &exitError{exitUsage, errors.New(g.Lang.Pick("к --emulator нужен --participant", "--emulator needs --participant"))}
	}
	emulator, err := signature.OpenEmulator(s.Emulator)
	if err != nil {
		return nil, nil, err
	}
	signer, err = emulator.Issue(s.Participant, signature.SignerOptions{Name: s.Name, Algorithm: signature.Algorithm(s.Algorithm), Fault: faultOf(s.Fault)})
	return signer, func() {}, err
}

// faultOf is the fault that a flag names.
func faultOf(flag string) signature.Fault {
	return signature.Fault(strings.ReplaceAll(flag, "-", " "))
}
