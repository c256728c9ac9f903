package upstream

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// fetchFiles stores the files of a package, as its sender's.
func (l *Link) fetchFiles(ctx context.Context, a *account, p *sdip.Package, name label) error {
	beside := map[string]*sdip.PackageFile{}
	for i := range p.Attachments {
		beside[p.Attachments[i].Name] = &p.Attachments[i]
	}
	var wrong document.Faults
	for field, f := range p.Message.Packet.Files {
		file := beside[f.ReferenceID]
		var err error
		switch {
		case f.Inline != nil:
			err = l.Files.Spill(ctx, p.Message.Packet.ID.Sender, field, f)
		case file == nil:
			err = document.Faults{document.NewFault(document.FileMissing, field)}
		default:
			err = l.fetchFile(ctx, a, p, cmp.Or(name.ID, name.PackageID), file, field, f)
		}
		var faults document.Faults
		if errors.As(err, &faults) {
			wrong = append(wrong, faults...)
		} else if err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// fetchFile stores a file. One that has another size than the router announced is fetched again: it may have been cut off on
// the way by somebody who closed the answer properly.
func (l *Link) fetchFile(ctx context.Context, a *account, p *sdip.Package, id string, file *sdip.PackageFile, field string, f *document.Attachment) error {
	for try := 1; ; try++ {
		err := a.fetch(ctx, id, file.ID, func(r io.Reader) error {
			info, err := l.Files.Store(ctx, p.Message.Packet.ID.Sender, field, r)
			f.Size, f.SHA256 = info.Size, info.Digest
			return err
		})
		if answered(err, http.StatusNotFound, http.StatusGone) {
			return document.Faults{document.NewFault(document.FileMissing, field)}
		}
		if err != nil || file.Size == 0 || f.Size == int64(file.Size) {
			return err
		}
		if try == 2 {
			return document.Faults{document.NewFault(document.FileDigest, field)}
		}
	}
}
