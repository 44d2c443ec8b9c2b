//! Background work over HTTP.

use std::time::{Duration, Instant};

use cellar::job::{Context, Failure, JobKind, Jobs, Kinds, Outcome};
use serde_json::{Value, json};

use crate::support::app::{Actor, App, Setup};
use crate::support::binary::PATIENCE;

/// Works until it is told to stop.
struct Patient;

impl JobKind for Patient {
    type Payload = ();
    const NAME: &'static str = "patient";

    fn run(&self, (): (), context: &Context) -> Result<Outcome, Failure> {
        context.progress(0.5, "half way");
        loop {
            context.check()?;
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Breaks every time.
struct Clumsy;

impl JobKind for Clumsy {
    type Payload = ();
    const NAME: &'static str = "clumsy";
    const ATTEMPTS_MAX: u32 = 1;

    fn run(&self, (): (), _: &Context) -> Result<Outcome, Failure> {
        panic!("a bug with a secret in it")
    }
}

fn start() -> App {
    Setup { kinds: Kinds::new().with(Patient).with(Clumsy), ..Setup::default() }.start()
}

/// Orders work in the name of the actor; its address.
fn order<K: JobKind<Payload = ()>>(app: &App, actor: &Actor<'_>) -> String {
    let me = actor.get("/api/me").send().expect(200);
    let user_id = me["id"].as_str().unwrap().parse().unwrap();
    let jobs = app.client.rocket().state::<Jobs>().unwrap().clone();
    let enqueue = move |tx: &cellar::database::Tx<'_>| jobs.enqueue::<K>(tx, Some(user_id), &());
    format!("/api/jobs/{}", app.database.write_here(enqueue).unwrap())
}

fn wait_for(actor: &Actor<'_>, address: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let job = actor.get(address).send().expect(200);
        if is_it(&job) {
            return job;
        }
        assert!(begun.elapsed() < PATIENCE, "still {job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_job_is_seen_by_its_owner_and_administrators_alone() {
    let app = start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let address = order::<Patient>(&app, &ada);
    wait_for(&ada, &address, |job| job["progress"] == 0.5);
    app.admin().get(&address).send().expect(200);
    bob.get(&address).send().problem(404, "not_found");
    bob.post(&format!("{address}/cancel")).send().problem(404, "not_found");
    bob.get(&format!("{address}/events")).send().problem(404, "not_found");
    for path in [address.clone(), format!("{address}/events"), "/api/jobs".into()] {
        app.visitor().get(&path).send().problem(401, "signed_out");
    }
    assert_eq!(bob.get("/api/jobs").send().expect(200), json!({"items": [], "next_cursor": null}));
    assert_eq!(ada.get("/api/jobs").send().expect(200)["items"][0]["kind"], "patient");
    ada.post(&format!("{address}/cancel")).send().expect(200);
}

#[test]
fn a_cancelled_job_stops_and_stays_cancelled() {
    let app = start();
    let ada = app.user("ada");
    let address = order::<Patient>(&app, &ada);
    wait_for(&ada, &address, |job| job["status"] == "running");
    ada.post(&format!("{address}/cancel")).send().expect(200);
    let job = wait_for(&ada, &address, |job| job["status"] == "cancelled");
    assert!(job["finished_at"].is_string());
    assert_eq!(ada.post(&format!("{address}/cancel")).send().expect(200)["status"], "cancelled");
}

#[test]
fn a_job_that_panics_is_dead_and_tells_no_secret() {
    let app = start();
    let ada = app.user("ada");
    let address = order::<Clumsy>(&app, &ada);
    let job = wait_for(&ada, &address, |job| job["status"] == "dead");
    let error = job["error"].as_str().unwrap();
    assert!(!error.is_empty() && !error.contains("secret"), "{error}");
}

#[test]
fn the_events_of_an_ended_job_are_its_final_state() {
    let app = start();
    let ada = app.user("ada");
    let address = order::<Clumsy>(&app, &ada);
    let job = wait_for(&ada, &address, |job| job["status"] == "dead");
    let events = ada.get(&format!("{address}/events")).send();
    assert_eq!(events.header("Content-Type"), Some("text/event-stream"));
    let data = events.text.lines().find_map(|line| line.strip_prefix("data:")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(data).unwrap(), job);
    assert!(events.text.contains("event:job"));
}

#[test]
fn a_list_is_read_page_by_page() {
    let app = start();
    let ada = app.user("ada");
    let mut addresses: Vec<_> = (0..5).map(|_| order::<Clumsy>(&app, &ada)).collect();
    addresses.reverse();
    let mut seen = Vec::new();
    let mut path = "/api/jobs?limit=2".to_owned();
    loop {
        let page = ada.get(&path).send().expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|job| format!("/api/jobs/{}", job["id"].as_str().unwrap())));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/jobs?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, addresses);
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "cursor=!", "cursor="] {
        ada.get(&format!("/api/jobs?{query}")).send().problem(422, "invalid");
    }
}
