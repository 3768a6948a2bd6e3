-- To whom nothing is sent any more.
CREATE TABLE suppressions (
    email    TEXT PRIMARY KEY,                   -- lower case
    reason   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    inbox    TEXT NOT NULL,
    since    INTEGER NOT NULL
);

-- Unproved senders' words were shown to a caller. Addresses and ids, not rows: deleting an inbox lifts nothing.
CREATE TABLE taints (
    key    TEXT NOT NULL,                        -- the caller's key; '' for the one caller of stdio
    inbox  TEXT NOT NULL,
    thread TEXT,                                 -- t_…; NULL: words of several conversations
    sender TEXT,                                 -- lower case; NULL: several, or nobody in particular
    grave  INTEGER NOT NULL,                     -- one of the senders was suspicious or failed
    at     INTEGER NOT NULL,                     -- the last time
    PRIMARY KEY (key, inbox)
);

-- What was allowed to leave for outside this home without a human, one row for each recipient: rates count it.
CREATE TABLE sends (
    draft     TEXT NOT NULL,
    inbox     TEXT NOT NULL,
    recipient TEXT NOT NULL,
    thread    TEXT,
    at        INTEGER NOT NULL,
    PRIMARY KEY (draft, recipient)
);
CREATE INDEX sends_by_time ON sends (at);

-- Whom a human let an inbox write to.
CREATE TABLE agreed (
    inbox INTEGER NOT NULL,
    email TEXT NOT NULL,                         -- lower case
    at    INTEGER NOT NULL,
    PRIMARY KEY (inbox, email)
);
-- Only a human's approval takes a draft from held to queued, whichever way it was given.
CREATE TRIGGER agreed_by_approval AFTER UPDATE OF state ON drafts WHEN OLD.state = 'held' AND NEW.state = 'queued'
BEGIN
    INSERT INTO agreed (inbox, email, at)
        SELECT NEW.inbox, lower(json_extract(value, '$[1]')), NEW.changed_at
        FROM (SELECT value FROM json_each(NEW.to_) UNION SELECT value FROM json_each(NEW.cc)
              UNION SELECT value FROM json_each(NEW.bcc)) WHERE TRUE
        ON CONFLICT (inbox, email) DO UPDATE SET at = excluded.at;
END;

-- Whose mail an inbox takes and whose it does not: the most exact pattern counts.
CREATE TABLE inbound_rules (
    inbox   INTEGER NOT NULL REFERENCES inboxes (id),
    pattern TEXT NOT NULL,                       -- an address, a domain with its sub-domains, or *
    allowed INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (inbox, pattern)
);

-- 'blocked': kept, in no conversation and shown by no tool; 'released': a human let it in.
ALTER TABLE messages ADD COLUMN quarantine TEXT;
CREATE INDEX messages_blocked ON messages (inbox, id) WHERE quarantine = 'blocked';

CREATE INDEX messages_fresh ON messages (received_at) WHERE outgoing = 0 AND (code IS NOT NULL OR link IS NOT NULL);
