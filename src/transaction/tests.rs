use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;
use crate::credits::Credits;
use crate::database::{Database, Reader, Tx, params};
use crate::error::{Error, Result};
use crate::id::{HoldId, RowId, TransactionId, UserId};

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn open(n_users: i64) -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path()).unwrap();
    database
        .write_here(move |tx| {
            for n in 1..=n_users {
                tx.execute(
                    "INSERT INTO users (id, username, password_hash, role, created_at) \
                     VALUES (?1, ?2, 'x', 'user', 0)",
                    params![n, format!("user{n}")],
                )?;
                create_account(tx, UserId::from_number(n))?;
            }
            Ok(())
        })
        .unwrap();
    (folder, database)
}

fn user(n: i64) -> UserId {
    UserId::from_number(n)
}

fn book(tx: &Tx<'_>, n: i64, kind: Kind, amount: i64) -> Result<Transaction> {
    let entry = Entry {
        user_id: user(n),
        kind,
        amount: Credits::new(amount),
        description: "a test".into(),
        actor_id: None,
        request_id: None,
    };
    Transaction::create(tx, entry, NOW)
}

fn balance(database: &Database, n: i64) -> (i64, i64) {
    let balance = database.read_here(|r| Balance::find(r, user(n))).unwrap();
    (balance.available.amount(), balance.held.amount())
}

fn problems(r: &Reader<'_>) -> Result<Vec<String>> {
    Ok([balance_problems(r)?, chain_problems(r)?].concat())
}

fn assert_sound(database: &Database) {
    assert_eq!(database.read_here(problems).unwrap(), Vec::<String>::new());
}

#[test]
fn an_entry_changes_the_balance_and_carries_it() {
    let (_folder, database) = open(1);
    let made = database
        .write_here(|tx| {
            book(tx, 1, Kind::TopUp, 100)?;
            book(tx, 1, Kind::Charge, -30)
        })
        .unwrap();
    assert_eq!((made.id.number(), made.balance), (2, Credits::new(70)));
    assert_eq!(balance(&database, 1), (70, 0));
    let listed =
        database.read_here(|r| Transaction::get_user_transactions(r, user(1), None, 10)).unwrap();
    assert_eq!(listed.iter().map(|t| t.amount.amount()).collect::<Vec<_>>(), [-30, 100]);
    assert_eq!(listed[0], made);
    assert_sound(&database);
}

#[test]
fn what_is_not_there_cannot_be_spent() {
    let (_folder, database) = open(1);
    let refused = database.write_here(|tx| {
        book(tx, 1, Kind::Gift, 5)?;
        book(tx, 1, Kind::Charge, -6)
    });
    assert!(matches!(refused, Err(Error::OutOfCredits { cost, balance })
            if cost == Credits::new(6) && balance == Credits::new(5)));
    // The whole closure was undone, the gift with it.
    assert_eq!(balance(&database, 1), (0, 0));
    assert_sound(&database);
}

#[test]
fn amounts_at_the_edge_are_refused_and_nothing_changes() {
    let (_folder, database) = open(1);
    database.write_here(|tx| book(tx, 1, Kind::TopUp, 7)).unwrap();
    for amount in [0, i64::MIN, i64::MAX, i64::MIN + 1] {
        assert!(database.write_here(move |tx| book(tx, 1, Kind::Adjustment, amount)).is_err());
    }
    assert!(database.write_here(|tx| book(tx, 2, Kind::TopUp, 1)).is_err());
    assert_eq!(balance(&database, 1), (7, 0));
    assert_sound(&database);
}

#[test]
fn an_entry_that_does_not_fit_its_kind_is_not_made() {
    let (_folder, database) = open(1);
    database.write_here(|tx| book(tx, 1, Kind::TopUp, 7)).unwrap();
    for (kind, amount) in [
        (Kind::TopUp, -1),
        (Kind::Gift, -1),
        (Kind::Refund, -1),
        (Kind::Charge, 1),
        // A hold keeps its own books, which these would part from the account's.
        (Kind::Hold, -1),
        (Kind::Settle, -1),
        (Kind::Release, 1),
    ] {
        let made = database.write_here(move |tx| book(tx, 1, kind, amount));
        assert!(matches!(made, Err(Error::Internal(_))), "{kind:?}: {made:?}");
    }
    assert_eq!(balance(&database, 1), (7, 0));
    assert_sound(&database);
}

#[test]
fn a_hold_is_settled_once_for_what_it_cost() {
    let (_folder, database) = open(1);
    let hold = database
        .write_here(|tx| {
            book(tx, 1, Kind::TopUp, 100)?;
            hold::place(tx, user(1), Credits::new(60), "a file", NOW)
        })
        .unwrap();
    assert_eq!(balance(&database, 1), (40, 60));
    database.write_here(move |tx| hold::settle(tx, hold, Credits::new(25), "a file", NOW)).unwrap();
    assert_eq!(balance(&database, 1), (75, 0));
    let again = database.write_here(move |tx| hold::release(tx, hold, "a file", NOW));
    assert!(matches!(again, Err(Error::Conflict { .. })));
    assert_eq!(balance(&database, 1), (75, 0));
    assert_sound(&database);
}

#[test]
fn entries_are_never_updated_or_deleted() {
    let (_folder, database) = open(1);
    database.write_here(|tx| book(tx, 1, Kind::TopUp, 7)).unwrap();
    for sql in ["UPDATE transactions SET amount = 8", "DELETE FROM transactions"] {
        assert!(database.write_here(move |tx| tx.execute(sql, params![])).is_err());
    }
    assert_sound(&database);
}

#[test]
fn a_forged_past_is_noticed() {
    let forgeries = [
        ("UPDATE transactions SET description = 'nothing' WHERE id = 2", "entry 2 was changed"),
        ("DELETE FROM transactions WHERE id = 2", "entry 2 is missing"),
        ("UPDATE accounts SET available = 1000 WHERE user_id = 1", "usr_"),
        ("UPDATE accounts SET available = -1 WHERE id = 0", "together are"),
    ];
    for (forgery, noticed) in forgeries {
        let (_folder, database) = open(1);
        database
            .write_here(move |tx| {
                for amount in [7, 8, 9] {
                    book(tx, 1, Kind::TopUp, amount)?;
                }
                // Someone with the file in their hands is not stopped by a trigger.
                tx.execute("DROP TRIGGER transactions_are_never_updated", params![])?;
                tx.execute("DROP TRIGGER transactions_are_never_deleted", params![])?;
                tx.execute(forgery, params![])
            })
            .unwrap();
        let found = database.read_here(problems).unwrap().join("; ");
        assert!(found.contains(noticed), "{forgery}: {found}");
    }
}

#[test]
fn an_entry_before_its_time_is_noticed() {
    let (_folder, database) = open(1);
    let found = database.write_here(|tx| {
        let mut entry = book(tx, 1, Kind::TopUp, 7)?;
        let hash = entry.chained_to(&[0; 32]);
        entry.id = TransactionId::from_number(2);
        entry.timestamp = Timestamp::from_millis(NOW.millis() - 1);
        tx.execute(
            "INSERT INTO transactions (id, user_id, kind, amount, balance, description, \
             timestamp, hash) VALUES (2, 1, 'top_up', 7, 7, 'a test', ?1, ?2)",
            params![entry.timestamp, entry.chained_to(&hash)],
        )?;
        chain_problems(tx)
    });
    assert_eq!(found.unwrap(), ["entry 2 is earlier than the one before it"]);
}

#[test]
fn sixty_four_threads_spend_exactly_what_there_is() {
    let (_folder, database) = open(1);
    database.write_here(|tx| book(tx, 1, Kind::TopUp, 100)).unwrap();
    let threads: Vec<_> = (0..64)
        .map(|thread| {
            let database = database.clone();
            // 800 tries in all.
            let n_tries = if thread < 32 { 13 } else { 12 };
            std::thread::spawn(move || {
                (0..n_tries)
                    .filter(|_| database.write_here(|tx| book(tx, 1, Kind::Charge, -1)).is_ok())
                    .count()
            })
        })
        .collect();
    let n_spent: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(n_spent, 100);
    assert_eq!(balance(&database, 1), (0, 0));
    assert_sound(&database);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Book(i64, i64),
    Hold(i64, i64),
    Settle(usize, i64),
    Release(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..=3i64, -50..200i64).prop_map(|(user, amount)| Step::Book(user, amount)),
        (1..=3i64, -5..80i64).prop_map(|(user, credits)| Step::Hold(user, credits)),
        (0..8usize, -5..90i64).prop_map(|(hold, cost)| Step::Settle(hold, cost)),
        (0..8usize).prop_map(Step::Release),
    ]
}

fn take(database: &Database, step: Step, holds: &mut Vec<HoldId>) {
    let pick = |place: usize| holds.get(place % holds.len().max(1)).copied();
    match step {
        Step::Book(user, amount) => {
            let kind = if amount < 0 { Kind::Charge } else { Kind::TopUp };
            let _ = database.write_here(move |tx| book(tx, user, kind, amount));
        }
        Step::Hold(n, credits) => {
            let credits = Credits::new(credits);
            let placed = database.write_here(move |tx| hold::place(tx, user(n), credits, "h", NOW));
            holds.extend(placed);
        }
        Step::Settle(place, cost) => {
            let Some(hold) = pick(place) else { return };
            let _ =
                database.write_here(move |tx| hold::settle(tx, hold, Credits::new(cost), "h", NOW));
        }
        Step::Release(place) => {
            let Some(hold) = pick(place) else { return };
            let _ = database.write_here(move |tx| hold::release(tx, hold, "h", NOW));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_history_conserves_credits(steps in proptest::collection::vec(step(), 1..60)) {
        let (_folder, database) = open(3);
        let mut holds = Vec::new();
        for step in steps {
            take(&database, step, &mut holds);
        }
        assert_sound(&database);
    }
}
