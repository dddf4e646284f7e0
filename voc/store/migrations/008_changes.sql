-- What followers ask for: every transaction that changes records has a number, and every row that of its newest change.

CREATE SEQUENCE change_number;

CREATE TABLE change (
    number BIGINT NOT NULL,            -- in order of commit
    stamp VARCHAR NOT NULL,            -- by chance: tells this history from that of another database, or of a backup put back
    made_at TIMESTAMPTZ NOT NULL
);

INSERT INTO change VALUES (0, CAST(gen_random_uuid() AS VARCHAR), current_timestamp);

ALTER TABLE batch ADD COLUMN change BIGINT DEFAULT 0;    -- of the arrival of its rows
ALTER TABLE tagging ADD COLUMN change BIGINT DEFAULT 0;  -- of these tags

-- Rows that are gone: their number, and nothing else of them.
CREATE TABLE tombstone (
    gone_seq BIGINT NOT NULL,
    change BIGINT NOT NULL
);
