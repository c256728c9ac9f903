package curve_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"math/big"
	"slices"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// p256 and p384 are curves that the standard library has too (SEC 2).
func p256() *curve.Curve {
	return curve.New(curve.Params{
		Name:     "P-256",
		P:        "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
		A:        "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC",
		B:        "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
		Q:        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
		X:        "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296",
		Y:        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
		Cofactor: 1,
	})
}

func p384() *curve.Curve {
	return curve.New(curve.Params{
		Name:     "P-384",
		P:        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF",
		A:        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFC",
		B:        "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF",
		Q:        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
		X:        "AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7",
		Y:        "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F",
		Cofactor: 1,
	})
}

// A second opinion: public keys and shared secrets of crypto/ecdh on its own curves.
func TestTheStandardLibraryAgrees(t *testing.T) {
	for _, c := range []struct {
		curve    *curve.Curve
		standard ecdh.Curve
	}{{p256(), ecdh.P256()}, {p384(), ecdh.P384()}} {
		r := referenceOf(c.curve)
		for range 50 {
			ours, err := r.RandomScalar(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := c.standard.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			own, err := c.standard.NewPrivateKey(fromOctets(ours.Octets()).FillBytes(make([]byte, r.Size())))
			if err != nil {
				t.Fatal(err)
			}
			public, _ := r.BaseMultiple(ours)
			if got, want := sec1(public), own.PublicKey().Bytes(); !bytes.Equal(got, want) {
				t.Errorf("public key %x, want %x", got, want)
			}
			q, err := r.ParsePoint(fromSEC1(r, theirs.PublicKey().Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			shared, _ := r.Combine(curve.Scalar{}, ours, q)
			want, err := own.ECDH(theirs.PublicKey())
			if err != nil {
				t.Fatal(err)
			}
			if got := shared.X(); fromOctets(got).Cmp(new(big.Int).SetBytes(want)) != 0 {
				t.Errorf("shared secret %x, want %x", got, want)
			}
		}
	}
}

// sec1 is the uncompressed form: 4, then the coordinates, big-endian.
func sec1(p curve.Point) []byte {
	octets := p.Octets()
	x, y := octets[:len(octets)/2], octets[len(octets)/2:]
	slices.Reverse(x)
	slices.Reverse(y)
	return slices.Concat([]byte{4}, x, y)
}

func fromSEC1(r *reference, octets []byte) []byte {
	x, y := new(big.Int).SetBytes(octets[1:1+r.Size()]), new(big.Int).SetBytes(octets[1+r.Size():])
	return r.pointOctets(&bigPoint{x, y})
}

func TestParametersThatAreNoCurvePanicAtFirstUse(t *testing.T) {
	good := p256().Params()
	for what, change := range map[string]func(p *curve.Params){
		"G not on the curve":   func(p *curve.Params) { p.Y = p.X },
		"no hex":               func(p *curve.Params) { p.B = "z" },
		"too long":             func(p *curve.Params) { p.B = p.P + p.P + p.P },
		"an order of 5 limbs":  func(p *curve.Params) { p.Q = "01" + p.Q },
		"a modulus of 5 limbs": func(p *curve.Params) { p.P, p.Q = "01"+p.P, "01"+p.Q },
	} {
		t.Run(what, func(t *testing.T) {
			params := good
			change(&params)
			c := curve.New(params)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			c.Size()
		})
	}
}

// Curves are shared by all goroutines from the first use on.
func TestAFreshCurveServesManyAtOnce(t *testing.T) {
	c := p256()
	results := make(chan []byte)
	for range 8 {
		go func() {
			p, _ := c.BaseMultiple(c.ReduceScalar([]byte{7}))
			results <- p.Octets()
		}()
	}
	first := <-results
	for range 7 {
		if !bytes.Equal(first, <-results) {
			t.Error("another result")
		}
	}
}

func FuzzParsePoint(f *testing.F) {
	curves := nationalCurves()
	for i, c := range curves {
		r := referenceOf(c)
		f.Add(uint8(i), r.pointOctets(r.g))
		f.Add(uint8(i), make([]byte, 2*r.Size()))
		f.Add(uint8(i), append(r.octets(r.p), r.octets(r.g.y)...))
	}
	f.Fuzz(func(t *testing.T, index uint8, octets []byte) {
		r := referenceOf(curves[int(index)%len(curves)])
		p, err := r.ParsePoint(octets)
		if len(octets) != 2*r.Size() {
			if err == nil {
				t.Error("a point of another length")
			}
			return
		}
		x, y := fromOctets(octets[:r.Size()]), fromOctets(octets[r.Size():])
		want := x.Cmp(r.p) < 0 && y.Cmp(r.p) < 0 && r.contains(&bigPoint{x, y}) && (r.h == 1 || r.multiply(r.q, &bigPoint{x, y}) == nil)
		if (err == nil) != want {
			t.Errorf("%v, want accepted: %v", err, want)
		}
		if err == nil && !bytes.Equal(p.Octets(), octets) {
			t.Errorf("comes back as %x", p.Octets())
		}
	})
}
