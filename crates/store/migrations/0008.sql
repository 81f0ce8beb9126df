-- What was done with personal data. Before this version a device noted what it had shown for itself alone, in
-- `reveal`: what stands there stays, and is added to no more.
CREATE TABLE handling (
    rid     INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,               -- by the clock of the device where it was done
    subject BLOB                            -- id of the person or household; NULL where it concerns many
) STRICT;
CREATE INDEX handling_at ON handling (at_ms);
CREATE INDEX handling_subject ON handling (subject);

-- What came by hand to the county, for whoever reads it there. On the device that sent it a row stands until the
-- server has it.
CREATE TABLE feedback (
    rid   INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE duty_report (
    rid   INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT;

-- A scope into which this device only hands things: it reads nothing there, and asks for nothing.
ALTER TABLE scope ADD COLUMN is_slot INTEGER NOT NULL DEFAULT 0;

-- What people agreed to and took back.
CREATE TABLE consent (
    rid    INTEGER PRIMARY KEY,
    person BLOB NOT NULL
) STRICT;
CREATE INDEX consent_person ON consent (person);
