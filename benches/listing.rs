//! How long a page of 50 takes to find among 1,000,000 entries of the ledger, with each filter.
//!
//! `cargo bench --bench listing`; it fills a ledger first, which takes a minute. Half of the
//! entries are one user's, the others are shared by 999.

mod support;

use std::time::Instant;

use cellar::clock::Timestamp;
use cellar::credits::Credits;
use cellar::database::{Database, Tx};
use cellar::id::{RowId, UserId};
use cellar::transaction::{Entry, Kind, Transaction, TransactionQuery, TransactionService, list};
use support::summary;

const ENTRIES: i64 = 1_000_000;
const USERS: i64 = 1_000;
const ROUNDS: usize = 21;
const BEGIN: i64 = 1_795_000_000_000;

fn main() {
    let server = support::served();
    let database = server.database.clone();
    fill(&database);
    let clock = cellar::clock::Clock::system();
    let service = TransactionService::new(
        database.clone(),
        clock,
        true,
        std::sync::Arc::new(cellar::ml_task::TaskPurpose),
    )
    .expect("a counter");
    let runtime = rocket::tokio::runtime::Runtime::new().expect("threads can be had");
    runtime.block_on(service.index_words()).expect("the words are indexed");
    let rich = Some(UserId::from_number(2));
    let poor = Some(UserId::from_number(500));
    let at = |n: i64| Some(Timestamp::from_millis(BEGIN + n * 1000));
    let text = |words: &str| Some(words.to_owned());
    let none = TransactionQuery::default;
    let questions = [
        ("no filter", none()),
        ("a user with 500,000", TransactionQuery { user_id: rich, ..none() }),
        ("a user with 500", TransactionQuery { user_id: poor, ..none() }),
        ("a kind", TransactionQuery { kind: Some(Kind::Refund), ..none() }),
        (
            "a user and a rare kind",
            TransactionQuery { user_id: rich, kind: Some(Kind::Gift), ..none() },
        ),
        ("a day in the middle", TransactionQuery { from: at(500_000), to: at(586_400), ..none() }),
        (
            "a user, a kind, a day",
            TransactionQuery {
                user_id: poor,
                kind: Some(Kind::TopUp),
                from: at(100_000),
                to: at(900_000),
                ..none()
            },
        ),
        ("a common word", TransactionQuery { text: text("wine"), ..none() }),
        ("a rare word", TransactionQuery { text: text("batch 777777"), ..none() }),
        (
            "a user and a common word",
            TransactionQuery { user_id: poor, text: text("wine"), ..none() },
        ),
        (
            "a user and a rare word",
            TransactionQuery { user_id: rich, text: text("777776"), ..none() },
        ),
        ("a word that is not there", TransactionQuery { text: text("champagne"), ..none() }),
    ];
    println!("50 of {ENTRIES} entries, {ROUNDS} times: minimum / median / maximum ms");
    for (what, query) in questions {
        let (mut taken, mut n_found) = (vec![], 0);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let found = database.read_here(|r| list(r, &query, i64::MAX, 50)).expect("a page");
            taken.push(begun.elapsed().as_secs_f64() * 1e3);
            n_found = found.len();
        }
        println!("{what:<26} {} ({n_found} found)", summary(taken));
    }
}

fn fill(database: &Database) {
    database.write_here(make_users).expect("users can be made");
    let mut next = 0;
    while next < ENTRIES {
        let (from, to) = (next, (next + 20_000).min(ENTRIES));
        database.write_here(move |tx| (from..to).try_for_each(|n| enter(tx, n))).expect("entries");
        next = to;
    }
}

fn make_users(tx: &Tx<'_>) -> cellar::error::Result<()> {
    for n in 2..=USERS {
        let user_id = UserId::from_number(n);
        let new = cellar::user::NewUser {
            username: format!("user{n}"),
            email: None,
            full_name: None,
            password_hash: String::new(),
            role: cellar::access::Role::User,
            must_change_password: false,
        };
        let made = cellar::user::User::create(tx, &new, Timestamp::from_millis(BEGIN))?;
        assert!(made.number() <= user_id.number());
    }
    Ok(())
}

fn enter(tx: &Tx<'_>, n: i64) -> cellar::error::Result<()> {
    let user = if n % 2 == 0 { 2 } else { 1 + n % (USERS - 1) };
    let (kind, what) = match n % 1_000 {
        0 => (Kind::Gift, "a gift"),
        1..=9 => (Kind::Refund, "a refund"),
        10..=499 => (Kind::TopUp, "a top-up"),
        _ => (Kind::Adjustment, "the wine model"),
    };
    let entry = Entry {
        user_id: UserId::from_number(user.max(1)),
        kind,
        amount: Credits::new(1),
        description: format!("{what}, batch {n}"),
        actor_id: None,
        request_id: None,
    };
    Transaction::create(tx, entry, Timestamp::from_millis(BEGIN + n * 1000)).map(drop)
}
