-- Whom to tell of what happens, and what is still to be told: an outbox, so that a kill loses no event.

CREATE TABLE webhook (
    id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    events VARCHAR NOT NULL,           -- JSON: the names of the events that it is told of
    description VARCHAR NOT NULL,
    include_text BOOLEAN NOT NULL,     -- whether masked words of customers go with an event
    secret VARCHAR NOT NULL,           -- as it is: a signature cannot be made with a hash of it
    old_secret VARCHAR,                -- signs beside the new one until old_secret_until
    old_secret_until TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    failing_since TIMESTAMPTZ,         -- the first failure since the last delivery that succeeded
    disabled_at TIMESTAMPTZ,
    disabled_reason VARCHAR            -- by_hand, gone or failing
);

CREATE SEQUENCE webhook_delivery_number;

-- One event for one endpoint. Customers' words are not in it: they are read where they are sent, so that they go with their row.
CREATE TABLE webhook_delivery (
    number BIGINT NOT NULL,            -- in order of writing
    webhook_id VARCHAR NOT NULL,
    message_id VARCHAR NOT NULL,       -- the webhook-id, the same at every attempt
    event VARCHAR NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL,
    data VARCHAR NOT NULL,             -- JSON
    seq BIGINT,                        -- the row of feedback that it tells of, with which it is erased
    status VARCHAR NOT NULL,           -- waiting, delivered or failed
    attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    last_attempt_at TIMESTAMPTZ,
    response_code INTEGER,             -- of the last attempt; NULL where nothing was answered
    problem VARCHAR                    -- why nothing was
);

-- What was told, or need not be told any more: batches and spikes, by a name for each.
CREATE TABLE webhook_told (
    name VARCHAR NOT NULL,
    told_at TIMESTAMPTZ NOT NULL
);

INSERT INTO webhook_told SELECT 'batch ' || id, current_timestamp FROM batch;

-- Whether each KPI with a target met it when it was last looked at.
CREATE TABLE webhook_kpi (
    name VARCHAR NOT NULL,
    meets BOOLEAN NOT NULL
);
