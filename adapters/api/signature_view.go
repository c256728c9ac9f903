package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// signedFile shows a file that sender sent, or will send, with the finding about each signature, as at now.
func (d *door) signedFile(ctx context.Context, sender document.ContourCode, a *document.Attachment) (openapi.SignedFile, error) {
	v := openapi.SignedFile{Name: a.Name, MediaType: a.MediaType, Size: a.Size, Sha256: fmt.Sprintf("%x", a.SHA256), Signatures: []openapi.SignatureView{}}
	content, err := d.contentOf(ctx, sender, a)
	if ignoreNotFound(err) != nil {
		return v, err
	}
	for _, s := range a.Signatures {
		v.Signatures = append(v.Signatures, d.signatureView(ctx, s.CMS, content))
	}
	return v, nil
}

func (d *door) signatureView(ctx context.Context, cms []byte, content signature.Content) openapi.SignatureView {
	at := d.hub.Clock().UTC()
	found := d.Verifier.Verify(cms, content, at)
	text := found.Text()
	v := openapi.SignatureView{
		Verdict: found.Status.String(), Reason: document.FaultCode(found.Reason), Text: callOf(ctx).lang.Pick(text.RU, text.EN),
		VerifiedAt: at, Emulated: found.Emulated, Cms: slices.Clone(cms),
	}
	for i := range found.Signers {
		s := signerView(&found.Signers[i])
		if i > 0 {
			v.Others = append(v.Others, s)
			continue
		}
		v.Signer, v.Organisation, v.Issuer, v.Serial, v.Certificate = s.Signer, s.Organisation, s.Issuer, s.Serial, s.Certificate
		v.NotBefore, v.NotAfter, v.Family, v.SignedAt, v.Domain = s.NotBefore, s.NotAfter, s.Family, s.SignedAt, s.Domain
	}
	return v
}

// signerView shows a signer by the certificate; one whose certificate is missing has nothing to show.
func signerView(s *signature.SignerVerdict) openapi.SignerView {
	id := s.Signer
	return openapi.SignerView{
		Signer: id.CommonName, Organisation: id.Organisation, Issuer: id.Issuer, Serial: id.Serial, Certificate: hex.EncodeToString(id.Certificate),
		NotBefore: utc(id.NotBefore), NotAfter: utc(id.NotAfter), Family: s.Family, SignedAt: utc(s.SigningTime), Domain: s.Domain, Emulated: s.Emulated,
	}
}
