-- Small facts about this database: identity, settings, the last round.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Every scope this device holds, with how far it has read.
CREATE TABLE scope (
    rid    INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,            -- 230881/001/003/07#work
    cursor INTEGER NOT NULL DEFAULT 0,      -- version of the last change applied
    held   INTEGER NOT NULL DEFAULT 0,      -- confirmed records
    total  INTEGER NOT NULL DEFAULT 0       -- records the server said it has
) STRICT;

-- Every record, whatever its type. The tables further down are views of it for queries.
CREATE TABLE record (
    rid         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,       -- 16 bytes, UUIDv7
    kind        INTEGER NOT NULL,
    scope       INTEGER NOT NULL,           -- scope.rid
    version     INTEGER NOT NULL DEFAULT 0, -- of the confirmed body; 0: never confirmed
    pending     INTEGER NOT NULL DEFAULT 0, -- own commits touching it that wait in the outbox
    refused     INTEGER NOT NULL DEFAULT 0, -- own commits touching it that were refused
    author      BLOB,                       -- account that made it; null: this device's own, not confirmed
    received_ms INTEGER,                    -- when the server received it
    -- Bodies stand last, here and below: what lists and counts read lies before their pages.
    confirmed   BLOB,                       -- what the server last said; null: never, or deleted
    working     BLOB                        -- with own pending changes; null: as confirmed
) STRICT;

-- What waits to be sent: one row per user action, in order, without gaps.
CREATE TABLE outbox (
    push_seq      INTEGER PRIMARY KEY,
    title         TEXT NOT NULL,            -- kind and id to show it by; empty: taken back
    saved_ms      INTEGER NOT NULL,
    hold_until_ms INTEGER NOT NULL,         -- not sent before: it can still be undone
    sent          INTEGER NOT NULL DEFAULT 0,
    body          BLOB NOT NULL             -- encoded commit
) STRICT;
-- What waits is counted after every action, held commits before every round.
CREATE INDEX outbox_title ON outbox (title);
CREATE INDEX outbox_hold ON outbox (hold_until_ms);

CREATE TABLE outbox_record (
    record   INTEGER NOT NULL,              -- record.rid
    push_seq INTEGER NOT NULL,
    PRIMARY KEY (record, push_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_record_commit ON outbox_record (push_seq);

-- Refused commits keep their body until the person settles them.
CREATE TABLE refused (
    number     INTEGER PRIMARY KEY,
    title      TEXT NOT NULL,
    code       TEXT NOT NULL,
    refused_ms INTEGER NOT NULL,
    body       BLOB NOT NULL
) STRICT;

CREATE TABLE refused_record (
    record INTEGER NOT NULL,                -- record.rid
    number INTEGER NOT NULL,
    PRIMARY KEY (record, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX refused_record_commit ON refused_record (number);

-- Losing edits the person has settled; the record itself stays.
CREATE TABLE settled_edit (
    id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (
    household  BLOB PRIMARY KEY,
    body       TEXT NOT NULL,               -- JSON of the visit sheet
    touched_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Each time a masked value was shown.
CREATE TABLE reveal (
    rid    INTEGER PRIMARY KEY,
    person BLOB NOT NULL,
    what   TEXT NOT NULL,
    at_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE area (
    rid  INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;
CREATE INDEX area_path ON area (path);

CREATE TABLE staff (
    rid  INTEGER PRIMARY KEY,
    id   BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE item_category (
    rid  INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE item (
    rid  INTEGER PRIMARY KEY,
    code TEXT NOT NULL
) STRICT;
CREATE INDEX item_code ON item (code);

-- How often and how lately this device used an item.
CREATE TABLE item_use (
    code    TEXT PRIMARY KEY,
    times   INTEGER NOT NULL,
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE list_entry (
    rid  INTEGER PRIMARY KEY,
    list INTEGER NOT NULL,
    code TEXT NOT NULL
) STRICT;

CREATE TABLE house (
    rid      INTEGER PRIMARY KEY,
    place    TEXT NOT NULL,                 -- sorts the way one walks
    estate   TEXT NOT NULL,
    building TEXT NOT NULL,
    unit     TEXT NOT NULL,
    room     TEXT NOT NULL,
    hint     TEXT
) STRICT;

CREATE TABLE household (
    rid            INTEGER PRIMARY KEY,
    id             BLOB NOT NULL,
    house          BLOB NOT NULL,           -- id of the house
    head           BLOB,                    -- id of the head
    care           INTEGER NOT NULL,
    care_since     INTEGER NOT NULL,        -- day number
    is_gone        INTEGER NOT NULL,
    -- from the house
    place          TEXT NOT NULL DEFAULT '',
    house_rid      INTEGER,
    -- from the people
    name           TEXT NOT NULL DEFAULT '',
    has_phone      INTEGER NOT NULL DEFAULT 0,
    -- from the visits; day numbers
    last_on        INTEGER,
    last_result    INTEGER,
    last_effective INTEGER,
    last_met       INTEGER,
    next_on        INTEGER,
    due_on         INTEGER
) STRICT;
CREATE INDEX household_house ON household (house);
CREATE INDEX household_place ON household (place, rid);
CREATE INDEX household_due ON household (due_on, rid) WHERE due_on IS NOT NULL;
CREATE INDEX household_key ON household (place, rid, last_effective) WHERE care > 0 AND is_gone = 0;
CREATE INDEX household_effective ON household (last_effective) WHERE last_effective IS NOT NULL;

CREATE TABLE person (
    rid       INTEGER PRIMARY KEY,
    household BLOB NOT NULL,
    name      TEXT NOT NULL,
    relation  INTEGER NOT NULL,
    has_phone INTEGER NOT NULL
) STRICT;
CREATE INDEX person_household ON person (household, relation);

CREATE TABLE visit (
    rid        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL,
    household  BLOB NOT NULL,
    started_ms INTEGER NOT NULL,
    day        INTEGER NOT NULL,            -- day number on the clock that read it
    result     INTEGER NOT NULL,            -- amendments applied
    next_on    INTEGER,
    withdrawn  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX visit_household ON visit (household, started_ms DESC, rid);
CREATE INDEX visit_day ON visit (day);
CREATE INDEX visit_id ON visit (id);

CREATE TABLE visit_amendment (
    rid   INTEGER PRIMARY KEY,
    visit BLOB NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX visit_amendment_visit ON visit_amendment (visit, at_ms);

CREATE TABLE matter (
    rid         INTEGER PRIMARY KEY,
    household   BLOB,
    occurred_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX matter_occurred ON matter (occurred_ms DESC, rid DESC);
CREATE INDEX matter_household ON matter (household, occurred_ms DESC, rid) WHERE household IS NOT NULL;

CREATE TABLE losing_edit (
    rid     INTEGER PRIMARY KEY,
    id      BLOB NOT NULL,
    record  BLOB NOT NULL,                  -- id of the record it concerns
    field   INTEGER NOT NULL,
    winning BLOB NOT NULL,                  -- encoded value it lost against
    stands  INTEGER NOT NULL DEFAULT 0      -- that value is still the record's
) STRICT;
CREATE INDEX losing_edit_record ON losing_edit (record);
CREATE INDEX losing_edit_standing ON losing_edit (id) WHERE stands = 1;

-- Words a household is found by: names, pinyin, initials, doors. See search.rs. With the tokenizer
-- `ascii` whatever is not ASCII belongs to its word, so that rare characters are never lost.
CREATE VIRTUAL TABLE household_search USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, prefix = '1 2', tokenize = 'ascii'
);
