package curve_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

func wantRefused(t *testing.T, r *reference, what string, octets []byte) {
	t.Helper()
	if _, err := r.ParsePoint(octets); !errors.Is(err, curve.ErrPoint) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestPointsAreParsedStrictly(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		good := r.pointOctets(r.g)
		if p, err := r.ParsePoint(good); err != nil || !bytes.Equal(p.Octets(), good) || p.Curve() != r.Curve {
			t.Fatalf("G: %v", err)
		}
		wantRefused(t, r, "nothing", nil)
		wantRefused(t, r, "an octet less", good[:len(good)-1])
		wantRefused(t, r, "an octet more", append(bytes.Clone(good), 0))
		wantRefused(t, r, "uncompressed form of SEC 1", append([]byte{4}, good...))
		wantRefused(t, r, "X alone", good[:r.Size()])
		wantRefused(t, r, "zero", make([]byte, 2*r.Size()))
		wantRefused(t, r, "ones", bytes.Repeat([]byte{0xFF}, 2*r.Size()))
		wantRefused(t, r, "infinity as (0, 1)", append(make([]byte, r.Size()), r.octets(big.NewInt(1))...))
		for i := range 8 * len(good) {
			flipped := bytes.Clone(good)
			flipped[i/8] ^= 1 << (i % 8)
			wantRefused(t, r, "a flipped bit", flipped)
		}
	})
}

// A coordinate has one encoding: that plus p is refused where it fits.
func TestCoordinatesAreBelowP(t *testing.T) {
	limit := func(r *reference) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(8*r.Size())) }
	eachCurve(t, func(t *testing.T, r *reference) {
		wantRefused(t, r, "x = p", append(r.octets(r.p), r.octets(r.g.y)...))
		for _, p := range []*bigPoint{r.g, r.smallest(t)} {
			if x := new(big.Int).Add(p.x, r.p); x.Cmp(limit(r)) < 0 {
				wantRefused(t, r, "x + p", append(r.octets(x), r.octets(p.y)...))
			}
			if y := new(big.Int).Add(p.y, r.p); y.Cmp(limit(r)) < 0 {
				wantRefused(t, r, "y + p", append(r.octets(p.x), r.octets(y)...))
			}
		}
	})
}

// smallest is the point of the group with the smallest x.
func (r *reference) smallest(t *testing.T) *bigPoint {
	for x := new(big.Int); x.Cmp(big.NewInt(1000)) < 0; x.Add(x, big.NewInt(1)) {
		if y := new(big.Int).ModSqrt(r.rightSide(x), r.p); y != nil {
			if p := (&bigPoint{new(big.Int).Set(x), y}); r.multiply(r.q, p) == nil {
				if _, err := r.ParsePoint(r.pointOctets(p)); err != nil {
					t.Errorf("x = %d: %v", x, err)
				}
				return p
			}
		}
	}
	t.Fatal("no small x")
	return nil
}

// onCurve is a random point of the whole curve.
func (r *reference) onCurve() *bigPoint {
	for {
		x, _ := rand.Int(rand.Reader, r.p)
		if y := new(big.Int).ModSqrt(r.rightSide(x), r.p); y != nil {
			return &bigPoint{x, y}
		}
	}
}

// A quarter of the points of the Edwards curves lie in the group of the base point: the others are refused, those
// of order 2 and 4 too. On the other curves every point is in the group.
func TestPointsOutsideTheGroupAreRefused(t *testing.T) {
	eachCurve(t, func(t *testing.T, r *reference) {
		orders, draws := map[int64]int{}, 80
		if r.h == 1 {
			draws = 10
		}
		for range draws {
			p := r.onCurve()
			small := r.multiply(r.q, p) // of an order that divides the cofactor
			if small == nil {
				orders[1]++
				if _, err := r.ParsePoint(r.pointOctets(p)); err != nil {
					t.Fatal(err)
				}
				continue
			}
			order := int64(2)
			if r.add(small, small) != nil {
				order = 4
			}
			orders[order]++
			wantRefused(t, r, "a point outside", r.pointOctets(p))
			wantRefused(t, r, "a point of small order", r.pointOctets(small))
			wantRefused(t, r, "a public key moved by a small point", r.pointOctets(r.add(r.g, small)))
		}
		if r.h == 1 && orders[1] != draws || r.h == 4 && (orders[2] == 0 || orders[4] == 0) {
			t.Errorf("orders %v", orders)
		}
	})
}
