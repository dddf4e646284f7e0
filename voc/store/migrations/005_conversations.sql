-- Conversations: rows of feedback whose text is the customer's turns, one a line, with what only conversations have.

-- What the source says and the clock tells, of every conversation.
CREATE TABLE conversation (
    seq BIGINT NOT NULL,
    turns INTEGER NOT NULL,
    speakers_sure DOUBLE PRECISION,    -- NULL where the source names the speakers
    duration_s DOUBLE PRECISION,       -- from the first word to the last; times are NULL without timings
    customer_talk_s DOUBLE PRECISION,
    agent_talk_s DOUBLE PRECISION,
    silence_s DOUBLE PRECISION,        -- nobody speaks
    longest_silence_s DOUBLE PRECISION,
    interruptions INTEGER              -- turns of the agent that begin while the customer still speaks
);

CREATE TABLE turn (
    seq BIGINT NOT NULL,
    position INTEGER NOT NULL,
    speaker VARCHAR NOT NULL,          -- customer or agent
    text VARCHAR NOT NULL,             -- masked, one line
    start_s DOUBLE PRECISION,
    end_s DOUBLE PRECISION,
    response_s DOUBLE PRECISION        -- of the agent's first turn after the customer's: how long the customer waited for it
);

-- What the tagger reads in a conversation beside tagging and tag; the agent's moves are rows of tag, kind 'move', whose
-- evidence is [[turn, start, end], ...].
CREATE TABLE conversation_tagging (
    seq BIGINT NOT NULL,
    primary_reason VARCHAR,
    effort_level VARCHAR NOT NULL,
    sentiment_start VARCHAR NOT NULL,
    sentiment_end VARCHAR NOT NULL,
    quarters VARCHAR NOT NULL          -- JSON: [[sentiment, score], ...] of up to four quarters of the customer's turns
);

CREATE TABLE turn_tagging (
    seq BIGINT NOT NULL,
    position INTEGER NOT NULL,
    sentiment VARCHAR NOT NULL,
    sentiment_score REAL NOT NULL
);
