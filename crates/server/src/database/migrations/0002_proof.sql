-- Proof that a device holds the same. The sums over what is there already are counted after this.
ALTER TABLE scope ADD COLUMN digest INTEGER NOT NULL DEFAULT 0;  -- sum of the proofs, wrapping
ALTER TABLE record ADD COLUMN proof INTEGER NOT NULL DEFAULT 0;  -- as it was last numbered
