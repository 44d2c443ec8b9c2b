-- From version 4 to 5: tasks are found by what paid for them, and by why they failed; and entries
-- and tasks are checked word by word, for SQLite made a table of every list of words for every row.

CREATE TABLE transactions_before AS SELECT * FROM transactions;

DROP TABLE transactions;

CREATE TABLE transactions (
    id          INTEGER PRIMARY KEY,
    user_id     INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    kind        TEXT    NOT NULL CHECK (
                    kind = 'charge' OR kind = 'hold' OR kind = 'settle' OR kind = 'release' OR
                    kind = 'top_up' OR kind = 'gift' OR kind = 'refund' OR kind = 'adjustment'),
    amount      INTEGER NOT NULL CHECK (amount <> 0),
    balance     INTEGER NOT NULL CHECK (balance >= 0),
    hold_id     INTEGER REFERENCES holds (id) ON DELETE RESTRICT,
    description TEXT    NOT NULL,
    actor_id    INTEGER REFERENCES users (id) ON DELETE RESTRICT,
    request_id  TEXT,
    timestamp   INTEGER NOT NULL,
    hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

INSERT INTO transactions
    (id, user_id, kind, amount, balance, hold_id, description, actor_id,
     request_id, timestamp, hash)
    SELECT id, user_id, kind, amount, balance, hold_id, description, actor_id,
           request_id, timestamp, hash
    FROM transactions_before ORDER BY id;

DROP TABLE transactions_before;

CREATE INDEX transactions_of_user ON transactions (user_id, id);
CREATE INDEX transactions_of_kind ON transactions (user_id, kind, id);
CREATE INDEX transactions_by_kind ON transactions (kind, id);
CREATE INDEX transactions_by_time ON transactions (timestamp);

CREATE TRIGGER transactions_are_never_updated BEFORE UPDATE ON transactions
BEGIN SELECT raise(ABORT, 'ledger entries are never updated'); END;
CREATE TRIGGER transactions_are_never_deleted BEFORE DELETE ON transactions
BEGIN SELECT raise(ABORT, 'ledger entries are never deleted'); END;

-- The number of the last task goes with the table, and must not come again.
CREATE TABLE ml_tasks_before AS SELECT * FROM ml_tasks;
CREATE TABLE last_before AS SELECT seq FROM sqlite_sequence WHERE name = 'ml_tasks';

DROP TABLE ml_tasks;

CREATE TABLE ml_tasks (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    model         TEXT    NOT NULL,
    model_version TEXT    NOT NULL,
    form          TEXT    NOT NULL
                  CHECK (form = 'json' OR form = 'table' OR form = 'mlflow' OR form = 'oip'),
    status        TEXT    NOT NULL CHECK (status = 'succeeded' OR status = 'queued' OR
                  status = 'running' OR status = 'failed' OR status = 'cancelled'),
    n_given       INTEGER NOT NULL CHECK (n_given >= 0),
    n_predicted   INTEGER NOT NULL DEFAULT 0 CHECK (n_predicted >= 0),
    n_rejected    INTEGER NOT NULL DEFAULT 0 CHECK (n_rejected >= 0),
    price         INTEGER NOT NULL CHECK (price >= 0),
    cost          INTEGER NOT NULL DEFAULT 0 CHECK (cost >= 0),
    input         BLOB,
    input_hash    BLOB    REFERENCES blobs (hash) ON DELETE RESTRICT,
    output        BLOB,
    output_hash   BLOB    REFERENCES blobs (hash) ON DELETE RESTRICT,
    faults        BLOB,
    faults_hash   BLOB    REFERENCES blobs (hash) ON DELETE RESTRICT,
    error         TEXT,
    transaction_id INTEGER REFERENCES transactions (id) ON DELETE RESTRICT,
    hold_id       INTEGER REFERENCES holds (id) ON DELETE RESTRICT,
    job_id        INTEGER REFERENCES jobs (id) ON DELETE SET NULL,
    request_id    TEXT,
    compute_us    INTEGER,
    created_at    INTEGER NOT NULL,
    started_at    INTEGER,
    finished_at   INTEGER,
    CHECK (status = 'succeeded' OR cost = 0),
    CHECK (cost = price * n_predicted OR status <> 'succeeded'),
    CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL)),
    CHECK (status <> 'succeeded' OR n_given = n_predicted + n_rejected)
) STRICT;

INSERT INTO ml_tasks
    (id, user_id, model, model_version, form, status, n_given, n_predicted, n_rejected, price, cost,
     input, input_hash, output, output_hash, faults, faults_hash, error, transaction_id, hold_id,
     job_id, request_id, compute_us, created_at, started_at, finished_at)
    SELECT id, user_id, model, model_version, form, status, n_given, n_predicted, n_rejected, price, cost,
           input, input_hash, output, output_hash, faults, faults_hash, error, transaction_id, hold_id,
           job_id, request_id, compute_us, created_at, started_at, finished_at
    FROM ml_tasks_before ORDER BY id;

DELETE FROM sqlite_sequence WHERE name = 'ml_tasks';
INSERT INTO sqlite_sequence (name, seq) SELECT 'ml_tasks', seq FROM last_before;

DROP TABLE last_before;
DROP TABLE ml_tasks_before;

CREATE INDEX ml_tasks_of_user ON ml_tasks (user_id, id);
CREATE INDEX ml_tasks_of_model ON ml_tasks (user_id, model, id);
CREATE INDEX ml_tasks_of_status ON ml_tasks (user_id, status, id) WHERE status <> 'succeeded';
CREATE INDEX ml_tasks_by_time ON ml_tasks (created_at);
CREATE INDEX ml_tasks_of_job ON ml_tasks (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX ml_tasks_of_transaction ON ml_tasks (transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX ml_tasks_of_hold ON ml_tasks (hold_id) WHERE hold_id IS NOT NULL;
CREATE INDEX ml_tasks_of_error ON ml_tasks (user_id, id) WHERE error IS NOT NULL;
CREATE INDEX ml_tasks_of_input ON ml_tasks (input_hash) WHERE input_hash IS NOT NULL;
CREATE INDEX ml_tasks_of_output ON ml_tasks (output_hash) WHERE output_hash IS NOT NULL;
CREATE INDEX ml_tasks_of_faults ON ml_tasks (faults_hash) WHERE faults_hash IS NOT NULL;
