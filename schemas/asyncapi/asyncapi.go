// Package asyncapi is the contract of the bus: what a connector that speaks NATS may ask of the hub, in the
// form of AsyncAPI 3.0. A test of package broker holds it against the code.
package asyncapi

import _ "embed"

//go:embed smdo.yaml
var document []byte

// Document returns the AsyncAPI document.
func Document() []byte { return append([]byte(nil), document...) }
