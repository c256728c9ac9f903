// Package openapi is the contract of the hub's HTTP API, v1: the OpenAPI document smdo.yaml, and what is made
// from it.
//
// Organisations' programmers connect their document-management systems by this contract, so it is the document
// that counts: types, client and server seam are generated from it (openapi.gen.go). Only the packet itself is
// written and read by hand, in packet.go, because it is the vocabulary of package document and must pass without
// loss; a test holds it to the schema.
//
// A program in Go begins with NewClientWithResponses("https://hub.example/api/v1", WithKey("smdo_…")).
package openapi

//go:generate go tool -modfile=../../.tools/go.mod oapi-codegen -config oapi-codegen.yaml smdo.yaml

import (
	"context"
	_ "embed"
	"net/http"
)

//go:embed smdo.yaml
var spec []byte

// Spec returns the OpenAPI document (YAML).
func Spec() []byte { return append([]byte(nil), spec...) }

// BasePath is where the API stands on its host.
const BasePath = "/api/v1"

// WithKey makes a client authorize itself with an API key.
func WithKey(key string) ClientOption {
	return WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+key)
		return nil
	})
}
