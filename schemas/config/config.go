// Package config publishes the JSON Schemas of the files that people write to set the hub up. An editor
// that is given the schema completes fields, shows what they mean and marks what is wrong while typing.
package config

import _ "embed"

//go:embed contours.schema.json
var contours []byte

// ContoursURL is the identity of the schema of the contours file, and the base of its definitions.
const ContoursURL = "https://smdo-hub.example/schemas/contours.schema.json"

// ContoursSchema returns the schema of the contours file: organisations, contours, participants, trust.
func ContoursSchema() []byte { return append([]byte(nil), contours...) }
