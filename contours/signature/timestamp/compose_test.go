package timestamp

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A draft is a token that tests write as they like: openssl refuses to make wrong ones.
type draft struct {
	by          *centre
	at          string // as GeneralizedTime
	version     int64
	contentType asn1.ObjectIdentifier
	named       *centre // whose certificate the signed attribute names
	tail        func(*cryptobyte.Builder)
	digest      []byte
}

func newDraft(by *centre) *draft {
	sum := sha256.Sum256(stamped)
	return &draft{by: by, named: by, at: time.Now().UTC().Format("20060102150405Z"), version: 1, contentType: oidTSTInfo, digest: sum[:]}
}

// stamp makes a right token of something, at a moment.
func (c *centre) stamp(t testing.TB, over []byte, at time.Time) []byte {
	t.Helper()
	d := newDraft(c)
	sum := sha256.Sum256(over)
	d.at, d.digest = at.UTC().Format("20060102150405Z"), sum[:]
	return d.token(t)
}

func (d *draft) info() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1Int64(d.version)
		b.AddASN1ObjectIdentifier(oidPolicy)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidSHA256) })
			b.AddASN1OctetString(d.digest)
		})
		b.AddASN1Int64(4097)
		b.AddASN1(cbasn1.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(d.at)) })
		if d.tail != nil {
			d.tail(b)
		}
	})
}

func (d *draft) token(t testing.TB) []byte {
	t.Helper()
	info := d.info()
	attributes := d.attributes(info)
	signed := sha256.Sum256(slices.Concat([]byte{byte(cbasn1.SET), byte(len(attributes))}, attributes)) // shorter than 128
	if len(attributes) > 127 {
		signed = sha256.Sum256(slices.Concat([]byte{byte(cbasn1.SET), 0x81, byte(len(attributes))}, attributes))
	}
	value, err := d.by.key.Sign(rand.Reader, signed[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	sha := build(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidSHA256) })
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2})
		b.AddASN1(tag(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(3)
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(sha) })
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidTSTInfo)
					b.AddASN1(tag(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(info) })
				})
				b.AddASN1(tag(0), func(b *cryptobyte.Builder) { b.AddBytes(d.by.certificate.Raw) })
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1Int64(1)
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddBytes(d.by.certificate.RawIssuer)
							b.AddASN1BigInt(d.by.certificate.SerialNumber)
						})
						b.AddBytes(sha)
						b.AddASN1(tag(0), func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}) // ecdsa-with-SHA256
						})
						b.AddASN1OctetString(value)
					})
				})
			})
		})
	})
}

func (d *draft) attributes(info []byte) []byte {
	digest := sha256.Sum256(info)
	all := [][]byte{
		attribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(d.contentType) }),
		attribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest[:]) }),
	}
	if d.named != nil {
		sum := sha256.Sum256(d.named.certificate.Raw)
		all = append(all, attribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}, func(b *cryptobyte.Builder) {
			id := build(func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) })
			ids := build(func(b *cryptobyte.Builder) { b.AddBytes(id) })
			b.AddBytes(build(func(b *cryptobyte.Builder) { b.AddBytes(ids) }))
		}))
	}
	slices.SortFunc(all, bytes.Compare)
	return slices.Concat(all...)
}

func attribute(oid asn1.ObjectIdentifier, value cryptobyte.BuilderContinuation) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(cbasn1.SET, value)
	})
}

// build writes a SEQUENCE.
func build(body cryptobyte.BuilderContinuation) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, body)
	return b.BytesOrPanic()
}
