package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

type signatureSign struct {
	File string `arg:"" help:"Что подписать. / What to sign." type:"existingfile"`
	Out  string `help:"Куда записать подпись, DER; без флага FILE.p7s. / Where to write the signature, DER; FILE.p7s without it." type:"path"`

	Key  string `help:"Ключ RSA, ECDSA или Ed25519: PEM, PKCS #8. / Key in PEM." type:"existingfile" xor:"with" required:""`
	Cert string `help:"Его сертификат, за ним сертификаты центров: PEM. / Its certificate, followed by those of authorities." type:"existingfile"`

	Emulator    string `help:"Каталог эмулятора ЭЦП; без него он создаётся. / Directory of the emulator; made when absent." type:"path" xor:"with" required:""`
	Participant string `help:"Участник, за которого подписывает эмулятор. / Whom the emulator signs for."`
	Name        string `help:"Имя в сертификате; без флага участник. / Name in the certificate; the participant without it."`
	Algorithm   string `help:"Алгоритм эмулятора: ${enum}. / Algorithm of the emulator." enum:"ecdsa-p256,ecdsa-p384,ecdsa-p521,rsa-2048,ed25519,gost2012-256,gost2012-512,bign-256" default:"ecdsa-p256"`
	Fault       string `help:"Подписать с ошибкой, для проверок: expired, not-yet-valid, wrong-digest, unknown-root, broken-chain. / Sign with a fault, for tests." enum:",expired,not-yet-valid,wrong-digest,unknown-root,broken-chain" default:""`
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
	signer, err := s.signer(g)
	if err != nil {
		return err
	}
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
		return err
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

func (s *signatureSign) signer(g *Global) (signature.Signer, error) {
	usage := func(ru, en string) error { return &exitError{exitUsage, errors.New(g.Lang.Pick(ru, en))} }
	if s.Emulator == "" {
		if s.Cert == "" {
			return nil, usage("к --key нужен --cert", "--key needs --cert")
		}
		signer, err := signature.ReadSigner(s.Key, s.Cert)
		if err != nil {
			return nil, &exitError{exitUsage, err}
		}
		return signer, nil
	}
	if s.Participant == "" {
		return nil, usage("к --emulator нужен --participant", "--emulator needs --participant")
	}
	emulator, err := signature.OpenEmulator(s.Emulator)
	if err != nil {
		return nil, err
	}
	return emulator.Issue(s.Participant, signature.SignerOptions{Name: s.Name, Algorithm: signature.Algorithm(s.Algorithm), Fault: faultOf(s.Fault)})
}

// faultOf is the fault that a flag names.
func faultOf(flag string) signature.Fault {
	switch flag {
	case "not-yet-valid":
		return signature.FaultNotYetValid
	case "wrong-digest":
		return signature.FaultWrongDigest
	case "unknown-root":
		return signature.FaultUnknownRoot
	case "broken-chain":
		return signature.FaultBrokenChain
	}
	return signature.Fault(flag)
}
