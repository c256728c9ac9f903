package belt_test

import (
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/belt"
)

func Example() {
	h := belt.New()
	fmt.Fprint(h, "Поручение исполнено.")
	fmt.Printf("%x\n", h.Sum(nil))
	// Output: b20a240f50b1868051f323df426e8ae415dc4b58f03aaa67d3bdb6c99fa35490
}
