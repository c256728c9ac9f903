package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

const (
	usualPage   = 50
	largestPage = 1000
)

// page reads the parameters of a list.
func page(after *string, limit *int) (record.Page, error) {
	p := record.Page{Limit: usualPage, After: value(after)}
	if limit != nil {
		if *limit < 1 || *limit > largestPage {
			return p, bad("limit", fmt.Sprintf("1–%d", largestPage))
		}
		p.Limit = *limit
	}
	if len(p.After) > 200 {
		return p, bad("after", "a cursor of this list")
	}
	return p, nil
}

// listError takes the failure of a list with a cursor, from a record that answers otherwise, for a cursor that is
// not one of this list.
func (d *door) listError(ctx context.Context, after *string, err error) error {
	if value(after) != "" && ctx.Err() == nil && d.Record.Ping(ctx) == nil {
		return bad("after", "a cursor of this list")
	}
	return err
}

// keyAfter reads a cursor that is a key.
func keyAfter(after string) (record.Key, error) {
	if after == "" {
		return record.Key{}, nil
	}
	key, err := record.ParseKey(after)
	if err != nil {
		return key, bad("after", "a cursor of this list")
	}
	return key, nil
}

// value is what a parameter says, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// short demands that a free text keeps within limit characters.
func short(field, text string, limit int) error {
	if utf8.RuneCountInString(text) > limit {
		return document.Faults{document.NewFault(document.PacketText, field, fmt.Sprint(limit))}
	}
	return nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	return err
}

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client is gone
	return nil
}

// VisitGetPacketBodyResponse writes the answer.
func (p packetJSON) VisitGetPacketBodyResponse(w http.ResponseWriter) error {
	return writeJSON(w, http.StatusOK, p)
}
