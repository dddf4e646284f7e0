-- What people say in place of the model. tagging, tag and conversation_tagging hold what counts: their word where there is one.

CREATE SEQUENCE correction_number;

CREATE TABLE correction (
    number BIGINT NOT NULL,            -- in order of writing, which is the order in which they hold; the public id is c<number>
    seq BIGINT NOT NULL,
    corrected_at TIMESTAMPTZ NOT NULL,
    corrected_by VARCHAR,              -- the id of a key; NULL for the command and for a service without keys
    why VARCHAR NOT NULL,              -- a person's words, masked
    source VARCHAR NOT NULL,           -- person or import
    queue VARCHAR,                     -- of /v1/review, where the row was offered
    selection BIGINT,                  -- the number of the first of those that were written at once; the public id is s<number>
    changed VARCHAR NOT NULL,          -- JSON: the fields that it sets
    confirmed BOOLEAN NOT NULL,        -- it changed nothing when it was written: seen and right
    undone_at TIMESTAMPTZ,
    undone_by VARCHAR
);

-- What the model itself says of the rows in which people overrule it; tagging.corrected_at is set in just these.
CREATE TABLE model_answer (
    seq BIGINT NOT NULL,
    model VARCHAR NOT NULL,
    taxonomy VARCHAR NOT NULL,
    answer VARCHAR NOT NULL            -- JSON
);

ALTER TABLE tagging ADD COLUMN corrected_at TIMESTAMPTZ;  -- when the model was overruled; NULL where its answer is what counts
