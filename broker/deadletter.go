package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// bury makes a dead letter of a submission that failed alone (D8).
func (h *Hub) bury(ctx context.Context, stage string, s *submission, cause error) error {
	if s.msg == nil {
		h.log.Error("a held packet cannot be examined", "error", cause)
		return nil
	}
	contour := document.ContourCode("")
	if s.packet != nil {
		contour = s.packet.ID.Sender
	}
	return h.buryMessage(ctx, stage, s.msg, contour, cause)
}

func (h *Hub) buryMessage(ctx context.Context, stage string, m jetstream.Msg, contour document.ContourCode, cause error) error {
	letter := &record.Dead{Key: record.NewKey(), Stage: stage, Subject: m.Subject(), Contour: contour, Reason: cause.Error(), At: h.Clock(), Payload: m.Data(), Headers: map[string]string{}}
	for _, name := range []string{"ce-type", "ce-id", "ce-source", cardHeader} {
		if v := m.Headers().Get(name); v != "" {
			letter.Headers[name] = v
		}
	}
	wait := newBackOff()
	for {
		err := h.record.Update(ctx, record.Reads{}, func(*record.State) (*record.Writes, error) {
			return &record.Writes{NewDead: []*record.Dead{letter}}, nil
		})
		if err == nil {
			break
		}
		if h.fatal(err) {
			return err
		}
		if !sleep(ctx, wait.NextBackOff()) {
			return ctx.Err()
		}
	}
	h.metrics.dead.WithLabelValues(stage).Inc()
	h.log.Error("dead letter", "stage", stage, "contour", contour, "letter", letter.Key.String(), "error", cause)
	_ = h.bus.nc.Publish(deadSubject+stage, []byte(letter.Key.String()))
	if err := m.Ack(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		h.log.Debug("acknowledge", "error", err)
	}
	return nil
}

// ReturnDead puts a dead letter back where it came from. The letter is removed after the bus has it: a crash
// in between returns it twice, which has one effect.
func (h *Hub) ReturnDead(ctx context.Context, key record.Key) error {
	letter, err := h.dead(ctx, key)
	if err != nil {
		return err
	}
	m := &nats.Msg{Subject: returnSubject(letter), Data: letter.Payload, Header: nats.Header{}}
	for name, v := range letter.Headers {
		m.Header[name] = []string{v}
	}
	if err := h.bus.publish(ctx, []*nats.Msg{m}); err != nil {
		return fmt.Errorf("return letter %s: %w", key, err)
	}
	return h.DropDead(ctx, key)
}

// returnSubject is where the doors publish: the stored subject has the partition in between.
func returnSubject(d *record.Dead) string {
	prefix, rest := inSubject, d.Subject
	if d.Stage == "register" {
		prefix = deliverSubject
	}
	for i := len(rest) - 1; i >= 0; i-- {
		if rest[i] == '.' {
			return prefix + rest[i+1:]
		}
	}
	return prefix + rest
}

// DropDead removes a dead letter for good.
func (h *Hub) DropDead(ctx context.Context, key record.Key) error {
	return h.record.Update(ctx, record.Reads{Dead: []record.Key{key}}, func(s *record.State) (*record.Writes, error) {
		if s.Dead[key] == nil {
			return nil, fmt.Errorf("letter %s: %w", key, record.ErrNotFound)
		}
		return &record.Writes{GoneDead: []record.Key{key}}, nil
	})
}

func (h *Hub) dead(ctx context.Context, key record.Key) (*record.Dead, error) {
	var letter *record.Dead
	err := h.record.Update(ctx, record.Reads{Dead: []record.Key{key}}, func(s *record.State) (*record.Writes, error) {
		letter = s.Dead[key]
		return nil, nil
	})
	if err == nil && letter == nil {
		err = record.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("letter %s: %w", key, err)
	}
	return letter, nil
}
