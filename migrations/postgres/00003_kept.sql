-- +goose Up

-- What adapters remember of their work with outside systems (see record.Kept).
create table kept (
	adapter text collate "C" not null,
	contour text collate "C" not null,
	key     text collate "C" not null,
	version bigint not null,
	value   bytea  not null,
	at      timestamptz,
	until   timestamptz,
	primary key (adapter, contour, key)
);
create index kept_until on kept (until) where until is not null;
