-- Copies of held drafts in the folder of drafts of an account elsewhere, written down before they are put there.
CREATE TABLE draft_copies (
    account     TEXT NOT NULL,                   -- its own address
    draft       TEXT NOT NULL,                   -- its d_… id; it may be deleted while its copy lies there
    sha256      TEXT NOT NULL,                   -- which state of it
    folder      TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL DEFAULT 0,
    uid         INTEGER NOT NULL DEFAULT 0,      -- 0: it has to be looked for
    filed       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, draft)
);
