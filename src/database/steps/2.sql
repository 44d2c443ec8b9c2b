-- From version 1 to 2: accounts, keys, credits over HTTP, workspaces, administration.

CREATE TABLE looks (
    look    TEXT    PRIMARY KEY,
    user_id INTEGER NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE invitations (
    id          INTEGER PRIMARY KEY,
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    note        TEXT    NOT NULL,
    created_by  INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_by     INTEGER REFERENCES users (id) ON DELETE RESTRICT,
    revoked_at  INTEGER
) STRICT;

CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    action     TEXT    NOT NULL,
    actor_id   INTEGER REFERENCES users (id) ON DELETE SET NULL,
    user_id    INTEGER REFERENCES users (id) ON DELETE SET NULL,
    detail     TEXT    NOT NULL,
    request_id TEXT
) STRICT;

CREATE INDEX audit_of_user ON audit (user_id, id);

CREATE INDEX audit_of_action ON audit (action, id);

CREATE INDEX audit_by_time ON audit (at);

ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'browser' CHECK (kind IN ('browser', 'token'));
ALTER TABLE sessions ADD COLUMN place BLOB;

CREATE TABLE spent_tokens (
    token_hash BLOB    PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX spent_tokens_of_session ON spent_tokens (session_id);

CREATE TABLE api_keys (
    id           INTEGER PRIMARY KEY,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    secret_hash  BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    hint         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;

CREATE INDEX api_keys_of_user ON api_keys (user_id);

CREATE TABLE replies (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route      TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    body_hash  BLOB    NOT NULL CHECK (length(body_hash) = 32),
    status     INTEGER NOT NULL,
    location   TEXT,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, route, key)
) STRICT;

CREATE INDEX replies_by_time ON replies (created_at);

CREATE INDEX transactions_of_kind ON transactions (user_id, kind, id);

CREATE INDEX transactions_by_kind ON transactions (kind, id);

CREATE INDEX transactions_by_time ON transactions (timestamp);

CREATE VIRTUAL TABLE transaction_words USING fts5
    (words, content = '', detail = none, tokenize = 'unicode61 remove_diacritics 0');

CREATE TABLE transaction_terms (term TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE workspaces (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    slug        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    is_personal INTEGER NOT NULL CHECK (is_personal IN (0, 1)),
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role         TEXT    NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
    joined_at    INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT;

CREATE UNIQUE INDEX members_one_owner ON members (workspace_id) WHERE role = 'owner';

CREATE INDEX members_of_user ON members (user_id);

CREATE TABLE workspace_invitations (
    id           INTEGER PRIMARY KEY,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id      INTEGER REFERENCES users (id) ON DELETE CASCADE,
    email        TEXT,
    role         TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
    created_by   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    CHECK ((user_id IS NULL) <> (email IS NULL))
) STRICT;

CREATE UNIQUE INDEX workspace_invitations_of_user ON workspace_invitations (user_id, workspace_id) WHERE user_id IS NOT NULL;

CREATE UNIQUE INDEX workspace_invitations_of_email ON workspace_invitations (email, workspace_id) WHERE email IS NOT NULL;

CREATE INDEX workspace_invitations_of_workspace ON workspace_invitations (workspace_id);

-- Everybody has a workspace of their own from the start.
INSERT INTO workspaces (id, name, slug, description, is_personal, created_at)
    SELECT id, username, 'personal', '', 1, created_at FROM users;
INSERT INTO members (workspace_id, user_id, role, joined_at)
    SELECT id, id, 'owner', created_at FROM users;
