package signature

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// point is an IssuingDistributionPoint with the given fields.
func point(fields ...[]byte) pkix.Extension {
	return pkix.Extension{Id: oidIssuingDistributionPoint, Critical: true, Value: wrap(cbasn1.SEQUENCE, fields...)}
}

func flag(n uint8) []byte { return []byte{0x80 | n, 1, 0xff} }

func partAt(address string) []byte {
	return wrap(contextTag(0), wrap(contextTag(0), wrap(formURI, []byte(address))))
}

func TestListsThatAreNotUnderstoodAreRefused(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	unknown := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}
	harmless := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}
	delta := pkix.Extension{Id: oidDeltaCRL, Critical: true, Value: []byte{2, 1, 1}}
	issuerOf := pkix.Extension{Id: oidCertificateIssuer, Critical: true, Value: wrap(cbasn1.SEQUENCE, wrap(contextTag(4), root.certificate.RawSubject))}
	invalidity := pkix.Extension{Id: oidInvalidityDate, Value: []byte("\x18\x0f20260101000000Z")}
	of := func(e ...pkix.Extension) listing { return listing{extensions: e} }
	entry := func(reason RevocationReason, e ...pkix.Extension) listing {
		return listing{revoked: map[*x509.Certificate]time.Time{leaf.certificate: present()}, reason: reason, ofEntry: e}
	}
	for name, c := range map[string]struct {
		list listing
		says string // empty: taken
	}{
		"plain":                            {listing{}, ""},
		"unknown extension":                {of(harmless), ""},
		"unknown critical extension":       {of(unknown), "unknown critical extension 1.2.3"},
		"an extension twice":               {of(harmless, harmless), "stands twice"},
		"delta":                            {of(delta), "a delta list"},
		"indirect":                         {of(point(flag(4))), "an indirect list"},
		"for users":                        {of(point(flag(1))), ""},
		"for nobody":                       {of(point(flag(1), flag(2))), "malformed"},
		"part":                             {of(point(partAt("http://a/1.crl"))), ""},
		"part named by directory":          {of(point(wrap(contextTag(0), wrap(contextTag(0), wrap(contextTag(4), root.certificate.RawSubject))))), "without an address"},
		"part relative to its issuer":      {of(point(wrap(contextTag(0), wrap(contextTag(1), nil)))), "without full names"},
		"some reasons":                     {of(point([]byte{0x83, 2, 1, 0x40})), "some reasons"},
		"attribute certificates":           {of(point(flag(5))), "attribute certificates"},
		"written default":                  {of(point([]byte{0x81, 1, 0})), "malformed"},
		"reason":                           {entry(1, invalidity), ""},
		"removal":                          {entry(removeFromCRL), "delta"},
		"entry of another issuer":          {entry(1, issuerOf), "an indirect list"},
		"unknown extension of an entry":    {entry(1, harmless), ""},
		"unknown critical one of an entry": {entry(1, unknown), "unknown critical extension 1.2.3 of an entry"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseCRL(root.list(c.list))
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, ErrCRL) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

func TestDamagedListsAreRefused(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	der := root.list(listing{revoked: map[*x509.Certificate]time.Time{root.certificate: present()}})
	text := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
	fields := func(change func(tbs *node)) []byte {
		return edit(t, der, func(list *node) { change(list.kids[0]) })
	}
	for name, c := range map[string]struct {
		data []byte
		ok   bool
	}{
		"DER":                  {der, true},
		"PEM":                  {text, true},
		"nothing":              {nil, false},
		"cut":                  {der[:len(der)-1], false},
		"more behind":          {append(bytes.Clone(der), 0), false},
		"PEM twice":            {append(bytes.Clone(text), text...), false},
		"PEM of a certificate": {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), false},
		"a certificate":        {root.certificate.Raw, false},
		"too long":             {make([]byte, maxCRL+1), false},
		"without version":      {fields(func(tbs *node) { tbs.kids = tbs.kids[1:] }), false},
		"without nextUpdate":   {fields(func(tbs *node) { tbs.kids = append(tbs.kids[:4:4], tbs.kids[5:]...) }), false},
		"ends as it begins":    {fields(func(tbs *node) { tbs.kids[4].body = tbs.kids[3].body }), false},
		"other algorithm":      {fields(func(tbs *node) { tbs.kids[1].kids[0].body = oidNode(oidECDSAWithSHA384).body }), false},
	} {
		if _, err := ParseCRL(c.data); c.ok != (err == nil) || err != nil && !errors.Is(err, ErrCRL) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoFlippedBitOfAListIsTaken(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	leaf := root.issue(around)
	der := root.list(listing{extensions: []pkix.Extension{point(flag(1))}, reason: 1, revoked: map[*x509.Certificate]time.Time{leaf.certificate: present().Add(-time.Hour)}})
	_, store := revoking(t, RevocationConfig{}, root)
	flipEveryBitOfList(t, store, der)
	if len(store.Lists()) != 0 {
		t.Error("a list is held")
	}
	store.mustAdd(t, der)
}

// A part of a divided list speaks of the certificates that name its address, and of no others.
func TestPartsOfADividedList(t *testing.T) {
	now := present()
	root := newCentre(t, "КУЦ", nil, around)
	at := func(address string) change {
		return func(c *x509.Certificate) { c.CRLDistributionPoints = []string{address} }
	}
	one, two, nowhere := root.issue(around, at("http://a/1.crl")), root.issue(around, at("http://a/2.crl")), root.issue(around)
	verifier, store := revoking(t, RevocationConfig{}, root)
	store.mustAdd(t, root.list(listing{extensions: []pkix.Extension{point(partAt("http://a/1.crl"))}}))
	issued := now.Add(-time.Hour)
	verify := func(c credential) Verdict { return verifier.Verify(c.sign(t), ContentOf(file), now) }
	wantRevocation(t, verify(one), Good, issued)
	wantRevocation(t, verify(two), Unknown, time.Time{})
	wantRevocation(t, verify(nowhere), Unknown, time.Time{})
	store.mustAdd(t, root.list(listing{extensions: []pkix.Extension{point(partAt("http://a/2.crl"))}, revoked: map[*x509.Certificate]time.Time{two.certificate: issued}}))
	wantRevocation(t, verify(one), Good, issued) // two parts stand beside each other
	wantVerdict(t, verify(two), Invalid, Untrusted, fieldRevoked)
	store.mustAdd(t, root.list(listing{extensions: []pkix.Extension{point(flag(2))}}))
	wantRevocation(t, verify(nowhere), Unknown, time.Time{}) // a list of authorities is silent on people
	store.mustAdd(t, root.list(listing{extensions: []pkix.Extension{point(flag(1))}}))
	wantRevocation(t, verify(nowhere), Good, issued)
}

// Entries of one serial number may stand twice; numbers of different lengths are told apart.
func TestEntriesAreFoundBySerialNumber(t *testing.T) {
	root := newCentre(t, "КУЦ", nil, around)
	now := present()
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now, NextUpdate: now.Add(time.Hour)}
	for i, serial := range []int64{300, 1, 128, 127, 65536, 1, 255} {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: now.Add(-time.Duration(i) * time.Hour)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, root.certificate, root.key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseCRL(der)
	if err != nil || list.Len() != 7 {
		t.Fatalf("%v, %d entries", err, list.Len())
	}
	for serial, hours := range map[int64]int{300: 0, 1: 5, 128: 2, 127: 3, 65536: 4, 255: 6, 0: -1, 2: -1, 129: -1, 1 << 40: -1} {
		found, ok := list.find(serialValue(big.NewInt(serial)))
		if ok != (hours >= 0) || ok && !found.at.Equal(now.Add(-time.Duration(hours)*time.Hour)) {
			t.Errorf("serial %d: %v %v", serial, found, ok)
		}
	}
}

func serialValue(n *big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1BigInt(n)
	input := cryptobyte.String(b.BytesOrPanic())
	var value cryptobyte.String
	input.ReadASN1(&value, cbasn1.INTEGER)
	return value
}

// opensslLists lets openssl revoke the signer of opensslCentre and issue lists before and after.
func opensslLists(t *testing.T, dir, md string) (before, after []byte) {
	t.Helper()
	openssl(t, dir, "req", "-new", "-x509", "-utf8", "-key", "ca.key", "-out", "trust/ca.pem", "-subj", "/CN=УЦ openssl", "-days", "30",
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
	writeFile(t, filepath.Join(dir, "index.txt"), nil)
	writeFile(t, filepath.Join(dir, "crlnumber"), []byte("0A\n"))
	writeFile(t, filepath.Join(dir, "ca.cnf"), []byte("[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md="+md+"\ndefault_crl_days=7\n[x]\nauthorityKeyIdentifier=keyid\n"))
	ca := func(args ...string) {
		openssl(t, dir, append([]string{"ca", "-config", "ca.cnf", "-cert", "trust/ca.pem", "-keyfile", "ca.key"}, args...)...)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	ca("-gencrl", "-crlexts", "x", "-out", "before.crl")
	ca("-revoke", "ee.pem", "-crl_reason", "keyCompromise")
	ca("-gencrl", "-crlexts", "x", "-out", "after.crl")
	return read("before.crl"), read("after.crl")
}

func TestListsOfOpenssl(t *testing.T) {
	for name, key := range map[string][]string{"RSA": rsaKey, "P-256": p256Key, "P-521": p521Key} {
		t.Run(name, func(t *testing.T) { opensslRevokes(t, opensslCentre(t, key...), "sha256") })
	}
}

// opensslRevokes holds our verdicts against what openssl did to the signer of a centre.
func opensslRevokes(t *testing.T, dir, md string) {
	t.Helper()
	before, after := opensslLists(t, dir, md)
	cms := opensslSign(t, dir, "-cades", "-md", md)
	verifier := opensslVerifier(t, dir)
	store, err := OpenRevocationStore(verifier.trust, RevocationConfig{}, allFamilies()...)
	if err != nil {
		t.Fatal(err)
	}
	verifier.Revocation = store
	at := time.Now().Add(time.Minute)
	store.mustAdd(t, before)
	if s := verifier.Verify(cms, ContentOf(file), at).Signers[0]; s.Status != Valid || s.Revocation != Good {
		t.Errorf("before: %+v", s)
	}
	store.mustAdd(t, after)
	verdict := verifier.Verify(cms, ContentOf(file), at)
	wantVerdict(t, verdict, Invalid, Untrusted, fieldRevoked)
	if !strings.Contains(verdict.Detail, "keyCompromise") {
		t.Errorf("detail %q", verdict.Detail)
	}
	if list := store.Lists()[0]; list.Issuer() != "CN=УЦ openssl" || list.Len() != 1 || list.Number.Int64() != 11 {
		t.Errorf("list of %s, %d entries, number %s", list.Issuer(), list.Len(), list.Number)
	}
}

func FuzzParseCRL(f *testing.F) {
	root := newCentre(f, "КУЦ", nil, around)
	f.Add(root.list(listing{}))
	f.Add(root.list(listing{reason: 1, revoked: map[*x509.Certificate]time.Time{root.certificate: present()}, extensions: []pkix.Extension{point(partAt("http://a/b"), flag(1))}}))
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: root.list(listing{number: 3})}))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseCRL(data)
		if err != nil {
			if !errors.Is(err, ErrCRL) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		for _, e := range list.entries {
			if _, ok := list.find(list.serial(e)); !ok {
				t.Error("an entry is not found by its serial number")
			}
		}
		_ = list.Issuer()
		if list.newer(list) || !list.NextUpdate.After(list.ThisUpdate) {
			t.Error("dates or numbers contradict each other")
		}
		if std, err := x509.ParseRevocationList(list.der()); err == nil && len(std.RevokedCertificateEntries) != list.Len() {
			t.Errorf("%d entries, crypto/x509 finds %d", list.Len(), len(std.RevokedCertificateEntries))
		}
	})
}

// der puts the list together again.
func (c *CRL) der() []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(c.tbs)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(c.algorithm.Algorithm)
			b.AddBytes(c.algorithm.Parameters.FullBytes)
		})
		b.AddASN1BitString(c.signature)
	})
	return b.BytesOrPanic()
}

const manyEntries = 100_000

func manyRevoked(t testing.TB, root *centre) []byte {
	t.Helper()
	now := present()
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}
	for range manyEntries {
		serial := make([]byte, 16)
		rand.Read(serial)
		serial[0] |= 0x40
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: new(big.Int).SetBytes(serial), RevocationTime: now.Add(-time.Hour), ReasonCode: 1})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, root.certificate, root.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// What a list of a hundred thousand entries takes beside its own octets stays below 3 MiB.
func TestLongListTakesLittleMemory(t *testing.T) {
	der := manyRevoked(t, newCentre(t, "КУЦ", nil, around))
	held := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := held()
	list, err := ParseCRL(der)
	if err != nil || list.Len() != manyEntries {
		t.Fatalf("%v", err)
	}
	if more := held() - before; more > 3<<20 {
		t.Errorf("the index takes %d octets", more)
	}
	runtime.KeepAlive(list)
	runtime.KeepAlive(der)
}

func BenchmarkCRL(b *testing.B) {
	root := newCentre(b, "КУЦ", nil, around)
	der := manyRevoked(b, root)
	b.Run(fmt.Sprintf("parse %d entries", manyEntries), func(b *testing.B) {
		b.SetBytes(int64(len(der)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseCRL(der); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("crypto/x509 of the same", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := x509.ParseRevocationList(der); err != nil {
				b.Fatal(err)
			}
		}
	})
	list, err := ParseCRL(der)
	if err != nil {
		b.Fatal(err)
	}
	leaf := root.issue(around).certificate
	b.Run("look up", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			list.standing(leaf, present(), 0)
		}
	})
}
