package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// signedFile shows a file that sender sent, or will send, with the finding about each signature; see signatureView.
func (d *door) signedFile(ctx context.Context, sender document.ContourCode, a *document.Attachment, checked ...time.Time) (openapi.SignedFile, error) {
	v := openapi.SignedFile{Name: a.Name, MediaType: a.MediaType, Size: a.Size, Sha256: fmt.Sprintf("%x", a.SHA256), Signatures: []openapi.SignatureView{}}
	content, err := d.contentOf(ctx, sender, a)
	if ignoreNotFound(err) != nil {
		return v, err
	}
	for _, s := range a.Signatures {
		v.Signatures = append(v.Signatures, d.signatureView(ctx, s.CMS, content, checked...))
	}
	return v, nil
}

// signatureView shows a signature with the finding about it as at the moments at which it may have been checked: a
// certificate that ended since takes nothing from what was signed before. The first moment that finds it valid counts.
func (d *door) signatureView(ctx context.Context, cms []byte, content signature.Content, checked ...time.Time) openapi.SignatureView {
	var found signature.Verdict
	var at time.Time
	for _, at = range checked {
		if found = d.Verifier.Verify(cms, content, at); found.Status == signature.Valid {
			break
		}
	}
	text := found.Text()
	v := openapi.SignatureView{
		Verdict: found.Status.String(), Reason: document.FaultCode(found.Reason), Text: callOf(ctx).lang.Pick(text.RU, text.EN),
		VerifiedAt: at.UTC(), Emulated: found.Emulated, Cms: slices.Clone(cms),
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
