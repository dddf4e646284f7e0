-- What a person left of a record that was drawn by lot, and what the model had said of it: only these measure the model.

CREATE TABLE judged (
    number BIGINT NOT NULL,            -- of the correction that it was said with; undone with it
    seq BIGINT NOT NULL,
    model VARCHAR NOT NULL,
    taxonomy VARCHAR NOT NULL,
    answer VARCHAR NOT NULL,           -- JSON: what the model said, with its scores
    judgement VARCHAR NOT NULL         -- JSON: what the record was when the person was done with it, all five fields
);
