package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// fileLines shows files with the signatures under them.
func (g *Global) fileLines(files []openapi.SignedFile) {
	for i := range files {
		f := &files[i]
		fmt.Fprintf(g.stdout, "  %s  %d  %s\n", f.Name, f.Size, f.Sha256)
		for j := range f.Signatures {
			g.signatureLines(&f.Signatures[j])
		}
	}
}

// signatureLines shows a signature with all its signers and their certificates.
func (g *Global) signatureLines(s *openapi.SignatureView) {
	colour, verdict := green, s.Verdict
	if s.Verdict != signature.Valid.String() {
		colour, verdict = red, strings.TrimSpace(verdict+" "+string(s.Reason)+" "+s.Text)
	}
	fmt.Fprintf(g.stdout, "      %s %s: %s%s\n", g.Lang.Pick("подпись", "signature"), flat(who(s.Signer, s.Organisation)), g.paint(colour, verdict), mark(s.Emulated, g.Lang))
	g.certificateLine(s.NotBefore, s.NotAfter, s.Family, s.Serial, s.Issuer)
	for _, o := range s.Others {
		fmt.Fprintf(g.stdout, "      %s %s%s\n", g.Lang.Pick("и", "and"), flat(who(o.Signer, o.Organisation)), mark(o.Emulated, g.Lang))
		g.certificateLine(o.NotBefore, o.NotAfter, o.Family, o.Serial, o.Issuer)
	}
}

// who is a signer by name and organisation, as far as the certificate states them.
func who(name, organisation string) string {
	if name != "" && organisation != "" {
		return name + ", " + organisation
	}
	return name + organisation
}

// certificateLine shows a certificate; where it is missing there is nothing to show.
func (g *Global) certificateLine(from, until time.Time, family, serial, issuer string) {
	if until.IsZero() {
		return
	}
	fmt.Fprintf(g.stdout, "        %s %s – %s, %s, № %s, %s %s\n", g.Lang.Pick("сертификат", "certificate"), g.at(from), g.at(until), family, serial, g.Lang.Pick("выдан", "issued by"), flat(issuer))
}
