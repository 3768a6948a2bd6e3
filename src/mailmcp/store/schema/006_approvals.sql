-- Which version of the message it is: an edit makes the next one, with other bytes and another hash.
ALTER TABLE drafts ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
-- What it answers (m_…) and which stored messages it passes on (JSON): an edit is judged as the first version was.
ALTER TABLE drafts ADD COLUMN answers TEXT;
ALTER TABLE drafts ADD COLUMN carries TEXT NOT NULL DEFAULT '[]';

-- By whose leave a draft goes: without a seal that fits its bytes nothing leaves. The keys are not in the database.
CREATE TABLE seals (
    draft      INTEGER PRIMARY KEY REFERENCES drafts (id),
    revision   INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    decision   TEXT NOT NULL,                    -- allowed (by policy) or approved (by a human)
    approver   TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    nonce      TEXT NOT NULL,
    mac        TEXT NOT NULL,                    -- HMAC-SHA256 by the home's key
    signature  TEXT NOT NULL                     -- Ed25519 by the approver's passphrase; empty where none is set
);
-- A seal is for one departure: it goes with the decision.
CREATE TRIGGER seals_are_spent AFTER UPDATE OF state ON drafts
WHEN NEW.state NOT IN ('queued', 'claimed', 'on_wire', 'unknown')
BEGIN
    DELETE FROM seals WHERE draft = NEW.id;
END;

-- Whom a human agreed to is written down with the approval itself: a row that somebody only moved agrees to nobody.
DROP TRIGGER agreed_by_approval;
