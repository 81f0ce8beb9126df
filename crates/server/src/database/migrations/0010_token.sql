-- Tokens are renewed. The next one counts beside the one in force as soon as it is made, so that neither a lost answer nor
-- a backup from before shuts a device out; from its first use on the one before is void.
ALTER TABLE device ADD COLUMN token_ms INTEGER;         -- since when token_hash is in force; null: since made_ms
ALTER TABLE device ADD COLUMN next_hash BLOB;           -- SHA-256 of the next one; null: not made yet
ALTER TABLE device ADD COLUMN void_hash BLOB;           -- SHA-256 of the one before
CREATE UNIQUE INDEX device_by_next ON device (next_hash);
CREATE INDEX device_by_void ON device (void_hash);

-- Tokens of before are as old as this schema, and not as their devices: a backup from before it knows of no next one.
UPDATE device SET token_ms = (SELECT max(last_seen_ms) FROM device);
