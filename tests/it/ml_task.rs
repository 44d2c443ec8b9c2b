//! Predictions: what is predicted, what is rejected and why, and that it costs exactly that.

use std::slice::from_ref;

use cellar::credits::Credits;
use cellar::error::{Error, Result};
use cellar::ml::rows::Rows;
use cellar::ml::schema::{Inputs, Output, OutputKind, Range, Schema};
use cellar::ml_model::{Card, MLModel};
use serde_json::{Value, json};

use crate::support::app::{Actor, Answer, App, Setup};
use cellar::database::Tx;
use cellar::files::{Blob, Inventory};

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
    assert_eq!(notes[0]["field"], "alcohol");
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

#[test]
fn a_request_without_a_good_row_costs_nothing_and_names_every_problem() {
    let app = App::start();
    let ada = app.user("ada");
    let mut sour = wine();
    sour["pH"] = json!(15);
    sour["alcohol"] = json!("strong");
    let answer = predict(&ada, &json!([sour, [1, 2]]));
    let body = answer.problem(422, "invalid");
    let found: Vec<_> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| (issue["row"].as_u64().unwrap(), issue["field"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [(1, "pH"), (1, "alcohol"), (2, "row")]);
    assert_eq!(balance(&ada), [100, 0]);
    let id = answer.header("Cellar-Task-Id").unwrap();
    let task = ada.get(&format!("/api/tasks/{id}")).send().expect(200);
    assert_eq!((&task["status"], &task["charge"]), (&json!("failed"), &json!("not charged")));
    assert_eq!(task["n_rejected"], 2);
}

#[test]
fn a_balance_too_small_stores_nothing() {
    let app = Setup::default().flag("sign_up_credits", "2").start();
    let ada = app.user("ada");
    let body = predict(&ada, &json!([wine(), wine(), wine()])).problem(402, "out_of_credits");
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.contains("3 credits") && detail.contains("2 credits"), "{detail}");
    assert_eq!(balance(&ada), [2, 0]);
    assert_eq!(ada.get("/api/tasks").send().expect(200)["items"], json!([]));
    // The same for a job, whose rows are all held at once.
    let call = ada.post("/api/tasks").header("Prefer", "respond-async");
    let rows = json!({"model": "wine", "rows": [wine(), wine(), wine()]});
    call.json(&rows).send().problem(402, "out_of_credits");
    assert_eq!(ada.get("/api/tasks").send().expect(200)["items"], json!([]));
}

#[test]
fn a_key_has_rows_predicted_once() {
    let app = App::start();
    let ada = app.user("ada");
    let rows = json!({"model": "wine", "rows": [wine(), [1]]});
    let send =
        |rows: &Value| ada.post("/api/tasks").header("Idempotency-Key", "k").json(rows).send();
    let first = send(&rows);
    let again = send(&rows);
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.header("Cellar-Task-Id"), first.header("Cellar-Task-Id"));
    assert_eq!(balance(&ada), [99, 0]);
    send(&json!({"model": "wine", "rows": [wine()]})).problem(400, "idempotency_key_reused");
}

#[test]
fn a_large_task_runs_in_the_background() {
    let app = Setup::default().flag("rows_at_once_max", "5").start();
    let ada = app.user("ada");
    let table = format!("id,{HEADER}\n=1+1,{ROW}\nb,{ROW}\nc,{}\n", ROW.replace("9.4", "x"));
    let table = table + &format!("d,{ROW}\n").repeat(7);
    let answer = send_table(&ada, &table);
    let begun = answer.expect(202);
    assert_eq!((&begun["status"], &begun["charge"]), (&json!("queued"), &json!("10 credits held")));
    let task = ended(&ada, &begun["id"]);
    assert_eq!((&task["status"], &task["cost"]), (&json!("succeeded"), &json!(9)), "{task}");
    assert_eq!((&task["n_predicted"], &task["n_rejected"]), (&json!(9), &json!(1)));
    assert_eq!(balance(&ada), [91, 0]);
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
    let page = ada.get(&format!("{path}/results?limit=3")).send().expect(200);
    assert_eq!(page["columns"][0], "id");
    let rows: Vec<_> = page["items"].as_array().unwrap().iter().map(|row| &row["row"]).collect();
    assert_eq!(rows, [1, 2, 3]);
    assert_eq!(page["items"][2]["errors"][0]["code"], "not_a_number");
    assert_eq!(page["items"][2]["prediction"], json!(null));
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = ada.get(&format!("{path}/results?cursor={cursor}")).send().expect(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 7);
    // A cell that a spreadsheet would run is defused, and the columns keep their order.
    let file = ada.get(&format!("{path}/results.csv")).send();
    assert_eq!(file.header("Content-Disposition"), Some("attachment; filename=\"results.csv\""));
    assert!(file.text.lines().nth(1).unwrap().starts_with("'=1+1,7.4,"), "{}", file.text);
    // Whether it ran at once or not, a row is judged alike.
    let at_once = predict(&ada, &json!([wine()])).expect(200);
    assert_eq!(page["items"][0]["score"], at_once["output_data"][0]["score"]);
}

/// The names of a record, in order of the alphabet.
fn names(record: &Value) -> Vec<String> {
    let mut names: Vec<_> = record.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

#[test]
fn a_task_has_one_shape_everywhere() {
    let app = Setup::default().flag("rows_at_once_max", "3").start();
    let ada = app.user("ada");
    let body = json!({"model": "wine", "rows": [wine(), [1]]});
    let made = ada.post("/api/tasks").json(&body).send().expect(200);
    let parts =
        |task: &Value| ["input_data", "output_data", "errors"].map(|part| task[part].clone());
    let path = format!("/api/tasks/{}", made["id"].as_str().unwrap());
    let found = ada.get(&path).send().expect(200);
    assert_eq!(found, made, "a small task is told whole, whenever it is asked for");
    assert_eq!(made["user_id"], ada.get("/api/me").send().expect(200)["id"]);
    assert_eq!((&made["model_id"], &made["model"]), (&json!("wine"), &json!("wine")));
    assert_eq!(made["input_data"], body);
    assert_eq!(made["output_data"][0]["prediction"], made["output_data"][0]["score"]);
    assert_eq!(made["output_data"][0]["row"], 1);
    assert_eq!(made["errors"][0]["row"], 2);
    // In a list, and if it is large, a part is an address that can be read.
    let listed = &ada.get("/api/tasks").send().expect(200)["items"][0];
    assert_eq!(names(listed), names(&made));
    for part in parts(listed) {
        ada.get(part["href"].as_str().unwrap()).send().expect(200);
    }
    let sent = ada.get(listed["input_data"]["href"].as_str().unwrap()).send();
    assert_eq!(serde_json::from_str::<Value>(&sent.text).unwrap(), body);
    let begun =
        ada.post("/api/tasks").json(&json!({"model": "simple", "rows": [[1], [2], [3], [4]]}));
    let begun = begun.send().expect(202);
    assert_eq!(names(&begun), names(&made));
    assert_eq!((&begun["output_data"], &begun["errors"]), (&json!(null), &json!(null)));
    let ended = ended(&ada, &begun["id"]);
    assert_eq!(ended["output_data"].as_array().unwrap().len(), 4);
    assert_eq!(ended["errors"], json!([]));
    let stranger = app.user("bob");
    stranger.get(&format!("{path}/input")).send().problem(404, "not_found");
}

#[test]
fn clients_of_other_servers_are_not_sent_away_to_a_job() {
    let app = Setup::default().flag("rows_at_once_max", "3").start();
    let ada = app.user("ada");
    let rows = json!({"inputs": [[1], [2], [3], [4]]});
    let refused = ada.post("/api/models/simple/invocations").json(&rows).send();
    assert_eq!(refused.status, 413, "{}", refused.text);
    assert_eq!(balance(&ada), [100, 0]);
    assert_eq!(ada.get("/api/tasks").send().expect(200)["items"], json!([]));
}

#[test]
fn a_task_of_nothing_but_bad_rows_is_not_charged_in_the_background_either() {
    let app = App::start();
    let ada = app.user("ada");
    let call = ada.post("/api/tasks").header("Prefer", "respond-async");
    let begun = call.json(&json!({"model": "wine", "rows": [[1], [2]]})).send().expect(202);
    let task = ended(&ada, &begun["id"]);
    assert_eq!((&task["status"], &task["charge"]), (&json!("failed"), &json!("not charged")));
    assert_eq!(balance(&ada), [100, 0]);
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
fn a_model_that_fails_costs_nothing() {
    let app = Setup::default().model(Moody::new()).start();
    let ada = app.user("ada");
    for mood in 1..=4 {
        let rows = json!({"model": "moody", "rows": [[0], [mood]]});
        let answer = ada.post("/api/tasks").json(&rows).send();
        answer.problem(500, "internal");
        let id = answer.header("Cellar-Task-Id").unwrap();
        let task = ada.get(&format!("/api/tasks/{id}")).send().expect(200);
        assert_eq!((&task["status"], &task["charge"]), (&json!("failed"), &json!("not charged")));
    }
    assert_eq!(balance(&ada), [100, 0]);
    let rows = json!({"model": "moody", "rows": [[0], [7]]});
    assert_eq!(ada.post("/api/tasks").json(&rows).send().expect(200)["cost"], 6);
    assert_eq!(balance(&ada), [94, 0]);
}

#[test]
fn a_cancelled_task_returns_what_it_held() {
    let app = Setup::default().model(Moody::new()).flag("job_slots", "1").start();
    let ada = app.user("ada");
    // One row of five hundred takes its time: each block is done in some seconds, all of them
    // in minutes.
    let rows = format!("5\n{}", "0\n".repeat(499)).repeat(600);
    for _ in 0..2 {
        let top_up = ada.post("/api/balance/top-ups").json(&json!({"amount": 900_000}));
        top_up.send().expect(201);
    }
    let begin = || {
        let call = ada.post("/api/tasks?model=moody").header("Prefer", "respond-async");
        call.header("Content-Type", "text/csv").body(rows.clone()).send().expect(202)
    };
    let (running, waiting) = (begin(), begin());
    assert_eq!(balance(&ada), [100, 1_800_000]);
    let path = |task: &Value| format!("/api/tasks/{}", task["id"].as_str().unwrap());
    let is_running = || ada.get(&path(&running)).send().expect(200)["status"] == "running";
    while !is_running() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    for task in [&waiting, &running] {
        ada.post(&format!("{}/cancel", path(task))).send().expect(200);
        let task = ended(&ada, &task["id"]);
        let told = (&task["status"], &task["charge"]);
        assert_eq!(told, (&json!("cancelled"), &json!("not charged")));
    }
    assert_eq!(balance(&ada), [1_800_100, 0]);
}

#[test]
fn tasks_are_found_and_deleted_by_their_owner_alone() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let task = predict(&ada, &json!([wine()])).expect(200);
    ada.post("/api/tasks").json(&json!({"model": "simple", "rows": [[1, 2]]})).send().expect(200);
    predict(&ada, &json!([[1]])).problem(422, "invalid");
    let n = |query: &str| {
        let found = ada.get(&format!("/api/tasks?{query}")).send().expect(200);
        found["items"].as_array().unwrap().len()
    };
    assert_eq!(
        ["", "model=wine", "status=succeeded", "model=wine&status=failed", "to=2020-01-01"].map(n),
        [3, 2, 2, 1, 0]
    );
    let found = ada.get("/api/tasks?status=odd&from=soon").send().issues();
    assert_eq!(found.iter().map(|issue| &issue.0).collect::<Vec<_>>(), ["from", "status"]);
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
    bob.delete(&path).send().problem(404, "not_found");
    for below in ["", "/results", "/results.csv", "/events"] {
        bob.get(&format!("{path}{below}")).send().problem(404, "not_found");
    }
    ada.delete(&path).send().expect(204);
    ada.get(&path).send().problem(404, "not_found");
    assert_eq!(balance(&ada), [98, 0]);
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
    let xml = ada.post("/api/tasks?model=wine").header("Content-Type", "text/xml").body("<a/>");
    xml.send().problem(415, "unsupported_type");
    let app = Setup::default().flag("table_bytes_max", "2000").start();
    let ada = app.user("ada");
    let large = send_table(&ada, &"1,2,3\n".repeat(1000));
    assert!(large.problem(413, "too_large")["detail"].as_str().unwrap().contains("2000"));
    assert_eq!(balance(&ada), [100, 0]);
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
fn a_closed_account_leaves_no_tasks_behind() {
    let app = App::start();
    let ada = app.user("ada");
    predict(&ada, &json!([wine()])).expect(200);
    let body = json!({"password": crate::support::app::PASSWORD});
    ada.post("/api/me/close").json(&body).send().expect(204);
    let all = app.admin().get("/api/admin/tasks").send().expect(200);
    assert_eq!(all["items"], json!([]));
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

#[test]
fn a_content_goes_with_the_last_task_that_needs_it_after_a_grace() {
    let app = Setup::default().standing().flag("sign_up_credits", "1200").start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let send = |of: &Actor<'_>| {
        let id = send_table(of, &long_table()).expect(200)["id"].clone();
        format!("/api/tasks/{}", id.as_str().unwrap())
    };
    let (first, second) = (send(&ada), send(&bob));
    // The same bytes are kept once: what was sent, and what was predicted.
    assert_eq!(contents(&app), (2, 0));
    ada.delete(&first).send().expect(204);
    assert_eq!(contents(&app), (2, 0));
    assert_eq!(bob.get(&format!("{second}/results.csv")).send().text.lines().count(), 401);
    bob.delete(&second).send().expect(204);
    assert_eq!(contents(&app), (0, 2));
    let forget = || {
        let now = app.clock.now();
        let forget = move |tx: &Tx<'_>| Blob::forget_unused(tx, now, 9);
        rocket::tokio::runtime::Runtime::new().unwrap().block_on(app.database.write(forget))
    };
    // Who sends them once more has them again.
    let third = send(&ada);
    assert_eq!((contents(&app), forget().unwrap()), ((2, 0), 0));
    ada.delete(&third).send().expect(204);
    assert_eq!((contents(&app), forget().unwrap()), ((0, 2), 0));
    app.clock.advance_s(25 * 3600);
    assert_eq!((forget().unwrap(), contents(&app)), (2, (0, 0)));
}

#[test]
fn a_closed_account_leaves_no_contents_behind() {
    let app = Setup::default().flag("sign_up_credits", "1200").start();
    let ada = app.user("ada");
    send_table(&ada, &long_table()).expect(200);
    send_table(&ada, &long_table()).expect(200);
    let body = json!({"password": crate::support::app::PASSWORD});
    ada.post("/api/me/close").json(&body).send().expect(204);
    assert_eq!(contents(&app), (0, 2));
}

#[test]
fn the_answer_of_a_deleted_task_is_forgotten() {
    let app = App::start();
    let ada = app.user("ada");
    let body = json!({"model": "wine", "rows": [wine()]});
    let send = || ada.post("/api/tasks").header("Idempotency-Key", "k").json(&body).send();
    let first = send().expect(200);
    ada.delete(&format!("/api/tasks/{}", first["id"].as_str().unwrap())).send().expect(204);
    let again = send();
    assert_ne!(again.expect(200)["id"], first["id"]);
    assert_eq!(again.header("Idempotent-Replayed"), None);
    assert_eq!(balance(&ada), [98, 0]);
}

/// What is read, exactly: the bodies, the files, and the results read back.
mod reading {
    use super::*;

    fn send(actor: &Actor<'_>, body: &str) -> Answer {
        actor.post("/api/tasks").header("Content-Type", "application/json").body(body).send()
    }

    #[test]
    fn records_are_predicted_whatever_the_order_of_the_fields() {
        let app = App::start();
        let ada = app.user("ada");
        let record = wine().to_string();
        for body in [
            format!(r#"{{"model":"wine","records":[{record}]}}"#),
            format!(r#"{{"records":[{record}],"model":"wine"}}"#),
            format!(r#"{{"rows":[[1e400],{record}],"model":"wine"}}"#),
        ] {
            let task = send(&ada, &body).expect(200);
            assert_eq!(task["n_predicted"], 1, "{task}");
        }
        assert_eq!(balance(&ada), [97, 0]);
        // A number beyond all bounds is a fault of its row.
        let task = send(&ada, r#"{"model":"simple","rows":[[1],[-1e400],[1,{}]]}"#).expect(200);
        let faults: Vec<_> = task["errors"].as_array().unwrap().iter().collect();
        let told = |at: usize, name: &str| faults[at][name].clone();
        assert_eq!([told(0, "row"), told(1, "row")], [json!(2), json!(3)]);
        assert_eq!([told(0, "code"), told(1, "code")], ["not_finite", "not_a_number"]);
        // A row without a number costs nothing.
        send(&ada, r#"{"model":"simple","rows":[{},[]]}"#).problem(422, "invalid");
        assert_eq!(balance(&ada), [96, 0]);
    }

    #[test]
    fn an_unclosed_quote_is_told() {
        let app = App::start();
        let ada = app.user("ada");
        let table = format!("{HEADER}\n{ROW}\n\"{ROW}\n{}", format!("{ROW}\n").repeat(30));
        for wish in ["", "respond-async"] {
            let call = ada.post("/api/tasks?model=wine").header("Prefer", wish);
            let answer = call.header("Content-Type", "text/csv").body(table.clone()).send();
            let told = answer.problem(422, "invalid")["errors"][0].clone();
            assert_eq!((&told["code"], &told["line"]), (&json!("unclosed_quote"), &json!(3)));
        }
        assert_eq!(balance(&ada), [100, 0]);
    }

    #[test]
    fn a_table_of_very_many_faults_is_left_to_a_job() {
        let app = App::start();
        let ada = app.user("ada");
        ada.post("/api/balance/top-ups").json(&json!({"amount": 20_000})).send().expect(201);
        let table = format!("{}\n", vec!["a"; 64].join(","))
            + &format!("{}\n", ",".repeat(63)).repeat(2_000);
        let call = ada.post("/api/tasks?model=simple").header("Content-Type", "text/csv");
        let begun = call.body(table).send().expect(202);
        let task = ended(&ada, &begun["id"]);
        assert_eq!((&task["status"], &task["n_rejected"]), (&json!("failed"), &json!(2_000)));
        assert_eq!(balance(&ada), [20_100, 0]);
    }

    #[test]
    fn a_task_that_was_paid_out_of_its_hold_names_the_entry() {
        let app = App::start();
        let ada = app.user("ada");
        let call = ada.post("/api/tasks").header("Prefer", "respond-async");
        let rows = json!({"model": "wine", "records": [wine(), {}]});
        let task = ended(&ada, &call.json(&rows).send().expect(202)["id"]);
        assert_eq!(task["status"], "succeeded", "{task}");
        let entries = ada.get("/api/transactions").send().expect(200);
        let paid = entries["items"].as_array().unwrap().iter();
        let paid = paid.clone().find(|entry| entry["kind"] == "settle").unwrap();
        assert_eq!((&task["transaction_id"], &paid["amount"]), (&paid["id"], &json!(-1)));
    }

    #[test]
    fn a_slow_task_is_cancelled_between_two_rows() {
        let app = Setup::default().model(Moody::new()).start();
        let ada = app.user("ada");
        ada.post("/api/balance/top-ups").json(&json!({"amount": 15_000})).send().expect(201);
        let call = ada.post("/api/tasks?model=moody").header("Prefer", "respond-async");
        // All rows are in one block, which would take half an hour.
        let call = call.header("Content-Type", "text/csv").body("5\n".repeat(4_000));
        let task = call.send().expect(202);
        let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
        while ada.get(&path).send().expect(200)["status"] != "running" {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        ada.post(&format!("{path}/cancel")).send().expect(200);
        assert_eq!(ended(&ada, &task["id"])["status"], "cancelled");
        assert_eq!(balance(&ada), [15_100, 0]);
    }

    /// Two thousand rows, of which every fiftieth is bad, as they were sent and predicted.
    fn some_results(app: &App, n: u64) -> (Actor<'_>, String) {
        let ada = app.user("ada");
        ada.post("/api/balance/top-ups").json(&json!({"amount": 20_000})).send().expect(201);
        let rows = (1..=n)
            .map(|row| if row % 50 == 0 { format!("{row},x\n") } else { format!("{row},1\n") });
        let table = format!("id,score\n{}", rows.collect::<String>());
        let call = ada.post("/api/tasks?model=simple").header("Content-Type", "text/csv");
        let task = call.body(table).send().expect(200);
        let path = format!("/api/tasks/{}/results", task["id"].as_str().unwrap());
        (ada, path)
    }

    #[test]
    fn every_page_of_results_has_its_rows() {
        let app = App::start();
        let (ada, path) = some_results(&app, 2_000);
        for (only, expected) in [
            ("all", (1..=2_000).collect::<Vec<u64>>()),
            ("predicted", (1..=2_000).filter(|row| row % 50 != 0).collect()),
            ("rejected", (1..=2_000).filter(|row| row % 50 == 0).collect()),
        ] {
            let (mut found, mut cursor) = (vec![], String::new());
            loop {
                let page = ada.get(&format!("{path}?only={only}&limit=170{cursor}")).send();
                let page = page.expect(200);
                for item in page["items"].as_array().unwrap() {
                    let row = item["row"].as_u64().unwrap();
                    assert_eq!(item["cells"][0], row.to_string());
                    let doubled = &item["doubled"][0];
                    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
                    let expected =
                        if row % 50 == 0 { Value::Null } else { json!(2.0 * row as f64) };
                    assert_eq!((doubled, item["errors"] == json!([])), (&expected, row % 50 != 0));
                    found.push(row);
                }
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(found, expected, "{only}");
        }
    }

    #[test]
    fn columns_that_are_named_like_a_prediction_are_told_apart() {
        let app = App::start();
        let ada = app.user("ada");
        let table = "doubled,Error,error (predicted)\n1,2,3\n";
        let call = ada.post("/api/tasks?model=simple").header("Content-Type", "text/csv");
        let task = call.body(table).send().expect(200);
        let path = format!("/api/tasks/{}/results.csv", task["id"].as_str().unwrap());
        let file = ada.get(&path).send().text;
        let header = "doubled,Error,error (predicted),doubled (predicted),\
                      error (predicted) (predicted)\n";
        assert_eq!(file, format!("{header}1,2,3,2 4 6,\n"));
    }
}

/// What can be found again: tasks by a text, tasks of entries, and what others once sent.
mod finding {
    use super::*;

    fn ids(actor: &Actor<'_>, query: &str) -> Vec<Value> {
        let found = actor.get(&format!("/api/tasks?{query}")).send().expect(200);
        found["items"].as_array().unwrap().iter().map(|task| task["id"].clone()).collect()
    }

    #[test]
    fn a_text_is_found_in_models_errors_and_ids() {
        let app = Setup::default().model(Moody::new()).start();
        let (ada, bob) = (app.user("ada"), app.user("bob"));
        let good = predict(&ada, &json!([wine()])).expect(200)["id"].clone();
        let id_of = |answer: Answer| json!(answer.header("Cellar-Task-Id").unwrap());
        let bad = id_of(predict(&ada, &json!([[1]])));
        let moody = json!({"model": "moody", "rows": [[1]]});
        let failed = id_of(ada.post("/api/tasks").json(&moody).send());
        let others = predict(&bob, &json!([wine()])).expect(200)["id"].clone();
        assert_eq!(ids(&ada, "text=WINE"), [bad.clone(), good.clone()]);
        assert_eq!(ids(&ada, "text=no%20row%20could"), from_ref(&bad));
        // The model's name, and a word of the error of another one.
        assert_eq!(ids(&ada, "text=mo"), from_ref(&failed));
        assert_eq!(ids(&ada, "text=e"), [failed.clone(), bad.clone(), good.clone()]);
        assert_eq!(ids(&ada, &format!("text=%20{}", good.as_str().unwrap())), from_ref(&good));
        assert_eq!(ids(&ada, &format!("text={}", others.as_str().unwrap())), [json!(null); 0]);
        assert_eq!(ids(&ada, "text=wine&status=failed"), from_ref(&bad));
        assert_eq!(ids(&ada, "text=wine&model=moody"), [json!(null); 0]);
        assert_eq!(ids(&ada, "text=the%20model&model=moody"), from_ref(&failed));
        assert_eq!(ids(&ada, "text=%25"), [json!(null); 0]);
        // It is turned page by page as any list.
        let first = ada.get("/api/tasks?text=e&limit=2").send().expect(200);
        let next = format!("text=e&limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!(ids(&ada, &next), [good]);
        ada.get("/api/tasks?text=%20").send().problem(422, "invalid");
        let all = app.admin().get("/api/admin/tasks?text=wine").send().expect(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 3);
        assert_eq!(all["items"][0]["id"], others);
        let of_error = app.admin().get("/api/admin/tasks?text=the%20model%20failed").send();
        assert_eq!(of_error.expect(200)["items"][0]["id"], failed);
        let file = app.admin().get("/api/admin/tasks.csv?text=moody").send();
        assert_eq!(file.text.lines().count(), 2, "{}", file.text);
    }

    #[test]
    fn every_entry_of_a_task_names_it_and_a_task_what_paid_for_it() {
        let app = App::start();
        let ada = app.user("ada");
        let at_once = predict(&ada, &json!([wine()])).expect(200);
        let begin = |rows: Value| {
            let call = ada.post("/api/tasks").header("Prefer", "respond-async");
            let body = json!({"model": "wine", "records": rows});
            ended(&ada, &call.json(&body).send().expect(202)["id"])
        };
        let (held, bad) = (begin(json!([wine(), {}])), begin(json!([{}])));
        let entries = ada.get("/api/transactions").send().expect(200)["items"].clone();
        let told: Vec<_> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (entry["kind"].as_str().unwrap(), entry["task_id"].clone()))
            .collect();
        let (at_once_id, held_id, bad_id) = (&at_once["id"], &held["id"], &bad["id"]);
        let expected = [
            ("release", bad_id),
            ("hold", bad_id),
            ("settle", held_id),
            ("release", held_id),
            ("hold", held_id),
            ("charge", at_once_id),
            ("gift", &Value::Null),
        ];
        assert_eq!(told, expected.map(|(kind, id)| (kind, id.clone())));
        assert_eq!(at_once["transaction_id"], entries[5]["id"]);
        assert_eq!(held["transaction_id"], entries[2]["id"]);
        let file = ada.get("/api/transactions.csv?kind=settle").send().text;
        assert!(file.trim_end().ends_with(held_id.as_str().unwrap()), "{file}");
        let all = app.admin().get("/api/admin/transactions?kind=charge").send().expect(200);
        assert_eq!(&all["items"][0]["task_id"], at_once_id);
        // Of a task that is gone, the entry stays.
        ada.delete(&format!("/api/tasks/{}", at_once_id.as_str().unwrap())).send().expect(204);
        let entries = ada.get("/api/transactions?kind=charge").send().expect(200);
        assert_eq!(entries["items"][0]["task_id"], json!(null));
    }

    #[test]
    fn what_is_out_of_range_is_told_with_its_bounds() {
        let app = App::start();
        let ada = app.user("ada");
        let mut sour = wine();
        sour["pH"] = json!(15);
        sour["alcohol"] = json!("x");
        let task = predict(&ada, &json!([wine(), sour])).expect(200);
        let path = format!("/api/tasks/{}/results?only=rejected", task["id"].as_str().unwrap());
        let results = ada.get(&path).send().expect(200)["items"][0]["errors"].clone();
        assert_eq!(results, task["errors"]);
        let found = |errors: &Value, name: &str| {
            let all = errors.as_array().unwrap().iter();
            let fault = all.clone().find(|fault| fault["field"] == name).unwrap();
            [fault.get("min").cloned(), fault.get("max").cloned()]
        };
        assert_eq!(found(&results, "pH"), [Some(json!(0.0)), Some(json!(14.0))]);
        assert_eq!(found(&results, "alcohol"), [None, None]);
        let refused = predict(&ada, &json!([sour])).problem(422, "invalid");
        assert_eq!(found(&refused["errors"], "pH"), [Some(json!(0.0)), Some(json!(14.0))]);
    }

    #[test]
    fn what_a_client_of_another_server_sent_can_be_sent_again() {
        let app = App::start();
        let ada = app.user("ada");
        let tensor =
            json!({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3, 4]});
        let split = r#"{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [NaN, 4]]}}"#;
        for (path, body) in [
            ("/api/models/simple/invocations", json!({"instances": [[1, 2], [3, 4]]}).to_string()),
            (
                "/api/models/simple/invocations",
                json!({"inputs": {"a": [1, 3], "b": [2, 4]}}).to_string(),
            ),
            ("/api/models/simple/invocations?errors=rows", split.to_owned()),
            ("/v2/models/simple/infer", json!({"inputs": [tensor]}).to_string()),
            ("/v1/models/simple:predict", json!({"instances": [[1, 2], [3, 4]]}).to_string()),
            ("/v1/predictions", json!({"model": "simple", "input": {"a": 1, "b": 2}}).to_string()),
        ] {
            let send = |path: &str, body: String| {
                ada.post(path).header("Content-Type", "application/json").body(body).send()
            };
            let first = send(path, body);
            assert!(first.status < 300, "{path}: {}", first.text);
            let task = format!("/api/tasks/{}", first.header("Cellar-Task-Id").unwrap());
            let input = ada.get(&format!("{task}/input")).send();
            assert!(input.header("Content-Type").unwrap().starts_with("application/json"));
            let again = send("/api/tasks?model=simple", input.text).expect(200);
            let task = ada.get(&task).send().expect(200);
            assert_eq!(again["output_data"], task["output_data"], "{path}");
            assert_eq!(again["errors"], task["errors"], "{path}");
        }
    }
}

/// What costs nothing is kept within bounds.
mod unpaid {
    use super::*;

    /// So many letters in which nothing comes again.
    fn noise(n_bytes: usize, mut seed: usize) -> String {
        let mut letter = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((seed >> 33) % 26).unwrap())
        };
        (0..n_bytes).map(|_| letter()).collect()
    }

    /// A request whose rows are all bad, with a body of about this many bytes.
    fn fail(actor: &Actor<'_>, n_bytes: usize, mark: usize) -> Answer {
        let body =
            json!({"model": "wine", "records": [{"note": noise(n_bytes, mark), "mark": mark}]});
        actor.post("/api/tasks").json(&body).send()
    }

    fn n_tasks(actor: &Actor<'_>) -> usize {
        actor.get("/api/tasks?limit=200").send().expect(200)["items"].as_array().unwrap().len()
    }

    #[test]
    fn of_what_failed_the_newest_is_kept() {
        let app = Setup::default().standing().flag("unpaid_bytes_max", "100000").start();
        let ada = app.user("ada");
        let paid = predict(&ada, &json!([wine()])).expect(200)["id"].clone();
        let ids: Vec<_> = (0..20)
            .map(|n| {
                // What comes in a day is bounded too, so this takes some.
                app.clock.advance_s(6 * 3600);
                let answer = fail(&app.signed_in("ada"), 20_000, n);
                answer.problem(422, "invalid");
                answer.header("Cellar-Task-Id").unwrap().to_owned()
            })
            .collect();
        let ada = app.signed_in("ada");
        let kept = ada.get("/api/tasks").send().expect(200)["items"].clone();
        let kept: Vec<_> = kept.as_array().unwrap().iter().map(|task| task["id"].clone()).collect();
        // The newest, and what was paid for, however old it is.
        let n = kept.len() - 1;
        assert!((4..=5).contains(&n), "{n}");
        let newest: Vec<_> = ids.iter().rev().take(n).map(|id| json!(id)).collect();
        assert_eq!((&kept[..n], &kept[n]), (&newest[..], &paid));
        ada.get(&format!("/api/tasks/{}", ids[0])).send().problem(404, "not_found");
        ada.get(&format!("/api/tasks/{}/input", ids[19])).send().expect(200);
        assert!(contents(&app).0 <= n);
    }

    #[test]
    fn what_fails_beyond_a_days_room_is_answered_and_not_recorded() {
        let app = Setup::default().standing().flag("unpaid_bytes_max", "100000").start();
        let (ada, bob) = (app.user("ada"), app.user("bob"));
        let recorded: Vec<_> = (0..8)
            .map(|n| {
                let answer = fail(&ada, 20_000, n);
                assert_eq!(answer.problem(422, "invalid")["errors"][0]["row"], 1);
                answer.header("Cellar-Task-Id").is_some()
            })
            .collect();
        assert_eq!(recorded, [true, true, true, true, false, false, false, false]);
        assert_eq!(n_tasks(&ada), 4);
        // Deleting makes no room in the same day: files stay for a grace. Others have their own.
        for task in ada.get("/api/tasks").send().expect(200)["items"].as_array().unwrap() {
            ada.delete(&format!("/api/tasks/{}", task["id"].as_str().unwrap())).send().expect(204);
        }
        assert_eq!(fail(&ada, 20_000, 9).header("Cellar-Task-Id"), None);
        assert!(fail(&bob, 20_000, 9).header("Cellar-Task-Id").is_some());
        // What is paid for is done as ever.
        assert_eq!(predict(&ada, &json!([wine()])).expect(200)["cost"], 1);
        app.clock.advance_s(24 * 3600);
        assert!(fail(&app.signed_in("ada"), 20_000, 9).header("Cellar-Task-Id").is_some());
    }

    #[test]
    fn work_in_the_background_is_refused_beyond_a_days_room() {
        let app = Setup::default().flag("unpaid_bytes_max", "30000").start();
        let ada = app.user("ada");
        let begin = || {
            let body = json!({"model": "wine", "records": [{"note": noise(20_000, 1)}]});
            ada.post("/api/tasks").header("Prefer", "respond-async").json(&body).send()
        };
        for n_kept in [1, 1] {
            assert_eq!(ended(&ada, &begin().expect(202)["id"])["status"], "failed");
            assert_eq!(n_tasks(&ada), n_kept);
        }
        let refused = begin();
        refused.problem(429, "too_many");
        assert!(refused.header("Retry-After").unwrap().parse::<u64>().unwrap() > 80_000);
        assert_eq!((n_tasks(&ada), balance(&ada)), (1, [100, 0]));
        // What is answered at once is not in the way of it, nor is it of that.
        assert_eq!(predict(&ada, &json!([wine()])).expect(200)["cost"], 1);
    }
}
