-- What of a message is in the index of words: 0 is subject, author, recipients (To) and text; 1 adds Cc and the names of
-- files, and folds letters with a stroke (ł, ø, đ). What was stored before this version is not found by those.
ALTER TABLE messages ADD COLUMN words INTEGER NOT NULL DEFAULT 0;
