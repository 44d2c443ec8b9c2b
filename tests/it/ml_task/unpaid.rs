//! What costs nothing is kept within bounds.

use std::fs;
use std::path::Path;

use super::*;

/// So many letters in which nothing comes again.
fn noise(n_bytes: usize, mut seed: usize) -> String {
    let mut letter = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((seed >> 33) % 26).unwrap())
    };
    (0..n_bytes).map(|_| letter()).collect()
}

/// A request whose rows are all bad, with a body of about this many bytes.
fn fail(actor: &Actor<'_>, n_bytes: usize, mark: usize) -> Answer {
    let body = json!({"model": "wine", "records": [{"note": noise(n_bytes, mark), "mark": mark}]});
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
fn what_is_refused_for_credits_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let app = Setup::default().flag("sign_up_credits", "2").start_in(folder.path());
    let ada = app.user("ada");
    let records: Vec<_> = (0..3)
        .map(|mark| {
            let mut record = wine();
            record["note"] = json!(noise(30_000, mark));
            record
        })
        .collect();
    let body = json!({"model": "wine", "records": records});
    let post = || ada.post("/api/tasks").json(&body);
    post().send().problem(402, "out_of_credits");
    post().header("Prefer", "respond-async").send().problem(402, "out_of_credits");
    // Neither recorded nor left behind for the sweeper.
    assert_eq!((n_tasks(&ada), n_files(folder.path())), (0, 0));
    let body = json!({"model": "wine", "records": records[..2]});
    ada.post("/api/tasks").json(&body).send().expect(200);
    assert_eq!(n_files(folder.path()), 1);
}

/// Contents on the disk, whether or not anything knows of them.
fn n_files(data: &Path) -> usize {
    let below = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let mut folders = vec![data.join("blobs")];
    let mut n_files = 0;
    while let Some(folder) = folders.pop() {
        let (inner, files): (Vec<_>, Vec<_>) =
            below(&folder).into_iter().partition(|path| path.is_dir());
        folders.extend(inner);
        n_files += files.len();
    }
    n_files
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
    // What is answered at once is not in the way of it, nor is it of that, however large.
    assert_eq!(predict(&ada, &json!([wine()])).expect(200)["cost"], 1);
    let mut large = wine();
    large["note"] = json!(noise(20_000, 2));
    assert_eq!(predict(&ada, &json!([large])).expect(200)["cost"], 1);
}
