package asic

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Verdict is the finding about a container: the worst of those about its signatures. A container whose structure is
// wrong has none, since Open refuses it.
type Verdict struct {
	Status     signature.Status
	Reason     signature.Reason // empty when valid
	Signatures []SignatureVerdict
}

// SignatureVerdict is the finding about one signature and the files that it covers.
type SignatureVerdict struct {
	Verdict  signature.Verdict // invalid, too, when a file is not as its manifest says
	Name     string            // of the file with the signature
	Manifest string            // what the signature is over
	Objects  []string          // names of the files that the manifest lists
	Altered  []string          // those of them that are not as it says
}

// Verify checks every signature with v, and every file against the manifests that list it, in one pass over the file.
// Certificates have to be good at the moment at, or at that of a time stamp; see signature.Verifier. An error is a
// failure to read.
func (c *Container) Verify(v *signature.Verifier, at time.Time) (Verdict, error) {
	digests, err := c.digest(v)
	if err != nil {
		return Verdict{}, err
	}
	var verdict Verdict
	for i, m := range c.manifests {
		found, err := c.verifyOne(v, m, digests, at)
		if err != nil {
			return Verdict{}, err
		}
		verdict.Signatures = append(verdict.Signatures, found)
		if i == 0 || worse(found.Verdict.Status, verdict.Status) {
			verdict.Status, verdict.Reason = found.Verdict.Status, found.Verdict.Reason
		}
	}
	return verdict, nil
}

func worse(a, b signature.Status) bool {
	return b == signature.Valid && a != signature.Valid || b == signature.Undeterminable && a == signature.Invalid
}

// digests holds what the manifests need: by file, then by algorithm. A damaged file has none.
type digests map[string]map[signature.HashName][]byte

func (c *Container) verifyOne(v *signature.Verifier, m *manifest, have digests, at time.Time) (SignatureVerdict, error) {
	found := SignatureVerdict{Name: m.signature, Manifest: m.name}
	cms, err := c.read(m.signature, maxSignature)
	switch {
	case err == nil:
		found.Verdict = v.Verify(cms, signature.ContentOf(m.raw), at)
	case errors.Is(err, ErrContainer):
		found.Verdict = signature.Verdict{Time: at, TimeSource: signature.ReceiptTime}
		found.refuse(signature.Malformed, "signature", err.Error())
	default:
		return found, err
	}
	for _, o := range m.objects {
		found.Objects = append(found.Objects, o.name)
		hash, ok := v.HashOf(o.hash)
		switch {
		case !ok:
			found.refuse(signature.AlgorithmRefused, "digestAlgorithm", "digest "+o.hash.String()+" not allowed")
		case !bytes.Equal(have[o.name][hash.Name], o.digest):
			found.Altered = append(found.Altered, o.name)
		}
	}
	if len(found.Altered) > 0 {
		found.refuse(signature.SignatureInvalid, "messageDigest", fmt.Sprintf("%d files are not as signed", len(found.Altered)))
	}
	return found, nil
}

// refuse keeps the finding about the signature itself when that is no better.
func (s *SignatureVerdict) refuse(reason signature.Reason, field, detail string) {
	if s.Verdict.Status == signature.Invalid {
		return
	}
	s.Verdict.Status, s.Verdict.Reason, s.Verdict.Field, s.Verdict.Detail = signature.Invalid, reason, field, detail
}

// digest takes, in one pass over each file, the digests that manifests give of it.
func (c *Container) digest(v *signature.Verifier) (digests, error) {
	wanted := make(map[string]map[signature.HashName]hash.Hash)
	for _, m := range c.manifests {
		for _, o := range m.objects {
			if h, ok := v.HashOf(o.hash); ok {
				if wanted[o.name] == nil {
					wanted[o.name] = make(map[signature.HashName]hash.Hash)
				}
				wanted[o.name][h.Name] = h.New()
			}
		}
	}
	taken := make(digests)
	for name, hashes := range wanted {
		sums, err := c.sums(name, hashes)
		if err != nil && !errors.Is(err, ErrContainer) {
			return nil, err
		}
		taken[name] = sums
	}
	return taken, nil
}

func (c *Container) sums(name string, hashes map[signature.HashName]hash.Hash) (map[signature.HashName][]byte, error) {
	content, err := c.Open(name)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	var writers []io.Writer
	for _, h := range hashes {
		writers = append(writers, h)
	}
	if _, err := io.Copy(io.MultiWriter(writers...), content); err != nil {
		return nil, damage(err)
	}
	sums := make(map[signature.HashName][]byte, len(hashes))
	for algorithm, h := range hashes {
		sums[algorithm] = h.Sum(nil)
	}
	return sums, nil
}

// damage tells data that do not unpack from a failure to read.
func damage(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return fmt.Errorf("%w: %w", ErrContainer, err)
	}
	return notZIP(err)
}
