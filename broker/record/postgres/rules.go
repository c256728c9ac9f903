package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

var rulesTable = newTable("rules_version", "version bigint, text bytea, digest bytea, comment text, by text, approved text, at timestamptz, pending boolean", func(r *record.Rules) []any {
	return []any{&r.Version, &r.Text, (*digest)(&r.Digest), &r.Comment, &r.By, &r.Approved, (*instant)(&r.At), &r.Pending}
})

var insertRules = rulesTable.insert("")

// changeRules runs a change of the rules: the head row is locked first, so there is one at a time.
func (r *Record) changeRules(ctx context.Context, change func(tx pgx.Tx, inForce int64) error) error {
	return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		var inForce int64
		if err := tx.QueryRow(ctx, "select rules from hub_head where one for update").Scan(&inForce); err != nil {
			return err
		}
		return change(tx, inForce)
	})
}

// ProposeRules stores a version of the trust rules, in force at once or pending.
func (r *Record) ProposeRules(ctx context.Context, rules record.Rules, activate bool) (int64, error) {
	err := r.changeRules(ctx, func(tx pgx.Tx, inForce int64) error {
		if rules.Base != 0 && rules.Base != inForce {
			return record.ErrStale
		}
		if err := tx.QueryRow(ctx, "select coalesce(max(version), 0) + 1 from rules_version").Scan(&rules.Version); err != nil {
			return err
		}
		rules.Pending = !activate
		if _, err := tx.Exec(ctx, insertRules.many, rulesTable.arrays([]*record.Rules{&rules})...); err != nil || !activate {
			return err
		}
		_, err := tx.Exec(ctx, "update hub_head set rules = $1 where one", rules.Version)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("propose rules: %w", err)
	}
	return rules.Version, nil
}

// ApproveRules puts a pending version in force. ErrStale when it is not pending, or a newer one is in force.
func (r *Record) ApproveRules(ctx context.Context, version int64, by string) error {
	err := r.changeRules(ctx, func(tx pgx.Tx, inForce int64) error {
		var pending bool
		err := tx.QueryRow(ctx, "select pending from rules_version where version = $1", version).Scan(&pending)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return record.ErrNotFound
		case err != nil:
			return err
		case !pending || inForce > version:
			return record.ErrStale
		}
		if _, err := tx.Exec(ctx, "update rules_version set pending = false, approved = $2 where version = $1", version, by); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update hub_head set rules = $1 where one", version)
		return err
	})
	if err != nil {
		return fmt.Errorf("approve rules %d: %w", version, err)
	}
	return nil
}

func rulesFields(r *record.Rules) []any { return append(rulesTable.fields(r), &r.Active) }

// RulesVersion returns a version; 0 is the one in force.
func (r *Record) RulesVersion(ctx context.Context, version int64) (record.Rules, error) {
	got, err := one(ctx, r, rulesFields, "select "+rulesTable.columns("v.")+", v.version = h.rules from hub_head h, rules_version v where h.one and v.version = case $1::bigint when 0 then h.rules else $1 end", version)
	if err != nil {
		return record.Rules{}, fmt.Errorf("rules %d: %w", version, err)
	}
	return *got, nil
}

// RulesVersions returns versions below before (0: from the newest), newest first, without their text.
func (r *Record) RulesVersions(ctx context.Context, before int64, limit int) ([]record.Rules, error) {
	return values(query(ctx, r, rulesFields, `select v.version, ''::bytea, v.digest, v.comment, v.by, v.approved, v.at, v.pending, v.version = h.rules
		from hub_head h, rules_version v where h.one and ($1::bigint = 0 or v.version < $1) order by v.version desc limit $2`, before, bounded(limit)))
}
