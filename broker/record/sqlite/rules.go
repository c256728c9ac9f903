package sqlite

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// ProposeRules stores a version of the trust rules, in force at once or pending.
func (r *Record) ProposeRules(ctx context.Context, rules record.Rules, activate bool) (int64, error) {
	err := r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		if rules.Base != 0 && rules.Base != t.head.Rules {
			return record.ErrStale
		}
		last, err := number(ctx, t.session, "SELECT coalesce(max(version), 0) FROM rules_version")
		if err != nil {
			return err
		}
		rules.Version, rules.Pending = last+1, !activate
		if _, err := insert(ctx, t.session, rulesRow, []*record.Rules{&rules}); err != nil || !activate {
			return err
		}
		t.head.Rules = rules.Version
		return t.setHead(ctx)
	})
	if err != nil {
		return 0, fmt.Errorf("propose rules: %w", err)
	}
	return rules.Version, nil
}

// ApproveRules puts a pending version in force. ErrStale when it is not pending, or a newer one is in force.
func (r *Record) ApproveRules(ctx context.Context, version int64, by string) error {
	err := r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		rules, err := one(ctx, t.session, rulesRow.fields, "SELECT "+rulesRow.columns+" FROM rules_version WHERE version = ?1", version)
		if err != nil {
			return err
		}
		if !rules.Pending || t.head.Rules > version {
			return record.ErrStale
		}
		if err := t.change(ctx, "UPDATE rules_version SET pending = 0, approved = ?2 WHERE version = ?1", version, by); err != nil {
			return err
		}
		t.head.Rules = version
		return t.setHead(ctx)
	})
	if err != nil {
		return fmt.Errorf("approve rules %d: %w", version, err)
	}
	return nil
}

// RulesVersion returns a version; 0 is the one in force.
func (r *Record) RulesVersion(ctx context.Context, version int64) (record.Rules, error) {
	got, err := view(ctx, r, func(s *session) (*record.Rules, error) {
		return one(ctx, s, rulesFields, "SELECT "+rulesRow.columns+", version = h.rules FROM rules_version, hub_head h WHERE version = CASE ?1 WHEN 0 THEN h.rules ELSE ?1 END", version)
	})
	if err != nil {
		return record.Rules{}, fmt.Errorf("rules %d: %w", version, err)
	}
	return *got, nil
}

func rulesFields(r *record.Rules) []any { return append(rulesRow.fields(r), &r.Active) }

// RulesVersions returns versions below before (0: from the newest), newest first, without their text.
func (r *Record) RulesVersions(ctx context.Context, before int64, limit int) ([]record.Rules, error) {
	return view(ctx, r, func(s *session) ([]record.Rules, error) {
		return rows(list(ctx, s, rulesFields, "SELECT version, x'', digest, comment, by, approved, at, pending, version = h.rules FROM rules_version, hub_head h"+
			" WHERE ?1 = 0 OR version < ?1 ORDER BY version DESC LIMIT ?2", before, bounded(limit)))
	})
}
