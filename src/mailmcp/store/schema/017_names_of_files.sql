-- Whether the words of its name are in the index of words: what was stored before this version is not found by them.
ALTER TABLE attachments ADD COLUMN searched INTEGER NOT NULL DEFAULT 0;
