package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// away marks an error that says nothing of what was asked: the server was not reached, was going down or cut
// the connection, or could write nothing (a full disk, a standby). Whoever gets it asks the same again.
func away(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || !absent(err) {
		return err
	}
	return fmt.Errorf("%w: %w", record.ErrAway, err)
}

// awayOn is away for what failed on a connection that was held.
func awayOn(conn *pgxpool.Conn, err error) error {
	if err != nil && conn.Conn().IsClosed() && !errors.Is(err, record.ErrWentBack) && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: %w", record.ErrAway, err)
	}
	return away(err)
}

func absent(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	if state := sqlState(err); state != "" {
		switch state[:2] {
		case "08", "53", "57", "58": // connection, resources, operator intervention, the system
			return true
		}
		return state == "25006" // read only: a standby
	}
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
