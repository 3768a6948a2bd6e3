-- When a queued draft leaves at the earliest: the undo window, send_at, or the next try. NULL: send_at, or at once.
ALTER TABLE drafts ADD COLUMN not_before INTEGER;
-- Which try has it now (claimed, on_wire): a process that was overtaken finds another word here, and sends nothing.
ALTER TABLE drafts ADD COLUMN claim TEXT;
-- Through which backend it went when it was last on the wire: who can be asked what became of it.
ALTER TABLE drafts ADD COLUMN backend TEXT;
ALTER TABLE drafts ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
-- When a human allowed it.
ALTER TABLE drafts ADD COLUMN decided_at INTEGER;
DROP INDEX drafts_open;
CREATE INDEX drafts_open ON drafts (state, not_before) WHERE state IN ('held', 'queued', 'claimed', 'on_wire');

-- What became of a draft for each recipient that it was tried for.
CREATE TABLE deliveries (
    draft      INTEGER NOT NULL REFERENCES drafts (id),
    recipient  TEXT NOT NULL,                    -- as it stands in the envelope
    state      TEXT NOT NULL,                    -- accepted, refused, postponed, unknown
    detail     TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (draft, recipient)
);
