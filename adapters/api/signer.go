package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// A Signer is a key that the hub may have sign, by its configuration: its own, or that of an organisation whose contour it
// hosts and which keeps the key in a token or with a provider.
type Signer struct {
	Contour     document.ContourCode     // whose tasks it signs; empty: the hub's own, for receipts
	Participant document.ParticipantCode // whose key it is; empty: the contour's, whoever executes
	APIKeys     []string                 // ids of the API keys that may have it sign tasks

	// Sign returns a detached CMS over the content, as DER. It bounds its time itself.
	Sign func(ctx context.Context, content signature.Content) ([]byte, error)
}

// signerOf finds the signer of a participant, else that of the contour as a whole; nil when there is none. Without a
// contour it is the hub's own.
func (d *door) signerOf(contour document.ContourCode, participant document.ParticipantCode) *Signer {
	for _, who := range []document.ParticipantCode{participant, ""} {
		at := slices.IndexFunc(d.Signers, func(s Signer) bool { return s.Contour == contour && s.Participant == who })
		if at >= 0 {
			return &d.Signers[at]
		}
	}
	return nil
}

// keptSign has the executor's files signed by the key of the configuration, when this API key may have it sign. What
// comes back is verified as any other signature is, and has to be valid: nothing is executed on less.
func (d *door) keptSign(ctx context.Context, signer *Signer, sender document.ContourCode, executor document.ParticipantCode) (func(*document.Attachment) (document.Signature, error), error) {
	c := callOf(ctx)
	if !slices.Contains(signer.APIKeys, c.KeyID) {
		return nil, errForbidden
	}
	return func(a *document.Attachment) (s document.Signature, err error) {
		content, err := d.contentOf(ctx, sender, a)
		if err != nil {
			return s, err
		}
		if s.CMS, err = signer.sign(ctx, content); err != nil {
			return s, err
		}
		s.Signer, s.SignedAt = string(executor), d.hub.Clock().UTC()
		verdict := d.Verifier.Verify(s.CMS, content, s.SignedAt)
		if verdict.Status != signature.Valid {
			d.Log.Warn("a signature of a key in the configuration is not valid", "request", c.id, "contour", c.Contour, "code", verdict.Reason, "field", verdict.Field, "detail", verdict.Detail)
			return s, document.Faults{document.NewFault(document.FaultCode(verdict.Reason), "signer", verdict.Field)}
		}
		return s, nil
	}, nil
}

// sign asks the key. That it did not sign is told by SIG-31; why, is for the hub's log.
func (s *Signer) sign(ctx context.Context, content signature.Content) ([]byte, error) {
	cms, err := s.Sign(ctx, content)
	if err != nil {
		return nil, failed(fmt.Sprintf("signer of contour %q", s.Contour), err)
	}
	return cms, nil
}

func failed(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, document.Faults{document.NewFault(document.SignerFailed, "")}, err)
}
