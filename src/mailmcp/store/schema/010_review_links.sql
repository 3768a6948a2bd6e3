-- Links that were mailed to the reviewer: only the hash of each token, and what exactly it is good for.
CREATE TABLE review_links (
    token      TEXT PRIMARY KEY,                 -- SHA-256 of the token, in hexadecimal
    draft      TEXT NOT NULL,                    -- d_…
    revision   INTEGER NOT NULL,
    sha256     TEXT NOT NULL,                    -- of the message and envelope that were held when it was mailed
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,                          -- a decision was made by it
    wrong      INTEGER NOT NULL DEFAULT 0        -- codes that were typed wrong
);
CREATE INDEX review_links_by_draft ON review_links (draft);
