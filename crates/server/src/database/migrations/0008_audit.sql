-- What concerns trust: who was let in, turned away, moved, shut out. Each hash takes in the one before it, so that no
-- entry can be changed or taken out unseen.
CREATE TABLE audit (
    number      INTEGER PRIMARY KEY,        -- from 1, without gaps
    entry       BLOB NOT NULL,              -- CBOR
    hash        BLOB NOT NULL
) STRICT;

-- One row: the end of the chain, locked last.
CREATE TABLE audit_head (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    number      INTEGER NOT NULL,           -- of the last entry; 0: there is none
    hash        BLOB NOT NULL
) STRICT;
