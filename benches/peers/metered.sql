-- What metered_server.py keeps: who has how much, whose key is whose, and what was done for what.
CREATE TABLE IF NOT EXISTS users (
    id      INTEGER PRIMARY KEY,
    balance INTEGER NOT NULL CHECK (balance >= 0)
) STRICT;

-- The key itself is nowhere; here is its SHA-256.
CREATE TABLE IF NOT EXISTS keys (
    secret_hash BLOB    PRIMARY KEY CHECK (length(secret_hash) = 32),
    user_id     INTEGER NOT NULL REFERENCES users (id)
) STRICT, WITHOUT ROWID;

-- Times are milliseconds since 1970 in UTC; input and output are JSON.
CREATE TABLE IF NOT EXISTS tasks (
    id         INTEGER PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    input      TEXT    NOT NULL,
    output     TEXT    NOT NULL,
    cost       INTEGER NOT NULL CHECK (cost > 0),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS tasks_of_user ON tasks (user_id, id);

CREATE TABLE IF NOT EXISTS ledger (
    id         INTEGER PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    task_id    INTEGER NOT NULL REFERENCES tasks (id),
    amount     INTEGER NOT NULL CHECK (amount <> 0),
    -- What the user has after it.
    balance    INTEGER NOT NULL CHECK (balance >= 0),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ledger_of_user ON ledger (user_id, id);
