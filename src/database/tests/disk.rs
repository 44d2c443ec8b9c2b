//! What becomes of writes when the disk is slow, fails, fills up, or loses its power.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A database whose disk takes as long as the test has it wait: each sync is announced, and ends
/// once it is told how.
fn open_on_slow_disk() -> (tempfile::TempDir, Database, Receiver<()>, Sender<io::Result<()>>) {
    let folder = tempfile::tempdir().unwrap();
    let (begun, syncs) = channel();
    let (disk, ends) = channel::<io::Result<()>>();
    let sync = move || {
        begun.send(()).unwrap();
        ends.recv().unwrap_or(Ok(()))
    };
    let database = Database::open_with(folder.path(), |_| Box::new(sync)).unwrap();
    (folder, database, syncs, disk)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_before_the_disk_has_it_and_the_next_writes_run_meanwhile() {
    let (_folder, database, syncs, disk) = open_on_slow_disk();
    let write = |name: &'static str| {
        let database = database.clone();
        tokio::spawn(async move { database.write(note(name)).await })
    };
    let first = write("first");
    syncs.recv().unwrap();
    // It can be seen by now, but not told.
    let (ran, has_run) = channel();
    let look = |ran: Sender<()>| {
        move |r: &Reader<'_>| {
            let found = names(r);
            ran.send(()).unwrap();
            found
        }
    };
    let (at, run) = (database.clone(), look(ran.clone()));
    let read = tokio::spawn(async move { at.read(run).await });
    let (at, run) = (database.clone(), look(ran.clone()));
    let peek = tokio::spawn(async move { at.peek(run).await });
    let at = database.clone();
    let run = move |tx: &Tx<'_>| {
        ran.send(()).unwrap();
        note("second")(tx)
    };
    let second = tokio::spawn(async move { at.write(run).await });
    (0..3).for_each(|_| has_run.recv().unwrap());
    let third = write("third");
    until_waiting(&database, 3).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!first.is_finished() && !read.is_finished() && !peek.is_finished());
    disk.send(Ok(())).unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(read.await.unwrap().unwrap(), ["first"]);
    assert_eq!(peek.await.unwrap().unwrap(), ["first"]);
    // Those that came meanwhile share the next one.
    syncs.recv().unwrap();
    assert!(!second.is_finished() && !third.is_finished());
    drop(disk);
    second.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(database.figures().n_commits(), 2);
    assert_eq!(database.read(names).await.unwrap(), ["first", "second", "third"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_outlives_a_power_cut() {
    let (folder, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // What the disk has is what was there when it was last told to keep it.
    let (files, kept) = (folder.path().to_owned(), image.path().to_owned());
    let sync = move || {
        let copy = kept.join("copy");
        std::fs::copy(files.join(LOG_NAME), &copy)?;
        std::fs::rename(copy, kept.join(LOG_NAME))
    };
    let database = Database::open_with(folder.path(), |_| Box::new(sync)).unwrap();
    // So little is written that all of it stays in the log.
    std::fs::copy(folder.path().join(FILE_NAME), image.path().join(FILE_NAME)).unwrap();
    let answered = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..8)
        .map(|n_writer| {
            let (database, answered) = (database.clone(), Arc::clone(&answered));
            tokio::spawn(async move {
                for n in 0..20 {
                    database.write(note(&format!("{n_writer} {n}"))).await.unwrap();
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let is_over = || writers.iter().all(tokio::task::JoinHandle::is_finished);
    while answered.load(Ordering::SeqCst) < 100 && !is_over() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let n_answered = answered.load(Ordering::SeqCst);
    let n_seen = database.read(names).await.unwrap().len();
    let cut = tempfile::tempdir().unwrap();
    for name in [LOG_NAME, FILE_NAME] {
        std::fs::copy(image.path().join(name), cut.path().join(name)).unwrap();
    }
    let left = Database::open(cut.path()).unwrap().read(names).await.unwrap();
    assert!(left.len() >= n_answered.max(n_seen), "{} of {n_answered}, {n_seen}", left.len());
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_fails_all_that_waited_for_it_and_stops_all_writing() {
    let (_folder, database, syncs, disk) = open_on_slow_disk();
    let first = database.clone();
    let first = tokio::spawn(async move { first.write(note("first")).await });
    syncs.recv().unwrap();
    let (ran, has_run) = channel();
    let run = move |tx: &Tx<'_>| {
        note("second")(tx)?;
        ran.send(()).map_err(Error::internal)
    };
    let second = database.clone();
    let second = tokio::spawn(async move { second.write(run).await });
    has_run.recv().unwrap();
    disk.send(Err(io::Error::other("the disk is on fire"))).unwrap();
    // A sync after it would say nothing of what this one lost.
    drop(disk);
    for write in [first, second] {
        let told = write.await.unwrap();
        assert!(matches!(&told, Err(Error::Unavailable(why)) if why.contains("check the disk")));
    }
    assert!(syncs.try_recv().is_err());
    assert!(database.stopped().is_some());
    // What is there can still be read; what was at work then is not.
    assert_eq!(database.read(names).await.unwrap(), ["first"]);
    assert!(database.write(note("third")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_fails_every_member_and_stops_all_writing() {
    let (folder, database) = open();
    database.write(note("before")).await.unwrap();
    // A reference that is checked only at the end makes the commit itself fail.
    let dangling = database
        .write(|tx| {
            tx.execute("PRAGMA defer_foreign_keys = ON", params![])?;
            tx.execute("INSERT INTO accounts (id, user_id) VALUES (9, 99)", params![])
        })
        .await;
    assert!(matches!(dangling, Err(Error::Unavailable(_))), "{dangling:?}");
    let later = database.write(note("after")).await;
    assert!(matches!(later, Err(Error::Unavailable(why)) if why.contains("restart")));
    assert!(database.stopped().is_some());
    assert_eq!(database.read(names).await.unwrap(), ["before"]);
    database.close();
    drop(database);
    let database = Database::open(folder.path()).unwrap();
    database.write(note("again")).await.unwrap();
    assert_eq!(database.read(names).await.unwrap(), ["again", "before"]);
}

#[test]
fn a_group_that_the_disk_undid_is_told_that_the_disk_did_it() {
    let (_folder, database) = open();
    database.write_here(note("before")).unwrap();
    // The engine answers a full file as it does a full disk: it undoes the whole transaction.
    let filled = database.write_here(|tx| {
        tx.execute("ROLLBACK", params![])?;
        Err::<(), _>(Error::internal("database or disk is full"))
    });
    assert!(matches!(filled, Err(Error::Unavailable(why)) if why.contains("disk is full")));
    assert_eq!(database.stopped(), None);
    database.write_here(note("after")).unwrap();
    assert_eq!(database.read_here(names).unwrap(), ["after", "before"]);
}

#[test]
fn a_file_that_is_taken_away_stops_all_writing() {
    let (folder, database) = open();
    database.write_here(note("before")).unwrap();
    std::fs::rename(folder.path().join(FILE_NAME), folder.path().join("elsewhere")).unwrap();
    // The writer looks once a second.
    let begun = std::time::Instant::now();
    let refused = loop {
        match database.write_here(note(&format!("{:?}", begun.elapsed()))) {
            Err(refused) => break refused,
            Ok(()) => assert!(begun.elapsed().as_secs() < 30, "the writer never noticed"),
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert!(matches!(refused, Error::Unavailable(why) if why.contains("moved")));
    assert!(database.stopped().is_some());
}

/// Writes a MiB into a table and as much into its index.
fn write_much(database: &Database, name: &str) {
    database.write_here(note(&format!("{name}{}", "x".repeat(1024 * 1024)))).unwrap();
}

const MIB: u64 = 1024 * 1024;

#[test]
fn a_long_log_is_copied_back_into_the_file_and_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, synced) = channel();
    let sync = |log: File| -> Flush {
        logs.send(log.try_clone().unwrap()).unwrap();
        Box::new(move || log.sync_data())
    };
    let database = Database::open_with(folder.path(), sync).unwrap();
    let size = |name: &str| std::fs::metadata(folder.path().join(name)).map_or(0, |f| f.len());
    let before = size(FILE_NAME);
    (0..64).for_each(|n| write_much(&database, &n.to_string()));
    let (file, log) = (size(FILE_NAME), size(LOG_NAME));
    assert!(file > before + 24 * MIB, "the file grew from {before} to {file} only");
    // The last commit before writing waits for the copier may be longer than the limit.
    assert!(log < 36 * MIB, "the log has {log} bytes");
    // What is synced is still what is written to.
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let written = std::fs::metadata(folder.path().join(LOG_NAME)).unwrap().ino();
        assert_eq!(synced.recv().unwrap().metadata().unwrap().ino(), written);
    }
    drop(database);
    let database = Database::open(folder.path()).unwrap();
    assert_eq!(database.read_here(names).unwrap().len(), 64);
}

#[test]
fn a_long_look_holds_up_the_log_and_not_those_who_write() {
    let (folder, database) = open();
    let size = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
    let (seen, is_seen) = channel();
    let (go, gone) = channel::<()>();
    let looking = {
        let database = database.clone();
        thread::spawn(move || {
            database.read_here(|r| {
                let before = names(r)?;
                seen.send(()).unwrap();
                gone.recv().unwrap();
                assert_eq!(names(r)?, before, "a view has changed");
                Ok(())
            })
        })
    };
    is_seen.recv().unwrap();
    (0..40).for_each(|n| write_much(&database, &n.to_string()));
    let grown = size(LOG_NAME);
    assert!(grown > 40 * MIB, "the file has pages that somebody reads older ones of: {grown}");
    go.send(()).unwrap();
    looking.join().unwrap().unwrap();
    (40..64).for_each(|n| write_much(&database, &n.to_string()));
    let (file, log) = (size(FILE_NAME), size(LOG_NAME));
    // It is copied while more is written, and begins anew after at most two times what may be
    // added meanwhile.
    assert!(log < grown + 24 * MIB, "the log went on from {grown} to {log} bytes");
    assert!(file > 40 * MIB, "the file has {file} bytes");
    assert_eq!(database.read_here(names).unwrap().len(), 64);
}
