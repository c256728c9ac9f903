package bash_test

import (
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/bash"
)

func Example() {
	h := bash.New256()
	fmt.Fprint(h, "Поручение исполнено.")
	fmt.Printf("%x\n", h.Sum(nil))
	// Output: 35b686a18376983bd3a6df84996f2de7be2d7ee7d8c4b50ce82b9f6e12697050
}
