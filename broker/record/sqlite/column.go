package sqlite

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The types of columns that are not plain numbers and texts. A field of a row is named once, as a pointer to
// one of these (or to int, int64, bool or string), for reading and for writing alike.
type (
	key     record.Key      // BLOB(16); NULL when zero
	claim   record.ClaimKey // BLOB(16)
	salt    [16]byte
	digest  [32]byte
	instant time.Time     // Unix nanoseconds, read as UTC; 0 when zero
	day     document.Date // YYYY-MM-DD; '' when zero
	octets  []byte        // BLOB; nil when empty
	codes   []document.ParticipantCode
	digests map[string][]byte
	headers map[string]string
)

func (k *key) Scan(v any) error    { return scanOctets(k[:], v) }
func (k *claim) Scan(v any) error  { return scanOctets(k[:], v) }
func (s *salt) Scan(v any) error   { return scanOctets(s[:], v) }
func (d *digest) Scan(v any) error { return scanOctets(d[:], v) }

func scanOctets(to []byte, v any) error {
	switch b, _ := v.([]byte); {
	case v == nil:
		clear(to)
	case len(b) == len(to):
		copy(to, b)
	default:
		return fmt.Errorf("want %d octets, got %T of %d", len(to), v, len(b))
	}
	return nil
}

func (o *octets) Scan(v any) error {
	*o = nil
	if b, _ := v.([]byte); len(b) > 0 {
		*o = bytes.Clone(b)
	}
	return nil
}

func (t *instant) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("want nanoseconds, got %T", v)
	}
	*t = instant{}
	if n != 0 {
		*t = instant(time.Unix(0, n).UTC())
	}
	return nil
}

func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func (d *day) Scan(v any) error {
	s, _ := v.(string)
	parsed, err := document.ParseDate(s)
	*d = day(parsed)
	return err
}

func (c *codes) Scan(v any) error {
	*c = nil
	if s, _ := v.(string); s != "" {
		for code := range strings.SplitSeq(s, "\n") {
			*c = append(*c, document.ParticipantCode(code))
		}
	}
	return nil
}

func (c codes) lines() string {
	var b strings.Builder
	for i, code := range c {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(code))
	}
	return b.String()
}

func (d *digests) Scan(v any) error { return scanJSON(d, v) }
func (h *headers) Scan(v any) error { return scanJSON(h, v) }

func scanJSON(to, v any) error {
	s, _ := v.(string)
	return json.Unmarshal([]byte(s), to)
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // maps of strings and octets always can be written
		panic(err)
	}
	return string(b)
}

// value is what a field's pointer is stored as.
func value(field any) driver.Value {
	switch f := field.(type) {
	case *string:
		return *f
	case *int:
		return int64(*f)
	case *int64:
		return *f
	case *bool:
		return *f
	case *octets:
		if *f == nil {
			return []byte{}
		}
		return []byte(*f)
	case *key:
		return keyValue(record.Key(*f))
	case *claim:
		return f[:]
	case *salt:
		return f[:]
	case *digest:
		return f[:]
	case *instant:
		return nanoseconds(time.Time(*f))
	case *day:
		return document.Date(*f).String()
	case *codes:
		return f.lines()
	case *digests:
		return toJSON(*f)
	case *headers:
		return toJSON(*f)
	}
	panic(fmt.Sprintf("no column for %T", field))
}

func keyValue(k record.Key) driver.Value {
	if k.IsZero() {
		return nil
	}
	return k[:]
}
