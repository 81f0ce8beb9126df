-- Households that are brought up to date once much has arrived, not with each slice of it.
CREATE TABLE stale_household (
    rid INTEGER PRIMARY KEY
) STRICT;
-- Fewer and larger merges: much arrives at once, and little at a time later.
INSERT INTO household_search (household_search, rank) VALUES ('automerge', 8);
-- A visit is found by its number.
DROP INDEX visit_id;
