-- Who has brought one: what a record says of it counts only where its author has.
CREATE INDEX attachment_brought_hash ON attachment_brought (hash);
