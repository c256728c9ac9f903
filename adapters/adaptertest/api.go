package adaptertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// API is a system of its own making that uses the hub's API.
type API struct {
	Self
	URL   string // of the API, with /api/v1
	after int64  // the last leaf seen, and one
}

// Name is the protocol.
func (a *API) Name() string { return "API" }

func (a *API) login(r *http.Request) { r.Header.Set("Authorization", "Bearer "+a.Key) }

func (a *API) do(ctx context.Context, method, path string, body, into any, want ...int) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	_, answer, err := a.call(ctx, method, a.URL+path, "application/json", text, a.login, want...)
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	return err
}

// Send sends a letter.
func (a *API) Send(ctx context.Context, to Address, l Letter) error {
	sum := sha256.Sum256(l.File)
	packet := object{"msg_id": l.ID, "kind": "main", "acknow": "always", "subject": "Письмо", "from": object{"name": a.Title}, "author": "signer", "to": []any{object{"contour": to.Code}},
		"document": object{"id": l.Doc, "kind": "Письмо", "sheets": 1, "title": l.Title, "number": object{"number": l.Number, "date": "2026-11-23"},
			"authors": []any{object{"party": object{"organization": object{"text": a.Title, "officials": []any{object{"name": a.Person}}}}}},
			"files": []any{object{"name": "Письмо.pdf", "media_type": "application/pdf", "size": len(l.File), "sha256": hex.EncodeToString(sum[:]), "content": b64(l.File),
				"signatures": []any{object{"cms": b64(a.Sign(l.File))}}}}}}
	if l.Tasks {
		executor := []any{object{"contour": to.Code, "participant": "signer", "chief": true}}
		packet["tasks"] = []any{
			object{"id": l.ID[:8] + "-1", "kind": "inform", "smdo": true, "text": "Рассмотреть", "executors": executor},
			object{"id": l.ID[:8] + "-2", "kind": "errand", "text": "Рассмотреть", "deadline": "2026-12-31", "report": true, "controller": object{"name": a.Person}, "executors": executor},
			object{"id": l.ID[:8] + "-3", "kind": "agree", "text": "Рассмотреть", "deadline": "2026-12-31", "executors": executor},
		}
	}
	return a.do(ctx, http.MethodPost, "/packets", packet, nil, http.StatusCreated, http.StatusOK)
}

// Take empties the mailbox and reads the receipts since.
func (a *API) Take(ctx context.Context) (events []Event, err error) {
	var mail struct {
		Items []struct {
			ID     string `json:"id"`
			Packet struct {
				ID       string `json:"id"`
				Sender   string `json:"sender"`
				Document struct {
					ID     string `json:"id"`
					Number struct {
						Number string `json:"number"`
					} `json:"number"`
					Files []struct {
						SHA256 string `json:"sha256"`
					} `json:"files"`
				} `json:"document"`
				Tasks []any `json:"tasks"`
			} `json:"packet"`
		} `json:"items"`
	}
	if err := a.do(ctx, http.MethodGet, "/mailbox?limit=100", nil, &mail, http.StatusOK); err != nil {
		return nil, err
	}
	var settle []string
	for _, item := range mail.Items {
		e := Event{ID: item.ID, From: item.Packet.Sender, Document: item.Packet.Document.ID, Number: item.Packet.Document.Number.Number, Tasks: len(item.Packet.Tasks)}
		for _, f := range item.Packet.Document.Files {
			if _, e.File, err = a.call(ctx, http.MethodGet, a.URL+"/packets/"+url.PathEscape(item.ID)+"/files/"+f.SHA256, "", nil, a.login, http.StatusOK); err != nil {
				return events, err
			}
		}
		events, settle = append(events, e), append(settle, item.ID)
	}
	if len(settle) > 0 {
		if err := a.do(ctx, http.MethodPost, "/mailbox/confirm", object{"packets": settle}, nil, http.StatusOK); err != nil {
			return events, err
		}
	}
	return a.receipts(ctx, events)
}

func (a *API) receipts(ctx context.Context, events []Event) ([]Event, error) {
	var page struct {
		Items []struct {
			Leaf   int64  `json:"leaf"`
			Packet string `json:"packet"`
			Stage  string `json:"stage"`
			Code   int    `json:"code"`
			Number struct {
				Number string `json:"number"`
			} `json:"registration"`
		} `json:"items"`
	}
	if err := a.do(ctx, http.MethodGet, fmt.Sprintf("/receipts?after=%d&limit=100", a.after-1), nil, &page, http.StatusOK); err != nil {
		return events, err
	}
	for _, r := range page.Items {
		a.after = r.Leaf + 1
		e := Event{About: r.Packet, Number: r.Number.Number, Said: Other}
		switch r.Stage {
		case "delivered":
			e.Said = verdict(1, r.Code == 0)
		case "registered":
			e.Said = verdict(2, r.Code == 0)
		case "rejected", "blocked", "expired":
			e.Said = Refused
		}
		events = append(events, e)
	}
	return events, nil
}

// Register reports that a document was registered.
func (a *API) Register(ctx context.Context, e Event, number string) error {
	return a.do(ctx, http.MethodPost, "/reports", object{"id": a.NewID(), "packet": e.ID, "stage": "registered", "code": 0, "number": object{"number": number, "date": "2026-11-24"}}, nil, http.StatusCreated)
}
