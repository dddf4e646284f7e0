-- Agents are named by pseudonyms in every answer, unless VOC_SHOW_AGENTS says otherwise.

CREATE TABLE agent (
    agent_id VARCHAR NOT NULL,
    pseudonym VARCHAR NOT NULL,        -- from a hash of the id, keyed with the secret of audit_secret
    shown_as VARCHAR NOT NULL          -- the one or the other: the name in records, groups and filters
);

-- Which of them is shown; NULL until the database is opened for the first time since.
ALTER TABLE store_state ADD COLUMN agents_shown BOOLEAN;
