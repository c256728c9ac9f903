-- +goose Up

-- Keys are 16 octets (UUIDv7), times Unix nanoseconds (0: none), days YYYY-MM-DD text ('': none).
-- Tables of wide rows are WITHOUT ROWID where the key is what they are read by; bodies are not, so that
-- they lie in leaf pages instead of overflow pages. Keys grow with time: inserts go to the right edge.

-- What every transaction reads first (D5). One row.
CREATE TABLE hub_head (
	one         INTEGER PRIMARY KEY CHECK (one = 1),
	epoch       TEXT    NOT NULL,
	leaves      INTEGER NOT NULL DEFAULT 0,
	rules       INTEGER NOT NULL DEFAULT 0,
	bus         TEXT    NOT NULL DEFAULT '',
	sealed      INTEGER NOT NULL DEFAULT 0, -- every receipt with seq <= sealed has a leaf
	owner       TEXT    NOT NULL DEFAULT '', -- who holds the sealer's lease
	lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE packet (
	key           BLOB PRIMARY KEY,
	sender        TEXT NOT NULL,
	msg_id        TEXT NOT NULL,
	attempt       INTEGER NOT NULL,
	digest        BLOB NOT NULL,
	kind          INTEGER NOT NULL,
	state         TEXT NOT NULL,
	at            INTEGER NOT NULL,
	rules         INTEGER NOT NULL,
	size          INTEGER NOT NULL,
	parent_sender TEXT NOT NULL,
	parent_msg_id TEXT NOT NULL,
	answer_task   TEXT NOT NULL,
	outcome       TEXT NOT NULL,
	executor      TEXT NOT NULL,
	document_id   TEXT NOT NULL,
	document_kind TEXT NOT NULL,
	number        TEXT NOT NULL,
	number_date   TEXT NOT NULL,
	title         TEXT NOT NULL,
	sheets        INTEGER NOT NULL,
	restricted    INTEGER NOT NULL,
	emulated      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX packet_identity ON packet (sender, msg_id, attempt); -- D6

CREATE TABLE packet_body (
	packet BLOB PRIMARY KEY,
	body   BLOB NOT NULL
) STRICT;

CREATE TABLE exchange (
	packet       BLOB NOT NULL,
	receiver     TEXT NOT NULL,
	sender       TEXT NOT NULL,
	state        TEXT NOT NULL,
	delivery     TEXT NOT NULL,
	rule         TEXT NOT NULL,
	due          TEXT NOT NULL,
	due_at       INTEGER NOT NULL,
	deadline     INTEGER NOT NULL,
	pulled_until INTEGER NOT NULL,
	changed      INTEGER NOT NULL,
	card         BLOB,
	number       TEXT NOT NULL,
	number_date  TEXT NOT NULL,
	PRIMARY KEY (packet, receiver)
) STRICT, WITHOUT ROWID;
CREATE INDEX exchange_in  ON exchange (receiver, packet);
CREATE INDEX exchange_out ON exchange (sender, packet, receiver);
CREATE INDEX exchange_due ON exchange (due_at) WHERE due_at > 0; -- D3
CREATE INDEX exchange_mailbox ON exchange (receiver, packet) WHERE state = 'forwarded' AND delivery = 'mailbox';
-- What may need a person: bad ends, and what was delivered and is not registered yet.
CREATE INDEX exchange_attention_in ON exchange (receiver, packet)
	WHERE state NOT IN ('queued', 'held', 'accepted', 'forwarded', 'registered', 'answered', 'withdrawn');
CREATE INDEX exchange_attention_out ON exchange (sender, packet, receiver)
	WHERE state NOT IN ('queued', 'held', 'accepted', 'forwarded', 'registered', 'answered', 'withdrawn');

CREATE TABLE task (
	packet      BLOB NOT NULL,
	receiver    TEXT NOT NULL,
	id          TEXT NOT NULL,
	ordinal     INTEGER NOT NULL,
	kind        TEXT NOT NULL,
	smdo        INTEGER NOT NULL,
	executor    TEXT NOT NULL,
	others      TEXT NOT NULL, -- participant codes, a line each
	text        TEXT NOT NULL,
	term        TEXT NOT NULL,
	state       TEXT NOT NULL, -- '' until registered
	outcome     TEXT NOT NULL,
	card        BLOB,
	journal     TEXT NOT NULL,
	number      TEXT NOT NULL,
	number_date TEXT NOT NULL,
	changed     INTEGER NOT NULL,
	PRIMARY KEY (packet, receiver, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_contour ON task (receiver, packet, id) WHERE state <> '';
CREATE INDEX task_desk    ON task (receiver, executor, state, packet, id) WHERE state <> '';

CREATE TABLE journal (
	contour TEXT NOT NULL,
	journal TEXT NOT NULL,
	year    INTEGER NOT NULL,
	last    INTEGER NOT NULL,
	day     TEXT NOT NULL,
	PRIMARY KEY (contour, journal, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE card (
	key           BLOB PRIMARY KEY,
	contour       TEXT NOT NULL,
	journal       TEXT NOT NULL,
	year          INTEGER NOT NULL, -- 0 until registered
	seq           INTEGER NOT NULL,
	kind          TEXT NOT NULL,
	state         TEXT NOT NULL,
	number        TEXT NOT NULL,
	number_date   TEXT NOT NULL,
	at            INTEGER NOT NULL,
	version       INTEGER NOT NULL,
	packet        BLOB,
	packet_sender TEXT NOT NULL,
	packet_msg_id TEXT NOT NULL,
	receipt       TEXT NOT NULL,
	task          TEXT NOT NULL,
	task_kind     TEXT NOT NULL,
	executor      TEXT NOT NULL,
	correspondent TEXT NOT NULL,
	document_id   TEXT NOT NULL,
	document_kind TEXT NOT NULL,
	sender_number TEXT NOT NULL,
	sender_date   TEXT NOT NULL,
	title         TEXT NOT NULL,
	sheets        INTEGER NOT NULL,
	restricted    INTEGER NOT NULL,
	emulated      INTEGER NOT NULL,
	draft         BLOB
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX card_number ON card (contour, journal, year, seq) WHERE year > 0; -- no number twice, whatever the code does
CREATE INDEX card_draft  ON card (contour, key) WHERE year = 0;
CREATE INDEX card_packet ON card (packet_sender, packet_msg_id, contour) WHERE packet_msg_id <> '';

CREATE TABLE claim (
	key         BLOB PRIMARY KEY, -- D7
	card        BLOB,
	journal     TEXT NOT NULL,
	number      TEXT NOT NULL,
	number_date TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Receipts are only ever inserted; so are leaves. id begins with "<sender>:<msg_id>/<receiver>/" (D6): the
-- receipts of a packet, and those of an exchange, are a range of the index.
CREATE TABLE receipt (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT NOT NULL,
	sender   TEXT NOT NULL,
	receiver TEXT NOT NULL,
	stage    INTEGER NOT NULL,
	bytes    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX receipt_id ON receipt (id);

CREATE TABLE leaf (
	no  INTEGER PRIMARY KEY,
	seq INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX leaf_seq ON leaf (seq);

CREATE TABLE note (
	receipt TEXT PRIMARY KEY,
	packet  BLOB,
	salt    BLOB NOT NULL,
	text    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE early (
	sender   TEXT NOT NULL,
	msg_id   TEXT NOT NULL,
	reporter TEXT NOT NULL,
	id       TEXT NOT NULL,
	at       INTEGER NOT NULL,
	body     BLOB NOT NULL,
	PRIMARY KEY (sender, msg_id, reporter, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX early_reporter ON early (reporter); -- counted against a cap

CREATE TABLE dead_letter (
	key     BLOB PRIMARY KEY,
	stage   TEXT NOT NULL,
	subject TEXT NOT NULL,
	contour TEXT NOT NULL,
	reason  TEXT NOT NULL,
	at      INTEGER NOT NULL,
	payload BLOB NOT NULL,
	headers TEXT NOT NULL -- JSON
) STRICT;
CREATE INDEX dead_letter_stage ON dead_letter (stage, key);

CREATE TABLE upload (
	contour TEXT NOT NULL,
	sha256  BLOB NOT NULL,
	size    INTEGER NOT NULL,
	digests TEXT NOT NULL, -- JSON
	at      INTEGER NOT NULL, -- of the last putting, by the store's clock
	adopted INTEGER NOT NULL,
	lent    INTEGER NOT NULL,
	PRIMARY KEY (contour, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_content ON upload (sha256);

-- What the uploads of a contour weigh together, those lent to it apart: counted against its quota.
CREATE TABLE stored (
	contour TEXT PRIMARY KEY,
	bytes   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Files given up, as they were put at stored or before: such an upload cannot be entered any more.
CREATE TABLE doomed (
	sha256 BLOB PRIMARY KEY,
	stored INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX doomed_stored ON doomed (stored);

CREATE TABLE rules_version (
	version  INTEGER PRIMARY KEY,
	text     BLOB NOT NULL,
	digest   BLOB NOT NULL,
	comment  TEXT NOT NULL,
	by       TEXT NOT NULL,
	approved TEXT NOT NULL,
	at       INTEGER NOT NULL,
	pending  INTEGER NOT NULL
) STRICT;

CREATE TABLE api_key (
	id      TEXT PRIMARY KEY,
	contour TEXT NOT NULL,
	role    TEXT NOT NULL,
	name    TEXT NOT NULL,
	secret  BLOB NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_contour ON api_key (contour, id);
