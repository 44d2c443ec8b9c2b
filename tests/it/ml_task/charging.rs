//! What is not predicted is not paid for, whatever goes wrong.

use super::*;

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
    assert_eq!((&task["n_rejected"], &task["error_code"]), (&json!(2), &json!("no_good_row")));
}

#[test]
fn however_much_is_wrong_with_a_table_it_is_told_at_once() {
    let app = Setup::default().flag("sign_up_credits", "2").start();
    let ada = app.user("ada");
    let bad = format!("{}x\n", "x,".repeat(10));
    let table = |n: usize| format!("{HEADER}\n{}", bad.repeat(n));
    let answer = send_table(&ada, &table(3_000));
    let body = answer.problem(422, "invalid");
    let errors = body["errors"].as_array().unwrap();
    let names: Vec<_> = HEADER.split(',').collect();
    assert_eq!(errors.len(), 3_000 * names.len());
    for (at, error) in errors.iter().enumerate() {
        let place = (error["row"].as_u64().unwrap(), error["field"].as_str().unwrap());
        assert_eq!(place, (1 + (at / names.len()) as u64, names[at % names.len()]));
    }
    let path = format!("/api/tasks/{}", answer.header("Cellar-Task-Id").unwrap());
    let task = ada.get(&path).send().expect(200);
    assert_eq!((&task["n_rejected"], &task["charge"]), (&json!(3_000), &json!("not charged")));
    // Where there is more than anybody reads, each row is told with one reason.
    let body = send_table(&ada, &table(10_000)).problem(422, "invalid");
    let rows: std::collections::BTreeSet<_> =
        body["errors"].as_array().unwrap().iter().map(|error| error["row"].as_u64()).collect();
    assert_eq!(rows.len(), 10_000);
    assert_eq!(balance(&ada), [2, 0]);
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
fn a_task_of_nothing_but_bad_rows_is_not_charged_in_the_background_either() {
    let app = App::start();
    let ada = app.user("ada");
    let call = ada.post("/api/tasks").header("Prefer", "respond-async");
    let begun = call.json(&json!({"model": "wine", "rows": [[1], [2]]})).send().expect(202);
    let task = ended(&ada, &begun["id"]);
    assert_eq!((&task["status"], &task["charge"]), (&json!("failed"), &json!("not charged")));
    assert_eq!(balance(&ada), [100, 0]);
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
