package signature

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

type change = func(*x509.Certificate)

func TestChainRules(t *testing.T) {
	critical := func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}})
	}
	usage := func(u x509.KeyUsage) change { return func(c *x509.Certificate) { c.KeyUsage = u } }
	purposes := func(p ...x509.ExtKeyUsage) change { return func(c *x509.Certificate) { c.ExtKeyUsage = p } }
	ended := func(c *x509.Certificate) { c.NotAfter = moment.Add(-time.Second) }
	early := func(c *x509.Certificate) { c.NotBefore = moment.Add(time.Second) }
	mail := func(address string) change { return func(c *x509.Certificate) { c.EmailAddresses = []string{address} } }
	cases := []struct {
		name               string
		root, middle, leaf change
		reason             Reason
		field              string
	}{
		{name: "plain"},
		{name: "path length 1 suffices", root: func(c *x509.Certificate) { c.MaxPathLen = 1 }},
		{name: "path length 0 does not", root: func(c *x509.Certificate) { c.MaxPathLenZero = true }, reason: Untrusted, field: "chain.pathLength"},
		{name: "middle is no authority", middle: func(c *x509.Certificate) { c.IsCA = false }, reason: Untrusted, field: "chain.basicConstraints"},
		{name: "middle may not sign certificates", middle: usage(x509.KeyUsageCRLSign), reason: Untrusted, field: "chain.keyUsage"},
		{name: "middle expired", middle: ended, reason: Untrusted, field: "chain.notAfter"},
		{name: "root not yet valid", root: early, reason: Untrusted, field: "chain.notBefore"},
		{name: "leaf expired", leaf: ended, reason: Untrusted, field: fieldNotAfter},
		{name: "leaf not yet valid", leaf: early, reason: Untrusted, field: fieldNotBefore},
		{name: "leaf without key usage", leaf: usage(0), reason: Untrusted, field: fieldUsage},
		{name: "leaf for encryption", leaf: usage(x509.KeyUsageKeyEncipherment), reason: Untrusted, field: fieldUsage},
		{name: "leaf with nonRepudiation", leaf: usage(x509.KeyUsageContentCommitment)},
		{name: "leaf of a server", leaf: purposes(x509.ExtKeyUsageServerAuth), reason: Untrusted, field: fieldUsage},
		{name: "leaf of a time stamp authority", leaf: purposes(x509.ExtKeyUsageTimeStamping), reason: Untrusted, field: fieldUsage},
		{name: "leaf of a person", leaf: purposes(x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageEmailProtection)},
		{name: "leaf with a national purpose", leaf: func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 112, 1, 2, 1}}
		}},
		{name: "middle for servers", middle: purposes(x509.ExtKeyUsageServerAuth), reason: Untrusted, field: fieldUsage},
		{name: "unknown critical extension in leaf", leaf: critical, reason: Untrusted, field: "certificate.extensions"},
		{name: "unknown critical extension in middle", middle: critical, reason: Untrusted, field: "certificate.extensions"},
		{name: "mail within constraints", middle: func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"gov.by"} }, leaf: mail("a@gov.by")},
		{name: "mail outside of constraints", middle: func(c *x509.Certificate) { c.PermittedEmailAddresses = []string{"gov.by"} },
			leaf: mail("a@evil.by"), reason: Untrusted, field: "chain.nameConstraints"},
		{name: "mail excluded by the root", root: func(c *x509.Certificate) { c.ExcludedEmailAddresses = []string{".evil.by"} },
			leaf: mail("a@mx.evil.by"), reason: Untrusted, field: "chain.nameConstraints"},
		{name: "directory within constraints", middle: directory(0, "BY"), leaf: nil},
		{name: "directory outside of constraints", middle: directory(0, "RU"), reason: Untrusted, field: "chain.nameConstraints"},
		{name: "directory excluded", root: directory(1, "BY"), reason: Untrusted, field: "chain.nameConstraints"},
		{name: "constraint on a form we cannot compare", middle: func(c *x509.Certificate) { c.PermittedURIDomains = []string{"gov.by"} },
			leaf: func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, uriName) }, reason: Untrusted, field: "chain.nameConstraints"},
		{name: "constraint on a form that does not occur", middle: func(c *x509.Certificate) { c.PermittedURIDomains = []string{"gov.by"} }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			root := newCentre(t, "КУЦ", nil, some(c.root)...)
			middle := newCentre(t, "РУЦ", root, some(c.middle)...)
			leaf := middle.issue(some(c.leaf)...)
			verifier := trusting(t, root)
			status := Invalid
			if c.reason == "" {
				status = Valid
			}
			for range 2 { // without and with what the cache remembers
				wantVerdict(t, verifier.Verify(leaf.sign(t, middle), ContentOf(file), moment), status, c.reason, c.field)
			}
		})
	}
}

func some(c change) []change {
	if c == nil {
		return nil
	}
	return []change{c}
}

var uriName = pkix.Extension{Id: oidSubjectAltName, Value: append([]byte{0x30, 0x12, 0x86, 0x10}, "http://evil.by/x"...)}

// directory constrains names to (0) or forbids (1) those that begin with a country.
func directory(tag uint8, country string) change {
	name, err := asn1.Marshal(pkix.Name{Country: []string{country}}.ToRDNSequence())
	if err != nil {
		panic(err)
	}
	return directoryName(tag, name)
}

func directoryName(tag uint8, name []byte) change {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(contextTag(tag), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(contextTag(4), func(b *cryptobyte.Builder) { b.AddBytes(name) })
			})
		})
	})
	value := b.BytesOrPanic()
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidNameConstraints, Critical: true, Value: value})
	}
}

func TestMissingIntermediateIsUndeterminableAlsoAfterItWasSeen(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	middle := newCentre(t, "РУЦ", root)
	leaf := middle.issue()
	verifier := trusting(t, root)
	without, with := leaf.sign(t), leaf.sign(t, middle)
	wantVerdict(t, verifier.Verify(without, ContentOf(file), moment), Undeterminable, ChainIncomplete, "chain")
	wantVerdict(t, verifier.Verify(with, ContentOf(file), moment), Valid, "", "")
	wantVerdict(t, verifier.Verify(without, ContentOf(file), moment), Undeterminable, ChainIncomplete, "chain")
	wantVerdict(t, trusting(t, root, middle).Verify(without, ContentOf(file), moment), Valid, "", "")
}

func TestCachedChainIsHeldAgainstTheMoment(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	leaf := root.issue()
	verifier := trusting(t, root)
	cms := leaf.sign(t)
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), moment), Valid, "", "")
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), moment.AddDate(2, 0, 0)), Invalid, Untrusted, fieldNotAfter)
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), time.Time{}), Invalid, Untrusted, fieldNotBefore)
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), moment), Valid, "", "")
}

// A root with the name of ours but another key, and a forged certificate of ours, lead nowhere.
func TestNamesakeOfTheRootIsNotTrusted(t *testing.T) {
	root, namesake := newCentre(t, "КУЦ", nil), newCentre(t, "КУЦ", nil)
	verifier := trusting(t, root)
	wantVerdict(t, verifier.Verify(namesake.issue().sign(t, namesake), ContentOf(file), moment), Invalid, Untrusted, fieldRoot)
	blind := func(c *x509.Certificate) { c.SubjectKeyId, c.AuthorityKeyId = nil, nil }
	forger := newCentre(t, "КУЦ", nil, blind)
	forger.certificate.SubjectKeyId = nil
	forged := forger.issue(blind)
	if len(forged.certificate.AuthorityKeyId) != 0 {
		t.Fatal("the forged certificate names the key of its issuer")
	}
	wantVerdict(t, verifier.Verify(forged.sign(t), ContentOf(file), moment), Invalid, Untrusted, "chain.signature")
}

func TestSelfSignedSignerIsNotTrusted(t *testing.T) {
	template := certificateTemplate(pkix.Name{CommonName: "Сам"}, moment.AddDate(-1, 0, 0), moment.AddDate(1, 0, 0))
	template.KeyUsage = x509.KeyUsageDigitalSignature
	self := certifyTest(t, template, nil, nil)
	wantVerdict(t, trusting(t, newCentre(t, "КУЦ", nil)).Verify(self.sign(t), ContentOf(file), moment), Invalid, Untrusted, fieldRoot)
}

// Two authorities that certify each other make a circle, which has to end.
func TestCyclesEnd(t *testing.T) {
	a, b := newCentre(t, "А", nil), newCentre(t, "Б", nil)
	cross := func(subject, issuer *centre) *centre {
		template := *subject.certificate
		template.AuthorityKeyId = nil
		der, err := createCertificate(&template, issuer.credential, subject.key.Public())
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return &centre{credential{subject.key, c}, t}
	}
	cycle := a.issue().sign(t, cross(a, b), cross(b, a))
	if v := trusting(t, newCentre(t, "КУЦ", nil)).Verify(cycle, ContentOf(file), moment); v.Status == Valid {
		t.Fatal("a circle of authorities is trusted")
	}
}

func TestSearchForAChainIsBounded(t *testing.T) {
	alike := func(c *x509.Certificate) { c.SubjectKeyId = []byte{1} }
	last := newCentre(t, "Корень куста", nil, alike)
	carried := map[string][]*authority{}
	for i := range 40 {
		last = newCentre(t, []string{"Куст А", "Куст Б"}[i%2], last, alike)
		subject := string(last.certificate.RawSubject)
		carried[subject] = append(carried[subject], &authority{certificate: last.certificate})
	}
	verifier := trusting(t)
	b := chainBuilder{verifier: verifier, anchors: verifier.trust.current.Load(), carried: carried, at: moment}
	if chain, flaw := b.build(&authority{certificate: last.issue().certificate}); chain != nil || flaw == nil {
		t.Error("a bush of authorities is trusted")
	}
	if b.checks != maxChecks {
		t.Errorf("%d signatures checked, want %d", b.checks, maxChecks)
	}
}

// RFC 5280, 6.1.4: a root's new key, vouched for by its old one, counts neither as a step nor as a name.
func TestNewKeyOfARootIsExempt(t *testing.T) {
	name, err := asn1.Marshal(pkix.Name{Country: []string{"BY"}, CommonName: "КУЦ"}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	old := newCentre(t, "КУЦ", nil, directoryName(1, name), func(c *x509.Certificate) { c.MaxPathLenZero = true })
	renewed := newCentre(t, "КУЦ", old, func(c *x509.Certificate) { c.AuthorityKeyId = old.certificate.SubjectKeyId })
	wantVerdict(t, trusting(t, old).Verify(renewed.issue().sign(t, renewed), ContentOf(file), moment), Valid, "", "")
	wantVerdict(t, trusting(t, old, renewed).Verify(renewed.issue().sign(t), ContentOf(file), moment), Valid, "", "")
}

func TestCacheIsBounded(t *testing.T) {
	cache := newChainCache(nil)
	for i := range maxCached + 10 {
		cache.put([32]byte{byte(i), byte(i >> 8)}, new(verifiedChain))
	}
	if len(cache.chains) != maxCached {
		t.Errorf("%d chains cached, want %d", len(cache.chains), maxCached)
	}
}

func TestReloadDropsRemembered(t *testing.T) {
	dir := t.TempDir()
	root := newCentre(t, "КУЦ", nil)
	path := writeFile(t, dir+"/root.der", root.certificate.Raw)
	store := openStore(t, Folder{Domain: "ГосСУОК", Path: dir})
	verifier := NewVerifier(store, Std())
	cms := root.issue().sign(t)
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), moment), Valid, "", "")

	writeFile(t, path, []byte("broken"))
	if err := store.Reload(); err == nil {
		t.Fatal("a broken file was loaded")
	}
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), moment), Valid, "", "")

	other := newCentre(t, "Другой", nil)
	writeFile(t, path, bytes.Clone(other.certificate.Raw))
	if err := store.Reload(); err != nil {
		t.Fatal(err)
	}
	wantVerdict(t, verifier.Verify(cms, ContentOf(file), moment), Undeterminable, ChainIncomplete, "chain")
}
