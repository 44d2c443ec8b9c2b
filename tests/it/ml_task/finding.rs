//! What can be found again: tasks by a text, tasks of entries, and what others once sent.

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
    let tensor = json!({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3, 4]});
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
