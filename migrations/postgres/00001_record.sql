-- +goose Up

-- Keys are UUIDv7 given by the hub; an absent key is the zero UUID. Days are texts, YYYY-MM-DD or empty:
-- what a sender wrote wrongly must be storable too. Codes sort by octet (collate "C"), as the hub sorts them.
-- No foreign keys: every change goes through record.Update, which keeps them (they cost 3 to 10 per cent).

-- The one row that every transaction reads (D5) and the sealer locks (D4).
create table hub_head (
	one         boolean primary key default true check (one),
	epoch       text        not null,             -- changes when the record is rebuilt
	leaves      bigint      not null default 0,   -- receipts numbered
	rules       bigint      not null default 0,   -- version in force
	bus         text        not null default '',
	sealed      bigint      not null default 0,   -- every receipt with seq <= sealed has a leaf or does not exist
	owner       text        not null default '',  -- who holds the sealer's lease
	lease_until timestamptz not null default '-infinity'
) with (fillfactor = 10);
insert into hub_head (epoch) values (gen_random_uuid()::text);

create table packet (
	key           uuid primary key,
	sender        text collate "C" not null,
	msg_id        text collate "C" not null,
	attempt       integer not null,
	digest        bytea   not null,
	kind          integer not null,
	state         text collate "C" not null,
	at            timestamptz,
	rules         bigint  not null,
	size          bigint  not null,
	parent_sender text collate "C" not null,
	parent_msg_id text collate "C" not null,
	answer_task   text    not null,
	outcome       text    not null,
	executor      text    not null,
	document_id   text    not null,
	document_kind text    not null,
	number        text    not null,
	number_date   text    not null,
	title         text    not null,
	sheets        integer not null,
	restricted    boolean not null,
	emulated      boolean not null,
	unique (sender, msg_id, attempt) -- D6
);

-- Bodies by month of the key (see the partitions below), inline up to a page, never compressed.
create table packet_body (
	key  uuid  not null,
	body bytea not null,
	primary key (key)
) partition by range (key);
alter table packet_body alter column body set storage external;
create table packet_body_default partition of packet_body default with (toast_tuple_target = 8160);

create table exchange (
	packet       uuid not null,
	receiver     text collate "C" not null,
	sender       text collate "C" not null,
	msg_id       text collate "C" not null,
	state        text collate "C" not null,
	delivery     text collate "C" not null,
	rule         text not null,
	due          text collate "C" not null,
	due_at       timestamptz,
	deadline     timestamptz,
	pulled_until timestamptz,
	changed      timestamptz,
	card         uuid not null,
	number       text not null,
	number_date  text not null,
	primary key (packet, receiver)
);
create index exchange_in on exchange (receiver, packet);
create index exchange_out on exchange (sender, packet, receiver);
create index exchange_due on exchange (due_at) where due_at is not null; -- D3
create index exchange_mailbox on exchange (receiver, packet) where state = 'forwarded' and delivery = 'mailbox';
-- What may need a person: bad ends, and what was delivered and is not registered yet.
create index exchange_attention_in on exchange (receiver, packet)
	where state not in ('queued', 'held', 'accepted', 'forwarded', 'registered', 'answered', 'withdrawn');
create index exchange_attention_out on exchange (sender, packet, receiver)
	where state not in ('queued', 'held', 'accepted', 'forwarded', 'registered', 'answered', 'withdrawn');

create table task (
	packet      uuid not null,
	receiver    text collate "C" not null,
	id          text collate "C" not null,
	ordinal     integer not null,
	kind        text    not null,
	smdo        boolean not null,
	executor    text collate "C" not null,
	others      text    not null, -- participant codes, a line each
	text        text    not null,
	term        text    not null,
	state       text collate "C" not null, -- empty until registered
	outcome     text    not null,
	card        uuid    not null,
	journal     text    not null,
	number      text    not null,
	number_date text    not null,
	changed     timestamptz,
	primary key (packet, receiver, id)
);
create index task_contour on task (receiver, packet, id) where state <> '';
create index task_desk on task (receiver, executor, state, packet, id) where state <> '';

create table journal (
	contour text collate "C" not null,
	journal text collate "C" not null,
	year    integer not null,
	last    bigint  not null,
	day     text    not null,
	primary key (contour, journal, year)
) with (fillfactor = 50);

create table card (
	key           uuid primary key,
	contour       text collate "C" not null,
	journal       text collate "C" not null,
	year          integer not null, -- 0 until registered
	seq           bigint  not null,
	kind          text    not null,
	state         text collate "C" not null,
	number        text    not null,
	number_date   text    not null,
	at            timestamptz,
	version       bigint  not null,
	packet        uuid    not null,
	packet_sender text collate "C" not null,
	packet_msg_id text collate "C" not null,
	receipt       text    not null,
	receipt_key   uuid    not null, -- of receipt: see table receipt
	task          text collate "C" not null,
	task_kind     text    not null,
	executor      text    not null,
	correspondent text    not null,
	document_id   text    not null,
	document_kind text    not null,
	sender_number text    not null,
	sender_date   text    not null,
	title         text    not null,
	sheets        integer not null,
	restricted    boolean not null,
	emulated      boolean not null,
	draft         bytea
);
create unique index card_number on card (contour, journal, year, seq) where seq > 0; -- no number twice, whatever the code does
create index card_draft on card (contour, key) where seq = 0;
create index card_packet on card (packet_sender, packet_msg_id, contour) where packet_msg_id <> '';

create table claim (
	key         uuid primary key, -- D7: the 16 octets of record.ClaimKey
	card        uuid not null,
	journal     text not null,
	number      text not null,
	number_date text not null
);

-- Receipts and leaves are only ever inserted. key is SHA-256 of the receipt's id, shortened to 16 octets:
-- one event of one packet gives one receipt (D6). seq is the record's own order; the sequence must not
-- cache, or order would no longer follow causes.
create sequence receipt_seq as bigint cache 1;
create table receipt (
	packet   uuid     not null, -- the packet's key: what the table is partitioned by
	key      uuid     not null,
	seq      bigint   not null,
	stage    smallint not null,
	sender   text collate "C" not null,
	receiver text collate "C" not null,
	bytes    bytea    not null,
	primary key (packet, key)
) partition by range (packet);
alter table receipt alter column bytes set storage external;
create index receipt_order on receipt (seq);
create table receipt_default partition of receipt default with (toast_tuple_target = 8160);

create table leaf (
	no     bigint primary key,
	seq    bigint not null unique,
	packet uuid   not null -- the receipt's: tells the partition
);

create table note (
	packet  uuid not null,
	key     uuid not null, -- of the receipt
	receipt text not null,
	salt    bytea not null,
	text    text not null,
	primary key (packet, key)
);

create table early (
	sender   text collate "C" not null,
	msg_id   text collate "C" not null,
	reporter text collate "C" not null,
	id       text collate "C" not null,
	at       timestamptz,
	body     bytea not null,
	primary key (sender, msg_id, reporter, id)
);
create index early_reporter on early (reporter);

create table dead_letter (
	key     uuid primary key,
	stage   text collate "C" not null,
	subject text not null,
	contour text not null,
	reason  text not null,
	at      timestamptz,
	payload bytea not null,
	headers text  not null -- JSON
);
create index dead_letter_stage on dead_letter (stage, key);

create table upload (
	contour text collate "C" not null,
	sha256  bytea   not null,
	size    bigint  not null,
	digests text    not null, -- JSON
	at      bigint  not null, -- of the last putting, Unix nanoseconds by the store's clock: a microsecond may hold two
	adopted boolean not null,
	lent    boolean not null,
	primary key (contour, sha256)
);
create index upload_content on upload (sha256);

-- What the uploads of a contour weigh together, those lent to it apart: counted against its quota.
create table stored (
	contour text collate "C" primary key,
	bytes   bigint not null
);

-- Files given up, as they were put at stored or before: such an upload cannot be entered any more.
create table doomed (
	sha256 bytea  primary key,
	stored bigint not null
);
create index doomed_stored on doomed (stored);

create table rules_version (
	version  bigint primary key,
	text     bytea   not null,
	digest   bytea   not null,
	comment  text    not null,
	by       text    not null,
	approved text    not null,
	at       timestamptz,
	pending  boolean not null
);

create table api_key (
	id      text collate "C" primary key,
	contour text collate "C" not null,
	role    text  not null,
	name    text  not null,
	secret  bytea not null,
	created timestamptz,
	expires timestamptz,
	revoked timestamptz
);
create index api_key_contour on api_key (contour, id);

-- hub_changed fails the statement that it stands in, and so the whole commit, when fewer rows changed than
-- were named. COMMIT travels in the same message as the changes; a look at the counts from outside would
-- come too late.
-- +goose StatementBegin
create function hub_changed(what text, changed bigint, named integer) returns void language plpgsql as $$
begin
	if changed <> named then
		raise exception '% of % changed', changed, named using errcode = 'SM001', table = what;
	end if;
end $$;
-- +goose StatementEnd
