//! Tasks that are deleted, and what goes with them.

use super::*;

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
