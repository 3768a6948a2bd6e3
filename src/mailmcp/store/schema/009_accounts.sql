-- The folders of accounts elsewhere that mail is fetched from, and how far each was read.
CREATE TABLE folders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     TEXT NOT NULL,                   -- its own address, lower case
    name        TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    next_uid    INTEGER NOT NULL,                -- everything from here on is new
    oldest_uid  INTEGER NOT NULL,                -- everything from here up to next_uid was looked at
    modseq      INTEGER NOT NULL DEFAULT 0,      -- the newest change of flags that is known
    fresh_from  INTEGER NOT NULL,                -- what the server received later is announced as new
    UNIQUE (account, name)
);

-- A mail of an account, however many copies of it lie in its folders, and after the last of them is gone.
CREATE TABLE mails (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    gone_at     INTEGER,                         -- no copy was found at this time, and none since
    UNIQUE (account, fingerprint)
);
CREATE INDEX mails_gone ON mails (gone_at) WHERE gone_at IS NOT NULL;

-- Where the copies lie; a mail that is not kept here (too large) has a place without a mail.
CREATE TABLE places (
    folder INTEGER NOT NULL REFERENCES folders (id),
    uid    INTEGER NOT NULL,
    mail   INTEGER REFERENCES mails (id),
    flags  TEXT NOT NULL DEFAULT '[]',           -- JSON, as the server said last
    PRIMARY KEY (folder, uid)
);
CREATE INDEX places_of_mail ON places (mail);

-- What is to be done in an account: marks to be set, copies of sent mail to be filed.
CREATE TABLE errands (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    TEXT NOT NULL,
    mail       INTEGER,
    message    INTEGER,                          -- of a copy
    add_       TEXT NOT NULL DEFAULT '[]',
    remove     TEXT NOT NULL DEFAULT '[]',
    not_before INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0
);

-- Of an inbox whose mail lies in an account elsewhere: that account's own address.
ALTER TABLE inboxes ADD COLUMN account TEXT;
ALTER TABLE messages ADD COLUMN mail INTEGER REFERENCES mails (id);
CREATE INDEX messages_of_mail ON messages (mail) WHERE mail IS NOT NULL;
-- It was there before this home knew its account: no wait is given it, and it stands before what came later.
ALTER TABLE messages ADD COLUMN history INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_of_history ON messages (inbox) WHERE history = 1;
