package broker_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// F14: under concurrency, peers of this hub stored one packet's body for all, and gave everybody one receipt.
func TestAThousandDifferentPacketsAtOnceStayDifferent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		const lanes, each = 50, 20
		packets := make([]*document.Packet, lanes*each)
		for i := range packets {
			packets[i] = different(e, i)
		}
		together(lanes, func(lane int) {
			for i := lane * each; i < (lane+1)*each; i++ {
				o := accepted(t, e, packets[i])
				for _, r := range o.Receipts {
					if r.Packet != packets[i].ID || r.Receiver != packets[i].To[0].Contour || !strings.HasPrefix(string(r.ID), packets[i].ID.String()+"/") {
						t.Errorf("packet %s is told of %s", packets[i].ID, r.ID)
					}
				}
			}
		})
		for _, p := range packets {
			row, _, err := e.Record.Packet(bounded(t), p.ID)
			if err != nil {
				t.Fatal(err)
			}
			body, err := e.Record.Body(bounded(t), row.Key)
			if err != nil || !bytes.Equal(body, marshal(t, p)) {
				t.Fatalf("packet %s has another body (%v)", p.ID, err)
			}
			for _, r := range sealed(t, e, p.ID) {
				stored, err := e.Record.Receipt(bounded(t), r.ID)
				if err != nil || r.Packet != p.ID || !bytes.Equal(stored.Bytes, wire.ReceiptBytes(r)) {
					t.Fatalf("receipt %s of packet %s is another one's (%v)", r.ID, p.ID, err)
				}
			}
		}
		numbered(t, e, len(packets))
	})
}

// different is a packet that has nothing in common with the others: name, text, file, signature, task.
func different(e *brokertest.Env, i int) *document.Packet {
	p := e.Letter("sub-a1", brokertest.Task(fmt.Sprint("t-", i), document.Sign, "sub-a1", "ivanov"))
	p.Subject = fmt.Sprint("Письмо ", i)
	p.Document.Title = strings.Repeat(fmt.Sprint(i, " "), 1+i%50)
	p.Document.Files = []document.Attachment{e.File(fmt.Sprint(i, ".pdf"), bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 1+i%300), "petrov")}
	return p
}
