package smdo

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// row is what all rows of directories have.
type row struct {
	ID        string `json:"id"`
	ObjID     string `json:"objid"`
	RowID     string `json:"rowId"`
	Status    string `json:"status"`
	CreatedOn string `json:"createdOn,omitempty"`
	UpdatedOn string `json:"updatedOn,omitempty"`
	StartDate string `json:"startDate,omitempty"`
	EndDate   string `json:"endDate,omitempty"`
	Name      string `json:"name,omitempty"`
}

// newRow identifies a row by its directory and what it is about.
func newRow(directory, about, name string) row {
	id := uuid.NewSHA1(space, []byte(directory+"/"+about)).String()
	return row{ID: id, ObjID: id, RowID: id, Status: "ACTIVE", Name: name}
}

// page is an answer with rows.
type page struct {
	Data   any    `json:"data"`
	Paging paging `json:"paging"`
}

type paging struct {
	Page    int  `json:"page"`
	Limit   int  `json:"limit"`
	HasNext bool `json:"hasNext"`
}

// documentKinds are the kinds of documents permitted for exchange (S03).
func (d *door) documentKinds(w http.ResponseWriter, r *request) error {
	type kind struct {
		row
		Code string `json:"docCode"`
	}
	var rows []kind
	for _, name := range d.hub.Book().Config().Kinds {
		rows = append(rows, kind{newRow("doc_type", name, name), name})
	}
	return answerJSON(w, http.StatusOK, page{Data: rows, Paging: paging{1, len(rows), false}})
}

// fileTypes are the types of files that documents have. The hub itself takes any.
func (d *door) fileTypes(w http.ResponseWriter, r *request) error {
	type fileType struct {
		row
		Extension string `json:"extension"`
	}
	var rows []fileType
	for _, ext := range []string{"pdf", "doc", "docx", "odt", "rtf", "txt", "xls", "xlsx", "ods", "xml", "jpg", "png", "tif", "zip"} {
		rows = append(rows, fileType{newRow("file_type", ext, ext), ext})
	}
	return answerJSON(w, http.StatusOK, page{Data: rows, Paging: paging{1, len(rows), false}})
}

// systems are the products of document-management systems: the hub's own, since it hosts contours.
func (d *door) systems(w http.ResponseWriter, r *request) error {
	type sedType struct {
		row
		Description string `json:"description"`
		Certified   bool   `json:"certified"`
	}
	own := sedType{newRow("sed_type", adapters.Product, adapters.Product), adapters.Product, false}
	own.ID, own.ObjID, own.RowID = adapters.ProductID, adapters.ProductID, adapters.ProductID
	return answerJSON(w, http.StatusOK, page{Data: []sedType{own}, Paging: paging{1, 1, false}})
}

type ru struct {
	RU string `json:"ru"`
}

type subscriber struct {
	row
	Code         document.ContourCode `json:"smdoCode"`
	Status       string               `json:"subscriberStatus"`
	Organization struct {
		ID          string `json:"id"`
		Brand       ru     `json:"brandName"`
		Full        ru     `json:"fullName"`
		Abbreviated ru     `json:"abbreviatedName"`
		Address     ru     `json:"address"`
		EGRStatus   string `json:"egrStatus"`
		Type        string `json:"orgType"`
	} `json:"organization"`
}

// subscribers are those to whom the contour may send, and itself: others it need not know (D13).
func (d *door) subscribers(w http.ResponseWriter, r *request) error {
	var asked struct {
		Paging struct {
			Page  int `json:"page"`
			Limit int `json:"limit"`
		} `json:"paging"`
	}
	if text, err := io.ReadAll(r.Body); err != nil {
		return err
	} else if len(text) > 0 && json.Unmarshal(text, &asked) != nil {
		return malformed("body", "JSON")
	}
	limit, number := min(max(asked.Paging.Limit, 1), maxPage), max(asked.Paging.Page, 1)
	if asked.Paging.Limit == 0 {
		limit = maxPage
	}
	book := d.hub.Book()
	codes := slices.Clone(book.Trusted(r.contour))
	if !slices.Contains(codes, r.contour) {
		codes = append(codes, r.contour)
	}
	from := min((number-1)*limit, len(codes))
	to := min(from+limit, len(codes))
	rows := make([]subscriber, 0, to-from)
	for _, c := range codes[from:to] {
		rows = append(rows, subscriberOf(book, c))
	}
	return answerJSON(w, http.StatusOK, page{Data: rows, Paging: paging{number, limit, to < len(codes)}})
}

func subscriberOf(book *contours.Book, c document.ContourCode) subscriber {
	s := subscriber{row: newRow("subscriber", string(c), adapters.Organisation(book, c)), Code: c, Status: "ACTIVE"}
	s.ID = subscriberID(c)
	if !book.Active(c) {
		s.Status, s.row.Status = "BLOCKED", "BLOCKED"
	}
	s.Organization.ID = subscriberID(c)
	name := ru{adapters.Organisation(book, c)}
	s.Organization.Brand, s.Organization.Full, s.Organization.Abbreviated = name, name, name
	return s
}
