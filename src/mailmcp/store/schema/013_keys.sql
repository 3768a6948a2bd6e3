-- Who may come in over HTTP. A revoked key stays as a row: its id names it in the audit log.
CREATE TABLE keys (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id  TEXT NOT NULL UNIQUE,             -- k_…
    label      TEXT NOT NULL,
    abilities  TEXT NOT NULL,                    -- words with blanks between: read send create
    every      INTEGER NOT NULL,                 -- opens every inbox, those to come included
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    used_at    INTEGER                           -- to the minute or so
);

-- The secrets by which a key is known, as SHA-256 (each is 32 random octets): two while one is being replaced.
CREATE TABLE key_secrets (
    sha256     TEXT PRIMARY KEY,
    key        INTEGER NOT NULL REFERENCES keys (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER                           -- NULL: until the key is rotated or revoked
);
CREATE INDEX key_secrets_of_key ON key_secrets (key);

-- Which inboxes a key opens. Rows, not addresses: an address that is deleted and made anew is another inbox.
CREATE TABLE grants (
    key   INTEGER NOT NULL REFERENCES keys (id),
    inbox INTEGER NOT NULL,
    PRIMARY KEY (key, inbox)
);
CREATE INDEX grants_of_inbox ON grants (inbox);
