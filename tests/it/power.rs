//! A hundred times the process is killed while rows are predicted and paid for: nothing is lost,
//! nothing is charged twice, and nothing stays held. What the system has taken from a process
//! outlives it, so this says nothing of a cut of power.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use cellar::ml::wine::Evaluation;
use cellar::ml_model::MLModel;
use cellar::ml_model_manager::Keep;

use crate::support::app::put_wine_model;
use crate::support::binary::{Answer, Binary, Served, eventually};

const ROUNDS: u64 = 100;

/// What is added to the balance at once, and how often.
const TOP_UP: i64 = 1_000_000;
const N_TOP_UPS: i64 = 4;

/// Rows of a task that runs in the background: several blocks of them.
const JOB_ROWS: usize = 9_000;

/// One who predicts, and remembers outside of the server what was asked and what was answered.
struct Client {
    key: String,
    n_asked: AtomicU64,
    /// Keys of requests whose answer did not come.
    unanswered: Mutex<Vec<String>>,
    /// Tasks that were promised.
    promised: Mutex<Vec<String>>,
}

impl Client {
    fn ask(&self, served: &Served, once: &str) -> std::io::Result<Answer> {
        let body = json!({"model": "simple", "rows": [[1, 2], ["x"]]});
        let call = served.request("POST", "/api/tasks").header("Idempotency-Key", once);
        call.header("Authorization", &self.key).json(&body).try_send()
    }

    /// Has a row predicted, again and again, until the server is gone.
    fn predict_until_the_end(&self, served: &Served) {
        loop {
            let once = format!("k-{}", self.n_asked.fetch_add(1, Ordering::SeqCst));
            match self.ask(served, &once) {
                Ok(answer) if answer.status == 200 => {}
                _ => {
                    self.unanswered.lock().unwrap().push(once);
                    return;
                }
            }
        }
    }

    /// Orders tasks that take a while.
    fn order_until_the_end(&self, served: &Served) {
        let table = table_of_wines();
        loop {
            let call = served.request("POST", "/api/tasks?model=wine");
            let call = call.header("Prefer", "respond-async").header("Authorization", &self.key);
            match call.body("text/csv", &table).try_send() {
                Ok(answer) if answer.status == 202 => {
                    let id = answer.json()["id"].as_str().unwrap().to_owned();
                    self.promised.lock().unwrap().push(id);
                }
                // So many wait that no more are taken.
                Ok(answer) if answer.status == 429 => thread::sleep(Duration::from_millis(5)),
                _ => return,
            }
        }
    }

    /// Asks again for what had no answer; each is answered now.
    fn ask_again(&self, served: &Served) {
        for once in std::mem::take(&mut *self.unanswered.lock().unwrap()) {
            let answer = self.ask(served, &once).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    fn get(&self, served: &Served, path: &str) -> Value {
        let answer = served.request("GET", path).header("Authorization", &self.key).send();
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        answer.json()
    }

    /// Every task, once none of them waits or runs; work that was cut off pauses for some seconds.
    fn tasks_once_ended(&self, served: &Served) -> Vec<Value> {
        for _ in 0..600 {
            let tasks = self.tasks(served);
            if tasks.iter().all(|task| task["finished_at"].is_string()) {
                return tasks;
            }
            thread::sleep(Duration::from_millis(200));
        }
        panic!("a task does not end: {:?}", self.tasks(served));
    }

    /// Every task there is.
    fn tasks(&self, served: &Served) -> Vec<Value> {
        self.all(served, "/api/tasks")
    }

    /// All of a list.
    fn all(&self, served: &Served, path: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (vec![], String::new());
        loop {
            let page = self.get(served, &format!("{path}?limit=200{cursor}"));
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

/// The last row of each thousand is bad.
fn table_of_wines() -> String {
    let good = "7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,9.4\n";
    let bad = "7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,strong\n";
    let header = "fixed acidity,volatile acidity,citric acid,residual sugar,chlorides,\
        free sulfur dioxide,total sulfur dioxide,density,pH,sulphates,alcohol\n";
    header.to_owned() + &(good.repeat(999) + bad).repeat(JOB_ROWS / 1000)
}

fn client_of(served: &Served) -> Client {
    let cookie = served.sign_in();
    for _ in 0..N_TOP_UPS {
        let call = served.request("POST", "/api/balance/top-ups").cookie(&cookie);
        assert_eq!(call.json(&json!({"amount": TOP_UP})).send().status, 201);
    }
    let scopes = json!({"name": "kills", "scopes": ["read", "predict", "write"]});
    let made = served.request("POST", "/api/keys").cookie(&cookie).json(&scopes).send().json();
    Client {
        key: format!("Bearer {}", made["secret"].as_str().unwrap()),
        n_asked: AtomicU64::new(0),
        unanswered: Mutex::default(),
        promised: Mutex::default(),
    }
}

#[test]
fn a_hundred_kills_under_predictions_charge_nothing_wrongly() {
    let binary = Binary::new();
    binary.run(&["init-db"]).done();
    put_wine_model(&binary.data());
    // As if it had been measured: no round shall spend its time on that.
    let keep = Keep::below(&binary.data());
    let version = keep.wine().unwrap().version().to_owned();
    keep.put_evaluation(&version, &Evaluation::default()).unwrap();
    let served = binary.serve(&[]);
    let client = client_of(&served);
    served.kill();
    for round in 0..ROUNDS {
        let served = binary.serve(&[]);
        client.ask_again(&served);
        let n_before = client.n_asked.load(Ordering::SeqCst);
        let process = served.process();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| client.predict_until_the_end(&served));
            }
            scope.spawn(|| client.order_until_the_end(&served));
            eventually(|| (client.n_asked.load(Ordering::SeqCst) > n_before + 6).then_some(()));
            // The end comes at another moment each time.
            thread::sleep(Duration::from_micros(round * 7_919 % 60_000));
            rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
        });
        served.kill();
        if round % 5 == 4 {
            binary.run(&["check"]).done();
        }
    }
    let served = binary.serve(&[]);
    client.ask_again(&served);
    let tasks = client.tasks_once_ended(&served);
    let number = |value: &Value| value.as_i64().unwrap();
    let n_once = tasks.iter().filter(|task| task["n_rows"] == 2).count() as u64;
    assert_eq!(n_once, client.n_asked.load(Ordering::SeqCst), "each key is one task");
    for id in &*client.promised.lock().unwrap() {
        let task = tasks.iter().find(|task| task["id"] == id.as_str());
        let task = task.unwrap_or_else(|| panic!("the promised task {id} is lost"));
        // Work that was cut off three times is given up, and costs nothing.
        let cost = if task["status"] == "succeeded" { JOB_ROWS - JOB_ROWS / 1000 } else { 0 };
        assert_eq!(number(&task["cost"]), i64::try_from(cost).unwrap(), "{task}");
    }
    // Some were cut off and came to their end all the same.
    let jobs = client.all(&served, "/api/jobs");
    let jobs = jobs.iter().filter(|job| job["kind"] == "predict" && job["status"] == "succeeded");
    let attempts: Vec<_> = jobs.map(|job| number(&job["attempt"])).collect();
    assert!(attempts.iter().any(|attempt| *attempt > 1), "{attempts:?}");
    let cost: i64 = tasks.iter().map(|task| number(&task["cost"])).sum();
    let balance = client.get(&served, "/api/balance");
    assert_eq!(number(&balance["held"]), 0);
    assert_eq!(number(&balance["available"]), N_TOP_UPS * TOP_UP - cost);
    drop(served.stop());
    binary.run(&["check"]).done();
}
