-- One row: what is true of the whole database.
CREATE TABLE meta (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    epoch       INTEGER NOT NULL,           -- drawn anew when the server goes back to a backup
    made_ms     INTEGER NOT NULL,           -- ms since 1970 UTC, as every column ending in _ms
    url         TEXT                        -- where devices reach the server, as last told
) STRICT;

-- The key that signs answers. Devices pin it when they enrol.
CREATE TABLE signing_key (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    secret      BLOB NOT NULL CHECK (length(secret) = 32),
    made_ms     INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    id          BLOB PRIMARY KEY,           -- also the id of the person's staff record
    name        TEXT NOT NULL,
    role        INTEGER NOT NULL,
    area        TEXT NOT NULL,
    made_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an account may hold, from its role and area.
CREATE TABLE access_grant (
    account     BLOB NOT NULL REFERENCES account (id),
    scope       TEXT NOT NULL,
    is_within   INTEGER NOT NULL,           -- 1: the same audience in every area inside, too
    PRIMARY KEY (account, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id          BLOB PRIMARY KEY,
    account     BLOB NOT NULL REFERENCES account (id),
    name        TEXT NOT NULL,
    token_hash  BLOB NOT NULL UNIQUE,       -- SHA-256; the token itself is nowhere here
    made_ms     INTEGER NOT NULL,
    last_seen_ms INTEGER,
    revoked_ms  INTEGER
) STRICT, WITHOUT ROWID;

-- One-time codes. The selector tells them apart, so that tries are counted for one of them alone.
CREATE TABLE enrolment (
    selector    TEXT PRIMARY KEY,
    salt        BLOB NOT NULL,
    code_hash   BLOB NOT NULL,              -- SHA-256 of salt and code
    account     BLOB NOT NULL REFERENCES account (id),
    expires_ms  INTEGER NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0, -- wrong ones
    device      BLOB REFERENCES device (id),-- the device it was used for
    nonce_hash  BLOB                        -- of the request that used it, to answer its retry
) STRICT, WITHOUT ROWID;

-- One life of a device's database.
CREATE TABLE incarnation (
    id          BLOB PRIMARY KEY,
    device      BLOB NOT NULL REFERENCES device (id),
    settled     INTEGER NOT NULL,           -- number of the last commit with a result
    last_hlc    INTEGER NOT NULL            -- effective time of its last change
) STRICT, WITHOUT ROWID;

-- What became of a commit, kept to answer retries.
CREATE TABLE result (
    incarnation BLOB NOT NULL REFERENCES incarnation (id),
    push_seq    INTEGER NOT NULL,
    hash        BLOB NOT NULL,              -- SHA-256 of the commit's bytes
    outcome     BLOB NOT NULL,              -- CBOR
    PRIMARY KEY (incarnation, push_seq)
) STRICT, WITHOUT ROWID;

-- Ops that were applied: none is applied twice, whatever commit brings it.
CREATE TABLE op (
    id          BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The counter of each scope, locked last. Gives changes their numbers.
CREATE TABLE scope (
    name        TEXT PRIMARY KEY,
    seq         INTEGER NOT NULL,           -- number of the last change
    count       INTEGER NOT NULL            -- records that are not deleted
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    id          BLOB PRIMARY KEY,
    kind        INTEGER NOT NULL,
    scope       TEXT NOT NULL,
    version     INTEGER NOT NULL,           -- number of its last change in the scope; below 0 inside the
                                            -- transaction that changes it, until the counter is locked
    body        BLOB NOT NULL,              -- CBOR; kept when deleted, so that this can be undone
    stamps      BLOB NOT NULL,              -- who wrote which field last
    author      BLOB NOT NULL,              -- account that made it
    received_ms INTEGER NOT NULL,           -- when it came first
    is_deleted  INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX record_by_scope ON record (scope, version);
