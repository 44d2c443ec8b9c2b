//! What is read, exactly: the bodies, the files, and the results read back.

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

/// So many rows, of which every forty-first is bad, as they were sent and predicted.
fn some_results(app: &App, n: u64) -> (Actor<'_>, String) {
    let ada = app.user("ada");
    ada.post("/api/balance/top-ups").json(&json!({"amount": 20_000})).send().expect(201);
    let rows =
        (1..=n).map(|row| if row % 41 == 0 { format!("{row},x\n") } else { format!("{row},1\n") });
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
        ("predicted", (1..=2_000).filter(|row| row % 41 != 0).collect()),
        ("rejected", (1..=2_000).filter(|row| row % 41 == 0).collect()),
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
                let expected = if row % 41 == 0 { Value::Null } else { json!(2.0 * row as f64) };
                assert_eq!((doubled, item["errors"] == json!([])), (&expected, row % 41 != 0));
                found.push(row);
            }
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, expected, "{only}");
    }
}

#[test]
fn a_long_file_of_results_has_every_row_in_its_place() {
    let app = App::start();
    // More than are written at once, on as many processors as there are.
    let (ada, path) = some_results(&app, 9_003);
    let file = ada.get(&format!("{path}.csv")).send().text;
    let expected = (1..=9_003_u64).map(|row| match row % 41 {
        0 => format!("{row},x,,score must be a number\n"),
        _ => format!("{row},1,{} 2,\n", row * 2),
    });
    assert!(file == format!("id,score,doubled,error\n{}", expected.collect::<String>()), "{file}");
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

#[test]
fn rows_of_any_length_are_predicted_where_any_number_will_do() {
    let app = Setup::default().flag("rows_at_once_max", "3").start();
    let ada = app.user("ada");
    let send = |table: &str| {
        let call = ada.post("/api/tasks?model=simple").header("Content-Type", "text/csv");
        call.body(table).send()
    };
    let at_once = send("1,2,3\n4\n5,6\n").expect(200);
    assert_eq!((&at_once["cost"], &at_once["errors"]), (&json!(3), &json!([])));
    let doubled: Vec<_> = (0..3).map(|at| &at_once["output_data"][at]["doubled"]).collect();
    assert_eq!(doubled, [&json!([2.0, 4.0, 6.0]), &json!([8.0]), &json!([10.0, 12.0])]);
    let begun = send("a;b\n1;2\n4\n5;6;7\n8;x\n").expect(202);
    let by_job = ended(&ada, &begun["id"]);
    assert_eq!((&by_job["cost"], &by_job["n_rejected"]), (&json!(3), &json!(1)));
    let file = |task: &Value| {
        let path = format!("/api/tasks/{}/results.csv", task["id"].as_str().unwrap());
        ada.get(&path).send().text
    };
    let expected = "column 1,column 2,column 3,doubled,error\n1,2,3,2 4 6,\n4,,,8,\n5,6,,10 12,\n";
    assert_eq!(file(&at_once), expected);
    let expected = "a,b,column 3,doubled,error\n1,2,,2 4,\n4,,,8,\n5,6,7,10 12 14,\n\
        8,x,,,b must be a number\n";
    assert_eq!(file(&by_job), expected);
}

#[test]
fn a_file_of_an_older_program_comes_back_legible() {
    let app = App::start();
    let ada = app.user("ada");
    let table = format!("ch\u{e2}teau,{HEADER}\nC\u{f4}tes \u{20ac},{ROW}\n");
    let older = |letter: char| match letter {
        '\u{20ac}' => 0x80,
        letter => u8::try_from(letter).unwrap(),
    };
    let older: Vec<_> = table.chars().map(older).collect();
    let call = ada.post("/api/tasks?model=wine").header("Content-Type", "text/csv");
    let task = call.body(older).send().expect(200);
    assert_eq!(task["input_data"], table);
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
    let rows = ada.get(&format!("{path}/results")).send().expect(200);
    assert_eq!(rows["columns"][0], "ch\u{e2}teau");
    assert_eq!(rows["items"][0]["cells"][0], "C\u{f4}tes \u{20ac}");
    let file = ada.get(&format!("{path}/results.csv")).send();
    assert!(file.header("Content-Type").unwrap().contains("charset=utf-8"));
    assert!(file.text.contains("\nC\u{f4}tes \u{20ac},7.4,"), "{}", file.text);
}
