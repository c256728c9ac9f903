-- +goose Up

-- How receipts get their leaf numbers, each in one call: the head is locked for nobody's network.

-- hub_number gives the receipts of each run, first to last by seq, the next leaf numbers (D4). It locks the head and
-- changes nothing when somebody else holds the sealer's lease (taken), or when the head is behind what the caller has
-- seen (D5). Some of a run may have been numbered before: they keep what they have, and the caller reads it (again).
-- Each statement in it sees what was committed before the statement: what a former holder of the lock did is seen.
-- +goose StatementBegin
create or replace function hub_number(me text, lease bigint, seen_epoch text, seen_leaves bigint, firsts bigint[], lasts bigint[], mark bigint,
	out head_epoch text, out head_leaves bigint, out head_rules bigint, out head_bus text, out taken boolean, out again boolean) language plpgsql as $$
declare
	known bigint;
	fresh bigint;
begin
	again := false;
	select epoch, leaves, rules, bus, owner <> me and lease_until > clock_timestamp(), greatest(sealed, mark)
		into head_epoch, head_leaves, head_rules, head_bus, taken, mark from hub_head where one for update;
	if taken or seen_epoch <> '' and head_epoch <> seen_epoch or head_leaves < seen_leaves then
		return;
	end if;
	for i in 1 .. cardinality(firsts) loop
		select count(*) into known from leaf l where l.seq between firsts[i] and lasts[i];
		if known = 0 then
			insert into leaf (no, seq, packet) select head_leaves + r.seq - firsts[i], r.seq, r.packet from receipt r where r.seq between firsts[i] and lasts[i];
		else
			again := true;
			insert into leaf (no, seq, packet) select head_leaves - 1 + row_number() over (order by r.seq), r.seq, r.packet from receipt r
				where r.seq between firsts[i] and lasts[i] and not exists (select from leaf l where l.seq = r.seq);
		end if;
		get diagnostics fresh = row_count;
		if known + fresh <> lasts[i] - firsts[i] + 1 then
			raise exception '% of the receipts from % to % are there', known + fresh, firsts[i], lasts[i] using errcode = 'SM002';
		end if;
		head_leaves := head_leaves + fresh;
		if firsts[i] = mark + 1 then
			mark := lasts[i];
		end if;
	end loop;
	update hub_head set leaves = head_leaves, sealed = mark, owner = me, lease_until = clock_timestamp() + lease * interval '1 microsecond' where one;
end $$;
-- +goose StatementEnd

-- hub_number_now gives the receipts that this commit has inserted, by seq, the next leaf numbers, and returns the first of
-- them. It does so only where it need not wait and leaves nothing out: the head is not locked, the seqs follow the mark
-- without a gap, and so every receipt before them has its number (D4).
-- +goose StatementBegin
create function hub_number_now(seqs bigint[], packets uuid[]) returns bigint language plpgsql as $$
declare
	n bigint := cardinality(seqs);
	first bigint;
begin
	if n is null or seqs[n] - seqs[1] <> n - 1 or not exists (select from hub_head where one and sealed = seqs[1] - 1) then
		return null;
	end if;
	select leaves into first from hub_head where one and sealed = seqs[1] - 1 for update skip locked;
	if not found then
		return null;
	end if;
	insert into leaf (no, seq, packet) select first + i - 1, seqs[i], packets[i] from generate_series(1, n) i;
	update hub_head set leaves = first + n, sealed = seqs[n] where one;
	return first;
end $$;
-- +goose StatementEnd
