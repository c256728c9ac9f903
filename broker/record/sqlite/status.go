package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"

	"github.com/smdo-hub/smdo-hub/migrations"
)

// Status returns the step that the schema of the file at path is at, 0 when there is no file, and the one
// that this binary needs. It changes nothing and may be asked while a hub has the file open.
func Status(ctx context.Context, path string) (has, wants int64, err error) {
	provider, err := goose.NewProvider(goose.DialectSQLite3, new(sql.DB), migrations.SQLite())
	if err != nil {
		return 0, 0, fmt.Errorf("read the version of the record's schema: %w", err)
	}
	for _, step := range provider.ListSources() {
		wants = max(wants, step.Version)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, wants, nil
	}
	db, err := sql.Open("sqlite", dsn(path, "mode=ro&_pragma=busy_timeout(10000)"))
	if err != nil {
		return 0, wants, fmt.Errorf("read the version of the record's schema: %w", err)
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&has)
	if err != nil {
		return 0, wants, fmt.Errorf("read the version of the record's schema: %w", err)
	}
	return has, wants, nil
}
