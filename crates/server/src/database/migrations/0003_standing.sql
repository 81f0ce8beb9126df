-- Whose own scopes an account holds beside its own, and whether its person was ever moved.
ALTER TABLE account ADD COLUMN own TEXT;                -- dept:…, unit:…; null: no department, no unit
ALTER TABLE account ADD COLUMN moved_ms INTEGER;        -- when role or area last changed

-- Grants that were taken away. Only what stands here is ever called revoked: that a grant is missing,
-- for whatever reason, takes nothing from a device.
CREATE TABLE former_grant (
    account     BLOB NOT NULL REFERENCES account (id),
    scope       TEXT NOT NULL,
    is_within   INTEGER NOT NULL,           -- as in access_grant
    role        INTEGER NOT NULL,           -- the account had
    until_ms    INTEGER NOT NULL,
    PRIMARY KEY (account, scope, until_ms)
) STRICT, WITHOUT ROWID;

-- What devices say they have purged.
CREATE TABLE purge_receipt (
    device      BLOB NOT NULL REFERENCES device (id),
    scope       TEXT NOT NULL,
    revoked_ms  INTEGER NOT NULL,           -- as the device was told
    records     INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,           -- by the device's clock
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (device, scope, revoked_ms)
) STRICT, WITHOUT ROWID;

-- Commits that came after their author might make them, until somebody decides.
CREATE TABLE quarantine (
    id          BLOB PRIMARY KEY,           -- the beginning of a hash of its ops' ids: the same however often it comes
    account     BLOB NOT NULL REFERENCES account (id),
    incarnation BLOB NOT NULL,              -- under which it came last …
    push_seq    INTEGER NOT NULL,           -- … and its number there
    body        BLOB NOT NULL,              -- the commit as it came
    clock_ms    INTEGER NOT NULL,           -- the device's clock at that contact
    received_ms INTEGER NOT NULL,
    last_hlc    INTEGER NOT NULL,           -- of its incarnation before it
    outcome     BLOB,                       -- CBOR; null: nobody has decided
    decided_ms  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_by_number ON quarantine (incarnation, push_seq);
CREATE INDEX quarantine_by_account ON quarantine (account);

-- Records that left a scope for another one: one row for each record and scope it left.
CREATE TABLE departure (
    scope       TEXT NOT NULL,
    version     INTEGER NOT NULL,           -- number of its leaving in that scope
    record      BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    left_ms     INTEGER NOT NULL,
    PRIMARY KEY (scope, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX departure_by_record ON departure (record, scope);
