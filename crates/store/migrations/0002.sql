-- Proof that a scope is what the server has, and reading it anew when it is not. Records from before
-- have no proof yet: the first round finds that out and reads their scopes anew.
ALTER TABLE scope ADD COLUMN digest INTEGER NOT NULL DEFAULT 0;         -- sum of the proofs, wrapping
ALTER TABLE scope ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;     -- grows when it is read anew
ALTER TABLE scope ADD COLUMN is_reread INTEGER NOT NULL DEFAULT 0;      -- being read anew
ALTER TABLE scope ADD COLUMN reread_from_ms INTEGER NOT NULL DEFAULT 0; -- not again before, server clock
ALTER TABLE record ADD COLUMN proof INTEGER NOT NULL DEFAULT 0;         -- what it adds to the digest
ALTER TABLE record ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;    -- of the scope when it came last
-- What the server took but has not told yet: shown until the record's next version comes, so that a
-- saved visit does not vanish for a moment. The confirmed body is never anything but the server's word.
ALTER TABLE record ADD COLUMN promised BLOB;
CREATE INDEX record_promised ON record (rid) WHERE promised IS NOT NULL;

-- Commits the server took, kept for a while in case it goes back to an older backup.
CREATE TABLE acknowledged (
    number   INTEGER PRIMARY KEY,
    taken_ms INTEGER NOT NULL,              -- on the server's clock
    body     BLOB NOT NULL
) STRICT;
CREATE INDEX acknowledged_taken ON acknowledged (taken_ms);
