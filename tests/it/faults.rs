//! What the outside world can do to the real binary: power cuts, full disks, exhausted descriptors.
//! Whatever was acknowledged is there afterwards, and the server says how it is.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::support::binary::{Binary, PASSWORD, Served, eventually};

/// What the server has acknowledged, kept outside of it.
#[derive(Default)]
struct Acknowledged {
    jobs: Mutex<Vec<String>>,
    cookies: Mutex<Vec<String>>,
}

impl Acknowledged {
    /// Orders a job and opens a session, again and again, until the server is gone or refuses.
    fn write_until_the_end(&self, served: &Served, cookie: &str) {
        loop {
            let order = served.request("POST", "/api/admin/checks").cookie(cookie).try_send();
            match order {
                Ok(answer) if answer.status == 202 => {
                    let id = answer.json()["id"].as_str().unwrap().to_owned();
                    self.jobs.lock().unwrap().push(id);
                }
                _ => return,
            }
            match served.try_sign_in(PASSWORD) {
                Ok(Some(cookie)) => self.cookies.lock().unwrap().push(cookie),
                _ => return,
            }
        }
    }

    /// Everything is there, as far as the server tells.
    #[track_caller]
    fn assert_kept(&self, served: &Served, cookie: &str) {
        for id in &*self.jobs.lock().unwrap() {
            let path = format!("/api/jobs/{id}");
            let found = served.request("GET", &path).cookie(cookie).send();
            assert_eq!(found.status, 200, "the acknowledged job {id} is lost: {found:?}");
        }
        for cookie in &*self.cookies.lock().unwrap() {
            let found = served.request("GET", "/api/me").cookie(cookie).send();
            assert_eq!(found.status, 200, "an acknowledged session is lost: {found:?}");
        }
    }

    /// What the next round has to look at.
    fn take(&self) -> Self {
        Self {
            jobs: std::mem::take(&mut *self.jobs.lock().unwrap()).into(),
            cookies: std::mem::take(&mut *self.cookies.lock().unwrap()).into(),
        }
    }
}

#[test]
fn ten_power_cuts_under_load_lose_nothing_that_was_acknowledged() {
    let binary = Binary::new();
    binary.run(&["init-db"]).done();
    let acknowledged = Acknowledged::default();
    let mut n_jobs = 0;
    for round in 0..10 {
        let served = binary.serve(&[]);
        let cookie = served.sign_in();
        let last = acknowledged.take();
        last.assert_kept(&served, &cookie);
        n_jobs += last.jobs.lock().unwrap().len();
        // The cut comes at another moment each time, and never before the load has begun.
        let kill_after = Duration::from_millis(20 + round * 7);
        let process = served.process();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| acknowledged.write_until_the_end(&served, &cookie));
            }
            eventually(|| (!acknowledged.cookies.lock().unwrap().is_empty()).then_some(()));
            thread::sleep(kill_after);
            rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
        });
        served.kill();
        binary.run(&["check"]).done();
    }
    assert!(n_jobs >= 9, "only {n_jobs} jobs were ordered, which proves little");
    let served = binary.serve(&[]);
    acknowledged.assert_kept(&served, &served.sign_in());
    let ended = served.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    binary.run(&["check"]).done();
}

#[test]
fn a_cut_before_the_administrator_is_made_is_made_good_by_the_next_start() {
    // A password hash of this cost takes seconds, and the server answers before it is made.
    let binary = Binary::new().with("CELLAR_BCRYPT_COST", "15");
    let mut child = binary.spawn(&["serve", "--port", "0"]);
    let database = binary.data().join("cellar.db");
    let is_made = || {
        let read_only = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(&database, read_only).ok()?;
        database.query_row("SELECT 1 FROM installation", [], |_| Ok(())).ok()
    };
    eventually(is_made).expect("no database was made");
    child.kill().unwrap();
    child.wait().unwrap();
    let binary = binary.with("CELLAR_BCRYPT_COST", "4");
    let database = rusqlite::Connection::open(binary.data().join("cellar.db")).unwrap();
    let n_users: i64 =
        database.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    drop(database);
    assert_eq!(n_users, 0, "the cut came too late to prove anything");

    let served = binary.serve(&[]);
    served.sign_in();
    drop(served);
    binary.run(&["check"]).done();
}

#[test]
fn a_cut_at_any_moment_of_init_db_is_made_good_by_the_next_one() {
    for millis in [0, 2, 4, 6, 8, 11, 15, 20, 30] {
        let binary = Binary::new();
        let mut child = binary.spawn(&["init-db"]);
        thread::sleep(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        binary.run(&["init-db"]).done();
        binary.run(&["check"]).done();
        binary.serve(&[]).sign_in();
    }
}

#[test]
fn leftovers_of_a_cut_start_are_no_foreign_folder() {
    let binary = Binary::new();
    fs::create_dir(binary.data()).unwrap();
    fs::write(binary.data().join("cellar.lock"), "4194304").unwrap();
    fs::write(binary.data().join("cellar.db"), "").unwrap();
    binary.run(&["init-db"]).done();
    binary.run(&["check"]).done();
}

#[test]
fn a_commit_that_fails_stops_writes_and_nothing_else() {
    let mut binary = Binary::new();
    binary.run(&["init-db"]).done();
    // The log of the database may grow to this many blocks of 512 bytes, and then a commit fails.
    binary.limited("-f 1024");
    let mut served = binary.serve(&[]);
    let cookie = served.sign_in();
    let acknowledged = Acknowledged::default();
    let refused = eventually(|| {
        acknowledged.write_until_the_end(&served, &cookie);
        let answer = served.request("POST", "/api/admin/checks").cookie(&cookie).send();
        (answer.status == 503).then_some(answer)
    });
    let refused = refused.expect("the limit was never met");
    assert!(!acknowledged.jobs.lock().unwrap().is_empty());
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.json()["code"], "unavailable");

    // Once a commit has failed, no later write is believed.
    for _ in 0..3 {
        assert_eq!(served.try_sign_in(PASSWORD).unwrap(), None);
        let order = served.request("POST", "/api/admin/checks").cookie(&cookie).send();
        assert_eq!(order.status, 503);
    }
    for path in ["/readyz", "/healthz"] {
        let ready = served.get(path);
        assert_eq!(ready.status, 503);
        let text = ready.text();
        assert!(text.contains("database") && text.contains("restart the server"), "{text}");
        assert!(!text.contains("cellar-data") && !text.contains("cellar.db"), "{text}");
        assert!(!text.contains(&*binary.data().to_string_lossy()), "{text}");
    }
    assert_eq!(served.get("/livez").status, 200);
    acknowledged.assert_kept(&served, &cookie);
    assert!(served.is_alive());
    assert!(served.stderr().contains("the database stopped accepting writes"));
    let ended = served.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);

    binary.unlimited();
    binary.run(&["check"]).done();
    let served = binary.serve(&[]);
    assert_eq!(served.get("/readyz").status, 200);
    acknowledged.assert_kept(&served, &cookie);
    served.order_check(&cookie);
}

#[test]
fn running_out_of_descriptors_does_not_end_the_server() {
    let mut binary = Binary::new();
    binary.run(&["init-db"]).done();
    binary.limited("-n 64");
    let mut served = binary.serve(&[]);
    let cookie = served.sign_in();
    // Those the server cannot take any more wait in the system's queue, which is not endless.
    let address = (Ipv4Addr::LOCALHOST, served.port()).into();
    let flood: Vec<_> = (0..120)
        .map_while(|_| TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok())
        .collect();
    assert!(flood.len() > 64, "only {} connections", flood.len());
    thread::sleep(Duration::from_millis(300));
    assert!(served.is_alive(), "{}", served.stderr());
    drop(flood);
    let answered = eventually(|| {
        served.request("GET", "/api/me").cookie(&cookie).try_send().ok().map(|a| a.status)
    });
    assert_eq!(answered, Some(200));
    served.order_check(&cookie);
    let ended = served.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    binary.unlimited();
    binary.run(&["check"]).done();
}
