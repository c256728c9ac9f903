package broker_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// upload stores a file and enters it as head-a's, as a door does.
func upload(t testing.TB, e *brokertest.Env, content []byte) blob.Info {
	t.Helper()
	info := stored(t, e, content)
	if err := entered(t, e, info, content); err != nil {
		t.Fatal(err)
	}
	return info
}

func stored(t testing.TB, e *brokertest.Env, content []byte) blob.Info {
	t.Helper()
	info, err := e.Blobs.Put(bounded(t), bytes.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func entered(t testing.TB, e *brokertest.Env, info blob.Info, content []byte) error {
	t.Helper()
	digests := e.Verifier.NewDigester()
	_, _ = digests.Write(content)
	return e.NoteUpload(bounded(t), "head-a", info, digests.Content())
}

// outside is a letter of head-a whose file is in the store and not inside.
func outside(e *brokertest.Env, content []byte) *document.Packet {
	p := signing(e)
	p.Document.Files[0] = e.File("Скан.pdf", content, "petrov")
	p.Document.Files[0].Inline = nil
	return p
}

// later is when everything in the store is older than the grace.
func later() time.Time { return time.Now().Add(25 * time.Hour) }

func collects(t testing.TB, e *brokertest.Env, now time.Time, want int) {
	t.Helper()
	if got, err := e.Collect(bounded(t), now); err != nil || got != want {
		t.Errorf("%d files were removed (%v), want %d", got, err, want)
	}
}

// holds says whether the store has the file, whole.
func holds(t testing.TB, e *brokertest.Env, content []byte, d blob.Digest) bool {
	t.Helper()
	r, _, err := e.Blobs.Open(bounded(t), d)
	if absent := (*blob.NotFoundError)(nil); errors.As(err, &absent) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("the store gives %d bytes of %d: %v", len(got), len(content), err)
	}
	return true
}

func TestAnUploadThatNothingUsesIsRemovedAfterItsGrace(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		content := []byte("%PDF-1.4 не понадобился")
		info := upload(t, e, content)
		collects(t, e, time.Now().Add(23*time.Hour), 0)
		if !holds(t, e, content, info.Digest) {
			t.Fatal("the file went before its grace was over")
		}
		collects(t, e, later(), 1)
		if holds(t, e, content, info.Digest) {
			t.Error("the file is still there")
		}
		if _, err := e.UploadOf(bounded(t), "head-a", info.Digest); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("the upload is still entered: %v", err)
		}
	})
}

func TestAHubCollectsByItselfWhenItStarts(t *testing.T) {
	t.Parallel()
	clock := new(brokertest.Clock)
	e := brokertest.Start(t, brokertest.Options{Broker: broker.Options{Clock: clock.Now, ReconcileEvery: time.Hour}})
	content := []byte("%PDF-1.4 не понадобился")
	info := upload(t, e, content)
	clock.Forward(25 * time.Hour)
	e.Restart()
	until(t, e, "the file is removed", func() bool { return !holds(t, e, content, info.Digest) })
}

func TestAFileThatAPacketAdoptedStays(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		content := []byte("%PDF-1.4 приложение")
		info := upload(t, e, content)
		p := outside(e, content)
		accepted(t, e, p)
		registered(t, e, p, "sub-a1")
		collects(t, e, later(), 0)
		upload(t, e, content) // once more, for nothing
		collects(t, e, later(), 0)
		sign := func(*document.Attachment) (document.Signature, error) { return e.Sign("ivanov", content), nil }
		o, err := e.Execute(bounded(t), "sub-a1", broker.Execution{Packet: p.ID, Task: "t-1", Executor: "ivanov", Outcome: document.Signed, Sign: sign})
		if err != nil {
			t.Fatal(err)
		}
		standing(t, o, broker.Custody) // the answer names the file that sub-a1 never uploaded
		stores(t, e, "head-a", int64(len(content)))
		stores(t, e, "sub-a1", 0) // nor pays for
		collects(t, e, later(), 0)
		if !holds(t, e, content, info.Digest) {
			t.Error("the file of a packet is gone")
		}
	})
}

func TestTheFilesOfADraftStay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		first, second := []byte("%PDF-1.4 проект"), []byte("%PDF-1.4 приложение к проекту")
		infos := []blob.Info{upload(t, e, first)}
		card, err := e.CreateCard(bounded(t), "head-a", outside(e, first))
		if err != nil {
			t.Fatal(err)
		}
		collects(t, e, later(), 0)
		infos = append(infos, upload(t, e, second))
		_, err = e.EditCard(bounded(t), "head-a", card.Key, card.Version, func(p *document.Packet) error {
			p.Document.Files = append(p.Document.Files, outside(e, second).Document.Files...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		collects(t, e, later(), 0)
		if !holds(t, e, first, infos[0].Digest) || !holds(t, e, second, infos[1].Digest) {
			t.Error("a file of the draft is gone")
		}
	})
}

func TestAPacketThatNamesARemovedFileIsRefusedAndANewUploadWins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		content := []byte("%PDF-1.4 опоздавший")
		info := upload(t, e, content)
		p := outside(e, content)
		collects(t, e, later(), 1)
		for range 2 { // the repeat is told the same
			o := standing(t, submit(t, e, p), broker.Refused)
			if !slices.Equal(codes(o.Faults), []document.FaultCode{document.FileMissing}) {
				t.Fatalf("faults %v", o.Faults)
			}
		}
		if err := entered(t, e, info, content); !errors.Is(err, record.ErrStale) {
			t.Errorf("the file that is gone was entered: %v", err)
		}
		upload(t, e, content)
		for range 2 {
			accepted(t, e, p)
		}
		registered(t, e, p, "sub-a1")
		collects(t, e, later(), 0)
		if !holds(t, e, content, info.Digest) {
			t.Error("the file that was uploaded again is gone")
		}
		want := []document.Stage{document.Reject, document.Accept, document.Forward, document.Deliver, document.Register}
		if got := stages(t, e, p.ID, "sub-a1"); !slices.Equal(got, want) {
			t.Errorf("receipts %v, want %v", got, want)
		}
		sound(t, e)
	})
}

func TestAFileThatIsGivenUpBeforeItIsEnteredIsPutAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		content := []byte("%PDF-1.4 между")
		info := stored(t, e, content)
		free, err := e.Record.Doom(bounded(t), []record.StoredFile{{SHA256: info.Digest, Stored: info.Stored}})
		if err != nil || len(free) != 1 {
			t.Fatalf("given up: %v, %v", free, err)
		}
		if err := entered(t, e, info, content); err != nil {
			t.Fatalf("enter: %v", err)
		}
		if err := e.Blobs.Delete(bounded(t), info); err != nil { // the collector goes on
			t.Fatal(err)
		}
		accepted(t, e, outside(e, content))
		collects(t, e, later(), 0)
		if !holds(t, e, content, info.Digest) {
			t.Error("the file of a packet is gone")
		}
	})
}

// Collectors run freely beside senders, at first: without a grace they would keep them repeating for ever.
func TestACollectorBesidePacketsThatAdoptLosesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		const senders, packets, passes = 3, 8, 60
		sent := make([][]*document.Packet, senders)
		together(senders+2, func(i int) {
			if i >= senders {
				for range passes {
					if _, err := e.Collect(bounded(t), later()); err != nil {
						t.Error(err)
					}
				}
				return
			}
			for n := range packets {
				if p := sendFile(t, e, fmt.Appendf(nil, "%%PDF-1.4 %d", n)); p != nil { // the same file from all
					sent[i] = append(sent[i], p)
				}
			}
		})
		collects(t, e, later(), 0)
		for i := range sent {
			if len(sent[i]) != packets {
				t.Errorf("sender %d sent %d packets of %d", i, len(sent[i]), packets)
			}
			for n, p := range sent[i] {
				if !holds(t, e, fmt.Appendf(nil, "%%PDF-1.4 %d", n), p.Document.Files[0].SHA256) {
					t.Errorf("the file of %s is lost", p.ID)
				}
				registered(t, e, p, p.To[0].Contour)
			}
		}
		sound(t, e)
	})
}

// sendFile uploads and submits until the packet has custody; nil when it cannot.
func sendFile(t *testing.T, e *brokertest.Env, content []byte) *document.Packet {
	p := outside(e, content)
	for range 200 {
		info, err := e.Blobs.Put(bounded(t), bytes.NewReader(content), 1<<20)
		if err == nil {
			err = entered(t, e, info, content)
		}
		if errors.Is(err, record.ErrStale) {
			continue
		}
		if err != nil {
			t.Error(err)
			return nil
		}
		o, err := e.Submit(bounded(t), "head-a", p)
		if err != nil && len(o.Faults) == 0 {
			t.Error(err)
			return nil
		}
		if o.Standing == broker.Custody {
			return p
		}
		if !slices.Equal(codes(o.Faults), []document.FaultCode{document.FileMissing}) {
			t.Errorf("standing %s, faults %v", o.Standing, o.Faults)
			return nil
		}
	}
	t.Errorf("packet %s is still refused", p.ID)
	return nil
}
