package gost53898

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	codec "github.com/smdo-hub/smdo-hub/schemas/gost53898"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// Keys says who holds an API key. broker.Keyring is one.
type Keys interface {
	Identify(ctx context.Context, key string) (broker.Principal, error)
}

// Record is what the door needs of the record.
type Record interface {
	record.Keeper
	Body(ctx context.Context, packet record.Key) ([]byte, error)
	Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error)
}

// Door exchanges messages over HTTP with contours whose systems pull (delivery: mailbox, protocol: gost53898).
//
//	POST   /messages             a message, or multipart/form-data: «message» and the files that it refers to by name
//	GET    /messages             the message that has waited longest, 204 when none does; its address is in Content-Location
//	GET    /messages/{id}/files/{name}   a file that it refers to
//	DELETE /messages/{id}        the contour's system has it: the next one follows
//
// 201 says that the hub has custody. 422 comes with the standard's own receipt of a failed delivery, with all errors; 503
// says to repeat. Who calls is known by an API key of the contour: as a bearer, or as the password of the contour's code.
type Door struct {
	*Translator
	Records Record
	Keys    Keys
	Log     *slog.Logger
}

// Handler returns the door's pages, below the path at which it is mounted.
func (d *Door) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", d.open(d.submit))
	mux.HandleFunc("GET /messages", d.open(d.next))
	mux.HandleFunc("GET /messages/{id}/files/{name}", d.open(d.file))
	mux.HandleFunc("DELETE /messages/{id}", d.open(d.done))
	return mux
}

type handler func(w http.ResponseWriter, r *http.Request, contour document.ContourCode) error

func (d *Door) open(answer handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		contour, err := d.caller(r)
		if err == nil {
			r.Body = http.MaxBytesReader(w, r.Body, d.Files.Hub.Limits.Packet+int64(markup.DefaultLimits().Bytes))
			err = answer(w, r, contour)
		}
		if err != nil {
			d.fail(w, r, err)
		}
	}
}

func (d *Door) caller(r *http.Request) (document.ContourCode, error) {
	user, key, basic := r.BasicAuth()
	if !basic {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", broker.ErrKey
		}
		key = strings.TrimSpace(token)
	}
	who, err := d.Keys.Identify(r.Context(), key)
	if err != nil {
		return "", err
	}
	if who.Role != record.RoleContour || !who.Contour.Valid() || basic && user != string(who.Contour) {
		return "", broker.ErrKey
	}
	return who.Contour, nil
}

func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "внутренняя ошибка; повторите позже / an internal error; try again later"
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, broker.ErrKey):
		w.Header().Set("WWW-Authenticate", `Basic realm="smdo-hub"`)
		status, text = http.StatusUnauthorized, "нет ключа или он неверен / no key, or a wrong one"
	case errors.Is(err, record.ErrNotFound):
		status, text = http.StatusNotFound, "нет такого сообщения / no such message"
	case errors.As(err, &large):
		status, text = http.StatusRequestEntityTooLarge, "сообщение больше допустимого / the message is too large"
	case errors.Is(err, broker.ErrBusy), errors.Is(err, record.ErrAway):
		w.Header().Set("Retry-After", "5")
		status, text = http.StatusServiceUnavailable, "хаб ещё не принял сообщение; повторите позже / the hub does not have the message yet; try again later"
	case r.Context().Err() == nil:
		d.Log.Error("request of ГОСТ Р 53898 failed", "method", r.Method, "error", err)
	}
	http.Error(w, text, status)
}

// submit takes a message.
func (d *Door) submit(w http.ResponseWriter, r *http.Request, contour document.ContourCode) error {
	text, files, err := d.parts(r, contour)
	if err != nil {
		return d.refuseOr(w, contour, text, err)
	}
	meaning, err := d.read(r.Context(), contour, text, func(string) (io.ReadCloser, error) { return nil, errAbsent })
	if meaning != nil && meaning.Packet != nil {
		err = settle(meaning.Packet, files, err)
	}
	if err == nil {
		err = adapters.Submit(r.Context(), d.Files.Hub, contour, meaning.Packet, meaning.Report)
	}
	if err != nil {
		return d.refuseOr(w, contour, text, err)
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

// maxParts is how many parts a body may have.
const maxParts = document.MaxFiles + 1

// parts reads the message and stores the files beside it as they stream in, by their names.
func (d *Door) parts(r *http.Request, contour document.ContourCode) (text []byte, files map[string]*document.Attachment, err error) {
	limit := int64(markup.DefaultLimits().Bytes)
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		text, err = readAll(r.Body, limit)
		return text, nil, err
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	files = map[string]*document.Attachment{}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		switch {
		case err == io.EOF:
			return text, files, nil
		case err != nil || n == maxParts:
			return text, nil, document.Faults{document.NewFault(document.PacketMalformed, "multipart", "multipart/form-data")}
		case part.FormName() == "message":
			if text, err = readAll(part, limit); err != nil {
				return nil, nil, err
			}
			continue
		}
		info, err := d.Files.Store(r.Context(), contour, part.FormName(), part)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return text, nil, document.Faults{document.NewFault(document.PacketMalformed, "multipart", "multipart/form-data")}
		}
		if err != nil {
			return text, nil, err
		}
		files[part.FormName()] = &document.Attachment{Size: info.Size, SHA256: info.Digest}
	}
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return text, nil
}

// settle gives the packet the files that came beside the message. What the reader missed among them is not missing.
func settle(p *document.Packet, files map[string]*document.Attachment, err error) error {
	var faults, rest document.Faults
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	found := map[string]bool{}
	for field, a := range p.Files {
		if f := files[a.ReferenceID]; a.Inline == nil && a.Size == 0 && f != nil {
			a.Size, a.SHA256, found[field] = f.Size, f.SHA256, true
		}
	}
	for _, f := range faults {
		if f.Code != document.FileMissing || !found[f.Field] {
			rest = append(rest, f)
		}
	}
	if len(rest) > 0 {
		return rest
	}
	return nil
}

// refuseOr answers faults of the sender with the standard's own receipt, where the message says enough for one.
func (d *Door) refuseOr(w http.ResponseWriter, contour document.ContourCode, text []byte, err error) error {
	var faults document.Faults
	if !errors.As(err, &faults) {
		return err
	}
	if m, _ := codec.Decode(text, codec.Options{}); m != nil {
		if answer, _ := d.refusal(contour, m, faults); answer != nil {
			w.Header().Set("Content-Type", "application/xml; charset=utf-8")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write(answer) // the client is gone
			return nil
		}
	}
	var all bytes.Buffer
	for i := range faults {
		f := &faults[i]
		fmt.Fprintf(&all, "%s %s: %s / %s\n", f.Code, f.Field, f.Text(document.Russian), f.Text(document.English))
	}
	http.Error(w, all.String(), http.StatusUnprocessableEntity)
	return nil
}

// next shows the message that has waited longest: receipts first, then packets.
func (d *Door) next(w http.ResponseWriter, r *http.Request, contour document.ContourCode) error {
	for {
		waits, err := adapters.Receipts(r.Context(), d.Records, contours.ProtocolGOST, contour, 1)
		if err != nil {
			return err
		}
		if len(waits) == 0 {
			return d.nextPacket(w, r, contour)
		}
		packet, err := d.packet(r.Context(), waits[0].Packet)
		if err != nil {
			return err
		}
		if text, _ := d.receipt(waits[0].Receipt, packet); text != nil {
			return d.show(w, r, "receipt-"+strconv.FormatInt(waits[0].Leaf, 10), text)
		}
		if err := d.Records.Keep(r.Context(), nil, []record.KeptKey{waits[0].Key}); err != nil { // the standard has no word for it
			return err
		}
	}
}

func (d *Door) packet(ctx context.Context, id document.PacketID) (*document.Packet, error) {
	row, _, err := d.Records.Packet(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.body(ctx, row.Key)
}

func (d *Door) body(ctx context.Context, key record.Key) (*document.Packet, error) {
	body, err := d.Records.Body(ctx, key)
	if err != nil {
		return nil, err
	}
	p, err := wire.UnmarshalPacket(body)
	if err != nil {
		return nil, fmt.Errorf("packet in the record: %w", err)
	}
	return p, nil
}

func (d *Door) nextPacket(w http.ResponseWriter, r *http.Request, contour document.ContourCode) error {
	items, err := d.Files.Hub.Mailbox(r.Context(), contour, record.Key{}, 1)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	shown, at := d.shown(items[0].Packet, contour)
	var total int64
	for _, a := range shown.Files {
		total += a.Size
	}
	o := codec.Options{Names: d.names(), Links: total > maxInside}
	if !o.Links {
		if err := d.load(r.Context(), shown); err != nil {
			return err
		}
	}
	text, _ := codec.Encode(codec.Of(shown, at), o)
	return d.show(w, r, "packet-"+items[0].Key.String(), text)
}

// show answers with a message. What was read for it may have been committed a moment ago: it is shown once it is sealed (D4).
func (d *Door) show(w http.ResponseWriter, r *http.Request, id string, text []byte) error {
	if err := d.Files.Hub.Barrier(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Content-Location", "messages/"+id)
	_, _ = w.Write(text) // the client is gone
	return nil
}

// waiting is the packet of an identifier that next gave, as far as it was addressed to the contour (D13).
func (d *Door) waiting(ctx context.Context, contour document.ContourCode, id string) (*document.Packet, *record.Exchange, error) {
	key, err := record.ParseKey(strings.TrimPrefix(id, "packet-"))
	if err != nil {
		return nil, nil, record.ErrNotFound
	}
	p, err := d.body(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	_, exchanges, err := d.Records.Packet(ctx, p.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, ex := range exchanges {
		if ex.Receiver == contour && ex.Packet == key && adapters.Given(ex.State) {
			return p, ex, nil
		}
	}
	return nil, nil, record.ErrNotFound
}

// file streams a file that a message refers to.
func (d *Door) file(w http.ResponseWriter, r *http.Request, contour document.ContourCode) error {
	p, _, err := d.waiting(r.Context(), contour, r.PathValue("id"))
	if err != nil {
		return err
	}
	refs, n := zones.References(p), 0
	for _, a := range p.Files {
		if n++; refs[n-1] != r.PathValue("name") {
			continue
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.FormatInt(a.Size, 10))
		if err := d.copy(r.Context(), w, a); err != nil {
			panic(http.ErrAbortHandler) // the answer has begun: cut it off, so that it is not taken for whole
		}
		return nil
	}
	return record.ErrNotFound
}

// done settles a message. Of a packet the hub remembers with which message its document came, and tells the sender that it
// was delivered, unless the receiver's own receipt has said more.
func (d *Door) done(w http.ResponseWriter, r *http.Request, contour document.ContourCode) error {
	id := r.PathValue("id")
	if leaf, ok := strings.CutPrefix(id, "receipt-"); ok {
		n, err := strconv.ParseInt(leaf, 10, 64)
		if err != nil {
			return record.ErrNotFound
		}
		if err := d.Records.Keep(r.Context(), nil, []record.KeptKey{adapters.ReceiptKey(contours.ProtocolGOST, contour, n)}); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	p, ex, err := d.waiting(r.Context(), contour, id)
	if err != nil {
		return err
	}
	if err := adapters.Remember(r.Context(), d.Records, contours.ProtocolGOST, contour, p.ID, aliases(p), d.Clock()); err != nil {
		return err
	}
	if ex.State == document.Forwarded {
		if err := d.Files.Hub.Confirm(r.Context(), contour, p.ID); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
