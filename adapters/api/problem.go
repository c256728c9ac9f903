package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

var (
	errForbidden = errors.New("the key's role may not do this")
	errPanic     = errors.New("panic")
	errMethod    = errors.New("method not allowed")
	errMedia     = errors.New("media type not taken")
)

// refused is a packet or a report that the hub did not take, with what was stated about it.
type refused struct{ outcome broker.Outcome }

func (e *refused) Error() string { return "refused: " + e.outcome.Faults.Error() }

// bad is a request that cannot be read, and where.
func bad(field, what string) error {
	return document.Faults{document.NewFault(document.PacketMalformed, field, what)}
}

// notFound is what does not exist or belongs to another.
func notFound(what string) error { return fmt.Errorf("%s: %w", what, record.ErrNotFound) }

// unreadable answers a request whose parameters or JSON cannot be read.
func (d *door) unreadable(w http.ResponseWriter, r *http.Request, err error) {
	var faults document.Faults
	var large *http.MaxBytesError
	if !errors.As(err, &faults) && !errors.As(err, &large) {
		err = bad(fieldOf(err), reasonOf(err))
	}
	d.fail(w, r, err)
}

// fieldOf names the parameter, or the field of the JSON, that is at fault.
func fieldOf(err error) string {
	var form *openapi.InvalidParamFormatError
	var required *openapi.RequiredParamError
	var value *json.UnmarshalTypeError
	switch {
	case errors.As(err, &form):
		return form.ParamName
	case errors.As(err, &required):
		return required.ParamName
	case errors.As(err, &value):
		return value.Field
	}
	return ""
}

// reasonOf says what is wrong without repeating what a stranger sent.
func reasonOf(err error) string {
	var syntax *json.SyntaxError
	var value *json.UnmarshalTypeError
	var required *openapi.RequiredParamError
	switch {
	case errors.As(err, &syntax):
		return "JSON, octet " + strconv.FormatInt(syntax.Offset, 10)
	case errors.As(err, &value):
		return value.Type.Kind().String()
	case errors.As(err, &required):
		return "required"
	}
	return "form"
}

// fail answers with the problem that err is. What is the hub's own trouble is logged here and not shown.
func (d *door) fail(w http.ResponseWriter, r *http.Request, err error) {
	c := callOf(r.Context())
	p := d.problem(c, err)
	if p.Status >= 500 && r.Context().Err() == nil {
		d.Log.Error("API request failed", "request", c.id, "operation", c.operation, "contour", c.Contour, "error", err)
	}
	if c.status != 0 {
		panic(http.ErrAbortHandler) // the answer has begun: cut it off, so that it is not taken for whole
	}
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="smdo-hub"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "2")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Del("Content-Disposition")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone
}

func (d *door) problem(c *call, err error) openapi.Problem {
	p := openapi.Problem{RequestID: c.id}
	var faults document.Faults
	var fault *document.Fault
	var problems contours.Problems
	var refusal *refused
	switch {
	case errors.As(err, &refusal):
		p.Status = http.StatusUnprocessableEntity
		p.Faults = faultViews(refusal.outcome.Faults)
		p.Receipts = d.receiptViews(c, refusal.outcome.Receipts)
	case errors.As(err, &faults):
		p.Status, p.Faults = statusOf(faults), faultViews(faults)
	case errors.As(err, &fault):
		p.Status, p.Faults = statusOf(document.Faults{*fault}), faultViews(document.Faults{*fault})
	case errors.As(err, &problems):
		p.Status, p.Faults = http.StatusUnprocessableEntity, problemViews(problems)
	default:
		p.Status = statusOfError(err)
	}
	p.Code = "HTTP-" + strconv.Itoa(p.Status)
	p.Title = httpWord(p.Status, c.lang)
	if len(p.Faults) > 0 {
		p.Code = string(p.Faults[0].Code)
		p.Title = c.lang.Pick(p.Faults[0].TextRu, p.Faults[0].TextEn)
	}
	if errors.Is(err, broker.ErrSameHand) {
		p.Detail = c.lang.Pick("утвердить должен другой человек, своим ключом", "another person has to approve, with a key of their own")
	}
	if errors.Is(err, errLost) {
		p.Detail = c.lang.Pick("файл принят хабом, но в хранилище его нет; сообщите администратору хаба", "the hub took the file into custody, but its store does not have it; tell the hub's operator")
	}
	p.Type = "/errors/" + p.Code
	return p
}

// statusOf is the status of faults that are told outside of a packet's verdict.
func statusOf(faults document.Faults) int {
	if len(faults) == 0 {
		return http.StatusUnprocessableEntity
	}
	switch faults[0].Code {
	case document.PacketMalformed, document.PacketParts:
		return http.StatusBadRequest
	case document.PacketUnknown, document.TaskUnknown, document.SignerAbsent:
		return http.StatusNotFound
	case document.CardLocked, document.CardVersion, document.CardStateWrong, document.TaskAnswered, document.PacketSettled, document.PacketPulled:
		return http.StatusConflict
	case document.SignerFailed:
		return http.StatusBadGateway
	}
	return http.StatusUnprocessableEntity
}

func statusOfError(err error) int {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, broker.ErrKey):
		return http.StatusUnauthorized
	case errors.Is(err, errForbidden), errors.Is(err, broker.ErrSameHand):
		return http.StatusForbidden
	case errors.Is(err, record.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errMedia):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, broker.ErrBusy):
		return http.StatusServiceUnavailable
	case errors.Is(err, record.ErrStale):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// httpWord says in l what a status means where no fault does.
func httpWord(status int, l document.Lang) string {
	switch status {
	case http.StatusUnauthorized:
		return l.Pick("нет ключа или он неверен", "no key, or a wrong one")
	case http.StatusForbidden:
		return l.Pick("этому ключу это не разрешено", "this key may not do this")
	case http.StatusNotFound:
		return l.Pick("не найдено", "not found")
	case http.StatusMethodNotAllowed:
		return l.Pick("здесь это действие невозможно", "this cannot be done here")
	case http.StatusConflict:
		return l.Pick("изменено кем-то другим или уже решено; прочтите снова", "changed by somebody else, or decided already; read it again")
	case http.StatusRequestEntityTooLarge:
		return l.Pick("запрос больше допустимого", "the request is too large")
	case http.StatusUnsupportedMediaType:
		return l.Pick("такой Content-Type здесь не принимается", "this Content-Type is not taken here")
	case http.StatusServiceUnavailable:
		return l.Pick("хаб занят; повторите позже", "the hub is busy; try again later")
	}
	return l.Pick("внутренняя ошибка; повторите позже", "an internal error; try again later")
}
