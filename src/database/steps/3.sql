-- From version 2 to 3: numbers of sessions and keys that never come again, closed accounts that are
-- forgotten, places of sign-ins that outlive their sessions; predictions.

-- What was written to an account in the moment it was closed goes the way of the rest. References
-- are not followed during a step, so each table is named.
UPDATE users SET username = 'closed:' || id, email = NULL, full_name = NULL, password_hash = '',
                 role = 'user', must_change_password = 0
    WHERE state = 'closed';
DELETE FROM looks WHERE user_id IN (SELECT id FROM users WHERE state = 'closed');
DELETE FROM sessions WHERE user_id IN (SELECT id FROM users WHERE state = 'closed');
DELETE FROM spent_tokens WHERE session_id NOT IN (SELECT id FROM sessions);
DELETE FROM api_keys WHERE user_id IN (SELECT id FROM users WHERE state = 'closed');
DELETE FROM replies WHERE user_id IN (SELECT id FROM users WHERE state = 'closed');
DELETE FROM members WHERE user_id IN (SELECT id FROM users WHERE state = 'closed');
DELETE FROM workspace_invitations
    WHERE user_id IN (SELECT id FROM users WHERE state = 'closed')
       OR created_by IN (SELECT id FROM users WHERE state = 'closed');
-- A workspace without members is nobody's; one that lost its owner is the oldest member's.
DELETE FROM workspace_invitations
    WHERE workspace_id NOT IN (SELECT workspace_id FROM members);
DELETE FROM workspaces WHERE id NOT IN (SELECT workspace_id FROM members);
UPDATE members SET role = 'owner'
    WHERE workspace_id NOT IN (SELECT workspace_id FROM members WHERE role = 'owner')
      AND user_id = (SELECT other.user_id FROM members other
                     WHERE other.workspace_id = members.workspace_id
                     ORDER BY other.joined_at, other.user_id LIMIT 1);

-- What people call their keys and workspaces is theirs, and no part of the audit log.
UPDATE audit SET detail = '' WHERE action IN
    ('api_key_create', 'api_key_delete', 'invitation_create', 'workspace_create',
     'workspace_delete', 'workspace_hand_over', 'member_join', 'member_remove');

-- A table is rebuilt by way of another one, so that it keeps its name to the letter.
CREATE TABLE sessions_before AS SELECT * FROM sessions;

DROP TABLE sessions;

CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role         TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    is_restricted INTEGER NOT NULL DEFAULT 0 CHECK (is_restricted IN (0, 1)),
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    seal         TEXT    NOT NULL,
    user_agent   TEXT,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    kind         TEXT    NOT NULL DEFAULT 'browser' CHECK (kind IN ('browser', 'token')),
    place        BLOB
) STRICT;

INSERT INTO sessions (id, user_id, role, is_restricted, token_hash, seal, user_agent, created_at,
                      last_seen_at, expires_at, kind, place)
    SELECT id, user_id, role, is_restricted, token_hash, lower(hex(randomblob(32))), user_agent,
           created_at, last_seen_at, expires_at, kind, place
    FROM sessions_before;

DROP TABLE sessions_before;

CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE known_places (
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place        BLOB    NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT;

CREATE INDEX known_places_by_time ON known_places (last_used_at);

INSERT INTO known_places (user_id, place, last_used_at)
    SELECT user_id, place, max(created_at) FROM sessions WHERE place IS NOT NULL
    GROUP BY user_id, place;

CREATE TABLE api_keys_before AS SELECT * FROM api_keys;

DROP TABLE api_keys;

CREATE TABLE api_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    secret_hash  BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    hint         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;

INSERT INTO api_keys (id, user_id, name, scopes, secret_hash, hint, created_at, expires_at,
                      last_used_at)
    SELECT id, user_id, name, scopes, secret_hash, hint, created_at, expires_at, last_used_at
    FROM api_keys_before;

DROP TABLE api_keys_before;

CREATE INDEX api_keys_of_user ON api_keys (user_id);

-- An invitation by an address is its account's, or one for whoever has the link. Those for which no
-- link was ever made nobody can accept: they are sent anew.
CREATE TABLE workspace_invitations_before AS SELECT * FROM workspace_invitations;

DROP TABLE workspace_invitations;

CREATE TABLE workspace_invitations (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id      INTEGER REFERENCES users (id) ON DELETE CASCADE,
    email        TEXT,
    secret_hash  BLOB    UNIQUE CHECK (length(secret_hash) = 32),
    role         TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
    created_by   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    CHECK (user_id IS NOT NULL OR email IS NOT NULL),
    CHECK ((email IS NULL) = (secret_hash IS NULL))
) STRICT;

INSERT INTO workspace_invitations (id, workspace_id, user_id, email, secret_hash, role, created_by,
                                   created_at, expires_at)
    SELECT i.id, i.workspace_id, coalesce(i.user_id, u.id), i.email,
           CASE WHEN i.email IS NOT NULL THEN randomblob(32) END, i.role, i.created_by,
           i.created_at, i.expires_at
    FROM workspace_invitations_before i LEFT JOIN users u ON u.email = i.email
    WHERE coalesce(i.user_id, u.id) IS NOT NULL;

DROP TABLE workspace_invitations_before;

CREATE UNIQUE INDEX workspace_invitations_by_name ON workspace_invitations (user_id, workspace_id) WHERE email IS NULL;

CREATE UNIQUE INDEX workspace_invitations_by_email ON workspace_invitations (email, workspace_id) WHERE email IS NOT NULL;

CREATE INDEX workspace_invitations_of_user ON workspace_invitations (user_id);

CREATE INDEX workspace_invitations_of_workspace ON workspace_invitations (workspace_id);

-- Letters that the eye takes for one another have one look now. Of two names that were told apart
-- before, the first keeps it; the other keeps its own, which no new name can have.
UPDATE OR IGNORE looks
    SET look = replace(replace(replace(look, '1', 'l'), 'i', 'l'), 'vv', 'w');

-- The index of words is made anew behind the ledger, with marks that nobody can write or ask for.
INSERT INTO transaction_words (transaction_words) VALUES ('delete-all');
DELETE FROM transaction_terms;

CREATE INDEX audit_of_actor ON audit (actor_id, id);

-- ml_task -----------------------------------------------------------------------------------
-- Rows that somebody had predicted: what was sent, what came of it, and what it cost.
CREATE TABLE ml_tasks (
    -- Ids never come again, though tasks can be deleted: a link does not lead to another task.
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Gone with its user; the ledger keeps what it cost.
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    model         TEXT    NOT NULL,
    model_version TEXT    NOT NULL,
    -- What the body of the request was, and so how it is read again.
    form          TEXT    NOT NULL CHECK (form IN ('json', 'table', 'mlflow', 'oip')),
    status        TEXT    NOT NULL
                          CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    n_given       INTEGER NOT NULL CHECK (n_given >= 0),
    n_predicted   INTEGER NOT NULL DEFAULT 0 CHECK (n_predicted >= 0),
    n_rejected    INTEGER NOT NULL DEFAULT 0 CHECK (n_rejected >= 0),
    -- Credits for a predicted row, and for all of them: nothing is paid but for success.
    price         INTEGER NOT NULL CHECK (price >= 0),
    cost          INTEGER NOT NULL DEFAULT 0 CHECK (cost >= 0),
    -- Small contents lie here, large ones compressed in files: what was sent, the numbers of each
    -- predicted row, and what is wrong with the others.
    input         BLOB,
    input_hash    BLOB    REFERENCES blobs (hash) ON DELETE RESTRICT,
    output        BLOB,
    output_hash   BLOB    REFERENCES blobs (hash) ON DELETE RESTRICT,
    faults        BLOB,
    faults_hash   BLOB    REFERENCES blobs (hash) ON DELETE RESTRICT,
    -- Why it failed, in words fit for its user.
    error         TEXT,
    -- The entry that paid for it at once, or the hold it was settled from.
    transaction_id INTEGER REFERENCES transactions (id) ON DELETE RESTRICT,
    hold_id       INTEGER REFERENCES holds (id) ON DELETE RESTRICT,
    -- A job that ended long ago is forgotten before its task.
    job_id        INTEGER REFERENCES jobs (id) ON DELETE SET NULL,
    request_id    TEXT,
    -- How long reading and predicting took, in microseconds.
    compute_us    INTEGER,
    created_at    INTEGER NOT NULL,
    started_at    INTEGER,
    finished_at   INTEGER,
    CHECK (status = 'succeeded' OR cost = 0),
    CHECK (cost = price * n_predicted OR status <> 'succeeded'),
    CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL)),
    CHECK (status <> 'succeeded' OR n_given = n_predicted + n_rejected)
) STRICT;
CREATE INDEX ml_tasks_of_user ON ml_tasks (user_id, id);
CREATE INDEX ml_tasks_of_model ON ml_tasks (user_id, model, id);
-- Nearly every task succeeds; the others are few, and looked for.
CREATE INDEX ml_tasks_of_status ON ml_tasks (user_id, status, id) WHERE status <> 'succeeded';
CREATE INDEX ml_tasks_by_time ON ml_tasks (created_at);
CREATE INDEX ml_tasks_of_job ON ml_tasks (job_id) WHERE job_id IS NOT NULL;
