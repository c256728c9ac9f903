package gost94_test

import (
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/gost94"
)

func Example() {
	h := gost94.New()
	fmt.Fprint(h, "Поручение исполнено.")
	fmt.Printf("%x\n", h.Sum(nil))
	// Output: 76f5261e4cc9c29b19d84b70fffabe7add20c4494acf074514973962e754a4d3
}
