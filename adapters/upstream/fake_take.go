package upstream

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
)

// routes are the calls of the router.
func (f *Fake) routes() *http.ServeMux {
	mux := http.NewServeMux()
	const in, out = "/receiver/1.0.0/org/SMDO~1.0.0/package", "/sender/1.0.0/org/SMDO~1.0.0/package"
	mux.HandleFunc("POST /token", f.troubled("token", f.token))
	mux.HandleFunc("POST "+in, f.open("create", f.create))
	mux.HandleFunc("GET "+in+"/{package}", f.open("show", f.ofDraft(false, f.show)))
	mux.HandleFunc("POST "+in+"/{package}/attach", f.open("attach", f.ofDraft(true, f.attach)))
	mux.HandleFunc("DELETE "+in+"/{package}/attach/{file}", f.open("detach", f.ofDraft(true, f.detach)))
	mux.HandleFunc("PUT "+in+"/{package}/attach/{file}/signs", f.open("sign", f.ofDraft(true, f.sign)))
	mux.HandleFunc("GET "+in+"/{package}/send", f.open("send", f.ofDraft(true, f.send)))
	mux.HandleFunc("POST "+out, f.open("list", f.list))
	mux.HandleFunc("GET "+out+"/{package}/attach/{file}", f.open("fetch", f.fetch))
	mux.HandleFunc("GET "+out+"/confirm/{confirm}", f.open("confirm", func(m *fakeMember, r *http.Request) (fakeAnswer, error) {
		return f.confirm(m, r.PathValue("confirm"))
	}))
	mux.HandleFunc("POST "+out+"/confirm/batch", f.open("batch", f.confirmBatch))
	mux.HandleFunc("GET /smdo_nsi_doc_type/1.0.0/smdo_nsi/doc_type/v1", f.open("directory", f.documentKinds))
	mux.HandleFunc("GET /smdo_nsi_file_type/1.0.0/smdo_nsi/file_type/v1", f.open("directory", f.fileTypes))
	mux.HandleFunc("GET /smdo_nsi_sed_type/1.0.0/smdo_nsi/sed_type/v1", f.open("directory", f.systems))
	mux.HandleFunc("POST /smdo_nsi_subscriber/1.0.0/smdo_nsi/subscriber/v1/search", f.open("subscribers", f.subscribers))
	return mux
}

// create takes a draft.
func (f *Fake) create(m *fakeMember, r *http.Request) (fakeAnswer, error) {
	var p fakeObject
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "JSON")
	}
	envelope := at(p, "body", "envelop")
	receipt, isReceipt := at(envelope, "body", "acknowledgement").(fakeObject)
	to := listAt(p, "to")
	switch _, err := uuid.Parse(stringAt(envelope, "msg_id")); {
	case stringAt(p, "headerId") != "SMDO~1.0.0":
		return fakeAnswer{}, wrong(http.StatusBadRequest, "headerId")
	case stringAt(p, "packageId") != "":
		return fakeAnswer{}, wrong(http.StatusBadRequest, "packageId is given by the router")
	case err != nil:
		return fakeAnswer{}, wrong(http.StatusBadRequest, "msg_id is no GUID")
	case stringAt(envelope, "type") != "SDIP-2.1.1":
		return fakeAnswer{}, wrong(http.StatusBadRequest, "type")
	case stringAt(envelope, "header", "sender", "id") != m.code:
		return fakeAnswer{}, wrong(http.StatusForbidden, "in another's name")
	case len(to) == 0 || len(to) > 100 || len(to) != len(listAt(envelope, "header", "receiver")):
		return fakeAnswer{}, wrong(http.StatusBadRequest, "receivers")
	case isReceipt && (p["ack"] != true || at(receipt, "ack_type") == nil || len(listAt(receipt, "ackResult")) == 0):
		return fakeAnswer{}, wrong(http.StatusBadRequest, "a receipt has ack, ack_type and ackResult")
	case !isReceipt && at(envelope, "body") == nil:
		return fakeAnswer{}, wrong(http.StatusBadRequest, "body")
	}
	for _, t := range to {
		if _, err := uuid.Parse(stringAt(t, "idAbonent")); err != nil || stringAt(t, "typeAbonent") != "SMDO" {
			return fakeAnswer{}, wrong(http.StatusBadRequest, "idAbonent is no GUID")
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if isReceipt && !slices.ContainsFunc(m.inbox, func(got *fakePackage) bool { return got.id == stringAt(p, "parentId") }) {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "parentId of a receipt")
	}
	d := &fakePackage{id: uuid.NewString(), confirmID: uuid.NewString(), text: p}
	m.drafts[d.id] = d
	return fakeAnswer{status: http.StatusCreated, body: d.shown()}, nil
}

// shown is a draft as its sender sees it.
func (d *fakePackage) shown() fakeObject {
	files := []any{}
	for _, file := range d.files {
		files = append(files, fakeObject{"id": file.id, "name": file.name, "size": file.size, "sign": file.signs})
	}
	return fakeObject{"packageId": d.id, "confirmId": d.confirmID, "headerId": "SMDO~1.0.0", "parentId": d.text["parentId"], "attachments": files, "body": d.text["body"], "dateSent": d.text["dateSent"]}
}

// ofDraft finds the draft that a call is about. One that was sent does not change.
func (f *Fake) ofDraft(change bool, serve func(*fakeMember, *fakePackage, *http.Request) (fakeAnswer, error)) func(*fakeMember, *http.Request) (fakeAnswer, error) {
	return func(m *fakeMember, r *http.Request) (fakeAnswer, error) {
		f.mu.Lock()
		d := m.drafts[r.PathValue("package")]
		gone := d == nil || d.sent && f.Forget
		over := !gone && d.sent && change
		f.mu.Unlock()
		if gone {
			return fakeAnswer{}, wrong(http.StatusNotFound, "package")
		}
		if over {
			return fakeAnswer{}, wrong(http.StatusConflict, "the package has been sent")
		}
		return serve(m, d, r)
	}
}

func (f *Fake) show(_ *fakeMember, d *fakePackage, _ *http.Request) (fakeAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fakeAnswer{status: http.StatusOK, body: d.shown()}, nil
}

// attach takes a file. What breaks off is kept as it is, as routers do.
func (f *Fake) attach(_ *fakeMember, d *fakePackage, r *http.Request) (fakeAnswer, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "multipart/form-data")
	}
	part, err := parts.NextPart()
	if err != nil || part.FormName() != "file" {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "part file")
	}
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil || params["filename"] == "" {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "filename")
	}
	file := &fakeFile{id: uuid.NewString(), name: params["filename"], signs: []any{}}
	size, err := f.keep(file, part)
	if size == 0 {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "an empty file")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d.files = append(d.files, file)
	return fakeAnswer{status: http.StatusCreated, body: fakeObject{"id": file.id, "name": file.name, "size": size}}, err
}

func (f *Fake) keep(file *fakeFile, r io.Reader) (int64, error) {
	file.path = filepath.Join(f.dir, file.id)
	out, err := os.Create(file.path)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	file.size, err = io.Copy(out, r)
	return file.size, err
}

func (f *Fake) detach(_ *fakeMember, d *fakePackage, r *http.Request) (fakeAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(d.files)
	d.files = slices.DeleteFunc(d.files, func(file *fakeFile) bool { return file.id == r.PathValue("file") })
	if len(d.files) == n {
		return fakeAnswer{}, wrong(http.StatusNotFound, "file")
	}
	return fakeAnswer{status: http.StatusNoContent}, nil
}

// sign sets the signatures of a file.
func (f *Fake) sign(_ *fakeMember, d *fakePackage, r *http.Request) (fakeAnswer, error) {
	var signs []any
	if err := json.NewDecoder(r.Body).Decode(&signs); err != nil || len(signs) == 0 || len(signs) > 20 {
		return fakeAnswer{}, wrong(http.StatusBadRequest, "signs")
	}
	for _, s := range signs {
		if stringAt(s, "data") == "" {
			return fakeAnswer{}, wrong(http.StatusBadRequest, "data")
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range d.files {
		if file.id == r.PathValue("file") {
			file.signs = signs
			return fakeAnswer{status: http.StatusNoContent}, nil
		}
	}
	return fakeAnswer{}, wrong(http.StatusNotFound, "file")
}

// send routes a package.
func (f *Fake) send(m *fakeMember, d *fakePackage, _ *http.Request) (fakeAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d.sent { // by another call meanwhile
		return fakeAnswer{}, wrong(http.StatusConflict, "the package has been sent")
	}
	d.sent = true
	f.sent = append(f.sent, d.text)
	receipt := d.text["ack"] == true
	if results := d.faults(); len(results) > 0 {
		f.state(m, d, 103, results)
		return fakeAnswer{status: http.StatusNoContent}, nil
	}
	if !receipt {
		f.state(m, d, 100, nil)
	}
	for _, t := range listAt(d.text, "to") {
		to := f.byID(stringAt(t, "idAbonent"))
		switch {
		case to == nil:
			f.state(m, d, 103, []any{fakeObject{"errorcode": 11, "value": "Получатель не найден"}})
		case to.blocked:
			f.state(m, d, 104, []any{fakeObject{"errorcode": 0, "value": "Доступ получателя заблокирован"}})
		default:
			f.route(m, to, d.text, d.files)
			if !receipt {
				f.state(m, d, 101, nil)
			}
		}
	}
	return fakeAnswer{status: http.StatusNoContent}, nil
}

// faults are what the router finds wrong with the files of a package: each that the message names is there once, and signed.
func (d *fakePackage) faults() (results []any) {
	for _, t := range listAt(d.text, "body", "envelop", "body", "document", "docTransfer") {
		ref := stringAt(t, "data", "referenceid")
		n, signed := 0, false
		for _, file := range d.files {
			if file.name == ref {
				n++
				signed = len(file.signs) > 0
			}
		}
		switch {
		case n != 1:
			results = append(results, fakeObject{"errorcode": -21, "value": fmt.Sprintf("Файлов «%s»: %d", ref, n)})
		case !signed:
			results = append(results, fakeObject{"errorcode": -22, "value": fmt.Sprintf("Файл «%s» не подписан", ref)})
		}
	}
	return results
}

// route puts a package into a subscriber's account.
func (f *Fake) route(from, to *fakeMember, text fakeObject, files []*fakeFile) *fakePackage {
	p := &fakePackage{id: uuid.NewString(), confirmID: uuid.NewString(), files: files}
	p.text = fakeObject{}
	for k, v := range text {
		p.text[k] = v
	}
	p.text["from"] = fakeObject{"idAbonent": from.id + "  ", "typeAbonent": "SMDO", "name": from.code, "orgId": from.organisation, "applicationId": nil}
	p.text["dateIn"] = time.Now().UTC().Format(time.RFC3339)
	to.inbox = append(to.inbox, p)
	return p
}
