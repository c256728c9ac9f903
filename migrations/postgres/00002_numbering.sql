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

-- hub_number_now numbers what stands above the mark, as the last statement of a commit that inserted receipts, and
-- says from which seq and leaf on. It does so only where it need not wait and leaves nothing out: the head is not
-- locked, and every seq that was ever drawn above the mark is visible to this transaction and has no leaf. So
-- nothing that may have caused one of these receipts gets a higher number (D4).
-- +goose StatementBegin
create or replace function hub_number_now(out first_seq bigint, out first_leaf bigint, out next_leaf bigint) language plpgsql as $$
declare
	most constant bigint := 256; -- more is the sealer's, which does it beside the stages
	mark bigint;
	last bigint := pg_sequence_last_value('receipt_seq');
begin
	select sealed into mark from hub_head where one;
	if last - mark not between 1 and most then
		return;
	end if;
	select leaves, sealed into next_leaf, mark from hub_head where one for update skip locked;
	if not found or last - mark not between 1 and most
		or (select count(*) from receipt r where r.seq > mark and r.seq <= last) <> last - mark
		or exists (select from leaf l where l.seq > mark and l.seq <= last) then
		return;
	end if;
	first_seq := mark + 1;
	first_leaf := next_leaf;
	next_leaf := next_leaf + last - mark;
	insert into leaf (no, seq, packet) select first_leaf + r.seq - first_seq, r.seq, r.packet from receipt r where r.seq >= first_seq and r.seq <= last;
	update hub_head set leaves = next_leaf, sealed = last where one;
end $$;
-- +goose StatementEnd
