package smdo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// fetchFile streams a file of a package that was handed to the contour.
func (d *door) fetchFile(w http.ResponseWriter, r *request) error {
	key, _, isLeaf, ok := parseID(r.PathValue("package"))
	if !ok || isLeaf {
		return errNotFound
	}
	packet, _, err := d.incoming(r.Context(), r.contour, key)
	if err != nil {
		return err
	}
	n := 0
	for _, a := range packet.Files {
		if n++; fileID(n) == r.PathValue("file") {
			return d.stream(w, r, a)
		}
	}
	return errNotFound
}

func (d *door) stream(w http.ResponseWriter, r *request, a *document.Attachment) error {
	content, err := d.files().Open(r.Context(), a)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Content-Length", fmt.Sprint(a.Size))
	control := http.NewResponseController(w)
	if _, err := io.Copy(w, &patientFile{content, control}); err != nil {
		panic(http.ErrAbortHandler) // the answer has begun: cut it off, so that it is not taken for whole
	}
	return nil
}

// patientFile gives up on a client that takes nothing for a minute.
type patientFile struct {
	io.Reader
	control *http.ResponseController
}

func (f *patientFile) Read(p []byte) (int, error) {
	_ = f.control.SetWriteDeadline(time.Now().Add(patience))
	return f.Reader.Read(p)
}

// confirm settles a package: it waits no more. Again, it changes nothing.
func (d *door) confirm(w http.ResponseWriter, r *request) error {
	if err := d.settle(r, r.PathValue("confirm")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// confirmBatch settles several at once, so that they are sealed together. When some fail the others are settled, and the
// client repeats all.
func (d *door) confirmBatch(w http.ResponseWriter, r *request) error {
	var asked struct {
		IDs []string `json:"ids"`
	}
	if text, err := io.ReadAll(r.Body); err != nil {
		return err
	} else if json.Unmarshal(text, &asked) != nil || len(asked.IDs) == 0 || len(asked.IDs) > maxBatch {
		return malformed("ids", fmt.Sprintf("1–%d", maxBatch))
	}
	errs := make([]error, len(asked.IDs))
	var all sync.WaitGroup
	places := make(chan struct{}, 32)
	for i, id := range asked.IDs {
		places <- struct{}{}
		all.Go(func() {
			errs[i] = d.settle(r, id)
			<-places
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, errNotFound) && !errors.Is(err, record.ErrNotFound) {
			return err
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// settle takes one package off the list. A packet whose receiver has said nothing of it yet counts as delivered now.
func (d *door) settle(r *request, id string) error {
	key, leaf, isLeaf, ok := parseID(id)
	if !ok {
		return errNotFound
	}
	if isLeaf {
		return d.Record.Keep(r.Context(), nil, []record.KeptKey{adapters.ReceiptKey(contours.ProtocolSMDO, r.contour, leaf)})
	}
	packet, ex, err := d.incoming(r.Context(), r.contour, key)
	if err != nil || ex.State != document.Forwarded {
		return err
	}
	return d.hub.Confirm(r.Context(), r.contour, packet.ID)
}
