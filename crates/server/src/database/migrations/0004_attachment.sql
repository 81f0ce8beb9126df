-- Attachments that are here whole. Their bytes lie in the object store, under their hash.
CREATE TABLE attachment (
    hash        BLOB PRIMARY KEY,           -- SHA-256 of the bytes
    size        INTEGER NOT NULL,
    media       TEXT NOT NULL,
    made_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a device has brought of one. It stays when all is there: who brought the bytes is told so.
CREATE TABLE attachment_brought (
    device      BLOB NOT NULL REFERENCES device (id),
    hash        BLOB NOT NULL,
    size        INTEGER NOT NULL,
    media       TEXT NOT NULL,
    received    INTEGER NOT NULL,           -- bytes, from the first on
    touched_ms  INTEGER NOT NULL,
    PRIMARY KEY (device, hash)
) STRICT, WITHOUT ROWID;

-- Which record refers to which: whoever may hold the record may see it.
CREATE TABLE attachment_link (
    record      BLOB NOT NULL,
    hash        BLOB NOT NULL,
    PRIMARY KEY (record, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_link_hash ON attachment_link (hash);
