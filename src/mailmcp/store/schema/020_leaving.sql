-- Who wrote it: the id of a key (k_…), '' for the one caller of stdio. What a revoked key wrote leaves by no policy.
ALTER TABLE drafts ADD COLUMN caller TEXT NOT NULL DEFAULT '';

-- What its later versions say, as drafts.content_key does for the first: a repeat of any of them is a repeat.
CREATE TABLE edits (
    draft       INTEGER NOT NULL REFERENCES drafts (id),
    content_key TEXT NOT NULL,
    PRIMARY KEY (draft, content_key)
);
CREATE INDEX edits_by_content ON edits (content_key);

-- Codes and links that arrived within the last hour, looked for in what leaves. They outlive their mail and its inbox:
-- no deletion makes a code that still works harmless.
CREATE TABLE fresh_codes (
    message TEXT NOT NULL,                       -- m_…
    inbox   INTEGER NOT NULL,
    kind    TEXT NOT NULL,                       -- code or link
    word    TEXT NOT NULL,
    at      INTEGER NOT NULL,                    -- when it arrived
    handed  INTEGER NOT NULL DEFAULT 0,          -- a wait gave its mail to somebody
    readers TEXT NOT NULL DEFAULT '[]',          -- JSON: rows of the keys that opened its inbox when that was deleted
    PRIMARY KEY (message, kind, word)
);
CREATE INDEX fresh_codes_by_time ON fresh_codes (at);
INSERT INTO fresh_codes (message, inbox, kind, word, at, handed)
    SELECT public_id, inbox, 'code', code, received_at,
        EXISTS (SELECT 1 FROM handouts WHERE handouts.message = messages.id)
    FROM messages WHERE outgoing = 0 AND code IS NOT NULL AND received_at > (unixepoch() - 3600) * 1000
    UNION ALL SELECT public_id, inbox, 'link', link, received_at,
        EXISTS (SELECT 1 FROM handouts WHERE handouts.message = messages.id)
    FROM messages WHERE outgoing = 0 AND link IS NOT NULL AND received_at > (unixepoch() - 3600) * 1000;
DROP INDEX messages_fresh;
