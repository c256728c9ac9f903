package timestamp

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// respond writes a response without a token.
func respond(status int64, failures []byte, texts ...string) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddBytes(build(func(b *cryptobyte.Builder) {
			b.AddASN1Int64(status)
			if len(texts) > 0 {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, text := range texts {
						b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(text)) })
					}
				})
			}
			if failures != nil {
				b.AddASN1BitString(failures)
			}
		}))
	})
}

func TestRefusalsSayWhatTheAuthoritySaid(t *testing.T) {
	for want, response := range map[string][]byte{
		"rejection":                           respond(2, nil),
		"waiting":                             respond(3, nil),
		"revocation is imminent":              respond(4, nil),
		"the authority is revoked":            respond(5, nil),
		"status 17":                           respond(17, nil),
		`"перерыв; до утра"`:                  respond(3, nil, "перерыв", "до утра"),
		"(badAlg, badRequest)":                respond(2, []byte{0xa0}),
		"(badDataFormat)":                     respond(2, []byte{0x04}),
		"(timeNotAvailable)":                  respond(2, []byte{0, 2}),
		"(unacceptedPolicy)":                  respond(2, []byte{0, 1}),
		"(unacceptedExtension)":               respond(2, []byte{0, 0, 0x80}),
		"(addInfoNotAvailable)":               respond(2, []byte{0, 0, 0x40}),
		"(failure 23, systemFailure)":         respond(2, []byte{0, 0, 1, 0x40}),
		"(badAlg): \"not this algorithm\"":    respond(2, []byte{0x80}, "not this algorithm"),
		"rejection: \"\ufffd\"":               respond(2, nil, "\xff"),
		"rejection: \"escape \\x1b[31m red\"": respond(2, nil, "escape \x1b[31m red"),
	} {
		_, err := ParseResponse(response)
		var refused *RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestResponsesOfOtherFormsAreRefused(t *testing.T) {
	token := newDraft(newCentre(t)).token(t)
	granted := build(func(b *cryptobyte.Builder) { b.AddASN1Int64(0) })
	join := func(parts ...[]byte) []byte {
		return build(func(b *cryptobyte.Builder) {
			for _, p := range parts {
				b.AddBytes(p)
			}
		})
	}
	if got, err := ParseResponse(join(granted, token)); err != nil || string(got) != string(token) {
		t.Errorf("a right response: %v", err)
	}
	for name, response := range map[string][]byte{
		"granted without a token":  respond(0, nil),
		"two tokens":               join(granted, token, token),
		"something behind":         append(join(granted, token), 0),
		"token of another type":    join(granted, []byte{5, 0}),
		"negative status":          respond(-1, nil),
		"text of another type":     {0x30, 10, 0x30, 8, 2, 1, 2, 0x30, 3, 0x13, 1, 'x'},
		"failures without a count": {0x30, 7, 0x30, 5, 2, 1, 2, 3, 0},
		"failures without an end":  respond(2, make([]byte, 100)),
		"nothing":                  nil,
	} {
		if _, err := ParseResponse(response); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
