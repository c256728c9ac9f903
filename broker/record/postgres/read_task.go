package postgres

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// shownTask is a task that is read to be shown.
type shownTask struct {
	record.DeskTask
	sealed bool
}

var selectDesk = "select " + tasks.columns("t.") + ", p.sender, p.msg_id, p.document_kind, p.title, p.number, p.number_date, coalesce(c.receipt, ''), c.key is null or " + numberSealed +
	" from task t join packet p on p.key = t.packet left join card c on c.key = t.card where t.state <> ''"

func shownTaskFields(d *shownTask) []any {
	return append(taskFields(&d.Task), (*string)(&d.PacketID.Sender), (*string)(&d.PacketID.MsgID), &d.DocumentKind, &d.Title, &d.SenderNumber.Number, (*day)(&d.SenderNumber.Date),
		(*string)(&d.Receipt), &d.sealed)
}

// Tasks returns a page of the registered tasks of a contour or of one of its executors, in the order of
// packets. A number is shown when its receipt is sealed (D4).
func (r *Record) Tasks(ctx context.Context, q record.TaskQuery) ([]*record.DeskTask, string, error) {
	q.Limit = bounded(q.Limit)
	sql, args, err := tasksQuery(q)
	if err != nil {
		return nil, "", err
	}
	list, err := query(ctx, r, shownTaskFields, sql, args...)
	if err != nil {
		return nil, "", fmt.Errorf("tasks of %s: %w", q.Contour, err)
	}
	desk := make([]*record.DeskTask, len(list))
	for i, d := range list {
		if !d.sealed {
			d.Number = document.RegNumber{}
		}
		desk[i] = &d.DeskTask
	}
	if len(desk) < q.Limit {
		return desk, "", nil
	}
	last := desk[len(desk)-1]
	return desk, cursor(last.Packet.String(), last.ID), nil
}

func tasksQuery(q record.TaskQuery) (string, []any, error) {
	var sql question
	after, order := direction(q.Newest)
	sql.add(selectDesk+" and t.receiver = ?", string(q.Contour))
	if q.Executor != "" {
		sql.add(" and t.executor = ?", string(q.Executor))
	}
	if q.State != "" {
		sql.add(" and t.state = ?", string(q.State))
	}
	if q.After != "" {
		parts, err := parseCursor(q.After, 2)
		if err != nil {
			return "", nil, err
		}
		at, err := cursorKey(parts[0])
		if err != nil {
			return "", nil, err
		}
		sql.add(" and (t.packet, t.id) "+after+" (?, ?)", at, parts[1])
	}
	sql.add(" order by t.packet "+order+", t.id "+order+" limit ?", q.Limit)
	return sql.sql.String(), sql.args, nil
}
