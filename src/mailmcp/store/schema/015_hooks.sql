-- Events that providers posted and that were taken: the same one, delivered again, does nothing.
CREATE TABLE hooks (
    backend  TEXT NOT NULL,
    event    TEXT NOT NULL,                      -- the provider's id of it
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (backend, event)
);
CREATE INDEX hooks_by_time ON hooks (taken_at);
