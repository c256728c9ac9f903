package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// submission is one packet or report on its way to the record.
type submission struct {
	msg    jetstream.Msg // nil when a held packet is examined again
	at     time.Time
	body   []byte
	packet *document.Packet
	report *document.Report
	digest [32]byte
	card   bool // it leaves a card of the sender's journal

	attempt int  // of this id; set by admission
	repeat  bool // of a report: it was applied before

	faults   document.Faults // of the form and of signatures, whatever the rules say
	unproven document.Faults // signatures that cannot be decided yet: the pair's rule says what then
	emulated bool
	size     int64
	poison   error
	settled  topic // under which a door waits though nothing new was stated
}

// examine reads a batch and checks what does not depend on the rules: the form, every file's digest and
// signatures, on all cores. What cannot be read is poison for its own submission only.
func (h *Hub) examine(ctx context.Context, batch []jetstream.Msg) []*submission {
	subs := make([]*submission, len(batch))
	each(len(batch), func(i int) {
		s := &submission{msg: batch[i], at: h.Clock(), body: batch[i].Data()}
		s.poison = Guarded(func() error { return s.read(batch[i]) })
		subs[i] = s
	})
	uploads := h.uploadsOf(ctx, subs)
	each(len(subs), func(i int) {
		if s := subs[i]; s.poison == nil && s.packet != nil {
			s.poison = Guarded(func() error { return h.inspect(ctx, s, uploads) })
		}
	})
	return subs
}

// each calls f for 0 … n-1 on all cores.
func each(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wait.Wait()
}

func (s *submission) read(m jetstream.Msg) (err error) {
	h := m.Headers()
	switch kind := h.Get("ce-type"); kind {
	case packetType:
		s.packet, err = wire.UnmarshalPacket(s.body)
		s.digest = sha256.Sum256(s.body) // the door wrote the only encoding there is
		s.card = h.Get(cardHeader) != ""
	case reportType:
		s.report, err = wire.UnmarshalReport(s.body)
	default:
		return fmt.Errorf("unknown kind of submission %q", kind)
	}
	return err
}

// uploadsOf reads what is known of the files that packets of the batch name without carrying them.
func (h *Hub) uploadsOf(ctx context.Context, subs []*submission) map[record.UploadKey]*record.Upload {
	keys := uploadKeys(subs)
	if len(keys) == 0 {
		return nil
	}
	var found map[record.UploadKey]*record.Upload
	err := h.record.Update(ctx, record.Reads{Uploads: keys}, func(s *record.State) (*record.Writes, error) {
		found = s.Uploads
		return nil, nil
	})
	if err != nil {
		h.log.Warn("uploads cannot be read", "error", err)
		for _, s := range subs {
			if s.packet != nil && s.poison == nil && len(uploadKeys([]*submission{s})) > 0 {
				s.poison = errRetry
			}
		}
	}
	return found
}

// errRetry marks a submission whose examination could not be finished: it is examined again.
var errRetry = errors.New("could not be examined")

func uploadKeys(subs []*submission) []record.UploadKey {
	var keys []record.UploadKey
	seen := map[record.UploadKey]bool{}
	for _, s := range subs {
		if s.packet == nil || s.poison != nil {
			continue
		}
		for _, a := range s.packet.Files {
			k := record.UploadKey{Contour: s.packet.ID.Sender, SHA256: a.SHA256}
			if a.Inline == nil && !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// inspect checks form, digests and signatures of one packet; it collects all faults.
func (h *Hub) inspect(ctx context.Context, s *submission, uploads map[record.UploadKey]*record.Upload) error {
	s.faults = s.packet.Validate(h.Limits)
	s.size = int64(len(s.body))
	for field, a := range s.packet.Files {
		content, ok := h.contentOf(s, field, a, uploads)
		if !ok {
			continue
		}
		if a.Inline == nil {
			s.size += a.Size
		}
		for i := range a.Signatures {
			s.verify(h.verifier, field+".signatures["+strconv.Itoa(i)+"]", a.Signatures[i].CMS, content)
		}
	}
	if s.packet.Kind == document.Answer && s.packet.Answer != nil && s.packet.Answer.Outcome == document.Signed {
		return h.compareWithParent(ctx, s)
	}
	return nil
}

func (h *Hub) contentOf(s *submission, field string, a *document.Attachment, uploads map[record.UploadKey]*record.Upload) (signature.Content, bool) {
	if a.Inline != nil {
		c := signature.ContentOf(a.Inline) // other digests than SHA-256 only where a signature names them
		if [32]byte(c.Digests[signature.SHA256]) != a.SHA256 {
			s.faults = append(s.faults, document.NewFault(document.FileDigest, field+".sha256"))
			return c, false
		}
		return c, true
	}
	u := uploads[record.UploadKey{Contour: s.packet.ID.Sender, SHA256: a.SHA256}]
	if u == nil || u.Size != a.Size {
		s.faults = append(s.faults, document.NewFault(document.FileMissing, field))
		return signature.Content{}, false
	}
	c := signature.Content{Size: u.Size, Digests: map[signature.HashName][]byte{}}
	for name, digest := range u.Digests {
		c.Digests[signature.HashName(name)] = digest
	}
	return c, true
}

func (s *submission) verify(v *signature.Verifier, field string, cms []byte, content signature.Content) {
	verdict := v.Verify(cms, content, s.at)
	s.emulated = s.emulated || verdict.Emulated
	if verdict.Status == signature.Valid {
		return
	}
	f := document.NewFault(document.FaultCode(verdict.Reason), field, verdict.Field) // the codes are the same
	if verdict.Status == signature.Undeterminable {
		s.unproven = append(s.unproven, f)
		return
	}
	s.faults = append(s.faults, f)
}

// compareWithParent demands of the answer to a signing task that it repeats the files unchanged, each with
// one signature more (R04).
func (h *Hub) compareWithParent(ctx context.Context, s *submission) error {
	d := s.packet.Document
	if d == nil || d.Parent == nil {
		return nil
	}
	row, err := h.sentTo(ctx, document.PacketID{Sender: d.Parent.Contour, MsgID: d.Parent.LastMsgID}, s.packet.ID.Sender)
	if errors.Is(err, record.ErrNotFound) {
		return nil // admission says so
	}
	if err != nil {
		return errRetry
	}
	body, err := h.record.Body(ctx, row.Key)
	if err != nil {
		return errRetry
	}
	parent, err := wire.UnmarshalPacket(body)
	if err != nil {
		return fmt.Errorf("packet %s in the record: %w", row.ID, err)
	}
	if parent.Document == nil {
		return nil
	}
	for i := range parent.Document.Files {
		want := &parent.Document.Files[i]
		if !signedAgain(d.Files, want) {
			s.faults = append(s.faults, document.NewFault(document.SignatureLost, "document.files", want.Name))
		}
	}
	return nil
}

// sentTo reads the row of a packet; one that was not sent to the contour does not exist for it (D13).
func (h *Hub) sentTo(ctx context.Context, id document.PacketID, contour document.ContourCode) (*record.Packet, error) {
	ex, err := h.exchangeOf(ctx, id, contour)
	if err != nil {
		return nil, err
	}
	return ex.Doc, nil
}

func signedAgain(files []document.Attachment, want *document.Attachment) bool {
	for i := range files {
		if files[i].SHA256 == want.SHA256 && len(files[i].Signatures) > len(want.Signatures) {
			return true
		}
	}
	return false
}
