//! Durable writes through the group commit: how many a second, and how many share a sync of the
//! disk, while 1, 8 or 64 clients each wait for their own answer before they write again.
//!
//! A write is what a prediction pays with: one ledger entry, which changes two accounts and chains
//! a hash, answered once it is on the disk. Run with `cargo bench --bench commits`; the table
//! shows the time of a round and the writes a second as fastest, slowest, median and mean.

use cellar::clock::Timestamp;
use cellar::credits::Credits;
use cellar::database::Database;
use cellar::id::{RowId, UserId};
use cellar::transaction::{Entry, Kind, Transaction, create_account};
use divan::Bencher;
use divan::counter::ItemsCount;
use rocket::tokio::runtime::Runtime;
use rocket::tokio::task::JoinSet;

/// Clients that wait for their writes.
const CLIENTS: [usize; 3] = [1, 8, 64];

/// Writes of each client in a round, so that every round makes about as many in all.
const fn writes_of_each(n_clients: usize) -> usize {
    2_048 / n_clients
}

fn main() {
    divan::main();
}

/// One entry of one credit for the only user.
fn entry() -> Entry {
    Entry {
        user_id: UserId::from_number(1),
        kind: Kind::TopUp,
        amount: Credits::new(1),
        description: "a benchmark".into(),
        actor_id: None,
        request_id: None,
    }
}

fn open() -> (tempfile::TempDir, Database) {
    // Beside the build, where a disk is a disk; a temporary folder is often memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("target/tmp is there");
    let database = Database::open(folder.path()).expect("a new folder takes a database");
    database
        .write_here(|tx| {
            tx.execute(
                "INSERT INTO users (id, username, password_hash, role, created_at) \
                 VALUES (1, 'bench', 'x', 'user', 0)",
                &[],
            )?;
            create_account(tx, UserId::from_number(1))
        })
        .expect("an empty database takes a user");
    (folder, database)
}

async fn round(database: &Database, n_clients: usize) {
    let mut clients = JoinSet::new();
    for _ in 0..n_clients {
        let database = database.clone();
        clients.spawn(async move {
            for _ in 0..writes_of_each(n_clients) {
                database
                    .write(|tx| Transaction::create(tx, entry(), Timestamp::from_millis(0)))
                    .await
                    .expect("the entry fits");
            }
        });
    }
    clients.join_all().await;
}

#[divan::bench(args = CLIENTS, sample_count = 10, sample_size = 1)]
fn durable_writes(bencher: Bencher, n_clients: usize) {
    let (_folder, database) = open();
    let runtime = Runtime::new().expect("threads can be had");
    bencher
        .counter(ItemsCount::new(n_clients * writes_of_each(n_clients)))
        .bench_local(|| runtime.block_on(round(&database, n_clients)));
    let figures = database.figures();
    #[expect(clippy::cast_precision_loss, reason = "a mean of some thousands")]
    let n_commits = figures.n_commits() as f64;
    let mean = figures.group_size.get_sample_sum() / n_commits;
    let sync_ms = 1000.0 * figures.commit_seconds.get_sample_sum() / n_commits;
    eprintln!("  {n_clients} clients: {mean:.1} writes a commit, {sync_ms:.3} ms a commit");
}
