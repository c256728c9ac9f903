package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The types of fields that are no plain numbers and texts. A row names each of its fields once, as a pointer
// to one of these (or to int, int64, bool, string, []byte), for reading and for writing alike.
type (
	key     record.Key // uuid; the zero key is the zero UUID
	claim   record.ClaimKey
	salt    [16]byte
	digest  [32]byte
	small   int           // smallint
	instant time.Time     // timestamptz, read as UTC; null when zero
	nanos   time.Time     // bigint, Unix nanoseconds, read as UTC; 0 when zero
	day     document.Date // text YYYY-MM-DD; '' when zero
	codes   []document.ParticipantCode
	digests map[string][]byte
	headers map[string]string
)

func (k *key) ScanUUID(v pgtype.UUID) error   { *k = v.Bytes; return nil }
func (k *claim) ScanUUID(v pgtype.UUID) error { *k = v.Bytes; return nil }
func (d *digest) ScanBytes(v []byte) error    { return scanOctets(d[:], v) }
func (s *salt) ScanBytes(v []byte) error      { return scanOctets(s[:], v) }

func scanOctets(to, v []byte) error {
	if len(v) != len(to) {
		return fmt.Errorf("want %d octets, got %d", len(to), len(v))
	}
	copy(to, v)
	return nil
}

func (t *instant) ScanTimestamptz(v pgtype.Timestamptz) error {
	*t = instant{}
	if v.Valid {
		*t = instant(v.Time.UTC())
	}
	return nil
}

func (n *nanos) ScanInt64(v pgtype.Int8) error {
	*n = nanos{}
	if v.Int64 != 0 {
		*n = nanos(time.Unix(0, v.Int64).UTC())
	}
	return nil
}

func (n nanos) nanoseconds() int64 {
	if time.Time(n).IsZero() {
		return 0
	}
	return time.Time(n).UnixNano()
}

// ScanText reads what String of a document.Date wrote, also a day that no calendar has.
func (d *day) ScanText(v pgtype.Text) error {
	*d = day{}
	if v.String == "" {
		return nil
	}
	if _, err := fmt.Sscanf(v.String, "%d-%d-%d", &d.Year, &d.Month, &d.Day); err != nil {
		return fmt.Errorf("day %q: %w", v.String, err)
	}
	return nil
}

func (c *codes) ScanText(v pgtype.Text) error {
	*c = nil
	if v.String != "" {
		for code := range strings.SplitSeq(v.String, "\n") {
			*c = append(*c, document.ParticipantCode(code))
		}
	}
	return nil
}

func (c codes) lines() string {
	list := make([]string, len(c))
	for i, code := range c {
		list[i] = string(code)
	}
	return strings.Join(list, "\n")
}

func (d *digests) ScanText(v pgtype.Text) error { return json.Unmarshal([]byte(v.String), d) }
func (h *headers) ScanText(v pgtype.Text) error { return json.Unmarshal([]byte(v.String), h) }

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // maps of texts and octets can always be written
		panic(err)
	}
	return string(b)
}

// add appends the value of a field to the array of its column.
func (a *array) add(field any, sqlType string) {
	switch f := field.(type) {
	case *string:
		a.text(*f)
	case *int:
		a.number(int64(*f), sqlType)
	case *int64:
		a.bigint(*f)
	case *bool:
		a.boolean(*f)
	case *[]byte:
		a.octets(*f)
	case *key:
		a.octets(f[:])
	case *claim:
		a.octets(f[:])
	case *salt:
		a.octets(f[:])
	case *digest:
		a.octets(f[:])
	case *small:
		a.length(2)
		a.buf = append(a.buf, byte(*f>>8), byte(*f))
	case *instant:
		a.instant(time.Time(*f))
	case *nanos:
		a.bigint(f.nanoseconds())
	case *day:
		a.text(document.Date(*f).String())
	case *codes:
		a.text(f.lines())
	case *digests:
		a.text(toJSON(*f))
	case *headers:
		a.text(toJSON(*f))
	default:
		panic(fmt.Sprintf("no column for %T", field))
	}
}

func (a *array) number(v int64, sqlType string) {
	if sqlType == "integer" {
		a.integer(int32(v))
	} else {
		a.bigint(v)
	}
}
