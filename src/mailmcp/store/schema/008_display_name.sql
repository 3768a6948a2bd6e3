-- What recipients see beside the address of an inbox.
ALTER TABLE inboxes ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
