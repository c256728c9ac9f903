package contours

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var (
	errDuration = errors.New("30m, 72h, 5d ≤ 366d")
	errSize     = errors.New("4096, 512KiB, 20MiB, 4GiB ≤ 1048576GiB")
	errDay      = errors.New("YYYY-MM-DD")
	errTime     = errors.New("2026-11-25T12:00:00Z")
)

// Duration is a length of time as people write it in the file: "30m", "72h", "5d".
type Duration time.Duration

// The units of Duration, longest first.
var durationUnits = [...]struct {
	suffix string
	length time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}}

const maxDuration = 366 * 24 * time.Hour

// UnmarshalText reads a whole number of days, hours or minutes, up to a year.
func (d *Duration) UnmarshalText(text []byte) error {
	for _, u := range durationUnits {
		digits, found := strings.CutSuffix(string(text), u.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil || n > uint64(maxDuration/u.length) {
			break
		}
		*d = Duration(time.Duration(n) * u.length)
		return nil
	}
	return errDuration
}

// MarshalText writes the form that UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the shortest exact form: "3d", "72h" is "3d".
func (d Duration) String() string {
	for _, u := range durationUnits {
		if time.Duration(d)%u.length == 0 && d != 0 {
			return strconv.FormatInt(int64(time.Duration(d)/u.length), 10) + u.suffix
		}
	}
	return "0m"
}

// Size is a number of bytes as people write it in the file: 4096, "512KiB", "20MiB", "4GiB".
type Size int64

// The units of Size, largest first.
var sizeUnits = [...]struct {
	suffix string
	bytes  int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

const maxSize = 1 << 50

// UnmarshalJSON reads a whole number of bytes, or text with a unit, up to a pebibyte.
func (s *Size) UnmarshalJSON(text []byte) error {
	plain := strings.Trim(string(text), `"`)
	for _, u := range sizeUnits {
		digits, found := strings.CutSuffix(plain, u.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || n > uint64(maxSize/u.bytes) {
			break
		}
		*s = Size(int64(n) * u.bytes)
		return nil
	}
	return errSize
}

// MarshalText writes the form with the largest unit that is exact.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String is the form with the largest unit that is exact.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if int64(s)%u.bytes == 0 && s != 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return "0"
}

// Day is a calendar day in the file, YYYY-MM-DD. The zero value means: none.
type Day document.Date

// UnmarshalText reads YYYY-MM-DD.
func (d *Day) UnmarshalText(text []byte) error {
	date, err := document.ParseDate(string(text))
	if err != nil {
		return errDay
	}
	*d = Day(date)
	return nil
}

// MarshalText writes YYYY-MM-DD, or nothing for the zero Day.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String writes YYYY-MM-DD, or nothing for the zero Day.
func (d Day) String() string { return document.Date(d).String() }

func (d Day) isZero() bool { return document.Date(d).IsZero() }

// unit says what is wrong with a value of the file that is written in one of these forms.
func unit(key string, value any) error {
	text, isText := value.(string)
	if !isText {
		return nil
	}
	switch key {
	case "date", "valid_from", "valid_until":
		return new(Day).UnmarshalText([]byte(text))
	case "ttl", "hold_for":
		return new(Duration).UnmarshalText([]byte(text))
	case "quota", "max_size", "size":
		return new(Size).UnmarshalJSON([]byte(text))
	case "at":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return errTime
		}
	}
	return nil
}
