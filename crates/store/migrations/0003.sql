-- A deletion is a layer like a body: by a commit that waits, or by one the server took but has not told
-- yet. The bodies stay beneath, so that it can be taken back.
ALTER TABLE record ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;          -- as pages show it
ALTER TABLE record ADD COLUMN promised_deleted INTEGER NOT NULL DEFAULT 0; -- as the server took it
