//! Credits: the balance, top-ups that happen once, the entries and how they are found.

use serde_json::{Value, json};

use crate::support::app::{Actor, Answer, App, Setup};

fn top_up(actor: &Actor<'_>, amount: &Value, key: Option<&str>) -> Answer {
    let call = actor.post("/api/balance/top-ups").json(&json!({"amount": amount}));
    match key {
        Some(key) => call.header("Idempotency-Key", key).send(),
        None => call.send(),
    }
}

fn balance(actor: &Actor<'_>) -> i64 {
    let found = actor.get("/api/balance").send().expect(200);
    assert_eq!(
        found["total"],
        found["available"].as_i64().unwrap() + found["held"].as_i64().unwrap()
    );
    found["available"].as_i64().unwrap()
}

fn amounts(actor: &Actor<'_>, query: &str) -> Vec<i64> {
    let found = actor.get(&format!("/api/transactions?{query}")).send().expect(200);
    let items = found["items"].as_array().unwrap().iter();
    items.map(|item| item["amount"].as_i64().unwrap()).collect()
}

#[test]
fn a_new_account_is_given_what_the_setting_says() {
    assert_eq!(balance(&App::start().user("ada")), 100);
    let app = Setup::default().flag("sign_up_credits", "0").start();
    let ada = app.user("ada");
    assert_eq!(balance(&ada), 0);
    assert_eq!(ada.get("/api/transactions").send().expect(200)["items"], json!([]));
}

#[test]
fn a_top_up_is_an_entry_with_its_request() {
    let app = App::start();
    let ada = app.user("ada");
    let answer = top_up(&ada, &json!(500), None);
    let made = answer.expect(201);
    assert_eq!(made["balance"], json!({"available": 600, "held": 0, "total": 600}));
    let newest = &ada.get("/api/transactions").send().expect(200)["items"][0];
    assert_eq!(newest, &made["transaction"]);
    assert_eq!((&newest["kind"], &newest["balance"]), (&json!("top_up"), &json!(600)));
    assert_eq!(newest["request_id"].as_str(), answer.header("X-Request-Id"));
}

#[test]
fn the_balance_is_told_day_by_day() {
    let app = Setup::default().standing().start();
    let ada = app.user("ada");
    // Somebody else's entries are no days of hers.
    app.user("bob");
    top_up(&ada, &json!(500), None).expect(201);
    app.clock.advance_s(24 * 3600);
    // The sessions of users end after a day without use.
    let bob = app.signed_in("bob");
    top_up(&bob, &json!(7), None).expect(201);
    app.clock.advance_s(24 * 3600);
    let ada = app.signed_in("ada");
    top_up(&ada, &json!(1), None).expect(201);
    let days = |query: &str| ada.get(&format!("/api/balance/days{query}")).send();
    let found = days("?days=4").expect(200);
    let items = found["items"].as_array().unwrap();
    let balances: Vec<_> = items.iter().map(|day| day["balance"].as_i64().unwrap()).collect();
    assert_eq!(balances, [0, 600, 600, 601]);
    assert_eq!(items[3]["day"], app.clock.now().day());
    assert_eq!(days("").expect(200)["items"].as_array().unwrap().len(), 30);
    days("?days=0").problem(422, "invalid");
    days("?days=367").problem(422, "invalid");
}

#[test]
fn an_amount_that_makes_no_sense_changes_nothing() {
    let app = App::start();
    let ada = app.user("ada");
    for amount in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("100"),
        json!(1_000_001),
        json!(null),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(1e30),
        json!([1]),
        json!(true),
    ] {
        let found = top_up(&ada, &amount, None).issues();
        assert_eq!(found.len(), 1, "{amount}");
        assert_eq!(found[0].0, "amount", "{amount}");
    }
    let call = ada.post("/api/balance/top-ups");
    let found = call.json(&json!({"amount": 5, "currency": "EUR"})).send().issues();
    assert_eq!(found, [("currency".to_owned(), "unknown".to_owned())]);
    assert_eq!(balance(&ada), 100);
}

#[test]
fn nobody_tops_up_where_self_service_is_off() {
    let app = Setup::default().flag("self_service_top_ups", "false").start();
    let ada = app.user("ada");
    top_up(&ada, &json!(5), None).problem(403, "forbidden");
    assert_eq!(balance(&ada), 100);
}

#[test]
fn a_request_with_a_key_is_done_once_also_after_a_restart() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let first = top_up(&ada, &json!(5), Some("k-1"));
    assert_eq!(first.header("Idempotent-Replayed"), None);
    let again = top_up(&ada, &json!(5), Some("k-1"));
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!((again.status, &again.text), (201, &first.text));
    assert_eq!(again.header("Location"), first.header("Location"));
    top_up(&ada, &json!(6), Some("k-1")).problem(400, "idempotency_key_reused");
    // A key is its user's own, and what failed is not kept.
    assert_eq!(top_up(&bob, &json!(5), Some("k-1")).header("Idempotent-Replayed"), None);
    top_up(&ada, &json!(0), Some("k-2")).problem(422, "invalid");
    top_up(&ada, &json!(7), Some("k-2")).expect(201);
    for key in ["", "with space", "é", &"x".repeat(256)] {
        let found = top_up(&ada, &json!(5), Some(key)).issues();
        assert_eq!(found, [("Idempotency-Key".to_owned(), "invalid".to_owned())], "{key:?}");
    }
    assert_eq!(balance(&ada), 112);
    let cookie = ada.cookie.clone();
    let app = app.restarted(Setup::default());
    let mut ada = app.visitor();
    ada.cookie = cookie;
    assert_eq!(top_up(&ada, &json!(5), Some("k-1")).text, first.text);
    assert_eq!(balance(&ada), 112);
}

#[test]
fn a_key_is_forgotten_after_a_day() {
    let app = Setup::default().standing().start();
    let ada = app.user("ada");
    top_up(&ada, &json!(5), Some("k")).expect(201);
    let forget = |seconds: i64| {
        app.clock.advance_s(seconds);
        let now = app.clock.now();
        let forget = move |tx: &cellar::database::Tx<'_>| cellar::idempotency::forget(tx, now, 9);
        app.database.write_here(forget).unwrap()
    };
    assert_eq!(forget(24 * 3600 - 1), 0);
    assert_eq!(forget(2), 1);
}

#[test]
fn entries_are_found_by_kind_day_and_word_and_read_page_by_page() {
    let app = Setup::default().standing().start();
    let ada = app.user("ada");
    let id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
    let grant = |amount: i64, reason: &str| {
        let call = app.admin().post(&format!("/api/admin/users/{id}/adjustments"));
        call.json(&json!({"amount": amount, "reason": reason})).send().expect(201);
    };
    for n in 1..=3 {
        top_up(&ada, &json!(n), None).expect(201);
    }
    app.clock.advance_s(24 * 3600);
    let ada = app.signed_in("ada");
    grant(40, "Refund for the Große tasting");
    grant(-50, "a tasting that was not paid");
    assert_eq!(amounts(&ada, ""), [-50, 40, 3, 2, 1, 100]);
    assert_eq!(amounts(&ada, "kind=adjustment"), [-50, 40]);
    assert_eq!(amounts(&ada, "kind=gift"), [100]);
    assert_eq!(amounts(&ada, "from=2026-11-19"), [-50, 40]);
    assert_eq!(amounts(&ada, "to=2026-11-19"), [3, 2, 1, 100]);
    assert_eq!(amounts(&ada, "from=2026-11-18&to=2026-11-19&kind=top_up"), [3, 2, 1]);
    assert_eq!(amounts(&ada, "from=2030-01-01"), Vec::<i64>::new());
    // Before and after the words are in their index.
    let transactions = app.client.rocket().state::<cellar::transaction::TransactionService>();
    let transactions = transactions.unwrap().clone();
    let runtime = rocket::tokio::runtime::Runtime::new().unwrap();
    for round in 0..3 {
        for (text, found) in [
            ("tasting", vec![-50, 40]),
            ("TAST", vec![-50, 40]),
            ("refund%20tast", vec![40]),
            ("gro%C3%9Fe", vec![40]),
            ("welcome", vec![100]),
            ("top", vec![3, 2, 1]),
            ("%22%27%29%20OR%201%3D1", vec![]),
            ("xuser1x", vec![]),
            ("nothing", vec![]),
        ] {
            assert_eq!(amounts(&ada, &format!("text={text}")), found, "{text} in round {round}");
        }
        assert_eq!(amounts(&ada, "text=tasting&kind=top_up"), Vec::<i64>::new());
        assert_eq!(amounts(&ada, "text=top&limit=2"), [3, 2]);
        if round == 0 {
            runtime.block_on(transactions.index_words()).unwrap();
        } else {
            top_up(&ada, &json!(9), None).expect(201);
            assert_eq!(amounts(&ada, "text=top&limit=2"), [9, 3]);
            break;
        }
    }
    for wrong in ["kind=sale", "from=yesterday", "to=2026-13-01", "from=2026-11-20&to=2026-11-19"] {
        ada.get(&format!("/api/transactions?{wrong}")).send().problem(422, "invalid");
    }
    let page = ada.get("/api/transactions?limit=2&kind=top_up").send().expect(200);
    let next = page["next_cursor"].as_str().unwrap();
    assert_eq!(amounts(&ada, &format!("limit=2&kind=top_up&cursor={next}")), [2, 1]);
}

#[test]
fn every_problem_of_a_question_is_told_at_once() {
    let app = App::start();
    let fields = |actor: &Actor<'_>, path: &str| {
        let found = actor.get(path).send().issues();
        found.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    let ada = app.user("ada");
    let bad = "limit=0&kind=zzz&from=q&cursor=!!&text=-";
    let all = ["cursor", "from", "kind", "limit", "text"];
    assert_eq!(fields(&ada, &format!("/api/transactions?{bad}")), all);
    let span = "limit=x&from=2026-11-20&to=2026-11-19";
    assert_eq!(fields(&ada, &format!("/api/transactions?{span}")), ["limit", "to"]);
    // What has no word in it finds nothing, so it is not taken for no filter at all.
    for text in ["%25", "_", "%22", "*", "", "%20"] {
        assert_eq!(fields(&ada, &format!("/api/transactions.csv?text={text}")), ["text"]);
    }
    let admin = app.admin();
    let all = ["cursor", "from", "kind", "limit", "text", "user_id"];
    assert_eq!(fields(&admin, &format!("/api/admin/transactions?{bad}&user_id=x")), all);
    let audit = "/api/admin/audit?limit=0&cursor=x&action=x&user_id=x";
    assert_eq!(fields(&admin, audit), ["action", "cursor", "limit", "user_id"]);
    let users = "/api/admin/users?limit=0&cursor=x&state=x";
    assert_eq!(fields(&admin, users), ["cursor", "limit", "state"]);
}

#[test]
fn entries_are_exported_as_a_file() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    top_up(&ada, &json!(5), None).expect(201);
    top_up(&bob, &json!(6), None).expect(201);
    let answer = ada.get("/api/transactions.csv").send();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Content-Type"), Some("text/csv; charset=utf-8; header=present"));
    assert!(answer.header("Content-Disposition").unwrap().starts_with("attachment"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let lines: Vec<_> = answer.text.lines().collect();
    assert!(lines[0].starts_with("id,timestamp,username,kind,amount,balance,description"));
    assert_eq!(lines.len(), 3, "{}", answer.text);
    assert!(lines[1].contains(",ada,top_up,5,105,top-up,"), "{}", lines[1]);
    let all = app.admin().get("/api/admin/transactions.csv").send();
    assert_eq!(all.text.lines().count(), 5);
    let only = app.admin().get("/api/admin/transactions.csv?kind=gift").send();
    assert_eq!(only.text.lines().count(), 3);
}

#[test]
fn an_export_is_whole_over_many_pages() {
    let app = App::start();
    let ada = app.user("ada");
    let user_id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().parse().unwrap();
    let entry = cellar::transaction::Entry {
        user_id,
        kind: cellar::transaction::Kind::TopUp,
        amount: cellar::credits::Credits::new(1),
        description: "one more".into(),
        actor_id: None,
        request_id: None,
    };
    let now = app.clock.now();
    let fill = move |tx: &cellar::database::Tx<'_>| {
        for _ in 0..2_500 {
            cellar::transaction::Transaction::create(tx, entry.clone(), now)?;
        }
        Ok(())
    };
    app.database.write_here(fill).unwrap();
    let text = ada.get("/api/transactions.csv").send().text;
    assert_eq!(text.lines().count(), 2_502);
    let balances: Vec<i64> =
        text.lines().skip(1).map(|line| line.split(',').nth(5).unwrap().parse().unwrap()).collect();
    assert!(balances.windows(2).all(|pair| pair[0] == pair[1] + 1), "an entry is missing");
}

#[test]
fn what_was_charged_is_in_the_metrics() {
    let app = App::start();
    let ada = app.user("ada");
    let user_id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().parse().unwrap();
    let entry = cellar::transaction::Entry {
        user_id,
        kind: cellar::transaction::Kind::Charge,
        amount: cellar::credits::Credits::new(-7),
        description: "a charge".into(),
        actor_id: None,
        request_id: None,
    };
    let now = app.clock.now();
    let charge = move |tx: &cellar::database::Tx<'_>| {
        cellar::transaction::Transaction::create(tx, entry, now)
    };
    app.database.write_here(charge).unwrap();
    for _ in 0..2 {
        let text = app.admin().get("/metrics").send().text;
        assert!(text.contains("cellar_credits_spent_total 7"), "{text}");
    }
}

#[test]
fn what_a_description_says_decides_nothing_but_its_own_words() {
    let app = App::start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let id = ada.get("/api/me").send().expect(200)["id"].as_str().unwrap().to_owned();
    let adjust = |amount: i64, reason: &str| {
        let call = app.admin().post(&format!("/api/admin/users/{id}/adjustments"));
        call.json(&json!({"amount": amount, "reason": reason})).send().expect(201);
    };
    // The words by which an index might tell whose an entry is, and of which kind.
    adjust(1, "zebra xuser3x xkindgift \u{e000}u3 \u{e000}kgift u3 kgift");
    let letters: Vec<char> = ('a'..='z').collect();
    let many = |first: char| {
        let words = letters.iter().map(|last| format!("x{first}{last}"));
        words.collect::<Vec<_>>().join(" ")
    };
    adjust(2, &many('a'));
    adjust(3, &many('b'));
    let transactions = app.client.rocket().state::<cellar::transaction::TransactionService>();
    let transactions = transactions.unwrap().clone();
    let runtime = rocket::tokio::runtime::Runtime::new().unwrap();
    for _ in 0..2 {
        assert_eq!(amounts(&bob, "text=zebra"), Vec::<i64>::new());
        assert_eq!(amounts(&ada, "text=zebra&kind=gift"), Vec::<i64>::new());
        assert_eq!(amounts(&ada, "text=x"), [3, 2, 1]);
        assert_eq!(amounts(&bob, "text=x"), Vec::<i64>::new());
        assert_eq!(amounts(&bob, "text=%EE%80%80u3"), Vec::<i64>::new());
        runtime.block_on(transactions.index_words()).unwrap();
    }
}
