-- Times are milliseconds since 1970-01-01 UTC. Lists and small records are JSON text.
-- "inbox", "message", "thread", "draft" in a column name is the row number in that table; the ids that leave the
-- house (t_…, m_…, d_…, c_…) are the columns named public_id and cursor. Row numbers that a process may hold while
-- others delete are AUTOINCREMENT: a number never comes to mean another inbox, thread, message or draft.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE inboxes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    address    TEXT NOT NULL UNIQUE,             -- lower case
    label      TEXT NOT NULL DEFAULT '',
    backend    TEXT NOT NULL,
    key        TEXT UNIQUE,                      -- the caller's own key: a repeated create_inbox finds its inbox
    created_at INTEGER NOT NULL
);

-- The bytes, kept as they came; one row however many inboxes a message was for.
CREATE TABLE raws (
    id     INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    bytes  BLOB NOT NULL
);

CREATE TABLE threads (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id     TEXT NOT NULL UNIQUE,
    inbox         INTEGER NOT NULL REFERENCES inboxes (id),
    subject       TEXT NOT NULL,
    base_subject  TEXT NOT NULL,                 -- without Re:, folded: for the cautious fallback
    who           TEXT NOT NULL,                 -- JSON [[name, address], …], at most 8, in order of appearance
    first_line    TEXT NOT NULL,                 -- of the newest message's new text
    verdict       TEXT NOT NULL,                 -- of the newest message that came in
    message_count INTEGER NOT NULL,
    unread_count  INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    last_position INTEGER NOT NULL,              -- of its newest message: the order of find_mail
    merged_into   INTEGER REFERENCES threads (id)
);
CREATE INDEX threads_newest ON threads (last_position) WHERE merged_into IS NULL;
CREATE INDEX threads_newest_of_inbox ON threads (inbox, last_position) WHERE merged_into IS NULL;
CREATE INDEX threads_subject ON threads (inbox, base_subject);
CREATE INDEX threads_unread ON threads (last_position) WHERE merged_into IS NULL AND unread_count > 0;
CREATE INDEX threads_unread_of_inbox ON threads (inbox, unread_count) WHERE merged_into IS NULL AND unread_count > 0;
CREATE INDEX threads_merged ON threads (merged_into) WHERE merged_into IS NOT NULL;

-- A message of one inbox. The first half is written when it is accepted; the second when it was judged, and can be
-- computed again from the raw bytes.
CREATE TABLE messages (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id     TEXT NOT NULL UNIQUE,
    inbox         INTEGER NOT NULL REFERENCES inboxes (id),
    raw           INTEGER NOT NULL REFERENCES raws (id),
    outgoing      INTEGER NOT NULL,
    source        TEXT NOT NULL,
    mail_from     TEXT NOT NULL,
    recipients    TEXT NOT NULL,                 -- JSON: those envelope recipients that are this inbox
    peer          TEXT,
    helo          TEXT,
    received_at   INTEGER NOT NULL,
    fingerprint   TEXT,                          -- set when a second copy can only be a retransmission
    judged_at     INTEGER,

    thread        INTEGER REFERENCES threads (id),
    position      INTEGER UNIQUE REFERENCES arrivals (position),
    message_id    TEXT,
    subject       TEXT NOT NULL DEFAULT '',
    from_name     TEXT NOT NULL DEFAULT '',
    from_email    TEXT NOT NULL DEFAULT '',      -- lower case; empty when there is no one author
    from_labels   TEXT NOT NULL DEFAULT '',      -- the domain's labels reversed (example.app.): sub-domains are a range
    to_           TEXT NOT NULL DEFAULT '[]',
    cc            TEXT NOT NULL DEFAULT '[]',
    reply_to      TEXT NOT NULL DEFAULT '[]',
    sent_at       INTEGER,                       -- the Date header
    refs          TEXT NOT NULL DEFAULT '[]',    -- References + In-Reply-To, oldest first
    defects       TEXT NOT NULL DEFAULT '[]',
    verdict       TEXT NOT NULL DEFAULT 'unverified',
    reasons       TEXT NOT NULL DEFAULT '[]',
    verified_domain TEXT,
    code          TEXT,
    code_confidence REAL NOT NULL DEFAULT 0,
    link          TEXT,
    link_confidence REAL NOT NULL DEFAULT 0,
    evidence      TEXT NOT NULL DEFAULT '',
    read          INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX messages_once ON messages (inbox, outgoing, fingerprint);
CREATE INDEX messages_of_inbox ON messages (inbox, position);
CREATE INDEX messages_of_thread ON messages (thread, position);
CREATE INDEX messages_of_raw ON messages (raw);
CREATE INDEX messages_by_message_id ON messages (inbox, message_id);
CREATE INDEX messages_by_sender ON messages (from_labels, from_email, thread);
CREATE INDEX messages_with_code ON messages (inbox, position) WHERE code IS NOT NULL OR link IS NOT NULL;
CREATE INDEX messages_unjudged ON messages (id) WHERE judged_at IS NULL;

-- The channels of a judged message: JSON of models.Channels, and the visible text by itself.
CREATE TABLE bodies (
    message  INTEGER PRIMARY KEY REFERENCES messages (id),
    visible  TEXT NOT NULL,
    channels TEXT NOT NULL
);

CREATE TABLE attachments (
    message      INTEGER NOT NULL REFERENCES messages (id),
    part         TEXT NOT NULL,
    filename     TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size         INTEGER NOT NULL,
    inline       INTEGER NOT NULL,
    content_id   TEXT,
    PRIMARY KEY (message, part)
);

-- Which conversation mentions which Message-ID: finds the parent of an answer and the children of a late parent.
CREATE TABLE mentions (
    inbox   INTEGER NOT NULL REFERENCES inboxes (id),
    mention TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES messages (id),
    PRIMARY KEY (inbox, mention, message)
);
CREATE INDEX mentions_of_message ON mentions (message);

CREATE TABLE labels (
    message INTEGER NOT NULL REFERENCES messages (id),
    label   TEXT NOT NULL,
    PRIMARY KEY (message, label)
);
CREATE INDEX labels_by_name ON labels (label, message);

-- The order of announcement, over all inboxes: what a cursor names. An inbox's birth has a row too (message NULL).
CREATE TABLE arrivals (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    cursor   TEXT NOT NULL UNIQUE,
    inbox    INTEGER NOT NULL,
    message  INTEGER
);
CREATE INDEX arrivals_of_inbox ON arrivals (inbox, position);

-- What a wait has given to whom; "call" names the inbox and filters of the call that got it.
CREATE TABLE handouts (
    tool      TEXT NOT NULL,
    message   INTEGER NOT NULL REFERENCES messages (id),
    call      TEXT NOT NULL,
    handed_at INTEGER NOT NULL,
    PRIMARY KEY (tool, message, call)
);

CREATE TABLE contacts (
    inbox      INTEGER NOT NULL REFERENCES inboxes (id),
    email      TEXT NOT NULL,
    name       TEXT NOT NULL,
    received   INTEGER NOT NULL DEFAULT 0,
    sent       INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    PRIMARY KEY (inbox, email)
);

CREATE TABLE drafts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id   TEXT NOT NULL UNIQUE,
    inbox       INTEGER NOT NULL REFERENCES inboxes (id),
    state       TEXT NOT NULL,
    content_key TEXT NOT NULL,                   -- what makes a repeat a repeat
    sha256      TEXT NOT NULL,                   -- of bytes and envelope: what an approval names
    mime        BLOB NOT NULL,
    to_         TEXT NOT NULL,
    cc          TEXT NOT NULL,
    bcc         TEXT NOT NULL,
    subject     TEXT NOT NULL,
    reasons     TEXT NOT NULL,
    note        TEXT NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    send_at     INTEGER,
    expires_at  INTEGER,
    changed_at  INTEGER NOT NULL,
    error       TEXT,
    message     INTEGER REFERENCES messages (id)
);
CREATE INDEX drafts_by_content ON drafts (inbox, content_key, created_at);
CREATE INDEX drafts_open ON drafts (state, send_at) WHERE state IN ('held', 'queued', 'claimed', 'on_wire');

-- Append only; each row carries the hash of the one before.
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,
    detail   TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);

-- How far each account of a pulling backend was fetched.
CREATE TABLE cursors (
    backend TEXT NOT NULL,
    account TEXT NOT NULL,
    cursor  TEXT NOT NULL,
    PRIMARY KEY (backend, account)
);

-- Words are folded before they come here (store/search.py), so the table keeps no text of its own. Every word of a
-- query is also a beginning of words: without an index of the first two letters, "in" would read hundreds of entries.
CREATE VIRTUAL TABLE search USING fts5 (
    subject, people, body, content = '', prefix = '2', tokenize = 'unicode61 remove_diacritics 2'
);
