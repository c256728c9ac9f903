package streebog_test

import (
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/streebog"
)

func Example() {
	h := streebog.New256()
	fmt.Fprint(h, "Поручение исполнено.")
	fmt.Printf("%x\n", h.Sum(nil))
	// Output: 6d44ed8b8004cf235216fb0f13500d02dcc61a0b3bca0c0469d08eedd28dfcce
}
