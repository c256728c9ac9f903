package sqlite

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

const maxPage = 1000

func bounded(limit int) int { return min(max(limit, 1), maxPage) }

var errCursor = errors.New("not a cursor of this list")

// cursor is where a page ended: opaque to those who carry it. The parts are in the order of the list's key.
func cursor(parts ...any) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		switch p := p.(type) {
		case record.Key:
			texts[i] = p.Hex()
		default:
			texts[i] = fmt.Sprint(p)
		}
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(texts, "\n")))
}

// parseCursor reads what cursor wrote into to: *record.Key, *int64 or *string.
func parseCursor(c string, to ...any) error {
	raw, err := base64.RawURLEncoding.DecodeString(c)
	parts := strings.SplitN(string(raw), "\n", len(to))
	if err != nil || len(parts) != len(to) {
		return fmt.Errorf("%q: %w", c, errCursor)
	}
	for i, part := range parts {
		switch to := to[i].(type) {
		case *record.Key:
			n := 0
			if len(part) == hex.EncodedLen(len(to)) {
				n, err = hex.Decode(to[:], []byte(part))
			}
			if err == nil && n != len(to) {
				err = errCursor
			}
		case *int64:
			*to, err = strconv.ParseInt(part, 10, 64)
		case *string:
			*to = part
		}
		if err != nil {
			return fmt.Errorf("%q: %w", c, errCursor)
		}
	}
	return nil
}

// direction says how a list runs: the comparison that goes on after a row, and the order.
func direction(newest bool) (after, order string) {
	if newest {
		return "<", "DESC"
	}
	return ">", "ASC"
}

// lastKey is behind all keys.
var lastKey = record.Key([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))

// rows turns pointers into values.
func rows[T any](p []*T, err error) ([]T, error) {
	if err != nil || len(p) == 0 {
		return nil, err
	}
	all := make([]T, len(p))
	for i := range p {
		all[i] = *p[i]
	}
	return all, nil
}
