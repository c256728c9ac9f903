package adaptertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
)

// SMDO is a subscriber of the СМДО router.
type SMDO struct {
	Self
	URL   string // of the router
	token string
}

type object = map[string]any

const (
	toRouter   = "/receiver/1.0.0/org/SMDO~1.0.0/package"
	fromRouter = "/sender/1.0.0/org/SMDO~1.0.0/package"
)

// Name is the protocol.
func (s *SMDO) Name() string { return "СМДО, REST" }

func (s *SMDO) login(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.token) }

func (s *SMDO) do(ctx context.Context, method, path string, body any, into any, want int) error {
	if s.token == "" {
		_, text, err := s.call(ctx, http.MethodPost, s.URL+"/token?scope=application&grant_type=client_credentials", "application/x-www-form-urlencoded", nil,
			func(r *http.Request) { r.SetBasicAuth(s.Code, s.Key) }, http.StatusOK)
		if err != nil {
			return err
		}
		var answer struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return err
		}
		s.token = answer.Token
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	_, answer, err := s.call(ctx, method, s.URL+path, "application/json", text, s.login, want)
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	return err
}

func (s *SMDO) envelope(kind int, id, to, toTitle string, body object) object {
	return object{"headerId": "SMDO~1.0.0", "packageId": "", "parentId": nil, "dateSent": "2026-11-23T08:15:05Z", "to": []any{object{"idAbonent": s.NewID(), "typeAbonent": "SMDO", "name": toTitle}},
		"body": object{"envelop": object{"type": "SDIP-2.1.1", "msg_id": id, "dtstamp": "2026-11-23T08:15:00Z", "subject": "Письмо",
			"header": object{"msg_type": kind, "msg_acknow": 2, "sender": object{"id": s.Code, "name": s.Title, "sys_id": s.NewID(), "system": "СЭД", "system_details": "1"},
				"receiver": []any{object{"id": to, "name": toTitle, "organization": object{"organization_string": toTitle}}}},
			"body": body}}}
}

// Send sends a letter: a draft, its file, the file's signature, and off.
func (s *SMDO) Send(ctx context.Context, to Address, l Letter) error {
	body := object{"document": object{"idnumber": l.Doc, "type": 0, "kind": "Письмо", "pages": 1, "title": l.Title, "regNumber": object{"value": l.Number, "regdate": "2026-11-23"},
		"confident": object{"flag": 0, "value": "Общий"}, "docTransfer": []any{object{"name": "Письмо.pdf", "data": object{"referenceid": "attach1", "value": nil}}},
		"author": []any{s.author()}}}
	if l.Tasks {
		body["taskList"] = object{"task": s.tasks(to, l)}
	}
	return s.deliver(ctx, s.envelope(1, l.ID, to.Code, to.Title, body), l.File)
}

func (s *SMDO) author() object {
	return object{"organizationWithSign": object{"organization_string": s.Title, "officialPersonWithSign": []any{object{"name": object{"value": s.Person}}}}}
}

func (s *SMDO) tasks(to Address, l Letter) (list []any) {
	for i, kind := range []string{"для информации", "поручение", "на согласование"} {
		list = append(list, object{"idnumber": fmt.Sprintf("%s-%d", l.ID[:8], i+1), "task_reg": 1, "task_copy": 0, "kind": kind, "task_text": "Рассмотреть", "deadline": "2026-12-31",
			"taskNumber": object{"value": i + 1, "taskDate": "2026-11-23"}, "confident": object{"flag": 0, "value": "Общий"},
			"referred": object{"idnumber": l.Doc, "retype": "1", "regNumber": object{"value": l.Number, "regdate": "2026-11-23"}}, "authorOrganization": []any{s.author()},
			"executor": []any{object{"responsible": 1, "organization": object{"organization_string": to.Title, "officialPerson": []any{object{"name": object{"value": to.Executor}}}}}}})
	}
	return list
}

func (s *SMDO) deliver(ctx context.Context, p object, file []byte) error {
	var draft struct {
		ID string `json:"packageId"`
	}
	if err := s.do(ctx, http.MethodPost, toRouter, p, &draft, http.StatusCreated); err != nil {
		return err
	}
	if file != nil {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, err := w.CreateFormFile("file", "attach1")
		if err != nil {
			return err
		}
		if _, err := part.Write(file); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		_, text, err := s.call(ctx, http.MethodPost, s.URL+toRouter+"/"+draft.ID+"/attach", w.FormDataContentType(), form.Bytes(), s.login, http.StatusCreated)
		if err != nil {
			return err
		}
		var attached struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(text, &attached); err != nil {
			return err
		}
		signs := []any{object{"keyId": nil, "signer": s.Person, "operationType": nil, "origSignatire": nil, "data": b64(s.Sign(file))}}
		if err := s.do(ctx, http.MethodPut, fmt.Sprintf("%s/%s/attach/%s/signs", toRouter, draft.ID, attached.ID), signs, nil, http.StatusNoContent); err != nil {
			return err
		}
	}
	return s.do(ctx, http.MethodGet, toRouter+"/"+draft.ID+"/send", nil, nil, http.StatusNoContent)
}

// smdoPackage is what is read of a package.
type smdoPackage struct {
	ID        string `json:"id"`
	ConfirmID string `json:"confirmId"`
	Body      struct {
		Envelop struct {
			ID     string `json:"msg_id"`
			Header struct {
				Sender struct {
					ID string `json:"id"`
				} `json:"sender"`
			} `json:"header"`
			Body struct {
				Document *struct {
					ID     string `json:"idnumber"`
					Number struct {
						Value string `json:"value"`
					} `json:"regNumber"`
				} `json:"document"`
				TaskList *struct {
					Tasks []any `json:"task"`
				} `json:"taskList"`
				Receipt *struct {
					About string `json:"msg_id"`
					Type  int    `json:"ack_type"`
					Inc   struct {
						Value string `json:"value"`
					} `json:"incNumber"`
					Results []struct {
						Code int `json:"errorcode"`
					} `json:"ackResult"`
				} `json:"acknowledgement"`
			} `json:"body"`
		} `json:"envelop"`
	} `json:"body"`
	Attachments []struct {
		ID string `json:"id"`
	} `json:"attachments"`
}

// Take lists what is new, fetches and confirms it.
func (s *SMDO) Take(ctx context.Context) (events []Event, err error) {
	var page struct {
		Content []smdoPackage `json:"content"`
	}
	if err := s.do(ctx, http.MethodPost, fromRouter, object{"page": 1, "size": 100, "onlyNew": true}, &page, http.StatusOK); err != nil {
		return nil, err
	}
	var ids []string
	for i := range page.Content {
		p := &page.Content[i]
		m := &p.Body.Envelop
		e := Event{ID: m.ID, From: m.Header.Sender.ID}
		if m.Body.TaskList != nil {
			e.Tasks = len(m.Body.TaskList.Tasks)
		}
		if r := m.Body.Receipt; r != nil {
			e.About, e.Number = r.About, r.Inc.Value
			e.Said = verdict(r.Type, len(r.Results) > 0 && r.Results[0].Code == 0)
		} else if d := m.Body.Document; d != nil && len(p.Attachments) > 0 {
			e.Document, e.Number = d.ID, d.Number.Value
			if _, e.File, err = s.call(ctx, http.MethodGet, fmt.Sprintf("%s%s/%s/attach/%s", s.URL, fromRouter, p.ID, p.Attachments[0].ID), "", nil, s.login, http.StatusOK); err != nil {
				return events, err
			}
		}
		events, ids = append(events, e), append(ids, p.ConfirmID)
	}
	if len(ids) > 0 {
		err = s.do(ctx, http.MethodPost, fromRouter+"/confirm/batch", object{"ids": ids}, nil, http.StatusNoContent)
	}
	return events, err
}

// Register sends a receipt of registration.
func (s *SMDO) Register(ctx context.Context, e Event, number string) error {
	return s.deliver(ctx, s.envelope(0, s.NewID(), e.From, e.From, object{"acknowledgement": object{"msg_id": e.ID, "ack_type": 2,
		"ackResult": []any{object{"value": "Зарегистрирован", "errorcode": 0}}, "regNumber": object{"value": e.Number, "regdate": "2026-11-23"},
		"incNumber": object{"value": number, "regdate": "2026-11-24"}}}), nil)
}
