//! Models as they are shown.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use cellar::ml_model::SimpleMLModel;
use cellar::ml_model_manager::MLModelManager;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::binary::{Binary, Served};

#[test]
fn anybody_can_look_at_the_models() {
    let app = App::start();
    let list = app.visitor().get("/api/models").send().expect(200);
    let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|m| &m["id"]).collect();
    assert_eq!(names, ["simple", "wine"]);
    let wine = app.visitor().get("/api/models/wine").send().expect(200);
    assert_eq!((&wine["status"], &wine["price_per_row"]), (&json!("ready"), &json!(1)));
    let inputs = wine["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 11);
    assert_eq!(
        inputs[10],
        json!({
            "name": "alcohol", "type": "number", "unit": "% vol", "example": 9.4,
            "allowed": {"min": 0.0, "max": 100.0}, "trained": {"min": 8.4, "max": 14.9},
            "description": "by volume",
        })
    );
    let samples = wine["samples"].as_array().unwrap();
    assert_eq!(
        samples.iter().map(|s| &s["name"]).collect::<Vec<_>>(),
        ["typical", "prize_winner", "past_its_best"]
    );
    assert!(wine["card"]["data"].as_str().unwrap().contains("CC BY 4.0"));
    app.visitor().get("/api/models/beer").send().problem(404, "not_found");
}

#[test]
fn a_better_bottle_gets_a_better_score() {
    let app = App::start();
    let wine = app.visitor().get("/api/models/wine").send().expect(200);
    let score = |place: usize| {
        let body = json!({"row": wine["samples"][place]["row"]});
        let tried = app.visitor().post("/api/models/wine/demo").json(&body).send().expect(200);
        assert_eq!(tried["output_data"][0]["notes"], json!([]));
        tried["output_data"][0]["score"].as_f64().unwrap()
    };
    let (typical, winner, turned) = (score(0), score(1), score(2));
    assert!(winner > typical + 1.0 && typical > turned + 0.5, "{winner} {typical} {turned}");
}

#[test]
fn a_visitor_tries_a_model_with_one_row_for_nothing() {
    let app = App::start();
    let row = json!({
        "fixed acidity": 7.4, "volatile acidity": 0.7, "citric acid": 0, "residual sugar": 1.9,
        "chlorides": 0.8, "free sulfur dioxide": 11, "total sulfur dioxide": 34,
        "density": 0.9978, "pH": 3.51, "sulphates": 0.56, "alcohol": 9.4,
    });
    let demo = |row: &serde_json::Value| {
        app.visitor().post("/api/models/wine/demo").json(&json!({"row": row})).send()
    };
    let tried = demo(&row).expect(200);
    assert!((3.0..8.0).contains(&tried["output_data"][0]["score"].as_f64().unwrap()));
    assert_eq!(tried["output_data"][0]["notes"][0]["field"], "chlorides");
    assert!(tried["compute_ms"].as_f64().unwrap() > 0.0);
    // It is a row of the model's like any other.
    let mut bad = row.clone();
    bad["alcohol"] = json!(940);
    bad["pH"] = json!("sour");
    let issues = demo(&bad).problem(422, "invalid");
    let fields: Vec<_> = issues["errors"].as_array().unwrap().iter().map(|i| &i["field"]).collect();
    assert_eq!(fields, ["pH", "alcohol"]);
    demo(&json!([1, 2])).problem(422, "invalid");
    demo(&json!([[7.4, 0.7]])).problem(422, "invalid");
    demo(&json!("x".repeat(5_000))).problem(413, "too_large");
    let simple = app.visitor().post("/api/models/simple/demo").json(&json!({"row": [1, 2.5]}));
    assert_eq!(simple.send().expect(200)["output_data"][0]["doubled"], json!([2.0, 5.0]));
    app.visitor()
        .post("/api/models/beer/demo")
        .json(&json!({"row": [1]}))
        .send()
        .problem(404, "not_found");
    // Nothing is left of it.
    let figures = app.admin().get("/api/admin/tasks").send().expect(200);
    assert_eq!(figures["items"], json!([]));
}

#[test]
fn whoever_tries_a_model_too_often_is_told_when_to_come_back() {
    let app = App::start();
    let once = || app.visitor().post("/api/models/simple/demo").json(&json!({"row": [1]})).send();
    let first = once();
    assert_eq!(first.header("RateLimit-Policy"), Some("\"demo\";q=60;w=60"));
    let refused = (0..120).map(|_| once()).find(|answer| answer.status != 200).unwrap();
    assert!(refused.header("Retry-After").is_some());
    refused.problem(429, "too_many");
    // Everything else is as quick as ever for them.
    app.visitor().get("/api/models/simple").send().expect(200);
}

#[test]
fn a_retired_model_is_gone_but_what_it_predicted_can_be_read() {
    let app = App::start();
    let ada = app.user("ada");
    let models = app.client.rocket().state::<MLModelManager>().unwrap();
    let ask = || ada.post("/api/tasks").json(&json!({"model": "simple", "data": [[1, 2]]})).send();
    let task = ask().expect(200);
    models.retire("simple").unwrap();
    ask().problem(404, "not_found");
    ada.get("/api/models/simple").send().problem(404, "not_found");
    let list = ada.get("/api/models").send().expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(models.retire("simple").is_err());
    let path = format!("/api/tasks/{}/results", task["id"].as_str().unwrap());
    let results = ada.get(&path).send().expect(200);
    assert_eq!(results["items"][0]["doubled"], json!([2.0, 4.0]));
    assert_eq!(ada.get(&format!("{path}.csv")).send().status, 200);
    models.put(Arc::new(SimpleMLModel::new()));
    ask().expect(200);
}

/// The wine model as it is shown, once it is.
fn shown(served: &Served) -> Value {
    served.get("/api/models/wine").json()
}

/// The version that answers, which is waited for.
fn version_that_answers(served: &Served, cookie: &str) -> String {
    let row = json!([[7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4]]);
    let ask = || {
        let call = served.request("POST", "/api/tasks").cookie(cookie);
        call.json(&json!({"model": "wine", "rows": row})).try_send()
    };
    // Training makes way for whatever else runs, and may take longer than a client has patience.
    let answer = (0..10).find_map(|_| ask().ok()).expect("the model is trained in the end");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["model_version"].as_str().unwrap().to_owned()
}

#[test]
fn a_model_that_is_missing_or_damaged_is_trained_while_the_server_answers() {
    let binary = Binary::new();
    binary.run(&["init-db"]).done();
    let file = binary.data().join("models/wine.model");
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    let training = shown(&served);
    assert_eq!(training["status"], "training", "{training}");
    // What has no version yet is ready for none.
    let path = "/v2/models/wine/versions/any/ready";
    let ready = served.request("GET", path).cookie(&cookie).send();
    assert_eq!((ready.status, ready.json()), (503, json!({"name": "wine", "ready": false})));
    assert_eq!((&training["version"], &training["price_per_row"]), (&Value::Null, &json!(1)));
    assert_eq!(training["inputs"].as_array().unwrap().len(), 11);
    assert_eq!(training["outputs"].as_array().unwrap().len(), 4);
    assert!(training["card"]["title"].is_string());
    let top_up = served.request("POST", "/api/balance/top-ups").cookie(&cookie);
    assert_eq!(top_up.json(&json!({"amount": 100})).send().status, 201);
    let version = version_that_answers(&served, &cookie);
    assert_eq!(shown(&served)["version"], version.as_str());
    let good = fs::read(&file).unwrap();
    drop(served.stop());
    let mut damaged = good.clone();
    damaged[9_000] ^= 1;
    fs::write(&file, &damaged).unwrap();
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    assert_eq!(version_that_answers(&served, &cookie), version);
    assert_eq!(fs::read(&file).unwrap(), good);
    let log = served.stop().stderr;
    assert!(log.contains("wine.model") && log.contains("made anew"), "{log}");
    // One that is good is taken as it is.
    let served = binary.serve(&[]);
    assert_eq!(shown(&served)["version"], version.as_str());
    std::thread::sleep(Duration::from_millis(100));
    assert!(!served.stop().stderr.contains("is trained"));
}
