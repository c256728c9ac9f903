package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"sync/atomic"
	"time"
)

// Verifier checks detached signatures against a trust store. It may be used by many goroutines at once.
type Verifier struct {
	// RequireSigningCertificate refuses messages whose signers do not sign which certificate they sign with
	// (CAdES-BES). NewVerifier sets it; turn it off, before the first use, only for a profile that knows plain CMS.
	// Plain CMS without signed attributes cannot tell a signed file from signed attributes shown as a file.
	RequireSigningCertificate bool

	// Revocation knows which certificates were revoked; nil: it is not checked. Set it and RevocationPolicy before the
	// first use.
	Revocation *RevocationStore

	// RevocationPolicy says what becomes of signatures while revocation is unknown or stale. The zero value accepts
	// them; the verdict says what is known all the same.
	RevocationPolicy RevocationPolicy

	// Stamps checks a time-stamp token that a signer carries, over the value of the signature (CAdES-T); package
	// timestamp has it. Set it before the first use; nil leaves stamps alone.
	Stamps func(token []byte, over Content) Stamp

	purpose  purpose
	trust    *TrustStore
	families []Family
	hashes   []Hash
	cache    atomic.Pointer[chainCache]
}

// NewVerifier allows the given families, and no others.
func NewVerifier(trust *TrustStore, families ...Family) *Verifier {
	return &Verifier{RequireSigningCertificate: true, purpose: documents{}, trust: trust, families: families, hashes: hashesOf(families)}
}

// Hashes lists the digests that Verify may look for in a Content.
func (v *Verifier) Hashes() []HashName {
	names := make([]HashName, len(v.hashes))
	for i, h := range v.hashes {
		names[i] = h.Name
	}
	return names
}

// NewDigester takes all the digests that Verify may look for.
func (v *Verifier) NewDigester() *Digester { return NewDigester(v.families...) }

// Verify checks the signatures in cms, DER or base64, over a file of which content tells the digests. Certificates
// have to be good at the moment at, the time of receipt, or at that of the signer's earliest good time stamp when it
// is earlier. The zero time precedes every certificate.
func (v *Verifier) Verify(cms []byte, content Content, at time.Time) Verdict {
	verdict := Verdict{Status: Invalid, Time: at, TimeSource: ReceiptTime}
	der, flaw := decode(cms)
	var data *signedData
	if flaw == nil {
		data, flaw = parse(der)
	}
	if flaw != nil {
		verdict.Reason, verdict.Field, verdict.Detail = flaw.reason, flaw.field, flaw.detail
		return verdict
	}
	return v.verify(data, content, at)
}

// verify checks all signers of a message over content.
func (v *Verifier) verify(data *signedData, content Content, at time.Time) Verdict {
	verdict := Verdict{Status: Invalid, Time: at, TimeSource: ReceiptTime}
	chains := v.chains()
	verdict.Signers = make([]SignerVerdict, 0, len(data.signers))
	for i := range data.signers {
		check := signerCheck{verifier: v, chains: chains, data: data, info: &data.signers[i], content: content, at: at}
		verdict.add(check.run())
	}
	return verdict
}

// chains returns the cache for the trust store as it is now, an empty one after a reload.
func (v *Verifier) chains() *chainCache {
	current := v.trust.current.Load()
	cache := v.cache.Load()
	if cache != nil && cache.anchors == current {
		return cache
	}
	fresh := newChainCache(current)
	if v.cache.CompareAndSwap(cache, fresh) {
		return fresh
	}
	return v.chains()
}

func (v *Verifier) familyOf(spki []byte) Family { return familyOf(v.families, spki) }

func familyOf(families []Family, spki []byte) Family {
	algorithm := keyAlgorithm(spki)
	for _, f := range families {
		if f.Owns(algorithm) {
			return f
		}
	}
	return nil
}

// signerCheck is the check of one signer.
type signerCheck struct {
	verifier *Verifier
	chains   *chainCache
	data     *signedData
	info     *signerInfo
	content  Content
	at       time.Time
	verdict  SignerVerdict
}

func (c *signerCheck) run() SignerVerdict {
	c.verdict = SignerVerdict{Status: Valid, Revocation: NotChecked, Time: c.at, TimeSource: ReceiptTime}
	if flaw := c.check(); flaw != nil {
		c.verdict.Status, c.verdict.Reason, c.verdict.Field, c.verdict.Detail = flaw.status, flaw.reason, flaw.field, flaw.detail
	}
	return c.verdict
}

// check goes from the file outwards: certificate named, digest, attributes, signature, chain.
func (c *signerCheck) check() *flaw {
	der, flaw := c.info.find(c.data.certificates)
	if flaw != nil {
		return flaw
	}
	sum := sha256.Sum256(der)
	known := c.chains.get(sum)
	leaf, family, flaw := c.signer(der, known)
	if flaw != nil {
		return flaw
	}
	signed, flaw := c.signed(der)
	if flaw != nil {
		return flaw
	}
	err := family.Verify(leaf.certificate.RawSubjectPublicKeyInfo, c.info.algorithm, c.info.digest.Algorithm, signed, c.info.signature)
	switch {
	case errors.Is(err, ErrAlgorithm):
		return invalid(AlgorithmRefused, "signatureAlgorithm", err.Error())
	case err != nil:
		return invalid(SignatureInvalid, "signature", err.Error())
	}
	if flaw := c.readStamps(); flaw != nil {
		return flaw
	}
	return c.checkTrust(sum, leaf, family, known)
}

// checkTrust finds the chain of a signer's certificate, unless it is known, and looks at its revocation.
func (c *signerCheck) checkTrust(sum [sha256.Size]byte, leaf *authority, family Family, known *verifiedChain) (flaw *flaw) {
	if known == nil || !known.holds(c.at, c.data.certificates) || !c.chains.anchors.listsAllow(known.links, c.verifier.purpose, c.at) {
		if known, flaw = c.findChain(leaf, family); flaw != nil {
			return flaw
		}
		c.chains.put(sum, known)
	}
	root := known.links[len(known.links)-1]
	c.verdict.Chain, c.verdict.Domain = known.sums, root.domain
	c.verdict.Emulated = c.verdict.Emulated || root.emulator
	if flaw := c.checkLists(known); flaw != nil {
		return flaw
	}
	if flaw := c.checkCompromise(known); flaw != nil {
		return flaw
	}
	return c.checkRevocation(known)
}

// signer returns the certificate of the signer and the family of its key, and names both in the verdict.
func (c *signerCheck) signer(der []byte, known *verifiedChain) (*authority, Family, *flaw) {
	if known != nil {
		c.verdict.Signer, c.verdict.Family = known.identity, known.family.Name()
		return known.links[0], known.family, nil
	}
	certificate, err := x509.ParseCertificate(bytes.Clone(der)) // it may outlive the message
	if err != nil {
		return nil, nil, malformed("certificates", "the signer's certificate cannot be read")
	}
	c.verdict.Signer = Identify(certificate)
	family := c.verifier.familyOf(certificate.RawSubjectPublicKeyInfo)
	if family == nil {
		return nil, nil, invalid(AlgorithmRefused, "certificate.key", "no family for keys of "+keyAlgorithm(certificate.RawSubjectPublicKeyInfo).String())
	}
	c.verdict.Family = family.Name()
	return &authority{certificate: certificate}, family, nil
}

// signed returns what the signature covers, once the signed attributes, if any, are found to be about this file
// and this certificate.
func (c *signerCheck) signed(certificate []byte) (Signed, *flaw) {
	hash, ok := hashByOID(c.verifier.hashes, c.info.digest.Algorithm)
	if !ok {
		return Signed{}, invalid(AlgorithmRefused, "digestAlgorithm", "digest "+c.info.digest.Algorithm.String()+" not allowed")
	}
	digest := c.content.Digest(hash)
	if digest == nil { // the caller took fewer than Hashes
		return Signed{}, &flaw{Undeterminable, AlgorithmRefused, "digestAlgorithm", "no " + string(hash.Name) + " digest of the file was taken"}
	}
	required := c.verifier.RequireSigningCertificate
	if c.info.signed == nil {
		if required {
			return Signed{}, malformed("signedAttrs", "missing")
		}
		return Signed{Digest: digest}, nil
	}
	attributes, flaw := parseAttributes(c.info.signed, c.data.contentType)
	if flaw != nil {
		return Signed{}, flaw
	}
	c.verdict.SigningTime = attributes.signingTime
	if !bytes.Equal(attributes.messageDigest, digest) {
		return Signed{}, invalid(SignatureInvalid, fieldDigest, "the signature is of another file")
	}
	if attributes.certificate == nil {
		if required {
			return Signed{}, malformed("signingCertificateV2", "missing")
		}
	} else if flaw := checkSigningCertificate(attributes.certificate, certificate, c.verifier.hashes); flaw != nil {
		return Signed{}, flaw
	}
	return Signed{Message: c.info.signed}, nil
}

func (c *signerCheck) findChain(leaf *authority, family Family) (*verifiedChain, *flaw) {
	builder := chainBuilder{verifier: c.verifier, anchors: c.chains.anchors, carried: make(map[string][]*authority), at: c.at}
	for _, der := range c.data.certificates {
		certificate, err := x509.ParseCertificate(bytes.Clone(der))
		if err != nil {
			continue // nobody's, unless a chain misses it
		}
		subject := string(certificate.RawSubject)
		builder.carried[subject] = append(builder.carried[subject], &authority{certificate: certificate, carried: true})
	}
	links, flaw := builder.build(leaf)
	if flaw != nil {
		return nil, flaw
	}
	return newVerifiedChain(links, family), nil
}
