-- Questions to the server that others carry: what opens the answer, and where this device stood then.
CREATE TABLE courier (
    number   INTEGER PRIMARY KEY,
    question BLOB NOT NULL UNIQUE,          -- 16 bytes; stands in the file and in its answer
    secret   BLOB NOT NULL,                 -- opens the answer
    asked    BLOB NOT NULL                  -- encoded, see courier.rs
) STRICT;
