-- The draw that offered a record: judgements are held against it, whatever week it is when they are sent.

ALTER TABLE correction ADD COLUMN seed VARCHAR;
