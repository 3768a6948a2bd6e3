-- What was found out about senders: appended each time a message is checked; the newest counts and stands in messages
-- as well. "results" is JSON of models.AuthResults.
CREATE TABLE checks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    message         INTEGER NOT NULL REFERENCES messages (id),
    checked_at      INTEGER NOT NULL,
    results         TEXT NOT NULL,
    verdict         TEXT NOT NULL,
    reasons         TEXT NOT NULL,
    verified_domain TEXT
);
CREATE INDEX checks_of_message ON checks (message, id);

-- The same in lines for people, JSON.
ALTER TABLE messages ADD COLUMN authentication TEXT NOT NULL DEFAULT '[]';
-- When its sender is to be checked again, since DNS was in trouble or the check took too long; else NULL.
ALTER TABLE messages ADD COLUMN check_at INTEGER;
ALTER TABLE messages ADD COLUMN check_tries INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_to_check ON messages (check_at) WHERE check_at IS NOT NULL;

-- How many messages of a contact were verified.
ALTER TABLE contacts ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
