package sqlite

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// onDesk is a task that is read to be shown.
type onDesk struct {
	record.DeskTask
	sealed bool
}

var deskColumns = "SELECT " + taskRow.as("t") + ", p.sender, p.msg_id, p.document_kind, p.title, p.number, p.number_date, coalesce(c.receipt, ''), " + numberSealed +
	" FROM task t INDEXED BY %s CROSS JOIN packet p ON p.key = t.packet LEFT JOIN card c ON c.key = t.card"

func deskFields(d *onDesk) []any {
	return append(taskRow.fields(&d.Task), (*string)(&d.PacketID.Sender), (*string)(&d.PacketID.MsgID), &d.DocumentKind, &d.Title, &d.SenderNumber.Number, (*day)(&d.SenderNumber.Date),
		(*string)(&d.Receipt), &d.sealed)
}

// Tasks returns a page of the registered tasks of a contour or of one of its executors, in the order of packets.
// A number is shown when its receipt is sealed (D4).
func (r *Record) Tasks(ctx context.Context, q record.TaskQuery) ([]*record.DeskTask, string, error) {
	q.Limit = bounded(q.Limit)
	after, order := direction(q.Newest)
	var at record.Key
	var id string
	if q.Newest {
		at = lastKey
	}
	if q.After != "" {
		if err := parseCursor(q.After, &at, &id); err != nil {
			return nil, "", err
		}
	}
	query := fmt.Sprintf(deskColumns, "task_contour") + " WHERE t.state <> '' AND t.receiver = ?1 AND (?2 = '' OR t.executor = ?2) AND (?3 = '' OR t.state = ?3)"
	if q.Executor != "" && q.State != "" {
		query = fmt.Sprintf(deskColumns, "task_desk") + " WHERE t.state <> '' AND t.receiver = ?1 AND t.executor = ?2 AND t.state = ?3"
	}
	query += " AND (t.packet, t.id) " + after + " (?4, ?5) ORDER BY t.packet " + order + ", t.id " + order + " LIMIT ?6"
	all, err := view(ctx, r, func(s *session) ([]*onDesk, error) {
		return list(ctx, s, deskFields, query, string(q.Contour), string(q.Executor), string(q.State), at[:], id, q.Limit)
	})
	if err != nil {
		return nil, "", fmt.Errorf("tasks of %s: %w", q.Contour, err)
	}
	tasks := make([]*record.DeskTask, len(all))
	for i, d := range all {
		if !d.sealed {
			d.Number = document.RegNumber{}
		}
		tasks[i] = &d.DeskTask
	}
	if len(tasks) < q.Limit {
		return tasks, "", nil
	}
	last := tasks[len(tasks)-1]
	return tasks, cursor(last.Packet, last.Task.ID), nil
}
