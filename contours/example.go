package contours

import _ "embed"

//go:embed example.yaml
var example []byte

// Example returns a contours file to begin with: two head organisations with two subordinate ones each.
// All names in it are invented.
func Example() []byte { return append([]byte(nil), example...) }
