package curve

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

func TestUnrolledIsWhatGenerateWrites(t *testing.T) {
	again := filepath.Join(t.TempDir(), "unrolled.go")
	if out, err := exec.Command("go", "run", "generate.go", "-o", again).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := os.ReadFile(again)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("unrolled.go"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("unrolled.go is another: run go generate; %v", err)
	}
}

// toBig reads a plain integer.
func (e element) toBig() *big.Int {
	n := new(big.Int)
	for i := len(e) - 1; i >= 0; i-- {
		n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(e[i]))
	}
	return n
}

func elementOf(n *big.Int) (e element) {
	for i, word := range new(big.Int).Set(n).Bits() {
		e[i] = uint64(word)
	}
	return e
}

// moduli are primes of each size and of each form: near 2^(64n), just above half of it, and without any pattern.
func moduli() map[string]*modulus {
	m := map[string]*modulus{}
	for _, p := range []string{
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF43",
		"8000000000000000000000000000000000000000000000000000000000000431",
		"9B9F605F5A858107AB1EC85E6B41C8AACF846E86789051D37998F7B9022D759B",
		"400000000000000000000000000000000FD8CDDFC87B6635C115AF556C360C67",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEC3",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE6CCCC40373AF7BBB8046DAE7A6A4FF0A3DB7DC3FF30CA7B7",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC7",
		"4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15DF1D852741AF4704A0458047E80E4546D35B8336FAC224DD81664BBF528BE6373",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF27E69532F48D89116FF22B8D4E0560609B4B38ABFAD2B85DCACDB1411F10B275",
	} {
		n, _ := new(big.Int).SetString(p, 16)
		m[fmt.Sprintf("%T of %s", newModulus(elementOf(n)).field, p[:20])] = newModulus(elementOf(n))
	}
	return m
}

// residue draws what the field's operations may be given: edges as often as the rest, and for near2^n fields
// residues at and above p too.
func residue(m *modulus, label string) *rapid.Generator[element] {
	return rapid.Custom(func(t *rapid.T) element {
		limit := new(big.Int).Lsh(big.NewInt(1), uint(64*m.limbs))
		near := uint64(0)
		switch f := m.field.(type) {
		case *near4:
			near = f.c
		case *near6:
			near = f.c
		case *near8:
			near = f.c
		}
		if near == 0 {
			limit = m.p.toBig()
		}
		var n *big.Int
		switch rapid.IntRange(0, 3).Draw(t, label+" kind") {
		case 0:
			n = new(big.Int).SetUint64(rapid.Uint64Range(0, 1<<20).Draw(t, label))
		case 1:
			n = new(big.Int).Sub(limit, new(big.Int).SetUint64(rapid.Uint64Range(1, 1<<20).Draw(t, label)))
		case 2: // limbs all zeros or all ones
			n = new(big.Int)
			for range m.limbs {
				n.Lsh(n, 64)
				if rapid.Bool().Draw(t, label) {
					n.Or(n, new(big.Int).SetUint64(1<<64-1))
				}
			}
		default:
			n = new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 8*m.limbs, 8*m.limbs).Draw(t, label))
		}
		return elementOf(n.Mod(n, limit))
	})
}

func TestFieldsAgreeWithBigIntegers(t *testing.T) {
	for name, m := range moduli() {
		t.Run(name, func(t *testing.T) {
			p := m.p.toBig()
			value := func(e element) *big.Int { return m.leave(e).toBig() }
			same := func(t *rapid.T, what string, got element, want *big.Int) {
				if want.Mod(want, p); value(got).Cmp(want) != 0 {
					t.Errorf("%s: got %x, want %x", what, value(got), want)
				}
			}
			rapid.Check(t, func(t *rapid.T) {
				x, y := residue(m, "x").Draw(t, "x"), residue(m, "y").Draw(t, "y")
				bx, by := value(x), value(y)
				var z element
				m.mul(&z, &x, &y)
				same(t, "x·y", z, new(big.Int).Mul(bx, by))
				m.sqr(&z, &x)
				same(t, "x²", z, new(big.Int).Mul(bx, bx))
				m.add(&z, &x, &y)
				same(t, "x+y", z, new(big.Int).Add(bx, by))
				m.sub(&z, &x, &y)
				same(t, "x-y", z, new(big.Int).Sub(bx, by))
				m.half(&z, &x)
				m.add(&z, &z, &z)
				same(t, "x/2+x/2", z, bx)
				z = x
				m.mul(&z, &z, &z)
				m.sub(&z, &z, &z)
				if !m.isZero(&z) {
					t.Errorf("x²-x² is %x", z)
				}
				if m.isZero(&x) != (bx.Sign() == 0) {
					t.Errorf("isZero(%x)", x)
				}
			})
		})
	}
}

func TestInverses(t *testing.T) {
	for name, m := range moduli() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				x := residue(m, "x").Draw(t, "x")
				var inverse, product element
				m.invert(&inverse, &x)
				m.mul(&product, &inverse, &x)
				want := int64(1)
				if m.isZero(&x) {
					want = 0
				}
				if got := m.leave(product).toBig(); got.Cmp(big.NewInt(want)) != 0 {
					t.Errorf("x·1/x = %x", got)
				}
			})
		})
	}
}

func TestIntegersEnterAndLeave(t *testing.T) {
	for name, m := range moduli() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				x := residue(m, "x").Draw(t, "x")
				x = elementOf(new(big.Int).Mod(x.toBig(), m.p.toBig()))
				if got := m.leave(m.enter(x)); got != x {
					t.Errorf("got %x, want %x", got, x)
				}
			})
		})
	}
}

func BenchmarkField(b *testing.B) {
	for name, m := range moduli() {
		x, y := m.enter(element{3, 5, 7, 9}), m.enter(element{11, 13, 15})
		for op, do := range map[string]func(){
			"mul":    func() { m.mul(&x, &x, &y) },
			"sqr":    func() { m.sqr(&x, &x) },
			"add":    func() { m.add(&x, &x, &y) },
			"sub":    func() { m.sub(&x, &x, &y) },
			"invert": func() { m.invert(&x, &x) },
		} {
			b.Run(name+"/"+op, func(b *testing.B) {
				for b.Loop() {
					do()
				}
			})
		}
	}
}
