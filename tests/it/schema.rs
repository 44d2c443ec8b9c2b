//! Every schema that was ever released still opens, and becomes what a new file has.

use cellar::database::{Database, FILE_NAME, SCHEMA, SCHEMA_VERSION};

/// Every released schema, oldest first. A change of `schema.sql` adds one here, and a step to
/// `src/database/migration.rs`.
const RELEASED: &[&str] = &[
    include_str!("schemas/v1.sql"),
    include_str!("schemas/v2.sql"),
    include_str!("schemas/v3.sql"),
    include_str!("schemas/v4.sql"),
    include_str!("schemas/v5.sql"),
    include_str!("schemas/v6.sql"),
    include_str!("schemas/v7.sql"),
];

/// `Cell`, as every file of ours says in its header.
const APPLICATION_ID: i32 = 0x4365_6c6c;

/// What a file holds, table by table; a statement without its comments and white space, for a
/// column that was added later has none.
fn shape(database: &Database) -> Vec<(String, String)> {
    let sql = "SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name";
    let read = |row: &cellar::database::Row<'_>| Ok((row.get::<String>(0)?, row.get::<String>(1)?));
    let found = database.read_here(|r| r.fetchall(sql, &[], read)).unwrap();
    let code = |line: &str| line.split("--").next().unwrap_or_default().to_owned();
    let fold = |text: String| {
        let code: String = text.lines().map(code).collect();
        code.split_whitespace().collect::<String>()
    };
    found.into_iter().map(|(name, sql)| (name, fold(sql))).collect()
}

fn made_from(schema: &str, version: usize) -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let file = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    file.execute_batch(schema).unwrap();
    file.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    file.pragma_update(None, "user_version", i32::try_from(version).unwrap()).unwrap();
    drop(file);
    let database = Database::open(folder.path()).unwrap();
    (folder, database)
}

#[test]
fn every_released_schema_becomes_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = shape(&Database::open(folder.path()).unwrap());
    assert!(fresh.len() > 10);
    for (place, schema) in RELEASED.iter().enumerate() {
        let (_folder, upgraded) = made_from(schema, place + 1);
        assert_eq!(shape(&upgraded), fresh, "version {}", place + 1);
    }
}

#[test]
fn what_version_2_knew_is_taken_along() {
    let kept = "INSERT INTO users (id, username, password_hash, role, created_at) VALUES
            (1, 'admin', '', 'admin', 1), (2, 'paul', '', 'user', 1), (3, 'paui', '', 'user', 1);
        INSERT INTO looks (look, user_id) VALUES ('admin', 1), ('paul', 2), ('paui', 3);
        INSERT INTO sessions
            (user_id, role, token_hash, created_at, last_seen_at, expires_at, place) VALUES
            (1, 'admin', randomblob(32), 5, 5, 5, x'07'),
            (1, 'admin', randomblob(32), 6, 6, 6, x'07'),
            (2, 'user', randomblob(32), 7, 7, 7, NULL);";
    let (_folder, database) = made_from(&format!("{}{kept}", RELEASED[1]), 2);
    let rows = |sql: &str| {
        let read =
            |row: &cellar::database::Row<'_>| Ok((row.get::<i64>(0)?, row.get::<String>(1)?));
        database.read_here(|r| r.fetchall(sql, &[], read)).unwrap()
    };
    let looks = rows("SELECT user_id, look FROM looks ORDER BY user_id");
    assert_eq!(looks, [(1, "admln".into()), (2, "paul".into()), (3, "paui".into())]);
    let places = rows("SELECT user_id, hex(place) || ' ' || last_used_at FROM known_places");
    assert_eq!(places, [(1, "07 6".into())]);
}

#[test]
fn what_version_4_knew_of_credits_and_tasks_is_taken_along() {
    let kept = "INSERT INTO users (id, username, password_hash, role, created_at)
            VALUES (1, 'ada', '', 'user', 1);
        INSERT INTO accounts (user_id, available) VALUES (1, 6);
        INSERT INTO transactions (id, user_id, kind, amount, balance, description, timestamp, hash)
            VALUES (1, 1, 'gift', 7, 7, 'sign-up', 5, randomblob(32)),
                   (2, 1, 'charge', -1, 6, 'wine: 1 row', 6, randomblob(32));
        INSERT INTO ml_tasks (id, user_id, model, model_version, form, status, n_given, n_predicted,
                price, cost, input, transaction_id, created_at, finished_at)
            VALUES (3, 1, 'wine', 'v', 'json', 'succeeded', 1, 1, 1, 1, x'5b5d', 2, 6, 6),
                   (4, 1, 'wine', 'v', 'json', 'failed', 1, 0, 1, 0, x'5b5d', NULL, 7, 7);
        DELETE FROM ml_tasks WHERE id = 4;";
    let (_folder, database) = made_from(&format!("{}{kept}", RELEASED[3]), 4);
    let rows = |sql: &str| {
        let read = |row: &cellar::database::Row<'_>| row.get::<String>(0);
        database.read_here(|r| r.fetchall(sql, &[], read)).unwrap()
    };
    let entries =
        "SELECT id || ' ' || kind || ' ' || amount || ' ' || balance || ' ' || description
        || ' ' || timestamp || ' ' || length(hash) FROM transactions ORDER BY id";
    assert_eq!(rows(entries), ["1 gift 7 7 sign-up 5 32", "2 charge -1 6 wine: 1 row 6 32"]);
    let tasks = "SELECT id || ' ' || model || ' ' || form || ' ' || status || ' ' || hex(input)
        || ' ' || transaction_id || ' ' || finished_at FROM ml_tasks";
    assert_eq!(rows(tasks), ["3 wine json succeeded 5B5D 2 6"]);
    // What was deleted keeps its number.
    assert_eq!(rows("SELECT '' || seq FROM sqlite_sequence WHERE name = 'ml_tasks'"), ["4"]);
}

#[test]
fn the_present_schema_is_the_newest_released_one() {
    assert_eq!(RELEASED.len(), usize::try_from(SCHEMA_VERSION).unwrap());
    let newest = RELEASED.last().unwrap();
    let (_folder, released) = made_from(newest, RELEASED.len());
    let (_other, present) = made_from(SCHEMA, RELEASED.len());
    assert_eq!(
        shape(&released),
        shape(&present),
        "schema.sql changed: add a step to migration.rs and keep the new schema here"
    );
}

#[test]
fn what_a_file_of_version_2_held_is_there_and_what_it_should_have_forgotten_is_not() {
    let rows = "
        INSERT INTO users (id, username, password_hash, role, state, created_at, full_name, email)
            VALUES (1, 'ada', 'x', 'admin', 'active', 0, 'Ada', NULL),
                   (2, 'closed:2', '', 'user', 'closed', 0, 'Eve', 'eve@example.org');
        INSERT INTO accounts (user_id) VALUES (1), (2);
        INSERT INTO sessions (id, user_id, role, token_hash, created_at, last_seen_at, expires_at)
            VALUES (7, 1, 'admin', randomblob(32), 0, 0, 99);
        INSERT INTO api_keys (id, user_id, name, scopes, secret_hash, hint, created_at)
            VALUES (5, 1, 'k', 'read', randomblob(32), 'abcd', 0),
                   (6, 2, 'k', 'read', randomblob(32), 'abcd', 0);
        INSERT INTO workspaces (id, name, slug, description, is_personal, created_at)
            VALUES (1, 'ada', 'personal', '', 1, 0), (2, 'eve', 'room', '', 0, 0);
        INSERT INTO members (workspace_id, user_id, role, joined_at)
            VALUES (1, 1, 'owner', 0), (1, 2, 'viewer', 0), (2, 2, 'owner', 0);
        INSERT INTO audit (at, action, detail) VALUES (0, 'api_key_create', 'a name');";
    let (_folder, upgraded) = made_from(&format!("{}{rows}", RELEASED[1]), 2);
    let count = |sql: &str| {
        let found = upgraded.read_here(|r| r.fetchone(sql, &[], |row| row.get::<i64>(0)));
        found.unwrap().unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM sessions WHERE id = 7 AND length(seal) > 40"), 1);
    assert_eq!(count("SELECT sum(id) FROM api_keys"), 5);
    assert_eq!(count("SELECT count(*) FROM users WHERE full_name = 'Ada'"), 1);
    assert_eq!(count("SELECT count(*) FROM users WHERE email IS NOT NULL"), 0);
    assert_eq!(count("SELECT count(*) FROM members"), 1);
    assert_eq!(count("SELECT sum(id) FROM workspaces"), 1);
    assert_eq!(count("SELECT count(*) FROM audit WHERE detail <> ''"), 0);
    // Numbers go on where they were.
    assert_eq!(count("SELECT seq FROM sqlite_sequence WHERE name = 'sessions'"), 7);
    let lines = upgraded.read_here(|r| {
        let mut lines = Vec::new();
        cellar::admin::check::check_database(r, &mut |line| {
            lines.push(line);
            Ok(())
        })?;
        Ok(lines)
    });
    let is_kept =
        |line: &cellar::admin::check::Line| line.status == cellar::admin::check::Verdict::Ok;
    assert!(lines.unwrap().iter().filter(|line| !line.name.contains("ledger")).all(is_kept));
}
