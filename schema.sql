-- Cellar's whole current schema, a section per noun. A released file is brought here step by step
-- by src/database/migration.rs; a new file starts here.
--
-- Times are milliseconds since 1970 in UTC. Every table is written by one module of src/ alone.

-- installation ------------------------------------------------------------------------------
-- What is fixed when the data folder is made: the alphabet of public ids, for one.
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- user --------------------------------------------------------------------------------------
CREATE TABLE users (
    id                   INTEGER PRIMARY KEY,
    -- The one canonical form; what a person typed is never compared.
    username             TEXT    NOT NULL UNIQUE,
    email                TEXT    UNIQUE,
    full_name            TEXT,
    password_hash        TEXT    NOT NULL,
    role                 TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    state                TEXT    NOT NULL DEFAULT 'active'
                                 CHECK (state IN ('active', 'disabled', 'closed')),
    -- Set for a password that somebody else has seen: the one-time password of a new installation.
    must_change_password INTEGER NOT NULL DEFAULT 0 CHECK (must_change_password IN (0, 1)),
    created_at           INTEGER NOT NULL
) STRICT;

-- What no two accounts may look like: the letters of a name with everything folded that the eye
-- takes for the same.
CREATE TABLE looks (
    look    TEXT    PRIMARY KEY,
    user_id INTEGER NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
) STRICT;

-- One-time links that let somebody sign up. The link's secret was shown once; here is its SHA-256.
CREATE TABLE invitations (
    id          INTEGER PRIMARY KEY,
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    -- Whom it is for, as a note; whoever holds the link may use it.
    note        TEXT    NOT NULL,
    -- It stays to tell who let somebody in.
    created_by  INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_by     INTEGER REFERENCES users (id) ON DELETE RESTRICT,
    revoked_at  INTEGER
) STRICT;

-- audit -------------------------------------------------------------------------------------
-- What was done to accounts and by administrators. Rows are only added, and leave with their age.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    action     TEXT    NOT NULL,
    -- Who did it; nobody for what a stranger tried. What was done stays known without them.
    actor_id   INTEGER REFERENCES users (id) ON DELETE SET NULL,
    -- Whose account it is about.
    user_id    INTEGER REFERENCES users (id) ON DELETE SET NULL,
    detail     TEXT    NOT NULL,
    request_id TEXT
) STRICT;
CREATE INDEX audit_of_user ON audit (user_id, id);
CREATE INDEX audit_of_actor ON audit (actor_id, id);
CREATE INDEX audit_of_action ON audit (action, id);
CREATE INDEX audit_by_time ON audit (at);

-- access ------------------------------------------------------------------------------------
-- A browser's session. The token itself is only in the browser; here is its SHA-256.
CREATE TABLE sessions (
    -- A number never comes again, so that whoever still names an ended session names nobody's.
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    -- A session is nothing without its user.
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role         TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    -- Opened with a password that somebody else has seen: good for changing it, and no more.
    is_restricted INTEGER NOT NULL DEFAULT 0 CHECK (is_restricted IN (0, 1)),
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    -- A word drawn for this session, which its access tokens bear beside its number: a restored
    -- backup counts from where it stood, and gives numbers anew that are still out there.
    seal         TEXT    NOT NULL,
    user_agent   TEXT,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- A browser sends its token as a cookie. A program was given it as a refresh token, and calls
    -- with access tokens that name this session.
    kind         TEXT    NOT NULL DEFAULT 'browser' CHECK (kind IN ('browser', 'token')),
    -- A keyed hash of the network it was opened from, to tell its user's tries from a stranger's.
    place        BLOB
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id);

-- Refresh tokens that were exchanged for the next one. One that comes again was stolen.
CREATE TABLE spent_tokens (
    token_hash BLOB    PRIMARY KEY CHECK (length(token_hash) = 32),
    -- The spent tokens of an ended session mean nothing.
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX spent_tokens_of_session ON spent_tokens (session_id);

-- Where a user has signed in from of late, as the same keyed hash: a stranger's tries are counted
-- apart from those made there. The latest few of each user, and none that is long unused.
CREATE TABLE known_places (
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place        BLOB    NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT;
CREATE INDEX known_places_by_time ON known_places (last_used_at);

-- What a program calls with. The key itself was shown once; here is its SHA-256.
CREATE TABLE api_keys (
    -- Never again either: who deletes a key by an old list must not meet another one.
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    -- A key acts for its user, and goes with the user.
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    -- Words with a space between them: read predict write.
    scopes       TEXT    NOT NULL,
    secret_hash  BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    -- The last letters, for people to tell their keys apart.
    hint         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_of_user ON api_keys (user_id);

-- idempotency -------------------------------------------------------------------------------
-- The answers to requests that bore an Idempotency-Key, each written in the transaction of what the
-- request did: the same key again is the same answer, and nothing is done twice.
CREATE TABLE replies (
    -- Keys are their user's own.
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route      TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    -- SHA-256 of all that was asked for: the same key for anything else is a mistake.
    body_hash  BLOB    NOT NULL CHECK (length(body_hash) = 32),
    status     INTEGER NOT NULL,
    location   TEXT,
    body       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, route, key)
) STRICT;
CREATE INDEX replies_by_time ON replies (created_at);
-- With what was made, the answer that tells of it is forgotten.
CREATE INDEX replies_of_location ON replies (location);

-- transaction -------------------------------------------------------------------------------
-- The credits ledger. Entries are facts: never updated, never deleted; a mistake gets a
-- counter-entry. Each entry moves credits between one user's account and the system's.
--
-- available = sum of all of a user's entries
-- total     = sum of a user's entries other than hold and release
-- held      = total - available = sum of the user's open holds
CREATE TABLE accounts (
    -- The system's own account has no user: row 0. Its total is the other side of every entry.
    id        INTEGER PRIMARY KEY,
    -- Credits outlive their user: an account is never deleted while entries point at its user.
    user_id   INTEGER UNIQUE REFERENCES users (id) ON DELETE RESTRICT,
    available INTEGER NOT NULL DEFAULT 0,
    held      INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    CHECK (available >= 0 OR user_id IS NULL)
) STRICT;
INSERT INTO accounts (id, user_id) VALUES (0, NULL);

CREATE TABLE holds (
    id         INTEGER PRIMARY KEY,
    -- A hold is money: its user stays.
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    credits    INTEGER NOT NULL CHECK (credits > 0),
    state      TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'settled', 'released')),
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    CHECK ((state = 'open') = (ended_at IS NULL))
) STRICT;
CREATE INDEX holds_open_of_user ON holds (user_id) WHERE state = 'open';

CREATE TABLE transactions (
    -- Dense: 1, 2, 3 and so on without a gap, so that a missing entry shows.
    id          INTEGER PRIMARY KEY,
    -- The ledger is kept whatever becomes of the user.
    user_id     INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    -- No list of words here: SQLite would make a table of them for every entry.
    kind        TEXT    NOT NULL CHECK (
                    kind = 'charge' OR kind = 'hold' OR kind = 'settle' OR kind = 'release' OR
                    kind = 'top_up' OR kind = 'gift' OR kind = 'refund' OR kind = 'adjustment'),
    -- Signed: what the user can spend changes by this much.
    amount      INTEGER NOT NULL CHECK (amount <> 0),
    -- What the user can spend after it.
    balance     INTEGER NOT NULL CHECK (balance >= 0),
    -- The hold that a hold, settle or release entry belongs to; kept with the entry.
    hold_id     INTEGER REFERENCES holds (id) ON DELETE RESTRICT,
    description TEXT    NOT NULL,
    -- Who caused it, if it was not the user alone.
    actor_id    INTEGER REFERENCES users (id) ON DELETE RESTRICT,
    request_id  TEXT,
    -- Never before that of the entry before: a moment is found by halving the numbers.
    timestamp   INTEGER NOT NULL,
    -- SHA-256 over the entry and the hash of the entry before it: a changed past shows.
    hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX transactions_of_user ON transactions (user_id, id);
-- Nearly every entry is a charge; the others are few, and looked for.
CREATE INDEX transactions_of_kind ON transactions (user_id, kind, id) WHERE kind <> 'charge';
CREATE INDEX transactions_by_kind ON transactions (kind, id) WHERE kind <> 'charge';

-- The words of the entries, to find them by. It is filled behind the ledger, and may be made anew
-- from it. This statement alone is SQLite's own: another engine has another index of words.
CREATE VIRTUAL TABLE transaction_words USING fts5
    (words, content = '', detail = none, tokenize = 'unicode61 remove_diacritics 0');
-- The words themselves, numbers apart, to find those that begin like a given one.
CREATE TABLE transaction_terms (term TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TRIGGER transactions_are_never_updated BEFORE UPDATE ON transactions
BEGIN SELECT raise(ABORT, 'ledger entries are never updated'); END;
CREATE TRIGGER transactions_are_never_deleted BEFORE DELETE ON transactions
BEGIN SELECT raise(ABORT, 'ledger entries are never deleted'); END;

-- job ---------------------------------------------------------------------------------------
-- Background work that survives a restart.
CREATE TABLE jobs (
    id               INTEGER PRIMARY KEY,
    kind             TEXT    NOT NULL,
    -- Whose turn it takes; nobody's for the server's own housekeeping. Gone with its user.
    user_id          INTEGER REFERENCES users (id) ON DELETE CASCADE,
    payload          TEXT    NOT NULL,
    status           TEXT    NOT NULL DEFAULT 'queued'
                             CHECK (status IN ('queued', 'running', 'succeeded', 'cancelled', 'dead')),
    -- Attempts begun so far. The present one's number fences off a worker that lost its lease.
    attempt          INTEGER NOT NULL DEFAULT 0,
    run_after        INTEGER NOT NULL,
    lease_until      INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    progress         REAL    NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    message          TEXT    NOT NULL DEFAULT '',
    result           TEXT,
    error            TEXT,
    created_at       INTEGER NOT NULL,
    -- When the present or last attempt began.
    started_at       INTEGER,
    finished_at      INTEGER,
    CHECK ((status = 'running') = (lease_until IS NOT NULL)),
    CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL))
) STRICT;
-- The next job is found by one seek for each user that waits, however many jobs each has.
CREATE INDEX jobs_waiting ON jobs (kind, user_id, run_after, id) WHERE status = 'queued';
CREATE INDEX jobs_running ON jobs (user_id) WHERE status = 'running';
-- When a user was last served; who waited longest comes first.
CREATE INDEX jobs_served ON jobs (user_id, started_at);
CREATE INDEX jobs_of_user ON jobs (user_id, id);
CREATE INDEX jobs_of_status ON jobs (status);
CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL;

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
    -- No lists of words here: SQLite would make a table of them for every task.
    form          TEXT    NOT NULL
                  CHECK (form = 'json' OR form = 'table' OR form = 'mlflow' OR form = 'oip'),
    status        TEXT    NOT NULL CHECK (status = 'succeeded' OR status = 'queued' OR
                  status = 'running' OR status = 'failed' OR status = 'cancelled'),
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
-- Nearly every task succeeds; the others are few, and looked for. Only a query that says itself that
-- it wants none that succeeded is served by this.
CREATE INDEX ml_tasks_of_status ON ml_tasks (user_id, status, id) WHERE status <> 'succeeded';
CREATE INDEX ml_tasks_by_time ON ml_tasks (created_at);
CREATE INDEX ml_tasks_of_job ON ml_tasks (job_id) WHERE job_id IS NOT NULL;
-- Which task an entry of the ledger was made for is asked whenever the ledger is listed.
CREATE INDEX ml_tasks_of_transaction ON ml_tasks (transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX ml_tasks_of_hold ON ml_tasks (hold_id) WHERE hold_id IS NOT NULL;
-- Errors are few, and searched for words.
CREATE INDEX ml_tasks_of_error ON ml_tasks (user_id, id) WHERE error IS NOT NULL;
-- Whether a task still needs a content is asked when another one is deleted.
CREATE INDEX ml_tasks_of_input ON ml_tasks (input_hash) WHERE input_hash IS NOT NULL;
CREATE INDEX ml_tasks_of_output ON ml_tasks (output_hash) WHERE output_hash IS NOT NULL;
CREATE INDEX ml_tasks_of_faults ON ml_tasks (faults_hash) WHERE faults_hash IS NOT NULL;

-- workspace ---------------------------------------------------------------------------------
-- Where people work together; what they make belongs to it.
CREATE TABLE workspaces (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    slug        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    -- Everybody's first one, which is theirs alone and stays.
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

-- Nobody is put into a workspace: they are asked, by the name of their account or by an address.
CREATE TABLE workspace_invitations (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Who alone may accept: the account that was named, or had the address when it was asked.
    user_id      INTEGER REFERENCES users (id) ON DELETE CASCADE,
    -- Typing an address into a profile proves nothing, so an address that no account had is only a
    -- note: whoever was sent the link may accept.
    email        TEXT,
    -- SHA-256 of the link's secret, which was shown once.
    secret_hash  BLOB    UNIQUE CHECK (length(secret_hash) = 32),
    role         TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
    created_by   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    CHECK (user_id IS NOT NULL OR email IS NOT NULL),
    CHECK ((email IS NULL) = (secret_hash IS NULL))
) STRICT;
CREATE UNIQUE INDEX workspace_invitations_by_name ON workspace_invitations (user_id, workspace_id) WHERE email IS NULL;
CREATE UNIQUE INDEX workspace_invitations_by_email ON workspace_invitations (email, workspace_id) WHERE email IS NOT NULL;
CREATE INDEX workspace_invitations_of_user ON workspace_invitations (user_id);
CREATE INDEX workspace_invitations_of_workspace ON workspace_invitations (workspace_id);

-- files -------------------------------------------------------------------------------------
-- Large contents live in the folder blobs/ under the SHA-256 of their bytes; a row here for each.
CREATE TABLE blobs (
    hash       BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    created_at INTEGER NOT NULL,
    -- Since when nothing refers to it. A backup that began before may still come for its file, so
    -- the row and the file go only after a grace.
    unused_since INTEGER
) STRICT;
CREATE INDEX blobs_unused ON blobs (unused_since) WHERE unused_since IS NOT NULL;
