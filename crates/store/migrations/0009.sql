-- Number of the change by which a record was cleared last, by a decision or because its time was over; 0: never.
-- Nothing that was kept of it before stays here.
ALTER TABLE record ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0;

-- Requests that what is kept of a person be deleted.
CREATE TABLE erasure_request (
    rid     INTEGER PRIMARY KEY,
    subject BLOB NOT NULL,                  -- id of the person
    at_ms   INTEGER NOT NULL,
    state   INTEGER NOT NULL
) STRICT;
CREATE INDEX erasure_request_subject ON erasure_request (subject);
CREATE INDEX erasure_request_at ON erasure_request (at_ms);
