package curve_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// eachCurve runs a test on every curve of both schemes.
func eachCurve(t *testing.T, test func(t *testing.T, r *reference)) {
	for _, c := range nationalCurves() {
		t.Run(c.Params().Name, func(t *testing.T) { test(t, referenceOf(c)) })
	}
}

func mustScalar(t interface{ Fatal(...any) }, r *reference, n *big.Int) curve.Scalar {
	s, err := r.ParseScalar(r.octets(n))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustPoint(t interface{ Fatal(...any) }, r *reference, p *bigPoint) curve.Point {
	point, err := r.ParsePoint(r.pointOctets(p))
	if err != nil {
		t.Fatal(err)
	}
	return point
}

func TestBasePointsGenerateGroupsOfTheirOrder(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		if !r.p.ProbablyPrime(20) || !r.q.ProbablyPrime(20) {
			t.Error("p or q is not prime")
		}
		if !r.contains(r.g) {
			t.Error("G is not on the curve")
		}
		if r.multiply(r.q, r.g) != nil {
			t.Error("q·G is not infinity")
		}
		// Hasse: the number of points differs from p+1 by at most 2√p, so the cofactor is this one.
		away := new(big.Int).Mul(r.q, big.NewInt(r.h))
		away.Sub(away, r.p).Sub(away, big.NewInt(1))
		if away.Mul(away, away).Cmp(new(big.Int).Lsh(r.p, 2)) > 0 {
			t.Error("the cofactor is another")
		}
		minus := mustScalar(t, r, new(big.Int).Sub(r.q, big.NewInt(1)))
		if p, finite := r.BaseMultiple(minus); !finite || !bytes.Equal(p.Octets(), r.pointOctets(r.negate(r.g))) {
			t.Error("(q-1)·G is not -G")
		}
		if _, finite := r.Combine(minus, mustScalar(t, r, big.NewInt(1)), mustPoint(t, r, r.g)); finite {
			t.Error("(q-1)·G + G is not infinity")
		}
	})
}

// scalars draws near zero, near q, few bits, and any.
func scalars(r *reference) *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		n := new(big.Int)
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			n.SetInt64(rapid.Int64Range(0, 300).Draw(t, "small"))
		case 1:
			n.SetInt64(-rapid.Int64Range(1, 300).Draw(t, "below q"))
		case 2:
			n.SetBit(n, rapid.IntRange(0, 8*r.Size()-1).Draw(t, "bit"), 1)
			n.Add(n, big.NewInt(rapid.Int64Range(-40, 40).Draw(t, "beside")))
		default:
			n.SetBytes(rapid.SliceOfN(rapid.Byte(), r.Size(), r.Size()).Draw(t, "octets"))
		}
		return n.Mod(n, r.q)
	})
}

// With Q = k·G for small k the parts of the sum meet each other: equal points, opposite ones, infinity.
func TestSumsOfMultiplesAgreeWithTheSchoolbook(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		rapid.Check(t, func(t *rapid.T) {
			u, v := scalars(r).Draw(t, "u"), scalars(r).Draw(t, "v")
			k := big.NewInt(rapid.Int64Range(1, 40).Draw(t, "k"))
			if rapid.Bool().Draw(t, "negative") {
				k.Sub(r.q, k)
			}
			q, finite := r.BaseMultiple(mustScalar(t, r, k))
			if !finite {
				t.Fatal("k·G is infinity")
			}
			sum := new(big.Int).Mul(v, k)
			sum.Add(sum, u).Mod(sum, r.q)
			want := r.multiplyBase(sum)
			got, finite := r.Combine(mustScalar(t, r, u), mustScalar(t, r, v), q)
			if finite != (want != nil) {
				t.Fatalf("finite: %v, want %v", finite, want)
			}
			if finite && !bytes.Equal(got.Octets(), r.pointOctets(want)) {
				t.Errorf("got %x, want %x", got.Octets(), r.pointOctets(want))
			}
		})
	})
}

func TestMultiplesOfAnyPointAgreeWithTheSchoolbook(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		for range 8 {
			k, _ := rand.Int(rand.Reader, r.q)
			u, _ := rand.Int(rand.Reader, r.q)
			v, _ := rand.Int(rand.Reader, r.q)
			q := r.multiplyBase(k)
			want := r.add(r.multiplyBase(u), r.multiply(v, q))
			got, _ := r.Combine(mustScalar(t, r, u), mustScalar(t, r, v), mustPoint(t, r, q))
			if !bytes.Equal(got.Octets(), r.pointOctets(want)) {
				t.Errorf("%x·G + %x·(%x, %x): got %x", u, v, q.x, q.y, got.Octets())
			}
		}
	})
}

func TestTheGroupLawHolds(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		rapid.Check(t, func(t *rapid.T) {
			one := mustScalar(t, r, big.NewInt(1))
			a, b := mustScalar(t, r, scalars(r).Draw(t, "a")), mustScalar(t, r, scalars(r).Draw(t, "b"))
			pa, finiteA := r.BaseMultiple(a)
			pb, finiteB := r.BaseMultiple(b)
			if !finiteA || !finiteB {
				return
			}
			same := func(law string, p curve.Point, finite bool, q curve.Point, alsoFinite bool) {
				if finite != alsoFinite || finite && !bytes.Equal(p.Octets(), q.Octets()) {
					t.Error(law)
				}
			}
			sum, finite := r.BaseMultiple(a.Add(b))
			left, alsoFinite := r.Combine(a, one, pb)
			same("aG + bG = (a+b)G", sum, finite, left, alsoFinite)
			right, alsoFinite := r.Combine(b, one, pa)
			same("aG + bG = bG + aG", left, finite, right, alsoFinite)
			product, finite := r.BaseMultiple(a.Mul(b))
			left, alsoFinite = r.Combine(curve.Scalar{}, a, pb)
			same("a(bG) = (ab)G", product, finite, left, alsoFinite)
			difference, finite := r.BaseMultiple(a.Sub(b))
			left, alsoFinite = r.Combine(a, one.Neg(), pb)
			same("aG - bG = (a-b)G", difference, finite, left, alsoFinite)
		})
	})
}

func TestScalarsAgreeWithBigIntegers(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		rapid.Check(t, func(t *rapid.T) {
			x, y := scalars(r).Draw(t, "x"), scalars(r).Draw(t, "y")
			a, b := mustScalar(t, r, x), mustScalar(t, r, y)
			for law, c := range map[string]struct {
				got  curve.Scalar
				want *big.Int
			}{
				"x+y":   {a.Add(b), new(big.Int).Add(x, y)},
				"x-y":   {a.Sub(b), new(big.Int).Sub(x, y)},
				"-x":    {a.Neg(), new(big.Int).Neg(x)},
				"xy":    {a.Mul(b), new(big.Int).Mul(x, y)},
				"x/x·y": {a.Inverse().Mul(a).Mul(b), new(big.Int).Mul(big.NewInt(int64(x.Sign())), y)},
			} {
				if got := fromOctets(c.got.Octets()); got.Cmp(c.want.Mod(c.want, r.q)) != 0 {
					t.Errorf("%s: got %x, want %x", law, got, c.want)
				}
			}
			if a.Equal(b) != (x.Cmp(y) == 0) || a.IsZero() != (x.Sign() == 0) {
				t.Error("Equal or IsZero")
			}
		})
	})
}

func TestScalarsAreParsedStrictly(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		limit := new(big.Int).Lsh(big.NewInt(1), uint(8*r.Size()))
		for _, n := range []*big.Int{r.q, new(big.Int).Add(r.q, big.NewInt(1)), new(big.Int).Sub(limit, big.NewInt(1))} {
			if _, err := r.ParseScalar(r.octets(n)); !errors.Is(err, curve.ErrScalar) {
				t.Errorf("%x: %v", n, err)
			}
			want := new(big.Int).Mod(n, r.q)
			if got := fromOctets(r.ReduceScalar(r.octets(n)).Octets()); got.Cmp(want) != 0 {
				t.Errorf("%x modulo q: got %x, want %x", n, got, want)
			}
		}
		for _, octets := range [][]byte{nil, make([]byte, r.Size()-1), make([]byte, r.Size()+1)} {
			if _, err := r.ParseScalar(octets); !errors.Is(err, curve.ErrScalar) {
				t.Errorf("%d octets: %v", len(octets), err)
			}
		}
		defer func() {
			if recover() == nil {
				t.Error("more than Size octets were reduced")
			}
		}()
		r.ReduceScalar(make([]byte, r.Size()+1))
	})
}

func TestRandomScalarsFailWithTheirSource(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		if _, err := r.RandomScalar(bytes.NewReader(make([]byte, r.Size()+1))); err == nil {
			t.Error("zero was accepted, or a source that ended")
		}
		ones := bytes.Repeat([]byte{0xFF}, r.Size()) // not below q, so the next draw counts
		s, err := r.RandomScalar(bytes.NewReader(append(ones, r.octets(big.NewInt(7))...)))
		if err != nil || !s.Equal(mustScalar(t, r, big.NewInt(7))) {
			t.Errorf("%v, %v", s, err)
		}
	})
}
