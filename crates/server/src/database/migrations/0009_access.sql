-- Who gave a code out, so that nobody takes all of them; null: the server's keeper.
ALTER TABLE enrolment ADD COLUMN made_by BLOB REFERENCES account (id);
CREATE INDEX device_by_account ON device (account);

-- When a device last asked is known by the day, Beijing time, and no better.
UPDATE device SET last_seen_ms = (last_seen_ms + 28800000) / 86400000 * 86400000 - 28800000;
