package medo

import (
	"crypto/sha1" // RFC 9562 names SHA-1 for identifiers made from names; nothing is secured by it
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Version is communication/@version.
type Version string

// The versions that are written. All of versions() are read.
const (
	V25  Version = "2.5"   // files beside the message
	V27  Version = "2.7"   // files in a transport container
	V271 Version = "2.7.1" // the same with coded values and namespaces of its own
)

// Namespaces.
const (
	spaceOld       = "http://www.infpres.com/IEDMS" // communication until 2.7
	spaceMessage   = "urn:IEDMS:MESSAGE"            // communication of 2.7.1
	spacePassport  = "http://minsvyaz.ru/container" // passport of 2.7
	spaceContainer = "urn:IEDMS:CONTAINER"          // passport of 2.7.1
	spaceXSI       = "http://www.w3.org/2001/XMLSchema-instance"
)

// Known says whether the version can be read.
func (v Version) Known() bool {
	return slices.Contains([]Version{"2.0", "2.1", "2.2", "2.3", "2.4", V25, "2.6", V27, V271}, v)
}

// Container says whether documents of the version travel in a transport container.
func (v Version) Container() bool { return v == V27 || v == V271 }

// message is the namespace of communication, and the prefix that it is usually written with.
func (v Version) message() (space, prefix string) {
	if v == V271 {
		return spaceMessage, "c"
	}
	return spaceOld, "xdms"
}

// passport is the namespace of the container's passport, its prefix, and container/@version.
func (v Version) passport() (space, prefix, version string) {
	if v == V271 {
		return spaceContainer, "c", "2.7.1"
	}
	return spacePassport, "c", "1.0"
}

// Kind is header/@type.
type Kind string

// The kinds of messages.
const (
	KindDocument       Kind = "Документ"
	KindLetter         Kind = "Письмо"
	KindAcknowledgment Kind = "Квитанция"
	KindNotification   Kind = "Уведомление"
	KindContainer      Kind = "Транспортный контейнер"
)

var guid = regexp.MustCompile(`^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$`)

// IsGUID says whether s is an identifier as МЭДО writes them, without braces.
func IsGUID(s string) bool { return guid.MatchString(s) }

// GUID is s when it is an identifier of МЭДО; else one made from it, the same for the same s (RFC 9562, version 5), so that
// a receipt can be traced back.
func GUID(s string) string {
	if IsGUID(s) || s == "" {
		return s
	}
	space := []byte{0x6b, 0xa7, 0xb8, 0x12, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8} // names that are of no other kind
	sum := sha1.Sum(append(space, "medo:"+s...))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// noGUID is what a gateway receipts when it could not read which message it had.
const noGUID = "00000000-0000-0000-0000-000000000000"

// moscow is the zone of times without one.
func moscow() *time.Location { return time.FixedZone("MSK", 3*60*60) }

// formatTime writes a moment: until 2.7 by the clock of the zone, from 2.7.1 with its offset.
func formatTime(t time.Time, v Version, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	layout := "2006-01-02T15:04:05.999999999"
	if v == V271 {
		layout += "-07:00"
	}
	return t.In(zone).Format(layout)
}

// parseTime reads a moment with or without an offset, or a day.
func parseTime(s string, zone *time.Location) (t time.Time, err error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", time.RFC3339Nano, "2006-01-02T15:04", time.DateOnly} {
		if t, err = time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, err
}
