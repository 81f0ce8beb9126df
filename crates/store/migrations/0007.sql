-- Photos and other files that records refer to, known by the hash of their bytes.
CREATE TABLE attachment (
    hash    BLOB PRIMARY KEY,               -- SHA-256
    size    INTEGER NOT NULL,
    media   TEXT NOT NULL,
    here    INTEGER NOT NULL DEFAULT 0,     -- bytes on this device, from the first on
    there   INTEGER NOT NULL DEFAULT 0,     -- bytes the server has, from the first on
    is_held INTEGER NOT NULL DEFAULT 0,     -- the server has it all
    wanted  INTEGER NOT NULL DEFAULT 0,     -- somebody wants to see it here
    refused TEXT,                           -- why the server does not take or give it
    used_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_waiting ON attachment (used_ms) WHERE is_held = 0 OR wanted = 1;

-- The bytes, in parts of one size. In a table, so that a browser keeps them the same way.
CREATE TABLE attachment_part (
    number INTEGER PRIMARY KEY,
    hash   BLOB NOT NULL,
    place  INTEGER NOT NULL,                -- 0 is the first
    bytes  BLOB NOT NULL,
    UNIQUE (hash, place)
) STRICT;

-- Which record refers to which: what nobody refers to goes.
CREATE TABLE attachment_link (
    record INTEGER NOT NULL,                -- record.rid
    hash   BLOB NOT NULL,
    PRIMARY KEY (record, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_link_hash ON attachment_link (hash);

-- Taken for a record that is still being filled in.
CREATE TABLE attachment_taken (
    record   BLOB NOT NULL,                 -- id of the record to be
    place    INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    name     TEXT,
    taken_ms INTEGER NOT NULL,
    PRIMARY KEY (record, hash)
) STRICT, WITHOUT ROWID;
