package brokertest

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Key makes an API key of the contour.
func (e *Env) Key(contour document.ContourCode) string {
	e.t.Helper()
	text, key := broker.NewKey(contour, record.RoleContour, "test", time.Now(), time.Time{})
	e.must(e.Record.AddKey(context.Background(), key))
	return text
}

// Connector connects to the bus as the contour's own system does: from outside, with the contour's key.
func (e *Env) Connector(contour document.ContourCode, o ...nats.Option) *nats.Conn {
	e.t.Helper()
	o = append([]nats.Option{nats.UserInfo(string(contour), e.Key(contour)), nats.CustomInboxPrefix(broker.InboxPrefix(contour))}, o...)
	for try := 1; ; try++ {
		nc, err := nats.Connect(e.Server.URL(), o...)
		if err == nil {
			e.t.Cleanup(nc.Close)
			return nc
		}
		if try == 5 { // the hub may have just begun to answer for keys
			e.t.Fatal(err)
		}
	}
}
