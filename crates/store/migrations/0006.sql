-- Scopes taken away. What is held of one goes slice by slice once nothing of it waits to be sent.
ALTER TABLE scope ADD COLUMN revoked_ms INTEGER;                -- since when, server clock; null: held
ALTER TABLE scope ADD COLUMN purged INTEGER NOT NULL DEFAULT 0; -- records that are gone already

-- Scopes of which nothing is left, until the server has been told.
CREATE TABLE purge_receipt (
    scope      TEXT NOT NULL,
    revoked_ms INTEGER NOT NULL,
    records    INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    PRIMARY KEY (scope, revoked_ms)
) STRICT, WITHOUT ROWID;

-- Own commits that the server keeps until somebody decides about them.
CREATE TABLE quarantined (
    number      INTEGER PRIMARY KEY,
    incarnation BLOB NOT NULL,              -- that sent it
    push_seq    INTEGER NOT NULL,           -- its number there
    title       TEXT NOT NULL,
    sent_ms     INTEGER NOT NULL,
    body        BLOB NOT NULL,
    UNIQUE (incarnation, push_seq)
) STRICT;
