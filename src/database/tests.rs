use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rocket::tokio::{self, task::JoinSet};

use super::migration::{Step, upgrade};
use super::worker::GROUP_TIME_MAX;
use super::*;
use crate::error::Error;

mod disk;

fn open() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path()).unwrap();
    (folder, database)
}

fn note(name: &str) -> impl FnOnce(&Tx<'_>) -> Result<()> + Send + use<> {
    let name = name.to_owned();
    move |tx| {
        tx.execute("INSERT INTO installation (name, value) VALUES (?1, 'x')", params![name])?;
        Ok(())
    }
}

fn names(r: &Reader<'_>) -> Result<Vec<String>> {
    r.fetchall("SELECT name FROM installation ORDER BY name", params![], |row| row.get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_there_for_the_next_reader_and_after_reopening() {
    let (folder, database) = open();
    database.write(note("kept")).await.unwrap();
    assert_eq!(database.read(names).await.unwrap(), ["kept"]);
    database.close();
    drop(database);
    let database = Database::open(folder.path()).unwrap();
    assert_eq!(database.read(names).await.unwrap(), ["kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_errs_or_panics_undoes_only_itself() {
    let (_folder, database) = open();
    let mut writes = JoinSet::new();
    for n in 0..90 {
        let database = database.clone();
        writes.spawn(async move {
            let write = database
                .write(move |tx| {
                    note(&format!("{n:02}"))(tx)?;
                    match n % 3 {
                        0 => Ok(()),
                        1 => Err(Error::conflict("refused", "refused")),
                        _ => panic!("a bug in a closure"),
                    }
                })
                .await;
            (n, write)
        });
    }
    while let Some(done) = writes.join_next().await {
        let (n, write) = done.unwrap();
        match n % 3 {
            0 => assert!(write.is_ok()),
            1 => assert!(matches!(write, Err(Error::Conflict { .. }))),
            _ => assert!(matches!(write, Err(Error::Internal(_)))),
        }
    }
    let kept = database.read(names).await.unwrap();
    assert_eq!(kept.len(), 30);
    assert!(kept.iter().all(|name| name.parse::<u32>().unwrap().is_multiple_of(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sure_write_that_is_refused_undoes_nothing() {
    let (_folder, database) = open();
    let mut writes = JoinSet::new();
    for n in 0..60 {
        let database = database.clone();
        writes.spawn(async move {
            let refused = Error::conflict("refused", "refused");
            let run = move |tx: &Tx<'_>| {
                if n % 2 == 0 { note(&format!("{n:02}"))(tx) } else { Err(refused) }
            };
            (n, database.write_sure(run).await)
        });
    }
    while let Some(done) = writes.join_next().await {
        let (n, write) = done.unwrap();
        assert_eq!(write.is_ok(), n % 2 == 0, "{write:?}");
    }
    assert_eq!(database.read(names).await.unwrap().len(), 30);
}

async fn until_waiting(database: &Database, n: i64) {
    while database.figures().waiting.get() < n {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sure_write_that_fails_late_takes_its_group_with_it_and_nothing_else() {
    for panics in [false, true] {
        let (_folder, database) = open();
        database.write(note("before")).await.unwrap();
        // While the first is at work, which is a group of its own, the others come together.
        let (go, held) = std::sync::mpsc::channel::<()>();
        let hold = move |_: &Tx<'_>| {
            held.recv().map_err(Error::internal)?;
            thread::sleep(GROUP_TIME_MAX * 2);
            Ok(())
        };
        let holding = database.clone();
        let holder = tokio::spawn(async move { holding.write(hold).await });
        until_waiting(&database, 1).await;
        let first = database.clone();
        let first = tokio::spawn(async move { first.write_sure(note("first")).await });
        until_waiting(&database, 2).await;
        let late = database.clone();
        let late = tokio::spawn(async move {
            let run = move |tx: &Tx<'_>| {
                note("late")(tx)?;
                assert!(!panics, "a bug in a closure");
                Err::<(), _>(Error::conflict("late", "late"))
            };
            late.write_sure(run).await
        });
        until_waiting(&database, 3).await;
        let last = database.clone();
        let last = tokio::spawn(async move { last.write(note("last")).await });
        until_waiting(&database, 4).await;
        go.send(()).unwrap();
        holder.await.unwrap().unwrap();
        let told = first.await.unwrap();
        assert!(matches!(&told, Err(Error::Unavailable(why)) if why.contains("try again")));
        // What had not been run yet is in the next group.
        last.await.unwrap().unwrap();
        let own_reason = late.await.unwrap();
        assert!(matches!(own_reason, Err(Error::Conflict { .. } | Error::Internal(_))));
        assert!(database.stopped().is_none());
        database.write(note("after")).await.unwrap();
        assert_eq!(database.read(names).await.unwrap(), ["after", "before", "last"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_wait_share_commits() {
    let (_folder, database) = open();
    let mut writes = JoinSet::new();
    for n in 0..500 {
        let database = database.clone();
        writes.spawn(async move { database.write(note(&n.to_string())).await });
    }
    while let Some(done) = writes.join_next().await {
        done.unwrap().unwrap();
    }
    let figures = database.figures();
    assert_eq!(figures.n_writes(), 500);
    assert_eq!(figures.waiting.get(), 0);
    assert!(figures.n_commits() < 500, "{} commits", figures.n_commits());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_held_by_another_program_delays_writes_and_stops_nothing() {
    let (folder, database) = open();
    database.write(note("before")).await.unwrap();
    let other = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = database.write(note("meanwhile")).await;
    assert!(matches!(refused, Err(Error::Unavailable(why)) if why.contains("other program")));
    assert_eq!(database.stopped(), None);
    other.execute_batch("ROLLBACK").unwrap();
    database.write(note("after")).await.unwrap();
    assert_eq!(database.read(names).await.unwrap(), ["after", "before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_write() {
    let (_folder, database) = open();
    let tried =
        database.fetchall("DELETE FROM installation RETURNING name", vec![], |_| Ok(())).await;
    assert!(matches!(tried, Err(Error::Internal(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn execute_fetchone_and_fetchall_do_what_their_names_say() {
    let (_folder, database) = open();
    let insert = "INSERT INTO installation (name, value) VALUES (?1, ?2)";
    for name in ["a", "b"] {
        let values = vec![bind(name).into(), bind("v").into()];
        assert_eq!(database.execute(insert, values).await.unwrap(), 1);
    }
    let one = "SELECT value FROM installation WHERE name = ?1";
    let found = database.fetchone(one, vec![bind("a").into()], |row| row.get::<String>(0)).await;
    assert_eq!(found.unwrap().as_deref(), Some("v"));
    let absent = database.fetchone(one, vec![bind("z").into()], |row| row.get::<String>(0)).await;
    assert_eq!(absent.unwrap(), None);
    let all = database
        .fetchall("SELECT name FROM installation ORDER BY name", vec![], |row| row.get::<String>(0))
        .await;
    assert_eq!(all.unwrap(), ["a", "b"]);
}

#[test]
fn a_closed_database_refuses_writes_with_a_reason() {
    let (_folder, database) = open();
    database.close();
    let refused = database.write_here(note("late"));
    assert!(matches!(refused, Err(Error::Unavailable(why)) if why.contains("start it again")));
}

#[test]
fn a_new_file_has_its_schema_before_anything_is_kept() {
    let (folder, database) = open();
    // As after a crash that took the log with it.
    let copy = folder.path().join("copy.db");
    std::fs::copy(folder.path().join(FILE_NAME), &copy).unwrap();
    let alone = rusqlite::Connection::open(copy).unwrap();
    let version = alone.query_row("PRAGMA user_version", [], |row| row.get::<_, i32>(0));
    assert_eq!(version.unwrap(), SCHEMA_VERSION);
    drop(database);
}

#[test]
fn waiting_writes_are_finished_before_closing() {
    let (_folder, database) = open();
    let done = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let (database, done) = (database.clone(), Arc::clone(&done));
            std::thread::spawn(move || {
                if database.write_here(note(&n.to_string())).is_ok() {
                    done.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(5));
    database.close();
    for thread in threads {
        thread.join().unwrap();
    }
    let kept = database.read_here(names).unwrap();
    assert_eq!(kept.len(), done.load(Ordering::SeqCst));
}

const INVENTED: &str =
    "CREATE TABLE bottles (id INTEGER PRIMARY KEY, name TEXT, year INTEGER) STRICT;";
const STEPS: &[Step] = &[
    Step { to: 2, sql: "ALTER TABLE bottles ADD COLUMN name TEXT" },
    Step { to: 3, sql: "ALTER TABLE bottles ADD COLUMN year INTEGER" },
];

fn columns(connection: &rusqlite::Connection) -> Vec<String> {
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_info('bottles')").unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn an_old_file_is_upgraded_through_every_step_to_what_a_new_one_has() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| connection::open_writer(&folder.path().join(name)).unwrap();
    let path = folder.path();
    for (version, n_steps) in [(1, 0), (2, 1), (3, 2)] {
        let mut old = open(&format!("old-{version}"));
        let schema = "CREATE TABLE bottles (id INTEGER PRIMARY KEY) STRICT;";
        upgrade(&mut old, path, schema, 1, &[]).unwrap();
        upgrade(&mut old, path, INVENTED, version, &STEPS[..n_steps]).unwrap();
        upgrade(&mut old, path, INVENTED, 3, STEPS).unwrap();
        let mut fresh = open(&format!("fresh-{version}"));
        upgrade(&mut fresh, path, INVENTED, 3, STEPS).unwrap();
        assert_eq!(columns(&old), columns(&fresh));
    }
}

#[test]
fn a_step_that_fails_leaves_the_old_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = connection::open_writer(&folder.path().join("f")).unwrap();
    upgrade(&mut file, folder.path(), INVENTED, 1, &[]).unwrap();
    let broken = [
        Step { to: 2, sql: "ALTER TABLE bottles ADD COLUMN note TEXT" },
        Step { to: 3, sql: "ALTER TABLE absent ADD COLUMN x TEXT" },
    ];
    assert!(upgrade(&mut file, folder.path(), INVENTED, 3, &broken).is_err());
    assert_eq!(columns(&file), ["id", "name", "year"]);
}

#[test]
fn a_step_that_rebuilds_a_table_keeps_what_refers_to_it() {
    let schema = "CREATE TABLE cellars (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE bottles (cellar_id INTEGER REFERENCES cellars (id) ON DELETE CASCADE) STRICT;";
    let rebuild = Step {
        to: 2,
        sql: "CREATE TABLE cellars_2 (id INTEGER PRIMARY KEY, name TEXT) STRICT;
              INSERT INTO cellars_2 (id) SELECT id FROM cellars;
              DROP TABLE cellars;
              ALTER TABLE cellars_2 RENAME TO cellars;",
    };
    let folder = tempfile::tempdir().unwrap();
    let mut file = connection::open_writer(&folder.path().join("f")).unwrap();
    upgrade(&mut file, folder.path(), schema, 1, &[]).unwrap();
    file.execute_batch("INSERT INTO cellars VALUES (1); INSERT INTO bottles VALUES (1);").unwrap();
    upgrade(&mut file, folder.path(), schema, 2, &[rebuild]).unwrap();
    let count = |sql| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM bottles"), 1);
    assert_eq!(count("PRAGMA foreign_keys"), 1);
    let dangling = file.execute("INSERT INTO bottles VALUES (2)", []);
    assert!(dangling.is_err(), "references are not checked any more");
}

#[test]
fn a_step_that_leaves_a_dangling_reference_is_undone() {
    let schema = "CREATE TABLE cellars (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE bottles (cellar_id INTEGER REFERENCES cellars (id)) STRICT;";
    let careless = Step { to: 2, sql: "DELETE FROM cellars" };
    let folder = tempfile::tempdir().unwrap();
    let mut file = connection::open_writer(&folder.path().join("f")).unwrap();
    upgrade(&mut file, folder.path(), schema, 1, &[]).unwrap();
    file.execute_batch("INSERT INTO cellars VALUES (1); INSERT INTO bottles VALUES (1);").unwrap();
    let said = upgrade(&mut file, folder.path(), schema, 2, &[careless]).unwrap_err().to_string();
    assert!(said.contains("1 of its rows"), "{said}");
    let kept = file.query_row("SELECT count(*) FROM cellars", [], |row| row.get::<_, i64>(0));
    assert_eq!(kept.unwrap(), 1);
}

#[test]
fn a_newer_and_a_foreign_file_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.pragma_update(None, "application_id", connection::APPLICATION_ID).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    drop(newer);
    let said = Database::open(folder.path()).err().unwrap().to_string();
    assert!(said.contains("newer Cellar") && said.contains(FILE_NAME), "{said}");

    std::fs::remove_file(&file).unwrap();
    let foreign = rusqlite::Connection::open(&file).unwrap();
    foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(foreign);
    let said = Database::open(folder.path()).err().unwrap().to_string();
    assert!(said.contains("another program"), "{said}");

    std::fs::write(&file, "this is not a database, it is a letter to a friend of mine").unwrap();
    let said = Database::open(folder.path()).err().unwrap().to_string();
    assert!(said.contains("not a database of Cellar"), "{said}");
}
