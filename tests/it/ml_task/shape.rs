//! A task as it is told, at once and in the background: one shape everywhere.

use super::*;

/// The names of a record, in order of the alphabet.
fn names(record: &Value) -> Vec<String> {
    let mut names: Vec<_> = record.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
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
    let name = format!("attachment; filename=\"wine-{}.csv\"", path.rsplit('/').next().unwrap());
    assert_eq!(file.header("Content-Disposition"), Some(&*name));
    assert!(file.text.lines().nth(1).unwrap().starts_with("'=1+1,7.4,"), "{}", file.text);
    // Whether it ran at once or not, a row is judged alike.
    let at_once = predict(&ada, &json!([wine()])).expect(200);
    assert_eq!(page["items"][0]["score"], at_once["output_data"][0]["score"]);
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
    // In a list, too; what is larger is an address there that can be read.
    let newest = || ada.get("/api/tasks").send().expect(200)["items"][0].clone();
    assert_eq!(newest(), made);
    let mut noted = wine();
    noted["note"] = json!("x".repeat(500));
    let body = json!({"model": "wine", "rows": [noted, [1]]});
    ada.post("/api/tasks").json(&body).send().expect(200);
    let listed = newest();
    assert_eq!(names(&listed), names(&made));
    for part in parts(&listed) {
        ada.get(part["href"].as_str().unwrap()).send().expect(200);
    }
    let sent = ada.get(listed["input_data"]["href"].as_str().unwrap()).send();
    assert_eq!(serde_json::from_str::<Value>(&sent.text).unwrap(), body);
    let begun =
        ada.post("/api/tasks").json(&json!({"model": "simple", "rows": [[1], [2], [3], [4]]}));
    let begun = begun.send().expect(202);
    assert_eq!(names(&begun), names(&made));
    // Nothing is an empty list, whether there will be something or not.
    assert_eq!((&begun["output_data"], &begun["errors"]), (&json!([]), &json!([])));
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
