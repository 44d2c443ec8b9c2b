//! Predictions: what is predicted, what is rejected and why, and that it costs exactly that.

mod charging;
mod deleting;
mod finding;
mod reading;
mod shape;
mod sizes;
mod unpaid;

use std::slice::from_ref;

use cellar::credits::Credits;
use cellar::database::Tx;
use cellar::error::{Error, Result};
use cellar::files::{Blob, Inventory};
use cellar::ml::rows::Rows;
use cellar::ml::schema::{Inputs, Output, OutputKind, Range, Schema};
use cellar::ml_model::{Card, MLModel};
use serde_json::{Value, json};

use crate::support::app::{Actor, Answer, App, Setup};

/// A usual wine.
fn wine() -> Value {
    json!({
        "fixed acidity": 7.4, "volatile acidity": 0.7, "citric acid": 0.0, "residual sugar": 1.9,
        "chlorides": 0.076, "free sulfur dioxide": 11, "total sulfur dioxide": 34,
        "density": 0.9978, "pH": 3.51, "sulphates": 0.56, "alcohol": 9.4,
    })
}

const HEADER: &str = "fixed acidity,volatile acidity,citric acid,residual sugar,chlorides,free \
    sulfur dioxide,total sulfur dioxide,density,pH,sulphates,alcohol";
const ROW: &str = "7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,9.4";

fn predict(actor: &Actor<'_>, rows: &Value) -> Answer {
    actor.post("/api/tasks").json(&json!({"model": "wine", "rows": rows})).send()
}

fn send_table(actor: &Actor<'_>, table: &str) -> Answer {
    let call = actor.post("/api/tasks?model=wine").header("Content-Type", "text/csv");
    call.body(table).send()
}

fn balance(actor: &Actor<'_>) -> [i64; 2] {
    let found = actor.get("/api/balance").send().expect(200);
    ["available", "held"].map(|name| found[name].as_i64().unwrap())
}

/// The task once it has ended.
fn ended(actor: &Actor<'_>, id: &Value) -> Value {
    let path = format!("/api/tasks/{}", id.as_str().unwrap());
    for _ in 0..600 {
        let task = actor.get(&path).send().expect(200);
        if !["queued", "running"].contains(&task["status"].as_str().unwrap()) {
            return task;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("task {id} does not end");
}

#[test]
fn a_wine_is_judged_and_paid_for() {
    let app = App::start();
    let ada = app.user("ada");
    let answer = predict(&ada, &json!([wine()]));
    let task = answer.expect(200);
    assert_eq!(answer.header("Cellar-Task-Id"), task["id"].as_str());
    assert_eq!(
        answer.header("Location"),
        Some(&*format!("/api/tasks/{}", task["id"].as_str().unwrap()))
    );
    assert_eq!((&task["status"], &task["cost"]), (&json!("succeeded"), &json!(1)));
    assert_eq!(task["charge"], "1 credit charged");
    assert_eq!(task["errors"], json!([]));
    let [prediction] = &task["output_data"].as_array().unwrap()[..] else { panic!("{task}") };
    let number = |value: &Value| value.as_f64().unwrap();
    let (score, interval) = (number(&prediction["score"]), &prediction["interval"]);
    assert!((4.5..6.0).contains(&score), "{prediction}");
    assert_eq!(prediction["class"], 5);
    assert!(number(&interval[0]) < score && score < number(&interval[1]));
    let total: f64 = prediction["probabilities"].as_object().unwrap().values().map(number).sum();
    assert!((total - 1.0).abs() < 1e-3);
    assert_eq!(prediction["notes"], json!([]));
    assert_eq!(balance(&ada), [99, 0]);
    let entry = &ada.get("/api/transactions").send().expect(200)["items"][0];
    assert_eq!((&entry["kind"], &entry["amount"]), (&json!("charge"), &json!(-1)));
    assert_eq!(
        (&entry["id"], &entry["description"]),
        (&task["transaction_id"], &json!("wine: 1 row"))
    );
    let subject = json!({"code": "rows", "model": "wine", "n_rows": 1, "n_rows_sent": null});
    assert_eq!(entry["subject"], subject);
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
    let found = ada.get(&path).send().expect(200);
    assert_eq!((&found["cost"], &found["n_predicted"]), (&json!(1), &json!(1)));
    app.user("bob").get(&path).send().problem(404, "not_found");
}

#[test]
fn what_the_model_has_not_seen_is_noted() {
    let app = App::start();
    let ada = app.user("ada");
    let mut strong = wine();
    strong["alcohol"] = json!(16);
    let task = predict(&ada, &json!([strong])).expect(200);
    let notes = &task["output_data"][0]["notes"];
    assert_eq!(notes.as_array().unwrap().len(), 1);
    assert_eq!(
        (&notes[0]["field"], &notes[0]["code"]),
        (&json!("alcohol"), &json!("beyond_training"))
    );
    // The figures stand beside the English sentence, for programs and for other languages.
    assert_eq!((&notes[0]["value"], &notes[0]["max"]), (&json!(16.0), &json!(14.9)));
}

#[test]
fn of_ten_thousand_rows_exactly_the_broken_ones_come_back() {
    let app = App::start();
    let ada = app.user("ada");
    ada.post("/api/balance/top-ups").json(&json!({"amount": 20_000})).send().expect(201);
    let broken = [
        ("7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,", "alcohol", "missing"),
        ("7.4,0.7,0,1.9,salty,11,34,0.9978,3.51,0.56,9.4", "chlorides", "not_a_number"),
        ("7.4,0.7,0,1.9,0.076,inf,34,0.9978,3.51,0.56,9.4", "free sulfur dioxide", "not_finite"),
        ("7.4,0.7,0,1.9,0.076,11,34,0.9978,35.1,0.56,9.4", "pH", "out_of_range"),
        ("7.4,0.7,0", "row", "too_few_cells"),
        ("7.4,0.7,0,1.9,0.076,11,34,0.9978,3.51,0.56,9.4,5", "row", "too_many_cells"),
    ];
    let mut told = vec![];
    let mut table = format!("{HEADER}\n");
    for row in 1..=10_000_u64 {
        // 37 places, spread without a pattern that a block could have.
        let nth = told.len();
        if nth < 37 && row == (nth as u64 * 269) % 9_973 + nth as u64 + 1 {
            let (line, field, code) = broken[nth % broken.len()];
            told.push((row, row + 1, field.to_owned(), code.to_owned()));
            table += line;
        } else {
            table += ROW;
        }
        table.push('\n');
    }
    assert_eq!(told.len(), 37);
    let task = send_table(&ada, &table).expect(200);
    let errors = task["errors"].as_array().unwrap().iter();
    let errors: Vec<_> = errors
        .map(|fault| {
            let text = |name: &str| fault[name].as_str().unwrap().to_owned();
            let number = |name: &str| fault[name].as_u64().unwrap();
            (number("row"), number("line"), text("field"), text("code"))
        })
        .collect();
    assert_eq!(errors, told);
    let counts = ["n_rows", "n_predicted", "n_rejected", "cost"].map(|name| &task[name]);
    assert_eq!(counts, [&json!(10_000), &json!(9_963), &json!(37), &json!(9_963)]);
    assert_eq!(balance(&ada), [20_100 - 9_963, 0]);
    let rows = task["output_data"].as_array().unwrap();
    assert_eq!(rows.len(), 9_963);
    // The results say the same, row by row.
    let path = format!("/api/tasks/{}/results", task["id"].as_str().unwrap());
    let rejected = ada.get(&format!("{path}?only=rejected&limit=200")).send().expect(200);
    let rejected = rejected["items"].as_array().unwrap();
    assert_eq!(rejected.len(), 37);
    assert!(rejected.iter().zip(&told).all(|(row, told)| row["row"] == told.0));
    let file = ada.get(&format!("{path}.csv")).send();
    let lines: Vec<_> = file.text.lines().collect();
    assert_eq!(lines.len(), 10_001);
    assert!(lines[0].ends_with("probability_8,error"), "{}", lines[0]);
    let n_wrong = lines[1..].iter().filter(|line| !line.ends_with(',')).count();
    assert_eq!(n_wrong, 37);
}

/// An invented model that does as its first number says.
pub(crate) struct Moody {
    schema: Schema,
}

impl Moody {
    pub(crate) fn new() -> Self {
        let output =
            Output { name: "mood", kind: OutputKind::Number, classes: &[], description: "" };
        let inputs = Inputs::Numbers(Range::new(-10.0, 10.0));
        Self { schema: Schema { inputs, outputs: vec![output] } }
    }
}

impl MLModel for Moody {
    fn name(&self) -> &'static str {
        "moody"
    }
    fn version(&self) -> &'static str {
        "1"
    }
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn price(&self) -> Credits {
        Credits::new(3)
    }
    fn card(&self) -> Card {
        Card { title: "", summary: "", description: "", data: None, evaluation: None }
    }
    fn predict_rows(&self, rows: &Rows) -> Result<Rows> {
        let mut outputs = Rows::new();
        for row in rows.iter() {
            match row[0] {
                1.0 => panic!("in a bad mood"),
                2.0 => return Err(Error::internal("in a bad mood")),
                3.0 => outputs.push(&[f64::NAN]),
                4.0 => {}
                5.0 => {
                    std::thread::sleep(std::time::Duration::from_millis(400));
                    outputs.push(&[0.0]);
                }
                _ => outputs.push(&[0.0]),
            }
        }
        Ok(outputs)
    }
}

#[test]
fn what_cannot_be_read_is_refused_whole() {
    let app = App::start();
    let ada = app.user("ada");
    let post = |body: Value| ada.post("/api/tasks").json(&body).send();
    post(json!({"rows": [[1]]})).issues();
    post(json!({"model": "beer", "rows": [[1]]})).problem(404, "not_found");
    let of = |answer: Answer| {
        answer.issues().into_iter().map(|i| format!("{}:{}", i.0, i.1)).collect::<Vec<_>>()
    };
    assert_eq!(of(post(json!({"model": "wine"}))), ["records:required"]);
    assert_eq!(of(post(json!({"model": "wine", "rows": []}))), ["rows:empty"]);
    assert_eq!(of(post(json!({"model": "wine", "rows": [[1]], "row": 1}))), ["row:unknown"]);
    assert_eq!(of(post(json!({"model": "wine", "rows": 1}))), ["rows:wrong_type"]);
    assert_eq!(of(send_table(&ada, "a,b\n1,2\n")).len(), 11);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "text/xml"] {
        let refused = ada.post("/api/tasks?model=wine").header("Content-Type", kind).body("<a/>");
        let told = refused.send().problem(415, "unsupported_type");
        let taken = "application/json, multipart/form-data, text/csv or text/tab-separated-values";
        assert!(told["detail"].as_str().unwrap().ends_with(taken), "{told}");
    }
    let app = Setup::default().flag("table_bytes_max", "2000").start();
    let ada = app.user("ada");
    let large = "1,2,3\n".repeat(1000);
    let is_told = |answer: Answer| {
        assert!(answer.problem(413, "too_large")["detail"].as_str().unwrap().contains("2000"));
    };
    is_told(send_table(&ada, &large));
    let invoked = ada.post("/api/models/wine/invocations").header("Content-Type", "text/csv");
    assert_eq!(invoked.body(large).send().status, 413);
    // In a form as well, however much of it comes before anybody looks at it, and whether or not it
    // says beforehand how long it is.
    for (n_rows, is_announced) in [(400, false), (10_000, false), (100_000, false), (100_000, true)]
    {
        let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"w.csv\"";
        let form = format!("{head}\r\n\r\n{}\r\n--b--\r\n", "1,2,3\n".repeat(n_rows));
        let call = ada.post("/api/tasks?model=wine").header("X-Cellar", "1");
        let call = call.header("Content-Type", "multipart/form-data; boundary=b");
        let length = form.len().to_string();
        let call = if is_announced { call.header("Content-Length", &length) } else { call };
        is_told(call.body(form).send());
    }
    assert_eq!(balance(&ada), [100, 0]);
}

#[test]
fn more_than_a_fair_share_of_waiting_tasks_is_refused_with_what_to_do() {
    let app = Setup::default().model(Moody::new()).flag("job_slots", "1").start();
    let ada = app.user("ada");
    ada.post("/api/balance/top-ups").json(&json!({"amount": 1_000})).send().expect(201);
    let begin = |mood: u8| {
        let call = ada.post("/api/tasks").header("Prefer", "respond-async");
        call.json(&json!({"model": "moody", "rows": [[mood]]})).send()
    };
    // The slow one has the only slot, and its share of the way is long enough for the others.
    let rows = json!({"model": "moody", "rows": vec![[5]; 25]});
    let slow = ada.post("/api/tasks").header("Prefer", "respond-async").json(&rows).send();
    let slow = slow.expect(202);
    for _ in 1..20 {
        begin(0).expect(202);
    }
    let refused = begin(0).problem(429, "too_many");
    assert!(refused["detail"].as_str().unwrap().starts_with("20 tasks of yours"), "{refused}");
    let path = format!("/api/tasks/{}/cancel", slow["id"].as_str().unwrap());
    ada.post(&path).send().expect(200);
    ended(&ada, &slow["id"]);
    begin(0).expect(202);
}

#[test]
fn a_file_in_a_form_is_read_if_our_own_page_sends_it() {
    let app = App::start();
    let ada = app.user("ada");
    let part = |name: &str, rest: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n{text}\r\n")
    };
    let table = format!("{HEADER}\n{ROW}\n");
    let body =
        part("model", "", "wine") + &part("file", "; filename=\"w.csv\"", &table) + "--b--\r\n";
    let send = || {
        let call = ada.post("/api/tasks").header("Content-Type", "multipart/form-data; boundary=b");
        call.body(body.clone())
    };
    send().send().problem(403, "cross_site");
    assert_eq!(send().header("X-Cellar", "1").send().expect(200)["cost"], 1);
    assert_eq!(balance(&ada), [99, 0]);
}

#[test]
fn the_simple_model_doubles_any_numbers() {
    let app = App::start();
    let ada = app.user("ada");
    let body = json!({"model": "simple", "rows": [[1, 2.5], [3]]});
    let task = ada.post("/api/tasks").json(&body).send().expect(200);
    assert_eq!(task["output_data"][0]["doubled"], json!([2.0, 5.0]));
    assert_eq!(task["output_data"][1]["doubled"], json!([6.0]));
    let body = json!({"model": "simple", "data": [1, 2]});
    let task = ada.post("/api/tasks").json(&body).send().expect(200);
    assert_eq!(
        (&task["output_data"][0]["doubled"], &task["cost"]),
        (&json!([2.0, 4.0]), &json!(1))
    );
    let path = format!("/api/tasks/{}/results.csv", task["id"].as_str().unwrap());
    assert_eq!(ada.get(&path).send().text, "column 1,column 2,doubled,error\n1,2,2 4,\n");
}

#[test]
fn staff_see_everybodys_tasks_and_nobody_else_does() {
    let app = App::start();
    let ada = app.user("ada");
    let task = predict(&ada, &json!([wine()])).expect(200);
    let all = app.admin().get("/api/admin/tasks?model=wine").send().expect(200);
    let [found] = &all["items"].as_array().unwrap()[..] else { panic!("{all}") };
    assert_eq!((&found["id"], &found["username"]), (&task["id"], &json!("ada")));
    let file = app.admin().get("/api/admin/tasks.csv").send();
    assert_eq!(file.text.lines().count(), 2, "{}", file.text);
    ada.get("/api/admin/tasks").send().problem(403, "forbidden");
    let figures = app.admin().get("/api/admin/figures").send().expect(200);
    let today = figures["tasks_by_day"].as_array().unwrap().last().unwrap();
    assert_eq!((&today["succeeded"], &today["n_predicted"]), (&json!(1), &json!(1)));
}

// What is deleted is gone: contents of tasks, and the answers that told of them.

/// A table whose text and results are too long for a row of the database.
fn long_table() -> String {
    format!("{HEADER}\n{}", format!("{ROW}\n").repeat(400))
}

fn contents(app: &App) -> (usize, usize) {
    let found = app.database.read_here(Inventory::of).unwrap();
    (found.used.len(), found.unused.len())
}
