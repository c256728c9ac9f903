// Package adaptertest holds systems that exchange documents with the hub from outside, each in its own protocol: a subscriber
// of the СМДО router, one that uses mail, a correspondent of МЭДО, a system that speaks ГОСТ Р 53898 over HTTP, and one that
// uses the hub's API. They are written from the descriptions of the protocols and share no code with the codecs and adapters
// that they are to meet, so that an error in one is not hidden by the same error in the other.
package adaptertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Peer is a system of one contour.
type Peer interface {
	// Name is the protocol, for people.
	Name() string
	// Send sends a letter to another peer.
	Send(ctx context.Context, to Address, l Letter) error
	// Take returns everything that has come since, and settles it.
	Take(ctx context.Context) ([]Event, error)
	// Register says that a document that came was registered.
	Register(ctx context.Context, e Event, number string) error
}

// Address is how a peer is called in the protocols.
type Address struct {
	Code     string // of the contour: the subscriber's code
	Title    string // the organisation's name
	GUID     string // in МЭДО
	Mailbox  string // in МЭДО
	Executor string // a person who may execute tasks
}

// Letter is a document with one file. Its tasks are one for information, an errand and an approval, where Tasks says so.
type Letter struct {
	ID     string // GUID of the message
	Doc    string // GUID of the document
	Number string
	Title  string
	File   []byte // a PDF
	Tasks  bool
}

// Event is something that came: a document, or what was said of one.
type Event struct {
	ID       string // of the message
	From     string // who sent it, as the protocol calls them: a code, or the GUID of МЭДО
	Document string // its identifier; empty for what is said of one
	Number   string // of the document, or the number that it was registered under
	File     []byte
	Tasks    int

	About string // the message or the document that something is said of
	Said  string // Delivered, Registered, Refused or Other
}

// What is said of a document.
const (
	Delivered  = "delivered"
	Registered = "registered"
	Refused    = "refused"
	Other      = "other"
)

// Self is who a peer is, and what it needs.
type Self struct {
	Address
	Person string                   // who signs
	Sign   func(file []byte) []byte // detached CMS
	Now    func() time.Time         // for identifiers of time
	NewID  func() string            // GUIDs
	HTTP   *http.Client             // nil: the default one
	Key    string                   // the contour's API key
}

func (s *Self) client() *http.Client {
	if s.HTTP == nil {
		return http.DefaultClient
	}
	return s.HTTP
}

// call makes a request and reads the answer. Any status but those wanted is an error.
func (s *Self) call(ctx context.Context, method, url, kind string, body []byte, login func(*http.Request), want ...int) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	login(r)
	w, err := s.client().Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		return nil, nil, err
	}
	for _, status := range want {
		if w.StatusCode == status {
			return w, text, nil
		}
	}
	return nil, nil, fmt.Errorf("%s %s: %d %.500s", method, url, w.StatusCode, text)
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// xmlText escapes what stands in XML that is composed by hand.
var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
