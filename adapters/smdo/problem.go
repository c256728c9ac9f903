package smdo

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var (
	errNotFound    = errors.New("no such package, file or call")
	errCredentials = errors.New("wrong user or password")
	errSent        = errors.New("the package was sent")
)

// refusal is a request that the router does not take, with what is wrong with it.
type refusal struct {
	status int
	faults document.Faults
}

func (r *refusal) Error() string { return r.faults.Error() }

// problem is RFC 9457, with what clients of the router look at: an error, a message.
type problem struct {
	Type    string         `json:"type"`
	Title   string         `json:"title"`
	Status  int            `json:"status"`
	Error   string         `json:"error"`
	Message string         `json:"message"`
	Faults  []problemFault `json:"faults,omitempty"`
}

type problemFault struct {
	Code      document.FaultCode `json:"code"`
	ErrorCode int                `json:"errorcode"`
	Field     string             `json:"field,omitempty"`
	Text      string             `json:"text"`
	TextEN    string             `json:"text_en"`
}

// fail answers with what went wrong. The hub's own trouble is logged and not shown.
func (d *door) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="smdo"`)
		if errors.Is(err, errCredentials) {
			w.Header().Set("WWW-Authenticate", `Basic realm="smdo"`)
		}
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	case http.StatusInternalServerError:
		if r.Context().Err() == nil {
			d.Log.Error("request to the router failed", "method", r.Method, "error", err)
		}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone
}

func problemOf(err error) problem {
	var r *refusal
	var faults document.Faults
	var large *http.MaxBytesError
	p := problem{Status: http.StatusInternalServerError, Title: "внутренняя ошибка; повторите позже"}
	switch {
	case errors.As(err, &r):
		p.Status, faults = r.status, r.faults
	case errors.As(err, &faults):
		p.Status = http.StatusUnprocessableEntity
	case errors.Is(err, broker.ErrKey), errors.Is(err, errCredentials):
		p.Status, p.Title = http.StatusUnauthorized, "нет действующего токена или неверны имя и пароль"
	case errors.Is(err, errNotFound), errors.Is(err, record.ErrNotFound):
		p.Status, p.Title = http.StatusNotFound, "нет такого пакета, вложения или вызова"
	case errors.Is(err, errSent):
		p.Status, p.Title = http.StatusConflict, "пакет уже отправлен и не изменяется; создайте новый"
	case errors.Is(err, record.ErrStale):
		p.Status, p.Title = http.StatusConflict, "пакет изменён другим запросом; повторите"
	case errors.As(err, &large):
		p.Status, p.Title = http.StatusRequestEntityTooLarge, "запрос больше допустимого"
	case errors.Is(err, broker.ErrBusy), errors.Is(err, record.ErrAway):
		p.Status, p.Title = http.StatusServiceUnavailable, "пакет ещё не принят; повторите позже"
	}
	p.Type = "about:blank"
	for i := range faults {
		f := &faults[i]
		p.Faults = append(p.Faults, problemFault{f.Code, f.SDIP(), f.Field, f.Text(document.Russian), f.Text(document.English)})
	}
	if len(faults) > 0 {
		p.Type, p.Title = "/errors/"+string(faults[0].Code), faults[0].Text(document.Russian)
	}
	p.Error, p.Message = http.StatusText(p.Status), p.Title
	return p
}
