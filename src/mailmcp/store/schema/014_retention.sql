-- The oldest mail of an inbox first: what has to go where somebody asked for mail to be kept by age or size.
CREATE INDEX messages_by_age ON messages (inbox, received_at);
