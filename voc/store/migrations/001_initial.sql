-- The first schema, in the SQL that DuckDB and PostgreSQL both speak.
-- `seq` numbers rows in order of arrival: it is the public id (f<seq>), the paging cursor and the tagger's walk.

CREATE TABLE batch (
    id VARCHAR NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL,
    content_key VARCHAR NOT NULL,      -- of the bytes and the mapping: the same upload again is the same batch
    sample BOOLEAN NOT NULL,
    received BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,         -- rows of a batch are numbered without gaps: [first_seq, first_seq + accepted)
    columns VARCHAR NOT NULL,          -- JSON: how each header was understood
    notices VARCHAR NOT NULL,          -- JSON
    created_at TIMESTAMPTZ NOT NULL
);

-- Every Idempotency-Key that a batch's content came with; they go with the batch.
CREATE TABLE idempotency (
    key VARCHAR NOT NULL PRIMARY KEY,
    batch_id VARCHAR NOT NULL
);

CREATE TABLE reject (
    batch_id VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    column_name VARCHAR,
    code VARCHAR NOT NULL,
    message VARCHAR NOT NULL
);

CREATE TABLE feedback (
    seq BIGINT NOT NULL,
    batch_id VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    text VARCHAR NOT NULL,             -- masked
    external_id VARCHAR,
    customer_id VARCHAR,
    agent_id VARCHAR,
    channel VARCHAR,
    occurred_at TIMESTAMPTZ,
    occurred_on DATE,                  -- local day and hour, so that no query converts time zones
    occurred_hour SMALLINT,
    first_response_at TIMESTAMPTZ,
    resolved_at TIMESTAMPTZ,
    handle_s DOUBLE PRECISION,
    wait_s DOUBLE PRECISION,
    abandoned BOOLEAN,
    transfers INTEGER,
    cost DOUBLE PRECISION,
    revenue DOUBLE PRECISION,
    nps SMALLINT,
    csat DOUBLE PRECISION,
    ces DOUBLE PRECISION,
    ves_1 DOUBLE PRECISION,
    ves_2 DOUBLE PRECISION,
    ees DOUBLE PRECISION,
    referred BOOLEAN,
    referral_sold BOOLEAN,
    attributes JSON NOT NULL
);

-- One row per tagged feedback row; a feedback row without one of the current model is pending.
CREATE TABLE tagging (
    seq BIGINT NOT NULL,
    model VARCHAR NOT NULL,
    taxonomy VARCHAR NOT NULL,
    script VARCHAR NOT NULL,
    sentiment VARCHAR NOT NULL,
    sentiment_score REAL NOT NULL,
    effort_score REAL,
    resolution VARCHAR,
    tagged_at TIMESTAMPTZ NOT NULL
);

-- One row per reason (kind 'reason', with polarity) or cue (kind 'effort' or 'loyalty').
CREATE TABLE tag (
    seq BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    polarity VARCHAR,
    position SMALLINT NOT NULL,        -- among those of its kind, as the tagger put them
    score REAL NOT NULL,
    evidence VARCHAR NOT NULL          -- JSON: [[start, end], ...] in characters of feedback.text
);

-- Rows that killed their worker or that the tagger refused, so that they are not tried for ever; another model tries anew.
CREATE TABLE set_aside (
    seq BIGINT NOT NULL,
    model VARCHAR NOT NULL,
    taxonomy VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    set_aside_at TIMESTAMPTZ NOT NULL
);

-- One row. `next_seq` only grows, so that the id of a deleted row is never given again; `zone` is that of all local days.
CREATE TABLE store_state (
    zone VARCHAR NOT NULL,
    next_seq BIGINT NOT NULL
);

-- The days that trends and other tools group by; filled by the code from 1390 to 1420.
CREATE TABLE calendar (
    day DATE NOT NULL PRIMARY KEY,
    week_start DATE NOT NULL,          -- the Saturday on or before
    jalali_year SMALLINT NOT NULL,
    jalali_month SMALLINT NOT NULL,
    jalali_day SMALLINT NOT NULL,
    jalali_week_year SMALLINT NOT NULL,
    jalali_week SMALLINT NOT NULL      -- 1402-W37: weeks from Saturday, week 1 holds 1 Farvardin
);
