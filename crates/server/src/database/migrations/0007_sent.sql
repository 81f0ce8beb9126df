-- Every number under which a commit came that somebody decides about: a device that went back to an older image asks
-- by the one it had then.
CREATE TABLE quarantine_sent (
    incarnation BLOB NOT NULL,
    push_seq    INTEGER NOT NULL,
    id          BLOB NOT NULL REFERENCES quarantine (id),
    PRIMARY KEY (incarnation, push_seq)
) STRICT, WITHOUT ROWID;
INSERT INTO quarantine_sent (incarnation, push_seq, id) SELECT incarnation, push_seq, id FROM quarantine;
DROP INDEX quarantine_by_number;
