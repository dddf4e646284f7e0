-- Who may ask, and who asked what.

CREATE TABLE access_key (
    id VARCHAR NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL,             -- what its maker calls it
    scope VARCHAR NOT NULL,            -- read, write or admin
    digest VARCHAR NOT NULL,           -- SHA-256 of the key, in hexadecimal; the key itself is nowhere
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,          -- to the minute
    revoked_at TIMESTAMPTZ             -- a revoked key stays, for the audit log names it
);

CREATE SEQUENCE audit_number;

CREATE TABLE audit (
    seq BIGINT NOT NULL,               -- in order of writing; the paging cursor
    happened_at TIMESTAMPTZ NOT NULL,
    via VARCHAR NOT NULL,              -- key, session, open (no keys yet), command, or nobody
    key_id VARCHAR,
    address VARCHAR,
    method VARCHAR NOT NULL,
    route VARCHAR NOT NULL,            -- the template, never the path or the query that were asked for
    target VARCHAR,                    -- the id in the path; of a customer, and of what is no id of ours, a keyed hash
    status SMALLINT NOT NULL
);

-- One row: the secret of the hashes in audit.target, so that who reads them cannot try out telephone numbers.
CREATE TABLE audit_secret (secret VARCHAR NOT NULL);
