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
    Failure::Retry(Error::Conflict("the moon is in the way".into()))
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
        self.begun.lock().unwrap().recv_timeout(Duration::from_secs(20)).unwrap()
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
    timeout(Duration::from_secs(20), future).await.expect("it happens within seconds")
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
                1 => Err(Error::Conflict("sold out".into())),
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
async fn a_watcher_sees_progress_in_order_and_the_end_last() {
    let house = House::new();
    let jobs = house.queue(1, |_, context| {
        for step in 1..=2_000 {
            context.progress(f64::from(step) / 2_000.0, &format!("step {step}"));
        }
        Outcome::new("done")
    });
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    let mut watch = jobs.watch(Whose::User(user(1)), id).await.unwrap();
    assert_eq!(soon(watch.next()).await.unwrap().status, Status::Queued);
    jobs.start().await.unwrap();
    let mut seen = Vec::new();
    while let Some(view) = soon(watch.next()).await {
        seen.push(view);
    }
    assert!(seen.windows(2).all(|two| two[0].progress <= two[1].progress));
    let (last, before) = seen.split_last().unwrap();
    assert_eq!((last.status, &*last.message), (Status::Succeeded, "step 2000"));
    assert!(before.iter().all(|view| view.status == Status::Running));
    drop(watch);
    assert_eq!(jobs.watchers().n_watched(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_who_comes_late_or_leaves_early_is_no_trouble() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        context.progress(0.5, "half");
        hold(context);
        Outcome::new(1)
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    gate.wait_until_begun();
    for _ in 0..3 {
        let mut watch = jobs.watch(Whose::Anyone, id).await.unwrap();
        assert_eq!(soon(watch.next()).await.unwrap().status, Status::Running);
    }
    assert_eq!(jobs.watchers().n_watched(), 0);
    // Progress reaches the row without anybody watching.
    while house.row(id).message != "half" {
        sleep(Duration::from_millis(20)).await;
    }
    gate.go.send(()).unwrap();
    ended(&jobs, id).await;
    let mut late = jobs.watch(Whose::Anyone, id).await.unwrap();
    assert_eq!(soon(late.next()).await.unwrap().status, Status::Succeeded);
    assert_eq!(soon(late.next()).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_outside_its_range_and_long_messages_are_cut_to_size() {
    let house = House::new();
    let jobs = house.queue(1, |_, context| {
        context.progress(f64::NAN, "");
        context.progress(f64::INFINITY, "");
        context.progress(-1.0, &"ü".repeat(1_000));
        Err(Failure::Final(Error::NotFound("dataset")))
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(None, 0).await.unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Dead, 1));
    assert_eq!(view.error.as_deref(), Some("there is no such dataset"));
    assert_eq!((view.progress, view.message.chars().count()), (0.0, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_keeps_failing_is_tried_three_times_with_growing_pauses() {
    let clock = Clock::standing_at(Timestamp::from_millis(1_000_000));
    let house = House::with_clock(clock.clone());
    let n_runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&n_runs);
    let kinds = kinds(move |_, _| {
        counter.fetch_add(1, Ordering::SeqCst);
        Err(broken())
    });
    let jobs = Jobs::new(house.database.clone(), clock.clone(), kinds, Settings::default());
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 7).await.unwrap();
    for (attempt, pause_s) in [(1, 2), (2, 10)] {
        let view = until_status(&jobs, id, Status::Queued, attempt).await;
        assert_eq!(view.error.as_deref(), Some("the moon is in the way"));
        assert_eq!(house.row(id).run_after, clock.now().plus_s(pause_s));
        clock.advance_s(pause_s - 1);
        jobs.wake();
        sleep(Duration::from_millis(30)).await;
        assert_eq!(n_runs.load(Ordering::SeqCst), attempt as usize);
        clock.advance_s(1);
        jobs.wake();
    }
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Dead, 3));
    assert_eq!(n_runs.load(Ordering::SeqCst), 3);
    assert_eq!(house.notes(), ["released 7 Dead"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_wakes_by_itself_when_a_pause_is_over() {
    let house = House::new();
    let settings = Settings { pauses: vec![Duration::from_millis(50)], ..Settings::default() };
    let act =
        |_, context: &Context| if context.attempt() < 3 { Err(broken()) } else { done(0, context) };
    let jobs = Jobs::new(house.database.clone(), Clock::system(), kinds(act), settings);
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    // Well before the next sign of life, which comes every ten seconds.
    let view = timeout(Duration::from_secs(5), jobs.wait(id)).await.unwrap().unwrap();
    assert_eq!((view.status, view.attempt, view.error), (Status::Succeeded, 3, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_an_attempt_and_the_queue_goes_on() {
    let house = House::new();
    let jobs = house.queue(1, |n, context| match (n, context.attempt()) {
        (1, _) | (2, 1) => panic!("a bug in a kind"),
        _ => done(n, context),
    });
    jobs.start().await.unwrap();
    let mut ids = Vec::new();
    for n in 1..=3 {
        ids.push(jobs.submit::<Scripted>(Some(user(n)), n).await.unwrap());
    }
    let dead = ended(&jobs, ids[0]).await;
    assert_eq!((dead.status, dead.attempt), (Status::Dead, 3));
    assert_eq!(dead.error.as_deref(), Some(ending::FAILED_HERE));
    for (id, attempt) in [(ids[1], 2), (ids[2], 1)] {
        let view = ended(&jobs, id).await;
        assert_eq!((view.status, view.attempt), (Status::Succeeded, attempt));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_an_unknown_kind_waits_and_does_not_hold_up_others() {
    let house = House::new();
    let knowing = house.queue_of(1, kinds(done).with(Rare));
    let rare = knowing.submit::<Rare>(Some(user(1)), 5).await.unwrap();
    let jobs = house.queue(1, done);
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    assert_eq!(ended(&jobs, id).await.status, Status::Succeeded);
    let view = jobs.find(Whose::Anyone, rare).await.unwrap();
    assert_eq!((view.status, view.attempt), (Status::Queued, 0));
    // What is set aside for it could not be released, so it may not end here.
    let refused = jobs.cancel(Whose::Anyone, rare).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    assert!(matches!(jobs.submit::<Rare>(Some(user(1)), 5).await, Err(Error::Internal(_))));
    assert_eq!(jobs.stop(Duration::from_secs(5)).await, 0);
    knowing.start().await.unwrap();
    assert_eq!(ended(&knowing, rare).await.result, Some(json!(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_is_cancelled_at_once() {
    let house = House::new();
    let jobs = house.queue(1, done);
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    let waiting = tokio::spawn({
        let jobs = jobs.clone();
        async move { jobs.wait(id).await }
    });
    let view = jobs.cancel(Whose::User(user(1)), id).await.unwrap();
    assert_eq!((view.status, view.attempt), (Status::Cancelled, 0));
    assert_eq!(soon(waiting).await.unwrap().unwrap(), view);
    // Once more changes nothing, and releases nothing twice.
    assert_eq!(jobs.cancel(Whose::Anyone, id).await.unwrap(), view);
    assert_eq!(house.notes(), ["released 4 Cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_cancelled_when_its_kind_looks() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        context.check()?;
        done(0, context)
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    gate.wait_until_begun();
    let view = jobs.cancel(Whose::Anyone, id).await.unwrap();
    assert_eq!((view.status, view.cancel_requested), (Status::Running, true));
    gate.go.send(()).unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.error), (Status::Cancelled, None));
    assert_eq!(house.notes(), ["released 4 Cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancels_progress_and_watchers_never_wait_for_each_other_in_a_ring() {
    let house = House::new();
    let jobs = house.queue(4, |_, context| {
        for n in 0..100_000 {
            context.progress(f64::from(n % 100) / 100.0, "at work");
            context.check()?;
        }
        done(0, context)
    });
    jobs.start().await.unwrap();
    for _ in 0..50 {
        let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
        let mut watch = jobs.watch(Whose::Anyone, id).await.unwrap();
        soon(watch.next()).await.unwrap();
        // Sometimes before it is claimed, sometimes as it begins, sometimes in the middle.
        soon(jobs.cancel(Whose::Anyone, id)).await.unwrap();
        let view = soon(jobs.wait(id)).await.unwrap();
        assert!(view.status.is_final());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_as_it_is_claimed_is_told_at_once() {
    let house = House::new();
    let jobs = house.queue(1, |_, context| Err(until_told(context).into()));
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    // The row is claimed while the queue itself knows of no run: the moment in between.
    let claimed = house.claim().unwrap();
    let view = jobs.cancel(Whose::Anyone, id).await.unwrap();
    assert_eq!((view.status, view.cancel_requested), (Status::Running, true));
    assert!(jobs.takes_news(), "the runner was not told to look");
    drop(claimed);
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
async fn a_cancelled_job_that_fails_is_not_tried_again() {
    let house = House::new();
    let jobs = house.queue(1, move |_, context| {
        until_told(context);
        Err(broken())
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    until_status(&jobs, id, Status::Running, 1).await;
    jobs.cancel(Whose::Anyone, id).await.unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Cancelled, 1));
    assert_eq!(house.notes(), ["released 4 Cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn success_stands_when_the_kind_ignores_a_cancel_or_was_quicker() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        Ok(Outcome::new(1)?.with_effect(|tx| note(tx, "effect")))
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 4).await.unwrap();
    gate.wait_until_begun();
    jobs.cancel(Whose::Anyone, id).await.unwrap();
    gate.go.send(()).unwrap();
    let view = ended(&jobs, id).await;
    assert_eq!(view.status, Status::Succeeded);
    assert_eq!(jobs.cancel(Whose::Anyone, id).await.unwrap(), view);
    assert_eq!(house.notes(), ["effect"]);
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
async fn one_job_of_a_user_does_not_wait_for_five_hundred_of_another() {
    let house = House::new();
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    let jobs = house.queue(1, move |n, context| {
        seen.lock().unwrap().push(context.user_id());
        done(n, context)
    });
    let own = jobs.clone();
    let enqueued = house.database.write(move |tx| {
        for n in 0..500 {
            own.enqueue::<Scripted>(tx, Some(user(1)), &n)?;
        }
        Ok([
            own.enqueue::<Scripted>(tx, Some(user(2)), &0)?,
            own.enqueue::<Scripted>(tx, None, &0)?,
        ])
    });
    let last = enqueued.await.unwrap();
    jobs.start().await.unwrap();
    for id in last {
        ended(&jobs, id).await;
    }
    let order = order.lock().unwrap();
    for whose in [Some(user(2)), None] {
        let place = order.iter().position(|user| *user == whose).unwrap();
        assert!(place < 5, "{place}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn users_who_wait_are_served_in_turn(queue in prop::collection::vec(0..6_i64, 1..40)) {
        let clock = Clock::standing_at(Timestamp::from_millis(1_000));
        let house = House::with_clock(clock.clone());
        let jobs = house.queue(1, done);
        let owner = |n: i64| if n == 0 { None } else { Some(user(n)) };
        let enqueue = {
            let (jobs, queue) = (jobs.clone(), queue.clone());
            move |tx: &Tx<'_>| {
                queue.iter().try_for_each(|n| jobs.enqueue::<Scripted>(tx, owner(*n), n).map(drop))
            }
        };
        house.write(enqueue);
        let mut waiting: HashMap<_, usize> = HashMap::new();
        for n in &queue {
            *waiting.entry(owner(*n)).or_default() += 1;
        }
        let mut served: HashMap<_, usize> = waiting.keys().map(|whose| (*whose, 0)).collect();
        while let Some(job) = house.claim() {
            let rules = jobs.rules();
            let outcome = Outcome::new(0).unwrap();
            let user_id = job.user_id;
            house.write(move |tx| rules.succeed(tx, &job, &outcome));
            *waiting.get_mut(&user_id).unwrap() -= 1;
            *served.get_mut(&user_id).unwrap() += 1;
            for (whose, n_waiting) in &waiting {
                prop_assert!(*n_waiting == 0 || served[whose] + 1 >= served[&user_id]);
            }
            clock.advance_s(1);
        }
        prop_assert!(waiting.values().all(|n_waiting| *n_waiting == 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_jobs_run_at_once_than_there_are_slots() {
    let house = House::new();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running, peak) = (Arc::clone(&now), Arc::clone(&most));
    let jobs = house.queue(3, move |n, context| {
        peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(3));
        running.fetch_sub(1, Ordering::SeqCst);
        done(n, context)
    });
    jobs.start().await.unwrap();
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(jobs.submit::<Scripted>(Some(user(1 + n % 7)), n).await.unwrap());
    }
    for id in ids {
        assert_eq!(ended(&jobs, id).await.status, Status::Succeeded);
    }
    let most = most.load(Ordering::SeqCst);
    assert!((1..=3).contains(&most), "{most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_changes_nothing() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        Ok(Outcome::new("late")?.with_effect(|tx| note(tx, "late effect")))
    });
    jobs.start().await.unwrap();
    let id = jobs.submit::<Scripted>(Some(user(1)), 0).await.unwrap();
    assert_eq!(gate.wait_until_begun(), 1);
    let (rules, row, now) = (jobs.rules(), house.row(id), house.clock.now());
    let taken_over = house.database.write(move |tx| {
        rules.fail(tx, &row, &Defeat::retry("taken over"))?;
        turn::claim(tx, &["scripted"], now.plus_s(60), now.plus_s(90))
    });
    let taken_over = taken_over.await.unwrap().unwrap();
    assert_eq!((taken_over.id, taken_over.attempt), (id, 2));
    gate.go.send(()).unwrap();
    while !jobs.runs().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(house.row(id), taken_over);
    assert_eq!(house.notes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_that_finds_no_lease_stops_the_run_and_others_keep_theirs() {
    let house = House::new();
    let (stopped, told) = channel();
    let stopped = Mutex::new(stopped);
    let kinds = kinds(move |n, context| {
        let word = until_told(context);
        stopped.lock().unwrap().send(n).unwrap();
        Err(word.into())
    });
    let settings = Settings {
        slots: 2.try_into().unwrap(),
        lease: Duration::from_millis(600),
        pauses: vec![Duration::from_mins(10)],
    };
    let jobs = Jobs::new(house.database.clone(), Clock::system(), kinds, settings);
    jobs.start().await.unwrap();
    let kept = jobs.submit::<Scripted>(Some(user(1)), 1).await.unwrap();
    let lost = jobs.submit::<Scripted>(Some(user(2)), 2).await.unwrap();
    until_status(&jobs, kept, Status::Running, 1).await;
    until_status(&jobs, lost, Status::Running, 1).await;
    let (rules, row) = (jobs.rules(), house.row(lost));
    let take = move |tx: &Tx<'_>| rules.fail(tx, &row, &Defeat::retry("taken over"));
    house.database.write(take).await.unwrap();
    assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(2));
    sleep(Duration::from_secs(1)).await;
    let row = house.row(kept);
    assert_eq!((row.status, row.attempt), (Status::Running, 1));
    assert_eq!(house.row(lost).status, Status::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ran_out_costs_an_attempt() {
    let house = House::new();
    let kinds = kinds(done);
    let settings = Settings { lease: Duration::from_millis(90), ..Settings::default() };
    let settings = Settings { pauses: vec![Duration::ZERO], ..settings };
    let jobs = Jobs::new(house.database.clone(), Clock::system(), kinds, settings);
    jobs.start().await.unwrap();
    // A worker that nobody hears of: its job is in no list of runs.
    let now = house.clock.now();
    let own = jobs.clone();
    let claimed = house.database.write(move |tx| {
        own.enqueue::<Scripted>(tx, Some(user(1)), &0)?;
        turn::claim(tx, &["scripted"], now.plus_s(60), now)
    });
    let id = claimed.await.unwrap().unwrap().id;
    let view = ended(&jobs, id).await;
    assert_eq!((view.status, view.attempt), (Status::Succeeded, 2));
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

#[test]
fn a_killed_process_costs_an_attempt_and_its_ghost_changes_nothing() {
    let house = House::new();
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        Ok(Outcome::new("ghost")?.with_effect(|tx| note(tx, "ghost effect")))
    });
    let runtime = Runtime::new().unwrap();
    runtime.block_on(jobs.start()).unwrap();
    let id = runtime.block_on(jobs.submit::<Scripted>(Some(user(1)), 0)).unwrap();
    gate.wait_until_begun();
    runtime.shutdown_background();
    let ghost = jobs;

    let next = House {
        database: Database::open(house.folder.path()).unwrap(),
        folder: house.folder,
        clock: Clock::system(),
    };
    let runtime = Runtime::new().unwrap();
    let jobs = next.queue(1, |_, context| {
        let n = context.attempt();
        Ok(Outcome::new(n)?.with_effect(move |tx| note(tx, &format!("effect of {n}"))))
    });
    runtime.block_on(jobs.start()).unwrap();
    let view = runtime.block_on(ended(&jobs, id));
    assert_eq!((view.attempt, view.result), (2, Some(json!(2))));
    gate.go.send(()).unwrap();
    while !ghost.runs().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(next.row(id).result.as_deref(), Some("2"));
    assert_eq!(next.notes(), ["effect of 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_process_is_killed_three_times_is_dead_and_released_once() {
    let house = House::new();
    let jobs = house.queue(1, done);
    let id = jobs.submit::<Scripted>(Some(user(1)), 6).await.unwrap();
    for attempt in 1..=3 {
        assert_eq!(house.claim().unwrap().attempt, attempt);
        runner::recover(&jobs).await.unwrap();
    }
    runner::recover(&jobs).await.unwrap();
    let row = house.row(id);
    assert_eq!((row.status, row.error.as_deref()), (Status::Dead, Some(ending::SERVER_ENDED)));
    assert_eq!(house.claim(), None);
    assert_eq!(house.notes(), ["released 6 Dead"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_gives_the_attempt_back_to_those_who_listen() {
    let house = House::new();
    let (gate, hold) = gate();
    let act = move |n, context: &Context| {
        if n == 1 {
            return Err(until_told(context).into());
        }
        hold(context);
        done(n, context)
    };
    let jobs = house.queue(2, act);
    jobs.start().await.unwrap();
    let listens = jobs.submit::<Scripted>(Some(user(1)), 1).await.unwrap();
    let deaf = jobs.submit::<Scripted>(Some(user(2)), 2).await.unwrap();
    let late = jobs.submit::<Scripted>(Some(user(3)), 3).await.unwrap();
    gate.wait_until_begun();
    until_status(&jobs, listens, Status::Running, 1).await;
    let waiting = tokio::spawn({
        let jobs = jobs.clone();
        async move { jobs.wait(late).await }
    });
    assert_eq!(jobs.stop(Duration::from_millis(500)).await, 1);
    assert!(matches!(soon(waiting).await.unwrap(), Err(Error::Unavailable(_))));
    for (id, status, attempt) in
        [(listens, Status::Queued, 0), (deaf, Status::Running, 1), (late, Status::Queued, 0)]
    {
        assert_eq!((house.row(id).status, house.row(id).attempt), (status, attempt));
    }
    assert_eq!(house.notes(), [""; 0]);

    let jobs = house.queue(2, done);
    jobs.start().await.unwrap();
    for (id, attempt) in [(listens, 1), (deaf, 2), (late, 1)] {
        let view = ended(&jobs, id).await;
        assert_eq!((view.status, view.attempt), (Status::Succeeded, attempt));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_runs_once_while_sixty_four_threads_enqueue() {
    let house = House::new();
    let n_runs = Arc::new(Mutex::new(HashMap::<i64, usize>::new()));
    let counter = Arc::clone(&n_runs);
    let jobs = house.queue(4, move |n, _| {
        *counter.lock().unwrap().entry(n).or_default() += 1;
        Ok(Outcome::new(n)?.with_effect(move |tx| note(tx, &n.to_string())))
    });
    jobs.start().await.unwrap();
    let threads: Vec<_> = (0..64)
        .map(|n| {
            let (jobs, database) = (jobs.clone(), house.database.clone());
            thread::spawn(move || {
                let enqueue = |k| {
                    let jobs = jobs.clone();
                    database
                        .write_here(move |tx| {
                            jobs.enqueue::<Scripted>(tx, Some(user(1 + n % 9)), &(n * 10 + k))
                        })
                        .unwrap()
                };
                (0..5).map(enqueue).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut ids = Vec::new();
    for thread in threads {
        ids.extend(tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap());
    }
    for id in ids {
        let view = ended(&jobs, id).await;
        assert_eq!((view.status, view.attempt), (Status::Succeeded, 1));
    }
    assert_eq!(house.notes().len(), 320);
    let n_runs = n_runs.lock().unwrap();
    assert_eq!((n_runs.len(), n_runs.values().max()), (320, Some(&1)));
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
    let (gate, hold) = gate();
    let jobs = house.queue(1, move |_, context| {
        hold(context);
        Ok(Outcome::new(1)?.with_effect(|tx| note(tx, "effect")))
    });
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
