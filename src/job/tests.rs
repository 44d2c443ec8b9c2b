mod cancelling;
mod leases;
mod trying;
mod turns;
mod watching;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rocket::tokio;
use rocket::tokio::runtime::Runtime;
use rocket::tokio::time::{sleep, timeout};
use serde_json::json;

use super::ending::Defeat;
use super::*;
use crate::clock::{Clock, Timestamp};
use crate::database::{Database, Tx, params};
use crate::error::{Error, Result};
use crate::id::{JobId, RowId, UserId};

/// How long a test waits for what must happen. A slow disk may take its time: only a queue that
/// does nothing more is to fail.
const PATIENCE: Duration = Duration::from_mins(5);

type Act = dyn Fn(i64, &Context) -> Result<Outcome, Failure> + Send + Sync;

/// A kind that does what the test says, and notes every release.
struct Scripted {
    act: Box<Act>,
}

impl JobKind for Scripted {
    type Payload = i64;
    const NAME: &'static str = "scripted";

    fn run(&self, payload: i64, context: &Context) -> Result<Outcome, Failure> {
        (self.act)(payload, context)
    }

    fn release(&self, job: &Job, tx: &Tx<'_>) -> Result<()> {
        if job.payload == UNRELEASABLE_AT_FIRST && job.attempt == 1 {
            return Err(Error::internal("a bug in a release"));
        }
        note(tx, &format!("released {} {:?}", job.payload::<i64>()?, job.status))
    }
}

/// The payload of a job whose first release fails.
const UNRELEASABLE_AT_FIRST: &str = "13";

/// A second kind, which only some of the queues know.
struct Rare;

impl JobKind for Rare {
    type Payload = i64;
    const NAME: &'static str = "rare";

    fn run(&self, payload: i64, _context: &Context) -> Result<Outcome, Failure> {
        Outcome::new(payload)
    }
}

struct House {
    folder: tempfile::TempDir,
    database: Database,
    clock: Clock,
}

impl House {
    fn new() -> Self {
        Self::with_clock(Clock::system())
    }

    fn with_clock(clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let house = Self { folder, database, clock };
        house.write(|tx| {
            for n in 1..=100_i64 {
                tx.execute(
                    "INSERT INTO users (id, username, password_hash, role, created_at)
                     VALUES (?1, ?2, '', 'user', 0)",
                    params![n, format!("user{n}")],
                )?;
            }
            Ok(())
        });
        house
    }

    /// A write for async and plain tests alike: a thread that drives tasks may not wait.
    fn write<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        let database = self.database.clone();
        thread::spawn(move || database.write_here(run)).join().unwrap().unwrap()
    }

    fn queue(
        &self,
        n_slots: usize,
        act: impl Fn(i64, &Context) -> Result<Outcome, Failure> + Send + Sync + 'static,
    ) -> Jobs {
        self.queue_of(n_slots, kinds(act))
    }

    /// A queue of one, whose jobs wait at a gate and then succeed with an effect.
    fn held(&self) -> (Jobs, Gate) {
        let (gate, hold) = gate();
        let jobs = self.queue(1, move |_, context| {
            hold(context);
            Ok(Outcome::new(1)?.with_effect(|tx| note(tx, "effect")))
        });
        (jobs, gate)
    }

    fn queue_of(&self, n_slots: usize, kinds: Kinds) -> Jobs {
        let settings = Settings {
            slots: n_slots.try_into().unwrap(),
            lease: Duration::from_secs(30),
            pauses: vec![Duration::ZERO],
        };
        Jobs::new(self.database.clone(), self.clock.clone(), kinds, settings)
    }

    fn notes(&self) -> Vec<String> {
        let notes = self.database.read_here(|r| {
            r.fetchall("SELECT value FROM installation ORDER BY rowid", params![], |row| row.get(0))
        });
        notes.unwrap()
    }

    fn row(&self, id: JobId) -> Job {
        self.database.read_here(|r| record::find(r, Whose::Anyone, id)).unwrap()
    }

    fn claim(&self) -> Option<Job> {
        let now = self.clock.now();
        self.write(move |tx| turn::claim(tx, &["scripted"], now, now.plus_s(30)))
    }
}

fn kinds(act: impl Fn(i64, &Context) -> Result<Outcome, Failure> + Send + Sync + 'static) -> Kinds {
    Kinds::new().with(Scripted { act: Box::new(act) })
}

fn user(number: i64) -> UserId {
    UserId::from_number(number)
}

fn note(tx: &Tx<'_>, text: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO installation (name, value)
         SELECT 'note ' || count(*), ?1 FROM installation",
        params![text],
    )?;
    Ok(())
}

fn done(_payload: i64, _context: &Context) -> Result<Outcome, Failure> {
    Outcome::new(json!(null))
}

fn broken() -> Failure {
    Failure::Retry(Error::conflict("moon", "the moon is in the way"))
}

/// Gates that hold every attempt until the test lets one go; each says when it has begun.
struct Gate {
    begun: Mutex<Receiver<u32>>,
    go: Sender<()>,
}

fn gate() -> (Gate, impl Fn(&Context) + Send + Sync) {
    let (begin, begun) = channel();
    let (go, let_go) = channel();
    let (begin, let_go) = (Mutex::new(begin), Mutex::new(let_go));
    let hold = move |context: &Context| {
        begin.lock().unwrap().send(context.attempt()).unwrap();
        // A test that has ended lets go as well.
        let _ = let_go.lock().unwrap().recv();
    };
    (Gate { begun: Mutex::new(begun), go }, hold)
}

impl Gate {
    fn wait_until_begun(&self) -> u32 {
        self.begun.lock().unwrap().recv_timeout(PATIENCE).unwrap()
    }
}

fn until_told(context: &Context) -> Stopped {
    loop {
        if let Err(stopped) = context.check() {
            return stopped;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it happens at all")
}

async fn ended(jobs: &Jobs, id: JobId) -> JobView {
    soon(jobs.wait(id)).await.unwrap()
}

async fn until_status(jobs: &Jobs, id: JobId, status: Status, attempt: u32) -> JobView {
    let mut watch = jobs.watch(Whose::Anyone, id).await.unwrap();
    loop {
        let view = soon(watch.next()).await.expect("the job gets there before it ends");
        if view.status == status && view.attempt == attempt {
            return view;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_succeeds_together_with_its_effect() {
    let house = House::new();
    let jobs = house.queue(2, |n, _| {
        Ok(Outcome::new(json!({ "twice": n * 2 }))?.with_effect(|tx| note(tx, "effect")))
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 21).await.unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.result), (Status::Succeeded, Some(json!({ "twice": 42 }))));
    assert_eq!((view.attempt, view.attempts_max, view.progress), (1, 3, 1.0));
    assert!(view.started_at >= Some(view.created_at) && view.finished_at >= view.started_at);
    assert_eq!(house.notes(), ["effect"]);
    let counts = jobs.count().await.unwrap();
    assert_eq!(counts, Counts { n_succeeded: 1, ..Counts::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_fails_leaves_no_success_behind() {
    let house = House::new();
    let jobs = house.queue(2, |n, _| {
        Ok(Outcome::new(n)?.with_effect(move |tx| {
            note(tx, "effect")?;
            match n {
                1 => Err(Error::conflict("sold_out", "sold out")),
                _ => panic!("a bug in an effect"),
            }
        }))
    });
    jobs.start().await.unwrap();
    let (refused, panics) = (
        jobs.submit::<Scripted>(Some(user(1)), 1).await.unwrap(),
        jobs.submit::<Scripted>(Some(user(2)), 2).await.unwrap(),
    );
    let view = ended(&jobs, refused).await;
    assert_eq!((view.status, view.attempt), (Status::Dead, 1));
    assert_eq!(view.error.as_deref(), Some("sold out"));
    let view = ended(&jobs, panics).await;
    assert_eq!((view.status, view.attempt), (Status::Dead, 3));
    let mut notes = house.notes();
    notes.sort();
    assert_eq!(notes, ["released 1 Dead", "released 2 Dead"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_whose_runner_died_says_so() {
    let house = House::new();
    let jobs = house.queue(1, done);
    assert_eq!(jobs.trouble(), None);
    jobs.start().await.unwrap();
    assert_eq!(jobs.trouble(), None);
    jobs.kill_runner();
    soon(async {
        while jobs.trouble().is_none() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_job_is_not_found() {
    let house = House::new();
    let jobs = house.queue(1, done);
    let mut ids = Vec::new();
    for n in [1, 2, 1] {
        ids.push(jobs.submit::<Scripted>(Some(user(n)), n).await.unwrap());
    }
    let (owner, stranger) = (Whose::User(user(1)), Whose::User(user(2)));
    for refused in [
        jobs.find(stranger, ids[0]).await.err(),
        jobs.cancel(stranger, ids[0]).await.err(),
        jobs.watch(stranger, ids[0]).await.err(),
        jobs.find(owner, JobId::from_number(99)).await.err(),
    ] {
        assert!(matches!(refused, Some(Error::NotFound("job"))), "{refused:?}");
    }
    assert_eq!(jobs.watchers().n_watched(), 0);
    let listed = async |whose, before| -> Vec<JobId> {
        jobs.list(whose, before, 2).await.unwrap().iter().map(|view| view.id).collect()
    };
    assert_eq!(listed(owner, None).await, [ids[2], ids[0]]);
    assert_eq!(listed(owner, Some(ids[2])).await, [ids[0]]);
    assert_eq!(listed(Whose::Anyone, None).await, [ids[2], ids[1]]);
    assert_eq!(listed(Whose::Anyone, Some(ids[1])).await, [ids[0]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_release_fails_does_not_end_before_it_succeeds() {
    let house = House::new();
    let settings = Settings { lease: Duration::from_millis(90), ..Settings::default() };
    let settings = Settings { pauses: vec![Duration::ZERO], ..settings };
    let kinds = kinds(|_, _| Err(Failure::Final(Error::Forbidden)));
    let jobs = Jobs::new(house.database.clone(), Clock::system(), kinds, settings);
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 13).await.unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Dead, 2));
    assert_eq!(house.notes(), ["released 13 Dead"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_job_without_success_is_released_once_whatever_its_end() {
    let house = House::new();
    let jobs = house.queue(2, |n, context| match n % 4 {
        0 => done(n, context),
        1 => Err(broken()),
        2 => Err(Failure::Final(Error::Forbidden)),
        _ => Err(until_told(context).into()),
    });
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(jobs.submit::<Scripted>(Some(user(1 + n % 5)), n).await.unwrap());
    }
    jobs.start().await.unwrap();
    for id in ids.iter().skip(3).step_by(4) {
        jobs.cancel(Whose::Anyone, *id).await.unwrap();
    }
    for id in ids {
        ended(&jobs, id).await;
    }
    let mut expected: Vec<String> = (0..40)
        .filter(|n| n % 4 != 0)
        .map(|n| {
            format!("released {n} {:?}", if n % 4 == 3 { Status::Cancelled } else { Status::Dead })
        })
        .collect();
    let mut notes = house.notes();
    notes.sort();
    expected.sort();
    assert_eq!(notes, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_user_who_is_deleted_ends_without_a_trace() {
    let house = House::new();
    let (jobs, gate) = house.held();
    jobs.start().await.unwrap();
    jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    gate.wait_until_begun();
    let sql = "DELETE FROM users WHERE id = 1";
    house.database.execute(sql, vec![]).await.unwrap();
    gate.go.send(()).unwrap();
    while !jobs.runs().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(house.notes(), [""; 0]);
}
