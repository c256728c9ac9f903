package upstream

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
)

// state puts a receipt of the router itself into the account of a package's sender. What was wrong comes without an envelope.
func (f *Fake) state(m *fakeMember, d *fakePackage, ackType int, results []any) {
	body := fakeObject{"message": "Пакет не принят", "ackResult": results}
	if len(results) == 0 || ackType == 104 {
		if len(results) == 0 {
			results = []any{fakeObject{"errorcode": 0, "value": "Принято"}}
		}
		body = fakeObject{"envelop": fakeObject{
			"type": "SDIP-2.1.1", "msg_id": uuid.NewString(), "dtstamp": time.Now().UTC().Format(time.RFC3339), "subject": "Уведомление",
			"header": fakeObject{"msg_type": 0, "msg_acknow": 0,
				"sender":   fakeObject{"id": "SMDO_DISPATCHER", "name": "СМДО", "sys_id": uuid.NewString(), "system": "СМДО", "system_details": "1"},
				"receiver": []any{fakeObject{"id": m.code, "name": m.code}}},
			"body": fakeObject{"acknowledgement": fakeObject{"msg_id": stringAt(d.text, "body", "envelop", "msg_id"), "ack_type": ackType, "ackResult": results, "docTransfer": nil}},
		}}
	}
	p := &fakePackage{id: uuid.NewString(), confirmID: uuid.NewString(), text: fakeObject{
		"headerId": "SMDO~1.0.0", "parentId": d.id, "ack": true, "body": body, "dateIn": time.Now().UTC().Format(time.RFC3339), "attachments": []any{},
		"from": fakeObject{"idAbonent": "ROUTER ", "typeAbonent": "SMDO", "name": "ROUTER"}, "to": []any{fakeObject{"idAbonent": m.id, "typeAbonent": "SMDO", "name": m.code}},
	}}
	m.inbox = append(m.inbox, p)
}

// FakeFile is a file that comes with a package.
type FakeFile struct {
	Name    string // as the message refers to it
	Content io.Reader
	Signs   []map[string]any
}

// Give puts a package of one subscriber into the account of another, as if it had been sent. It returns the identifier that
// the receiver knows it by.
func (f *Fake) Give(from, to string, p map[string]any, list ...FakeFile) (id string, err error) {
	var files []*fakeFile
	for _, given := range list {
		file := &fakeFile{id: uuid.NewString(), name: given.Name, signs: []any{}}
		for _, s := range given.Signs {
			file.signs = append(file.signs, s)
		}
		if _, err := f.keep(file, given.Content); err != nil {
			return "", err
		}
		files = append(files, file)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.route(f.members[from], f.members[to], p, files).id, nil
}

// Address is how a subscriber is called in packages.
func (f *Fake) Address(code string) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fakeObject{"idAbonent": f.members[code].id, "typeAbonent": "SMDO", "name": code}
}

// Got returns what lies in a subscriber's account, confirmed or not, as it would be listed.
func (f *Fake) Got(code string) (list []map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.members[code].inbox {
		list = append(list, p.listed())
	}
	return list
}

// Content reads a file of a package in a subscriber's account.
func (f *Fake) Content(code, id, name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.members[code].inbox {
		for _, file := range p.files {
			if p.id == id && file.name == name {
				return os.ReadFile(file.path)
			}
		}
	}
	return nil, os.ErrNotExist
}

// listed is a package as it is handed out.
func (p *fakePackage) listed() fakeObject {
	o := maps.Clone(p.text)
	files, size := []any{}, int64(0)
	for _, file := range p.files {
		files = append(files, fakeObject{"id": file.id, "name": file.name, "size": file.size, "sign": file.signs})
		size += file.size
	}
	o["id"], o["packageId"], o["confirmId"], o["attachments"], o["size"] = p.id, p.id, p.confirmID, files, size
	return o
}

func (f *Fake) list(m *fakeMember, r *http.Request) (fakeAnswer, error) {
	var asked struct {
		Page, Size int
		OnlyNew    bool
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Page < 1 || asked.Size < 1 || asked.Size > 100 {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "page, size")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := []any{}
	for _, p := range m.inbox {
		if !asked.OnlyNew || !p.confirmed {
			all = append(all, p.listed())
		}
	}
	from := min((asked.Page-1)*asked.Size, len(all))
	to := min(from+asked.Size, len(all))
	return fakeAnswer{status: http.StatusOK, body: fakeObject{"number": asked.Page, "size": asked.Size, "numberOfElements": to - from, "hasNext": to < len(all), "content": all[from:to]}}, nil
}

func (f *Fake) fetch(m *fakeMember, r *http.Request) (fakeAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range m.inbox {
		if p.id != r.PathValue("package") || p.confirmed {
			continue
		}
		for _, file := range p.files {
			if file.id == r.PathValue("file") {
				return fakeAnswer{status: http.StatusOK, file: file.path}, nil
			}
		}
	}
	return fakeAnswer{}, wrong(http.StatusNotFound, "file")
}

func (f *Fake) confirm(m *fakeMember, ids ...string) (fakeAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []*fakePackage
	for _, id := range ids {
		i := slices.IndexFunc(m.inbox, func(p *fakePackage) bool { return p.confirmID == id })
		if i < 0 {
			return fakeAnswer{}, wrong(http.StatusNotFound, "confirmId")
		}
		found = append(found, m.inbox[i])
	}
	for _, p := range found {
		p.confirmed = true
	}
	return fakeAnswer{status: http.StatusNoContent}, nil
}

func (f *Fake) confirmBatch(m *fakeMember, r *http.Request) (fakeAnswer, error) {
	var asked struct{ IDs []string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.IDs) == 0 {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "ids")
	}
	return f.confirm(m, asked.IDs...)
}

// row is what all rows of directories have. The same row has the same identifiers whenever it is asked for.
func row(directory, about string) fakeObject {
	id := func(what string) string {
		return uuid.NewSHA1(uuid.NameSpaceURL, []byte(directory+what+about)).String()
	}
	return fakeObject{"id": id("id"), "objid": id("obj"), "rowId": id("row"), "status": "ACTIVE", "createdOn": "2021-03-01T00:00:00Z", "updatedOn": "2021-03-01T00:00:00Z", "startDate": "2021-03-01", "endDate": nil}
}

func rows(list []any) fakeAnswer {
	return fakeAnswer{status: http.StatusOK, body: fakeObject{"data": list, "paging": fakeObject{"hasNext": false}}}
}

func (f *Fake) documentKinds(*fakeMember, *http.Request) (fakeAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []any
	for _, kind := range f.kinds {
		r := row("doc_type", kind)
		r["docCode"], r["name"] = kind, kind
		list = append(list, r)
	}
	return rows(list), nil
}

func (f *Fake) fileTypes(*fakeMember, *http.Request) (fakeAnswer, error) {
	r := row("file_type", "pdf")
	r["extension"] = "pdf"
	return rows([]any{r}), nil
}

// systems come without paging, as some directories do.
func (f *Fake) systems(*fakeMember, *http.Request) (fakeAnswer, error) {
	r := row("sed_type", "СЭД")
	r["description"], r["certified"] = "СЭД", true
	return fakeAnswer{status: http.StatusOK, body: []any{r}}, nil
}

// subscribers come in pages of two, whatever is asked for.
func (f *Fake) subscribers(_ *fakeMember, r *http.Request) (fakeAnswer, error) {
	var asked struct{ Paging struct{ Page, Limit int } }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Paging.Page < 1 || asked.Paging.Limit < 1 {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "paging")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	codes := slices.Sorted(maps.Keys(f.members))
	from := min((asked.Paging.Page-1)*2, len(codes))
	to := min(from+2, len(codes))
	list := []any{}
	for _, c := range codes[from:to] {
		m := f.members[c]
		o := row("subscriber", c)
		name := fakeObject{"ru": fmt.Sprintf("Организация %s", c)}
		o["id"], o["smdoCode"], o["subscriberStatus"] = m.id, c, "ACTIVE"
		o["organization"] = fakeObject{"id": m.organisation, "brandName": name, "fullName": name, "abbreviatedName": name, "address": name, "egrStatus": "1", "orgType": "1"}
		list = append(list, o)
	}
	return fakeAnswer{status: http.StatusOK, body: fakeObject{"data": list, "paging": fakeObject{"page": asked.Paging.Page, "limit": 2, "hasNext": to < len(codes)}}}, nil
}
