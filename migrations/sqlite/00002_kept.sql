-- +goose Up

-- What adapters remember of their work with outside systems (see record.Kept).
CREATE TABLE kept (
	adapter TEXT    NOT NULL,
	contour TEXT    NOT NULL,
	key     TEXT    NOT NULL,
	version INTEGER NOT NULL,
	value   BLOB    NOT NULL,
	at      INTEGER NOT NULL,
	until   INTEGER NOT NULL,
	PRIMARY KEY (adapter, contour, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_until ON kept (until) WHERE until <> 0;
