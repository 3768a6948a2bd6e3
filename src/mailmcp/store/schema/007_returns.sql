-- The name under which a draft is known to those that it went to: what they send back about it names it.
ALTER TABLE drafts ADD COLUMN message_id TEXT;
UPDATE drafts SET message_id = (SELECT message_id FROM messages WHERE messages.id = drafts.message);
CREATE INDEX drafts_by_message_id ON drafts (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX drafts_by_message ON drafts (message) WHERE message IS NOT NULL;

-- Why a message is a program's own (bounce, auto_replied, list …), '' when it is not; and a sentence of ours on it.
ALTER TABLE messages ADD COLUMN automatic TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN about TEXT NOT NULL DEFAULT '';

-- What a message reports about mail that was sent: JSON of models.Returned.
CREATE TABLE returns (
    message    INTEGER PRIMARY KEY REFERENCES messages (id),
    report     TEXT NOT NULL,
    handled_at INTEGER                           -- NULL while it was not acted upon
);
CREATE INDEX returns_waiting ON returns (message) WHERE handled_at IS NULL;

-- What left this home, one row for each message and recipient. Ids and addresses, not rows: deleting an inbox and
-- making it again starts no new count.
CREATE TABLE departures (
    draft     TEXT NOT NULL,
    inbox     TEXT NOT NULL,
    recipient TEXT NOT NULL,
    at        INTEGER NOT NULL,
    returned  TEXT,                              -- bounce, full or complaint
    PRIMARY KEY (draft, recipient)
);
CREATE INDEX departures_of_inbox ON departures (inbox, at);
CREATE INDEX departures_by_time ON departures (at);
CREATE INDEX departures_returned ON departures (recipient, at) WHERE returned IS NOT NULL;

-- Inboxes from which too much came back; kept when one was lifted, since counting begins anew there.
CREATE TABLE pauses (
    inbox     TEXT PRIMARY KEY,
    since     INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    lifted_at INTEGER
);

-- What was written down is never changed. Whoever changes it all the same has to remove these first.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
-- REPLACE deletes without asking the second.
CREATE TRIGGER audit_goes_on_at_its_end BEFORE INSERT ON audit
WHEN NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM audit) BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
