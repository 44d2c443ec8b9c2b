//! Whoever guesses passwords is slowed down, and locks nobody out.

use super::*;
use crate::support::binary::PATIENCE;

#[test]
fn a_stranger_who_guesses_is_slowed_down_and_cannot_lock_the_user_out() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    app.user("ada");
    let guess = |from: &str, password: &str| {
        let body = json!({"username": "ada", "password": password});
        app.visitor().post("/auth/session").from(from).json(&body).send()
    };
    guess("192.0.2.1", PASSWORD).expect(201);
    for n in 0..20 {
        let from = format!("198.51.100.{n}");
        assert_eq!(guess(&from, "not the password").status, 422);
    }
    // Whoever they are now, and with whichever password.
    let refused = guess("203.0.113.7", PASSWORD);
    refused.problem(429, "too_many");
    assert!(refused.header("Retry-After").is_some());
    // From where ada is signed in, she signs in.
    guess("192.0.2.1", PASSWORD).expect(201);
    // A name that is not there is answered alike.
    let guess = |from: &str| {
        let body = json!({"username": "nobody", "password": "not the password"});
        app.visitor().post("/auth/session").from(from).json(&body).send().status
    };
    let answers: Vec<_> = (0..21).map(|n| guess(&format!("198.51.101.{n}"))).collect();
    assert_eq!(answers, [vec![422; 20], vec![429]].concat());
}

#[test]
fn a_stranger_cannot_lock_somebody_out_where_they_were_before() {
    let app = Setup::default().standing().flag("sign_in_tries_per_minute", "5").start();
    let sign_in = |from: &str, password: &str| {
        let body = json!({"username": "ada", "password": password});
        app.visitor().post("/auth/session").from(from).json(&body).send()
    };
    let attack = || {
        for n in 0..20 {
            sign_in(&format!("198.51.100.{n}"), "not the password");
        }
    };
    app.visitor().post("/auth/register").from("192.0.2.1").json(&someone("ada")).send().expect(201);
    attack();
    // Where she signed up, for the first time.
    let mut ada = app.visitor();
    let opened = sign_in("192.0.2.1", PASSWORD);
    opened.expect(201);
    ada.cookie = opened.header("Set-Cookie").unwrap().split(';').next().map(str::to_owned);
    // And where she was before, though she signed out.
    ada.delete("/auth/session").send().expect(204);
    sign_in("192.0.2.1", PASSWORD).expect(201);
    sign_in("203.0.113.7", PASSWORD).problem(429, "too_many");
    // A place is forgotten that was not used for a quarter of a year.
    let forget = |days: i64| {
        app.clock.advance_s(days * 24 * 3600);
        let now = app.clock.now();
        let forget = move |tx: &cellar::database::Tx<'_>| cellar::access::forget_places(tx, now, 9);
        app.database.write_here(forget).unwrap()
    };
    assert_eq!(forget(89), 0);
    assert_eq!(forget(2), 1);
    attack();
    sign_in("192.0.2.1", PASSWORD).problem(429, "too_many");
}

#[test]
fn the_latest_places_of_a_user_are_remembered_and_a_closed_account_has_none() {
    let app = Setup::default().standing().start();
    let ada = app.user("ada");
    let body = json!({"username": "ada", "password": PASSWORD});
    for n in 0..25 {
        app.clock.advance_s(1);
        let from = format!("192.0.2.{n}");
        app.visitor().post("/auth/login").from(&from).json(&body).send().expect(200);
    }
    let places = || {
        let sql = "SELECT count(*), coalesce(min(last_used_at), 0) FROM known_places";
        let read = |row: &cellar::database::Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?));
        app.database.read_here(|r| r.fetchone(sql, &[], read)).unwrap().unwrap()
    };
    assert_eq!(places(), (20, app.clock.now().plus_s(-19).millis()));
    ada.post("/api/me/close").json(&json!({"password": PASSWORD})).send().expect(204);
    assert_eq!(places().0, 0);
}

#[test]
fn wrong_tries_are_counted_by_account_however_it_is_called() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    app.user("ada");
    let guess = |n: u32, field: &str, name: &str| {
        let body = json!({ field: name, "password": "not the password" });
        let from = format!("198.51.100.{n}");
        app.visitor().post("/auth/login").from(&from).json(&body).send().status
    };
    let names = [("username", "ada"), ("username", " ADA"), ("email", "Ada@example.org")];
    let answers: Vec<_> =
        names.iter().cycle().zip(0..22).map(|((field, name), n)| guess(n, field, name)).collect();
    assert_eq!(answers, [vec![422; 20], vec![429; 2]].concat());
}

#[test]
fn who_has_taken_a_session_cannot_guess_the_password_behind_it() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    let ada = app.user("ada");
    let guess = |n: u32, password: &str| {
        let body = json!({"current_password": password, "new_password": "another good cork"});
        ada.put("/api/me/password").from(&format!("198.51.100.{n}")).json(&body).send()
    };
    for n in 0..10 {
        assert_eq!(guess(n, "not the password").status, 422);
        let close = ada.post("/api/me/close").from(&format!("198.51.101.{n}"));
        assert_eq!(close.json(&json!({"password": "nor this one"})).send().status, 422);
    }
    guess(10, "not the password").problem(429, "too_many");
    guess(11, PASSWORD).problem(429, "too_many");
    // Her other session is not the thief's.
    let body = json!({"username": "ada", "password": PASSWORD});
    app.visitor().post("/auth/session").from("198.51.100.99").json(&body).send().expect(201);
}

#[test]
fn a_session_of_the_account_is_as_good_as_a_known_place() {
    let app = Setup::default().flag("sign_in_tries_per_minute", "5").start();
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    let body = |password: &str| json!({"username": "ada", "password": password});
    for n in 0..20 {
        let from = format!("198.51.100.{n}");
        app.visitor().post("/auth/session").from(&from).json(&body("no")).send();
    }
    let renew = |actor: &Actor<'_>, from: &str| {
        actor.post("/auth/session").from(from).json(&body(PASSWORD)).send()
    };
    renew(&app.visitor(), "203.0.113.7").problem(429, "too_many");
    renew(&bob, "203.0.113.8").problem(429, "too_many");
    renew(&ada, "203.0.113.9").expect(201);
}

#[test]
fn a_failure_to_sign_in_waits_for_no_line_about_it_whether_or_not_the_name_is_known() {
    let app = App::start();
    app.user("ada");
    let n_lines = || {
        let sql = "SELECT count(*) FROM audit";
        let found = app.database.read_here(|r| r.fetchone(sql, &[], |row| row.get::<i64>(0)));
        found.unwrap().unwrap()
    };
    let n_before = n_lines();
    // Nothing is written before the answers are there.
    let ((begin, begun), (release, released)) = (mpsc::channel(), mpsc::channel());
    let database = app.database.clone();
    let hold = move |_: &cellar::database::Tx<'_>| {
        begin.send(()).unwrap();
        Ok(released.recv_timeout(PATIENCE).is_ok())
    };
    let holder = std::thread::spawn(move || database.write_here(hold));
    begun.recv().unwrap();
    for password in ["not the password".to_owned(), "x".repeat(300)] {
        sign_in(&app, "ada", &password).problem(422, "invalid");
        sign_in(&app, "nobody", &password).problem(422, "invalid");
    }
    let _ = release.send(());
    assert!(holder.join().unwrap().unwrap(), "an answer waited for its line");
    // What was put in the queue before is done before.
    app.database.write_here(|_| Ok(())).unwrap();
    assert_eq!(n_lines() - n_before, 2);
}
