-- What a text was before it was masked, sealed with a key that is not in the database; rows only where VOC_ORIGINALS_KEY is set.
CREATE TABLE original (
    seq BIGINT NOT NULL,
    sealed BYTEA NOT NULL              -- a Fernet token
);
