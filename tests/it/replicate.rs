//! Clients of Replicate: a prediction is a task, in other words.

use serde_json::{Value, json};

use crate::ml_task::Moody;
use crate::support::app::{Actor, Answer, App, Setup};

const PATH: &str = "/v1/predictions";

fn wine() -> Value {
    json!({
        "fixed acidity": 7.4, "volatile acidity": 0.7, "citric acid": 0.0, "residual sugar": 1.9,
        "chlorides": 0.076, "free sulfur dioxide": 11, "total sulfur dioxide": 34,
        "density": 0.9978, "pH": 3.51, "sulphates": 0.56, "alcohol": 9.4,
    })
}

fn create(actor: &Actor<'_>, body: &Value) -> Answer {
    actor.post(PATH).json(body).send()
}

fn available(actor: &Actor<'_>) -> i64 {
    actor.get("/api/balance").send().expect(200)["available"].as_i64().unwrap()
}

fn path_of(prediction: &Value) -> String {
    format!("{PATH}/{}", prediction["id"].as_str().unwrap())
}

/// The prediction once it has one of these states.
fn awaited(actor: &Actor<'_>, prediction: &Value, states: &[&str]) -> Value {
    for _ in 0..600 {
        let found = actor.get(&path_of(prediction)).send().expect(200);
        if states.contains(&found["status"].as_str().unwrap()) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{prediction} does not come to {states:?}");
}

#[test]
fn a_lone_record_has_a_lone_prediction() {
    let app = App::start();
    let ada = app.user("ada");
    let answer = create(&ada, &json!({"version": "wine", "input": wine()}));
    let made = answer.expect(201);
    assert_eq!((&made["status"], &made["model"]), (&json!("succeeded"), &json!("wine")));
    assert_eq!(
        (&made["input"], &made["error"], &made["logs"]),
        (&wine(), &json!(null), &json!(""))
    );
    assert_eq!(made["output"]["prediction"], made["output"]["score"]);
    assert_eq!(made["output"]["class"], 5);
    assert!(made["metrics"]["predict_time"].is_f64() && made["metrics"]["total_time"].is_f64());
    assert!(made["created_at"].is_string() && made["completed_at"].is_string());
    let address = format!("http://localhost:8000{}", path_of(&made));
    assert_eq!(made["urls"]["get"], address);
    assert_eq!(made["urls"]["cancel"], format!("{address}/cancel"));
    assert_eq!(answer.header("Cellar-Task-Id"), made["id"].as_str());
    assert_eq!((answer.header("Cellar-Cost"), available(&ada)), (Some("1"), 99));
    assert_eq!(ada.get(&path_of(&made)).send().expect(200), made);
    // It is a task, judged as any other, and no one else's.
    let task = ada.get(&format!("/api/tasks/{}", made["id"].as_str().unwrap())).send().expect(200);
    assert_eq!(task["output_data"][0]["score"], made["output"]["score"]);
    assert_eq!(task["cost"], 1);
    let bob = app.user("bob");
    assert_eq!(bob.get(&path_of(&made)).send().expect(404)["status"], 404);
    bob.post(&format!("{}/cancel", path_of(&made))).send().expect(404);
}

#[test]
fn a_model_is_meant_by_its_name_or_its_version() {
    let app = App::start();
    let ada = app.user("ada");
    let version = app.visitor().get("/api/models/wine").send().expect(200)["version"].clone();
    let version = version.as_str().unwrap();
    for named in [
        json!({"model": "wine"}),
        json!({"model": "cellar/wine", "version": version}),
        json!({"version": version}),
        json!({"version": format!("cellar/wine:{version}")}),
        json!({"version": "wine", "model": null}),
    ] {
        let mut body = named.clone();
        body["input"] = json!({"records": [wine()]});
        let made = create(&ada, &body).expect(201);
        assert_eq!(made["version"], version, "{named}");
        assert_eq!(made["output"].as_array().unwrap().len(), 1, "{named}");
    }
    assert_eq!(available(&ada), 95);
    for named in [
        json!({"model": "beer"}),
        json!({"model": "somebody/wine"}),
        json!({"version": "wine:0"}),
        json!({"model": "simple", "version": version}),
    ] {
        let mut body = named.clone();
        body["input"] = wine();
        let told = create(&ada, &body).expect(404);
        assert!(
            told["detail"].as_str().unwrap().starts_with("there is no such"),
            "{named}: {told}"
        );
    }
    assert_eq!(available(&ada), 95);
}

/// What `run("cellar/wine")` and `run("cellar/wine:VERSION")` of its client for Python ask.
#[test]
fn a_model_in_the_address_is_asked_and_its_version_is_looked_up() {
    let app = App::start();
    let ada = app.user("ada");
    let of = |path: &str| {
        let call = ada.post(path).header("Prefer", "wait").header("Accept", "*/*");
        call.json(&json!({"input": wine()})).send()
    };
    let made = of("/v1/models/cellar/wine/predictions").expect(201);
    assert_eq!((&made["model"], &made["output"]["class"]), (&json!("wine"), &json!(5)));
    let version = made["version"].as_str().unwrap();
    let path = format!("/v1/models/cellar/wine/versions/{version}");
    let found = app.visitor().get(&path).send().expect(200);
    assert_eq!((&found["id"], found["created_at"].is_string()), (&json!(version), true));
    let schema = &found["openapi_schema"]["components"]["schemas"];
    assert_eq!(schema["Input"]["properties"]["pH"]["maximum"], 14.0);
    assert_eq!(schema["Output"]["type"], "object");
    for path in [
        "/v1/models/cellar/wine/versions/0",
        "/v1/models/somebody/wine/versions/0",
        "/v1/models/cellar/beer/versions/0",
    ] {
        assert!(app.visitor().get(path).send().expect(404)["detail"].is_string(), "{path}");
    }
    assert_eq!(of("/v1/models/cellar/beer/predictions").expect(404)["status"], 404);
    let both = json!({"model": "simple", "input": wine()});
    ada.post("/v1/models/cellar/wine/predictions").json(&both).send().expect(422);
    assert_eq!(available(&ada), 99);
}

#[test]
fn rejected_rows_are_told_in_the_log_and_cost_nothing() {
    let app = App::start();
    let ada = app.user("ada");
    let mut sour = wine();
    sour["pH"] = json!(15);
    let input = json!({"records": [wine(), sour, wine()]});
    let answer = create(&ada, &json!({"version": "wine", "input": input}));
    let made = answer.expect(201);
    assert_eq!((&made["status"], &made["error"]), (&json!("succeeded"), &json!(null)));
    assert_eq!((&made["input"], answer.header("Cellar-Cost")), (&input, Some("2")));
    let output = made["output"].as_array().unwrap();
    assert!(output.len() == 3 && output[0]["score"].is_f64() && output[1].is_null());
    assert_eq!(output[0], output[2]);
    assert_eq!(made["logs"], "row 2: pH must be from 0 to 14, not 15\n");
    // Of nothing but bad rows it has failed, as its clients expect it, and says why.
    let answer = create(&ada, &json!({"version": "wine", "input": sour}));
    let made = answer.expect(201);
    assert_eq!((&made["status"], &made["output"]), (&json!("failed"), &json!(null)));
    let error = made["error"].as_str().unwrap();
    assert!(error.ends_with("row 1: pH must be from 0 to 14, not 15"), "{error}");
    assert_eq!((answer.header("Cellar-Cost"), available(&ada)), (Some("0"), 98));
}

#[test]
fn tables_and_lists_are_taken_and_every_task_is_a_prediction() {
    let app = App::start();
    let ada = app.user("ada");
    let of = |input: Value| {
        create(&ada, &json!({"model": "simple", "input": input})).expect(201)["output"].clone()
    };
    assert_eq!(of(json!({"data": [[1, 2], [3]]}))[1]["doubled"], json!([6.0]));
    assert_eq!(
        of(json!({"columns": ["a", "b"], "data": [[1, 2]]}))[0]["doubled"],
        json!([2.0, 4.0])
    );
    assert_eq!(of(json!({"a": 4}))["doubled"], json!([8.0]));
    let table = ada.post("/api/tasks?model=simple").header("Content-Type", "text/csv");
    table.body("1,2\n3,4\n").send().expect(200);
    let scored = ada.post("/api/models/simple/invocations").json(&json!({"instances": [[5]]}));
    scored.send().expect(200);
    let all = ada.get(PATH).send().expect(200);
    assert_eq!((&all["next"], &all["previous"]), (&json!(null), &json!(null)));
    let results = all["results"].as_array().unwrap();
    assert_eq!(results.len(), 5);
    assert_eq!(results[0]["input"], json!({"instances": [[5]]}));
    assert_eq!(results[1]["output"][1]["doubled"], json!([6.0, 8.0]));
    let sent = results[1]["input"]["href"].as_str().unwrap();
    let sent = ada.get(sent.strip_prefix("http://localhost:8000").unwrap()).send();
    assert_eq!(sent.text, "1,2\n3,4\n");
    assert_eq!(results[2]["output"]["doubled"], json!([8.0]));
}

#[test]
fn a_list_is_turned_page_by_page() {
    let app = Setup::default().flag("sign_up_credits", "1000").start();
    let ada = app.user("ada");
    let mut made = vec![];
    for n in 0..103 {
        let prediction = create(&ada, &json!({"model": "simple", "input": {"a": n}})).expect(201);
        made.push(prediction["id"].clone());
    }
    made.reverse();
    let ids = |page: &Value| {
        page["results"].as_array().unwrap().iter().map(|p| p["id"].clone()).collect::<Vec<_>>()
    };
    let first = ada.get(PATH).send().expect(200);
    assert_eq!(ids(&first), made[..100]);
    let next = first["next"].as_str().unwrap().strip_prefix("http://localhost:8000").unwrap();
    let second = ada.get(next).send().expect(200);
    assert_eq!((ids(&second), &second["next"]), (made[100..].to_vec(), &json!(null)));
    let told = ada.get(&format!("{PATH}?cursor=1")).send().expect(422);
    assert_eq!(told["invalid_fields"][0]["field"], "cursor");
}

#[test]
fn many_rows_are_told_by_their_address_and_whoever_waits_has_them() {
    let app = Setup::default().flag("rows_at_once_max", "3").start();
    let ada = app.user("ada");
    let body = json!({"model": "simple", "input": {"data": [[1], ["x"], [3], [4]]}});
    let waited = ada.post(PATH).header("Prefer", "wait=30").json(&body).send();
    let made = waited.expect(201);
    assert_eq!((&made["status"], waited.header("Cellar-Cost")), (&json!("succeeded"), Some("3")));
    let address = made["output"].as_str().unwrap().strip_prefix("http://localhost:8000").unwrap();
    assert_eq!(ada.get(address).send().text.lines().count(), 5);
    assert!(made["logs"].as_str().unwrap().starts_with("1 row was rejected: "), "{made}");
    // Whoever would rather be told later is, and nobody is sent away.
    let body = json!({"model": "simple", "input": {"a": 1}});
    let later = ada.post(PATH).header("Prefer", "respond-async").json(&body).send();
    let begun = later.expect(later.status);
    assert_eq!(begun["input"], json!({"a": 1}));
    // So small a job may be done before the answer is made, which then says so.
    let is_over = begun["status"] == "succeeded";
    assert_eq!(later.status, if is_over { 201 } else { 202 });
    if !is_over {
        assert!(["starting", "processing"].contains(&begun["status"].as_str().unwrap()), "{begun}");
        assert_eq!((&begun["output"], later.header("Cellar-Cost")), (&json!(null), None));
        assert_eq!(begun["metrics"], json!({}));
    }
    let ended = awaited(&ada, &begun, &["succeeded"]);
    assert_eq!(ended["output"]["doubled"], json!([2.0]));
    assert_eq!(available(&ada), 96);
}

#[test]
fn a_prediction_ends_when_it_is_cancelled_or_its_time_is_over() {
    let app = Setup::default().model(Moody::new()).flag("job_slots", "1").start();
    let ada = app.user("ada");
    ada.post("/api/balance/top-ups").json(&json!({"amount": 15_000})).send().expect(201);
    let rows = json!({"data": vec![[5]; 1_000]});
    let begin = |headers: &[(&str, &str)]| {
        let call = ada.post(PATH).json(&json!({"version": "moody", "input": rows}));
        let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        call.header("Prefer", "respond-async").send().expect(202)
    };
    let late = begin(&[("Cancel-After", "2s")]);
    awaited(&ada, &late, &["processing"]);
    // The one slot is taken, so this one cannot begin in time, and that one never does.
    let never = begin(&[("Cancel-After", "1")]);
    let waiting = begin(&[]);
    let cancelled = ada.post(&format!("{}/cancel", path_of(&waiting))).send().expect(200);
    assert_eq!((&cancelled["status"], &cancelled["error"]), (&json!("canceled"), &json!(null)));
    let late_error = json!("it was not done within the time that was set for it");
    for (prediction, status) in [(&never, "aborted"), (&late, "canceled")] {
        let ended = awaited(&ada, prediction, &["aborted", "canceled", "succeeded"]);
        assert_eq!((&ended["status"], &ended["error"]), (&json!(status), &late_error));
        assert_eq!(ended["output"], json!(null));
    }
    assert_eq!(available(&ada), 15_100);
    let told = ada.get(&format!("/api/tasks/{}", late["id"].as_str().unwrap())).send().expect(200);
    assert_eq!((&told["status"], &told["error"]), (&json!("cancelled"), &late_error));
}

#[test]
fn work_that_is_found_late_after_a_restart_ends_itself() {
    let app = Setup::default().model(Moody::new()).standing().start();
    let ada = app.user("ada");
    ada.post("/api/balance/top-ups").json(&json!({"amount": 15_000})).send().expect(201);
    let body = json!({"version": "moody", "input": {"data": vec![[5]; 1_000]}});
    let call = ada.post(PATH).header("Prefer", "respond-async").header("Cancel-After", "1h");
    let begun = call.json(&body).send().expect(202);
    awaited(&ada, &begun, &["processing"]);
    // No timer runs for an hour here, as none does after a restart.
    app.clock.advance_s(3_601);
    let ended = awaited(&ada, &begun, &["canceled", "succeeded"]);
    assert!(ended["error"].as_str().unwrap().contains("within the time"), "{ended}");
    assert_eq!(available(&ada), 15_100);
}

#[test]
fn a_model_that_fails_is_a_prediction_that_failed() {
    let app = Setup::default().model(Moody::new()).start();
    let ada = app.user("ada");
    let made = create(&ada, &json!({"model": "moody", "input": {"data": [[1]]}})).expect(201);
    assert_eq!((&made["status"], &made["output"]), (&json!("failed"), &json!(null)));
    assert!(made["error"].as_str().unwrap().starts_with("the model failed"), "{made}");
    assert_eq!(available(&ada), 100);
}

#[test]
fn refusals_have_the_shape_that_its_clients_know() {
    let app = Setup::default().flag("sign_up_credits", "1").start();
    let ada = app.user("ada");
    let two = json!({"version": "wine", "input": {"records": [wine(), wine()]}});
    let with = |name: &str, value: &str| ada.post(PATH).header(name, value).json(&two).send();
    for (answer, status, said) in [
        (app.visitor().post(PATH).json(&two).send(), 401, "sign in"),
        (create(&ada, &two), 402, "2 credits"),
        (app.visitor().get("/v1/predictions/x/y").send(), 404, "nothing at this address"),
        (ada.get(&format!("{PATH}/x")).send(), 404, ""),
        (ada.delete(PATH).send(), 405, "GET, HEAD, POST"),
        (ada.post(PATH).header("Content-Type", "text/csv").body("1\n").send(), 415, "json"),
        (ada.post(PATH).body("{}").send(), 415, "json"),
        (ada.get(&format!("{PATH}?limit=3")).send(), 422, "limit is no parameter"),
        (create(&ada, &json!({"input": wine()})), 422, "version is missing"),
        (create(&ada, &json!({"version": "wine", "input": {"records": []}})), 422, "at least one"),
        (with("Prefer", "wait=61"), 422, "wait=60"),
        (with("Cancel-After", "soon"), 422, "24 hours"),
    ] {
        let told = answer.expect(status);
        assert_eq!((&told["status"], told["title"].is_string()), (&json!(status), true), "{told}");
        assert!(told["detail"].as_str().unwrap().contains(said), "{told}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
    }
    let mut hooked = two.clone();
    hooked["webhook"] = json!("https://example.org/hook");
    hooked["webhook_events_filter"] = json!(["completed"]);
    let told = create(&ada, &hooked).expect(422);
    assert!(told["detail"].as_str().unwrap().contains("webhook is not served"), "{told}");
    let fields: Vec<_> = told["invalid_fields"].as_array().unwrap().iter().collect();
    assert_eq!(fields[0]["field"], "webhook");
    assert_eq!((fields[1]["field"].clone(), available(&ada)), (json!("webhook_events_filter"), 1));
    assert_eq!(ada.get("/api/tasks").send().expect(200)["items"], json!([]));
}

#[test]
fn a_key_of_once_makes_one_prediction() {
    let app = App::start();
    let ada = app.user("ada");
    let send = |body: &Value| ada.post(PATH).header("Idempotency-Key", "k").json(body).send();
    let body = json!({"version": "wine", "input": wine()});
    let first = send(&body);
    let again = send(&body);
    assert_eq!((first.expect(201), first.header("Idempotent-Replayed")), (again.expect(201), None));
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    send(&json!({"version": "wine", "input": {"records": [wine()]}})).expect(400);
    assert_eq!(available(&ada), 99);
}
