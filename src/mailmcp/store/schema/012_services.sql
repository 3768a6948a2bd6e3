-- Of an inbox that a mail service keeps: what the service calls it, and whether it was there before it was known here
-- (then it is never deleted there).
ALTER TABLE inboxes ADD COLUMN remote TEXT;
ALTER TABLE inboxes ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0;

-- What the service that handed a mail over says it found out about the sender: JSON, NULL when it says nothing.
ALTER TABLE messages ADD COLUMN claim TEXT;

-- How often each service may still be called, by all processes of the home together.
CREATE TABLE budgets (
    service     TEXT PRIMARY KEY,
    per_minute  INTEGER NOT NULL,
    left        REAL NOT NULL,                   -- calls that could be made at once, at that time
    at          INTEGER NOT NULL,
    rests_until INTEGER NOT NULL DEFAULT 0       -- the service asked to be left alone until then
);

-- How far the inboxes of services were read; it takes the place of cursors, which no backend ever used.
DROP TABLE cursors;
CREATE TABLE fetching (
    inbox  INTEGER PRIMARY KEY REFERENCES inboxes (id),
    cursor TEXT,                                 -- the service's own, of arrivals
    read_at INTEGER,                             -- when the newest arrival that was met had arrived there
    events TEXT                                  -- the cursor of what became of sent mail
);

-- Mails that a service said it has. Written together with the cursor that goes past them: what is still to be fetched
-- is not forgotten, and what was fetched once is not stored again.
CREATE TABLE fetched (
    inbox      INTEGER NOT NULL REFERENCES inboxes (id),
    id         TEXT NOT NULL,                    -- the service's own
    found      TEXT,                             -- JSON of what it said, while the mail is to be fetched
    not_before INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (inbox, id)
);
CREATE INDEX fetched_waiting ON fetched (inbox, not_before) WHERE found IS NOT NULL;

-- Under which names drafts left through a service: its own, and the Message-ID that it gave the mail.
CREATE TABLE left_as (
    draft       INTEGER NOT NULL REFERENCES drafts (id),
    backend     TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    message_id  TEXT,
    at          INTEGER NOT NULL,
    ended       INTEGER NOT NULL DEFAULT 0,      -- nothing more is to be heard of it
    PRIMARY KEY (backend, provider_id)
);
CREATE INDEX left_as_of_draft ON left_as (draft);
CREATE INDEX left_as_message_id ON left_as (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX left_as_open ON left_as (backend, at) WHERE ended = 0;
