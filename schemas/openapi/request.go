package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// strict reads JSON and refuses fields that are not known: a misspelt one would silently have no effect.
// into is of a type without methods.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return document.Faults{document.NewFault(document.PacketMalformed, clip(strings.Trim(name, `"`)), "unknown field")}
	}
	var form *json.UnmarshalTypeError
	if errors.As(err, &form) {
		return document.Faults{document.NewFault(document.PacketMalformed, form.Field, form.Type.Kind().String())}
	}
	return err
}

// UnmarshalJSON refuses unknown fields, and more tasks than a packet can have before they take room.
func (v *Sending) UnmarshalJSON(text []byte) error {
	type plain Sending
	var list struct {
		Tasks []json.RawMessage `json:"tasks"`
	}
	if json.Unmarshal(text, &list) == nil && len(list.Tasks) > document.MaxTasks {
		return document.Faults{document.NewFault(document.PacketParts, "tasks", strconv.Itoa(len(list.Tasks)), strconv.Itoa(document.MaxTasks))}
	}
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *Decision) UnmarshalJSON(text []byte) error {
	type plain Decision
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *Report) UnmarshalJSON(text []byte) error {
	type plain Report
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *Confirmation) UnmarshalJSON(text []byte) error {
	type plain Confirmation
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *TaskSignature) UnmarshalJSON(text []byte) error {
	type plain TaskSignature
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *TaskNote) UnmarshalJSON(text []byte) error {
	type plain TaskNote
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *NewSignature) UnmarshalJSON(text []byte) error {
	type plain NewSignature
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *RuleQuestion) UnmarshalJSON(text []byte) error {
	type plain RuleQuestion
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *Rollback) UnmarshalJSON(text []byte) error {
	type plain Rollback
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *NewKey) UnmarshalJSON(text []byte) error {
	type plain NewKey
	return strict(text, (*plain)(v))
}

// UnmarshalJSON refuses unknown fields.
func (v *UploadRef) UnmarshalJSON(text []byte) error {
	type plain UploadRef
	return strict(text, (*plain)(v))
}
