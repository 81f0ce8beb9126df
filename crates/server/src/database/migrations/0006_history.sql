-- What became of all commits of an incarnation up to this one; NULL where that was not counted from the first.
ALTER TABLE incarnation ADD COLUMN history INTEGER;
ALTER TABLE result ADD COLUMN history INTEGER;
UPDATE incarnation SET history = 0 WHERE settled = 0;
