package curve_test

import (
	"fmt"
	"log"

	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
)

// What a verification asks of a curve: u·G + v·Q. Here Q = 2·G, and so 3·G + (q-1)·Q is G, whose x is 1.
func ExampleCurve_Combine() {
	c := gost3410.ParameterSets()[1].Curve()
	one, two, three := c.ReduceScalar([]byte{1}), c.ReduceScalar([]byte{2}), c.ReduceScalar([]byte{3})
	doubled, _ := c.BaseMultiple(two)
	q, err := c.ParsePoint(doubled.Octets())
	if err != nil {
		log.Fatal(err)
	}
	sum, finite := c.Combine(three, one.Neg(), q)
	fmt.Println(c.Params().Name, finite)
	fmt.Printf("%x\n", sum.X())
	_, finite = c.Combine(two.Neg(), one, q)
	fmt.Println(finite)
	// Output:
	// CryptoPro A true
	// 0100000000000000000000000000000000000000000000000000000000000000
	// false
}
