-- Households that are brought up to date once much has arrived, not with each slice of it.
CREATE TABLE stale_household (
    rid INTEGER PRIMARY KEY
) STRICT;
-- A visit is found by its number.
DROP INDEX visit_id;
