package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/smdo-hub/smdo-hub/migrations"
)

// Migrate brings the schema up to this binary's. Several processes may call it at once: an advisory lock
// lets one after the other.
func Migrate(ctx context.Context, url string) error {
	return withMigrations(ctx, url, func(p *goose.Provider) error {
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate record: %w", err)
		}
		return nil
	})
}

// Status returns the version of the database's schema and the one that this binary wants. Version 0 is an
// empty database.
func Status(ctx context.Context, url string) (has, wants int64, err error) {
	err = withMigrations(ctx, url, func(p *goose.Provider) error {
		if has, wants, err = p.GetVersions(ctx); err != nil {
			return fmt.Errorf("read the version of the record's schema: %w", err)
		}
		return nil
	})
	return has, wants, err
}

// prepareSchema migrates, or refuses a schema older than this binary. A newer one is taken: each step suits
// the binary before it.
func prepareSchema(ctx context.Context, url string, migrate bool) error {
	if migrate {
		return Migrate(ctx, url)
	}
	has, wants, err := Status(ctx, url)
	if err == nil && has < wants {
		err = fmt.Errorf("the record's schema is at step %d, this binary needs %d: migrate it first", has, wants)
	}
	return err
}

func withMigrations(ctx context.Context, url string, use func(*goose.Provider) error) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database url: %w", err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // ask every second, for five minutes
	if err != nil {
		return fmt.Errorf("lock of migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return use(p)
}
