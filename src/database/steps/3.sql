-- From version 2 to 3: predictions.

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

