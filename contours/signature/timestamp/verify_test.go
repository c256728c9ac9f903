package timestamp

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func TestAStampIsValidOverWhatWasStampedAlone(t *testing.T) {
	root := newCentre(t)
	verifier := trusting(t, root)
	at := time.Now().UTC().Truncate(time.Second)
	token := root.authority(t).stamp(t, stamped, at)
	got := verifier.Verify(token, signature.ContentOf(stamped))
	wantStamp(t, got, signature.Valid, "", "")
	if !got.Time.Equal(at) || got.Policy != "1.2.3.4.1" || got.Serial != "1001" || got.Authority.Signer.CommonName != "Служба штампов времени" ||
		got.Authority.Domain != "ГосСУОК" || !got.Authority.Time.Equal(at) {
		t.Errorf("stamp %+v", got)
	}
	wantStamp(t, verifier.Verify(token, signature.ContentOf(stamped[1:])), signature.Invalid, signature.SignatureInvalid, "timeStamp.imprint")
	wantStamp(t, verifier.Verify(token, signature.Content{}), signature.Undeterminable, signature.AlgorithmRefused, "timeStamp.imprint")
	wantStamp(t, trusting(t, newCentre(t)).Verify(token, signature.ContentOf(stamped)), signature.Undeterminable, signature.ChainIncomplete, "")
}

func TestOnlyAcceptedPoliciesCount(t *testing.T) {
	root := newCentre(t)
	verifier := trusting(t, root)
	token := root.authority(t).stamp(t, stamped, time.Now())
	verifier.Policies = []asn1.ObjectIdentifier{{1, 2, 3, 4, 2}}
	wantStamp(t, verifier.Verify(token, signature.ContentOf(stamped)), signature.Invalid, signature.Untrusted, "timeStamp.policy")
	verifier.Policies = append(verifier.Policies, oidPolicy)
	wantStamp(t, verifier.Verify(token, signature.ContentOf(stamped)), signature.Valid, "", "")
}

func TestAuthoritiesAreMeantForStampingAlone(t *testing.T) {
	root := newCentre(t)
	usage := func(critical bool, purposes ...asn1.ObjectIdentifier) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{extendedUsage(t, critical, purposes...)}
		}
	}
	for name, change := range map[string]func(*x509.Certificate){
		"not critical":           usage(false, timeStamping),
		"another purpose":        usage(true, emailing),
		"two purposes":           usage(true, timeStamping, emailing),
		"one more, unknown":      usage(true, timeStamping, asn1.ObjectIdentifier{1, 2, 3}),
		"no extended key usage":  func(c *x509.Certificate) { c.ExtraExtensions = nil },
		"key usage for agreeing": func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement },
	} {
		t.Run(name, func(t *testing.T) {
			token := root.authority(t, change).stamp(t, stamped, time.Now())
			wantStamp(t, trusting(t, root).Verify(token, signature.ContentOf(stamped)), signature.Invalid, signature.Untrusted, "certificate.usage")
		})
	}
}

func TestCentresOfAuthoritiesMayBeForStampingAlone(t *testing.T) {
	root := newCentre(t)
	for purpose, status := range map[x509.ExtKeyUsage]signature.Status{
		x509.ExtKeyUsageTimeStamping: signature.Valid, x509.ExtKeyUsageEmailProtection: signature.Invalid,
	} {
		middle := certify(t, root, &x509.Certificate{
			Subject: pkix.Name{CommonName: "РУЦ"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true,
			ExtKeyUsage: []x509.ExtKeyUsage{purpose},
		})
		got := trusting(t, root, middle).Verify(middle.authority(t).stamp(t, stamped, time.Now()), signature.ContentOf(stamped))
		if got.Status != status {
			t.Errorf("issuer for %v: %s %s", purpose, got.Status, got.Detail)
		}
	}
}

func TestTheAuthorityHadToBeGoodWhenItStamped(t *testing.T) {
	root := newCentre(t)
	from, to := time.Now().AddDate(-1, 0, 0).Truncate(time.Second), time.Now().AddDate(0, -1, 0).Truncate(time.Second)
	authority := root.authority(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, to })
	verifier := trusting(t, root)
	for _, c := range []struct {
		at     time.Time
		status signature.Status
		field  string
	}{
		{from.Add(-time.Second), signature.Invalid, "certificate.notBefore"},
		{from, signature.Valid, ""},
		{to, signature.Valid, ""},
		{to.Add(time.Second), signature.Invalid, "certificate.notAfter"},
	} {
		reason := signature.Reason("")
		if c.status != signature.Valid {
			reason = signature.Untrusted
		}
		wantStamp(t, verifier.Verify(authority.stamp(t, stamped, c.at), signature.ContentOf(stamped)), c.status, reason, c.field)
	}
}

func TestWrongTokensAreRefused(t *testing.T) {
	root := newCentre(t)
	authority, other := root.authority(t), root.authority(t)
	for name, c := range map[string]struct {
		change func(*draft)
		reason signature.Reason
		field  string
	}{
		"version 2":                    {func(d *draft) { d.version = 2 }, signature.Malformed, "timeStamp.info"},
		"content type of data":         {func(d *draft) { d.contentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} }, signature.Malformed, "contentType"},
		"no certificate named":         {func(d *draft) { d.named = nil }, signature.Malformed, "signingCertificateV2"},
		"another certificate named":    {func(d *draft) { d.named = other }, signature.SignatureInvalid, "signingCertificateV2"},
		"imprint of another length":    {func(d *draft) { d.digest = d.digest[1:] }, signature.SignatureInvalid, "timeStamp.imprint"},
		"local time":                   {func(d *draft) { d.at = "20260301120000" }, signature.Malformed, "timeStamp.info"},
		"time with a zone":             {func(d *draft) { d.at = "20260301120000+0300" }, signature.Malformed, "timeStamp.info"},
		"time without seconds":         {func(d *draft) { d.at = "202603011200Z" }, signature.Malformed, "timeStamp.info"},
		"fraction with a closing zero": {func(d *draft) { d.at = "20260301120000.10Z" }, signature.Malformed, "timeStamp.info"},
		"empty fraction":               {func(d *draft) { d.at = "20260301120000.Z" }, signature.Malformed, "timeStamp.info"},
		"fraction behind a comma":      {func(d *draft) { d.at = "20260301120000,5Z" }, signature.Malformed, "timeStamp.info"},
		"no such day":                  {func(d *draft) { d.at = "20260230120000Z" }, signature.Malformed, "timeStamp.info"},
		"critical extension": {func(d *draft) {
			d.tail = func(b *cryptobyte.Builder) { addExtension(b, true) }
		}, signature.Malformed, "timeStamp.info"},
		"more behind": {func(d *draft) {
			d.tail = func(b *cryptobyte.Builder) { b.AddASN1NULL() }
		}, signature.Malformed, "timeStamp.info"},
		"thousand milliseconds": {func(d *draft) {
			d.tail = func(b *cryptobyte.Builder) { addAccuracy(b, 0, 1000) }
		}, signature.Malformed, "timeStamp.info"},
		"accuracy of years": {func(d *draft) {
			d.tail = func(b *cryptobyte.Builder) { addAccuracy(b, 1<<40, 1) }
		}, signature.Malformed, "timeStamp.info"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDraft(authority)
			c.change(d)
			wantStamp(t, trusting(t, root).Verify(d.token(t), signature.ContentOf(stamped)), signature.Invalid, c.reason, c.field)
		})
	}
}

func TestFractionsAndAccuracyAreKept(t *testing.T) {
	root := newCentre(t)
	d := newDraft(root.authority(t))
	d.at = "20260301120000.25Z"
	d.tail = func(b *cryptobyte.Builder) {
		addAccuracy(b, 3, 250)
		b.AddASN1Boolean(true)
		addExtension(b, false)
	}
	got := trusting(t, root).Verify(d.token(t), signature.ContentOf(stamped))
	wantStamp(t, got, signature.Valid, "", "")
	if want := time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC); !got.Time.Equal(want) || got.Accuracy != 3250*time.Millisecond || !got.Ordering {
		t.Errorf("stamp %+v", got)
	}
}

// A signature of a document is no stamp, and an authority signs no documents, in whatever order they are seen.
func TestStampsAndDocumentsAreKeptApart(t *testing.T) {
	root := newCentre(t)
	authority := root.authority(t)
	token := authority.stamp(t, stamped, time.Now())
	wantStamp(t, trusting(t, root).Verify(token, signature.ContentOf(stamped)), signature.Valid, "", "")
	documents := signature.NewVerifier(trust(t, root), signature.Std())
	carrier, err := signature.ParseCarrier(token, oidTSTInfo)
	if err != nil {
		t.Fatal(err)
	}
	if got := documents.VerifyCarrier(carrier, time.Now()); got.Status != signature.Invalid || got.Field != "certificate.usage" {
		t.Errorf("as a signer of documents: %s %s", got.Status, got.Field)
	}
	e, err := signature.OpenEmulator(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := e.Issue("ivanova", signature.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cms, err := signer.Sign(signature.ContentOf(stamped))
	if err != nil {
		t.Fatal(err)
	}
	wantStamp(t, trusting(t, root).Verify(cms, signature.ContentOf(stamped)), signature.Invalid, signature.Malformed, "timeStamp")
	if _, err := ParseToken([]byte(strings.Repeat("x", 100))); err == nil {
		t.Error("noise is a token")
	}
}

func addAccuracy(b *cryptobyte.Builder, seconds, millis int64) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if seconds > 0 {
			b.AddASN1Int64(seconds)
		}
		b.AddASN1Int64WithTag(millis, cbasn1.Tag(0).ContextSpecific())
	})
}

func addExtension(b *cryptobyte.Builder, critical bool) {
	b.AddASN1(tag(1), func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 3, 9})
			if critical {
				b.AddASN1Boolean(true)
			}
			b.AddASN1OctetString([]byte("?"))
		})
	})
}
