-- Number of the change by which a record was cleared last; 0: never. Devices keep nothing of what was before it.
ALTER TABLE record ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0;
