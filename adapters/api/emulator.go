package api

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// EmulateSignature lets the emulator sign a file, so that the whole journey can be tried without keys.
func (d *door) EmulateSignature(ctx context.Context, r openapi.EmulateSignatureRequestObject) (openapi.EmulateSignatureResponseObject, error) {
	content, err := d.contentToSign(ctx, r)
	if err != nil {
		return nil, err
	}
	cms, err := d.emulate(ctx, r.Params.Participant, value(r.Params.Algorithm), content)
	if err != nil {
		return nil, err
	}
	return openapi.EmulateSignature200JSONResponse{Cms: cms, Sha256: fmt.Sprintf("%x", content.Digests[signature.SHA256])}, nil
}

func (d *door) contentToSign(ctx context.Context, r openapi.EmulateSignatureRequestObject) (signature.Content, error) {
	switch {
	case r.JSONBody != nil:
		digest, err := blob.ParseDigest(r.JSONBody.Sha256)
		if err != nil {
			return signature.Content{}, bad("sha256", "64 hexadecimal digits")
		}
		return d.contentOf(ctx, callOf(ctx).Contour, &document.Attachment{SHA256: digest})
	case r.Body != nil:
		digests := d.Verifier.NewDigester()
		n, err := io.Copy(digests, io.LimitReader(r.Body, d.hub.Limits.File+1))
		if err != nil {
			return signature.Content{}, brokenPart(err)
		}
		if n > d.hub.Limits.File {
			return signature.Content{}, document.Faults{document.NewFault(document.FileTooLarge, "body", fmt.Sprint("> ", n-1), fmt.Sprint(n-1))}
		}
		return digests.Content(), nil
	}
	return signature.Content{}, errMedia
}

// emulate signs in the name of a participant of the caller's contour, with a key of its own for each algorithm. Without
// an emulator there is no such thing.
func (d *door) emulate(ctx context.Context, participant document.ParticipantCode, asked openapi.EmulatedAlgorithm, content signature.Content) ([]byte, error) {
	contour := callOf(ctx).Contour
	if d.Emulator == nil {
		return nil, notFound("emulator")
	}
	algorithm, err := d.emulated(asked)
	if err != nil {
		return nil, err
	}
	book := d.hub.Book()
	who := book.Participant(contour, participant)
	if who == nil {
		return nil, document.Faults{document.NewFault(document.ParticipantUnknown, "participant", string(participant))}
	}
	organisation := ""
	if o := book.Organisation(book.Contour(contour).Organisation); o != nil {
		organisation = o.Name.RU
	}
	key := string(contour) + "/" + string(participant)
	if algorithm != signature.ECDSAP256 {
		key += "/" + string(algorithm)
	}
	signer, err := d.Emulator.Issue(key, signature.SignerOptions{Name: who.Name, Organisation: organisation, Algorithm: algorithm})
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	cms, err := signer.Sign(content)
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	return cms, nil
}

// emulated is the algorithm that is asked for by its name or by that of its family: one that signatures may have here.
func (d *door) emulated(asked openapi.EmulatedAlgorithm) (signature.Algorithm, error) {
	algorithm := signature.Algorithm(asked)
	switch asked {
	case "", "std":
		algorithm = signature.ECDSAP256
	case "gost":
		algorithm = signature.GOST2012256
	case "stb":
		algorithm = signature.BIGN256
	}
	if known := signature.Algorithms(); !slices.Contains(known, algorithm) {
		return "", bad("algorithm", strings.Join(append([]string{"std", "gost", "stb"}, texts(known)...), ", "))
	}
	if !slices.Contains(d.Verifier.Hashes(), algorithm.Hash().Name) { // no two families have a hash in common
		return "", document.Faults{document.NewFault(document.SignatureAlgorithm, "algorithm")}
	}
	return algorithm, nil
}
