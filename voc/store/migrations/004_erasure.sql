-- Rows of a batch that were erased later: rows of it that are there = accepted - erased. The batch keeps its numbers.
ALTER TABLE batch ADD COLUMN erased BIGINT DEFAULT 0;

-- Since when deleted words may still stand in unused blocks of the file; NULL once it has been written anew.
ALTER TABLE store_state ADD COLUMN rewrite_due_since TIMESTAMPTZ;
