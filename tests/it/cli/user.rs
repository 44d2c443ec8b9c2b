//! Accounts while the server does not run.

use super::*;

#[test]
fn accounts_are_made_steered_and_listed_without_the_server() {
    let binary = initialised();
    let run = |arguments: &[&str]| binary.run(&[&["user"], arguments].concat());
    let said = run(&["add", "Ada", "--email", "ada@example.org"]).done();
    let password = one_time_password(&said);
    run(&["topup", "ada", "500", "--reason", "invoice 7"]).done();
    let listed = run(&["list"]).done();
    let ada = listed.lines().find(|line| line.starts_with("ada ")).unwrap();
    for part in ["user", "active", " 600 ", "ada@example.org"] {
        assert!(ada.contains(part), "{part} is missing in {ada}");
    }
    run(&["disable", "ada@example.org"]).done();
    assert!(run(&["list"]).done().contains("disabled"));
    run(&["enable", "ada"]).done();
    for (wrong, code, why) in [
        (&["add", "ada"][..], 1, "is taken"),
        (&["add", "a b"], 2, "username"),
        (&["disable", "nobody"], 1, "no such user"),
        (&["disable", "admin"], 1, "last administrator"),
        (&["topup", "ada", "0", "--reason", "why not"], 2, "amount"),
        (&["topup", "ada", "5", "--reason", " "], 2, "reason"),
        (&["topup", "ada", "many", "--reason", "why not"], 2, "many"),
    ] {
        let error = run(wrong).failed(code);
        assert!(error.contains(why), "{wrong:?}: {error}");
    }
    let served = binary.serve(&[]);
    let error = run(&["list"]).failed(1);
    assert!(error.contains("in use by another Cellar process"), "{error}");
    let who = json!({"username": "ada", "password": password});
    let answer = served.request("POST", "/auth/session").json(&who).send();
    assert_eq!(answer.json()["must_change_password"], true);
    drop(served);
    binary.run(&["check"]).done();
}

#[test]
fn a_lost_password_is_replaced_and_everyone_who_had_it_is_out() {
    let binary = initialised();
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    served.stop();
    let password = one_time_password(&binary.run(&["user", "password", "admin"]).done());
    let served = binary.serve(&[]);
    assert_eq!(served.request("GET", "/api/me").cookie(&cookie).send().status, 401);
    assert_eq!(served.try_sign_in(PASSWORD).unwrap(), None);
    served.sign_in_with(&password);
    served.stop();
    let binary = binary.with("CELLAR_USER_PASSWORD", "my own and nobody else's");
    let said = binary.run(&["user", "password", "admin"]).done();
    assert!(!said.contains("my own"), "{said}");
    let cookie = binary.serve(&[]).sign_in_with("my own and nobody else's");
    assert!(!cookie.is_empty());
    let binary = binary.with("CELLAR_USER_PASSWORD", "password");
    let error = binary.run(&["user", "password", "admin"]).failed(2);
    assert!(error.contains("CELLAR_USER_PASSWORD"), "{error}");
    // It is of no concern to the other commands.
    binary.run(&["user", "list"]).done();
}

#[test]
fn one_key_sent_by_many_at_once_is_one_payment() {
    let binary = initialised();
    let served = binary.serve(&[]);
    let cookie = served.sign_in();
    let top_up = || {
        let call = served.request("POST", "/api/balance/top-ups").cookie(&cookie);
        let call = call.header("Idempotency-Key", "8f0c").json(&json!({"amount": 5}));
        call.send()
    };
    let answers: Vec<_> = thread::scope(|scope| {
        let tries: Vec<_> = (0..32).map(|_| scope.spawn(top_up)).collect();
        tries.into_iter().map(|tried| tried.join().unwrap()).collect()
    });
    let bodies: Vec<_> =
        answers.iter().filter(|answer| answer.status == 201).map(Answer::text).collect();
    assert!(!bodies.is_empty());
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    // Who came while another was at work is told so, and gets the answer later.
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)));
    assert_eq!(top_up().text(), bodies[0]);
    let balance = served.request("GET", "/api/balance").cookie(&cookie).send().json();
    assert_eq!(balance["available"], 5);
}
