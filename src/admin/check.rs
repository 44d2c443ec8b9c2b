//! The check: every promise about what is stored, one line each. It reads, and changes nothing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::database::{Reader, SCHEMA_VERSION, params};
use crate::error::{Error, Result};
use crate::files::{Files, Inventory};
use crate::id::{JobId, UserId};
use crate::ml_task;
use crate::transaction;

/// Problems of one kind that are spelled out; the rest is counted.
const PROBLEMS_SHOWN_MAX: usize = 5;

/// Whether a promise is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Ok,
    /// It is not.
    Violated,
}

/// One promise and its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// A stable word for programs; empty in the result of a check by an older version.
    #[serde(default)]
    pub code: String,
    /// The promise.
    pub name: String,
    /// Whether it is kept.
    pub status: Verdict,
    /// What was looked at, or what is wrong.
    pub detail: String,
    /// How much was looked at, where that is a number and nothing is wrong.
    #[serde(default)]
    pub count: Option<u64>,
}

/// A promise: its code and its name.
type Named = (&'static str, &'static str);

/// One promise about the database, and the look that says what is wrong, if anything.
type Promise = (Named, fn(&Reader<'_>) -> Result<Finding>);

/// What a look at one promise found.
struct Finding {
    looked_at: String,
    count: Option<u64>,
    problems: Vec<String>,
}

impl Finding {
    /// After a look at so many things, each of which is called so.
    fn of(n: u64, one: &str, many: &str, problems: Vec<String>) -> Self {
        let looked_at = format!("{n} {}", if n == 1 { one } else { many });
        Self { looked_at, count: Some(n), problems }
    }
}

/// Every promise, in the order they are checked: whatever builds on another comes after it.
const PROMISES: [Promise; 8] = [
    (("file_is_whole", "the file is whole"), file_is_whole),
    (("references_hold", "references hold"), references_hold),
    (("schema_is_known", "the schema is known"), schema_is_known),
    (("balances_add_up", "balances are the sum of their entries"), balances_add_up),
    (("ledger_is_unbroken", "the ledger is an unbroken chain"), ledger_is_unbroken),
    (("jobs_are_in_order", "jobs are in order"), jobs_are_in_order),
    (("tasks_are_paid_for", "tasks are paid for exactly"), tasks_are_paid_for),
    (
        ("closed_accounts_are_forgotten", "closed accounts are forgotten"),
        closed_accounts_are_forgotten,
    ),
];

/// The last promise, about what lies beside the database.
const CONTENTS: Named = ("contents_are_whole", "contents are whole");

/// The code of every promise, in the order they are checked.
pub fn promises() -> impl ExactSizeIterator<Item = &'static str> {
    let mut codes: Vec<_> = PROMISES.iter().map(|((code, _), _)| *code).collect();
    codes.push(CONTENTS.0);
    codes.into_iter()
}

/// Takes each line of a check as it is known; an error ends the check.
pub type Take<'a> = &'a mut dyn FnMut(Line) -> Result<()>;

/// Checks what is promised of the database, on one view of it; the contents that must be there.
pub fn check_database(r: &Reader<'_>, take: Take<'_>) -> Result<Inventory> {
    for (name, look) in PROMISES {
        take(line(name, look(r)))?;
    }
    Inventory::of(r)
}

/// Checks what is promised of the contents. It reads every byte of them, so no view of the database
/// is held meanwhile, and an error of `keep_going`, asked at every block, ends it.
pub fn check_contents(
    contents: &Inventory,
    files: &Files,
    keep_going: &dyn Fn() -> Result<()>,
    take: Take<'_>,
) -> Result<()> {
    let found = contents_are_whole(contents, files, keep_going);
    keep_going()?;
    take(line(CONTENTS, found))
}

fn line((code, name): Named, found: Result<Finding>) -> Line {
    let found = found.unwrap_or_else(|error| Finding {
        looked_at: String::new(),
        count: None,
        problems: vec![format!("cannot be checked: {error}")],
    });
    let is_kept = found.problems.is_empty();
    Line {
        code: code.to_owned(),
        name: name.to_owned(),
        status: if is_kept { Verdict::Ok } else { Verdict::Violated },
        detail: if is_kept { found.looked_at } else { in_short(&found.problems) },
        count: found.count.filter(|_| is_kept),
    }
}

fn in_short(problems: &[String]) -> String {
    let shown = problems[..problems.len().min(PROBLEMS_SHOWN_MAX)].join("; ");
    match problems.len() - problems.len().min(PROBLEMS_SHOWN_MAX) {
        0 => shown,
        n_more => format!("{shown}; and {n_more} more"),
    }
}

fn file_is_whole(r: &Reader<'_>) -> Result<Finding> {
    Ok(Finding::of(r.size_bytes()?, "byte", "bytes", r.integrity_problems()?))
}

fn references_hold(r: &Reader<'_>) -> Result<Finding> {
    let tables = r.dangling_references()?;
    let problem = |table| format!("a row of {table} refers to one that is not there");
    Ok(Finding {
        looked_at: "every reference between tables".into(),
        count: None,
        problems: tables.into_iter().map(problem).collect(),
    })
}

fn schema_is_known(r: &Reader<'_>) -> Result<Finding> {
    let version = r.schema_version()?;
    let problems = if version == i64::from(SCHEMA_VERSION) {
        r.schema_problems()?
    } else {
        // A newer one was refused when the file was opened.
        vec![format!(
            "the file has version {version}; the next start of the server brings it to \
             {SCHEMA_VERSION}"
        )]
    };
    let count = u64::try_from(version).ok();
    Ok(Finding { looked_at: format!("version {version}"), count, problems })
}

fn count(r: &Reader<'_>, sql: &'static str) -> Result<u64> {
    let n = r.fetchone(sql, params![], |row| row.get(0))?;
    n.ok_or_else(|| Error::internal("a count has no row"))
}

fn balances_add_up(r: &Reader<'_>) -> Result<Finding> {
    let n_accounts = count(r, "SELECT count(*) FROM accounts WHERE user_id IS NOT NULL")?;
    Ok(Finding::of(n_accounts, "account", "accounts", transaction::balance_problems(r)?))
}

fn ledger_is_unbroken(r: &Reader<'_>) -> Result<Finding> {
    let n_entries = count(r, "SELECT count(*) FROM transactions")?;
    Ok(Finding::of(n_entries, "entry", "entries", transaction::chain_problems(r)?))
}

fn jobs_are_in_order(r: &Reader<'_>) -> Result<Finding> {
    let n_jobs = count(r, "SELECT count(*) FROM jobs")?;
    let problems = r.fetchall(
        "SELECT id FROM jobs WHERE (status = 'succeeded' AND (result IS NULL OR attempt = 0)) \
         OR (status = 'running' AND (started_at IS NULL OR attempt = 0)) \
         OR (status <> 'succeeded' AND result IS NOT NULL) ORDER BY id",
        params![],
        |row| Ok(format!("{} has a state its other columns deny", row.get::<JobId>(0)?)),
    )?;
    Ok(Finding::of(n_jobs, "job", "jobs", problems))
}

/// I4: an answer and its charge are one.
fn tasks_are_paid_for(r: &Reader<'_>) -> Result<Finding> {
    Ok(Finding::of(ml_task::count(r)?, "task", "tasks", ml_task::problems(r)?))
}

/// Whoever closed an account is known no more, and can do nothing: only the ledger is kept.
fn closed_accounts_are_forgotten(r: &Reader<'_>) -> Result<Finding> {
    let n_closed = count(r, "SELECT count(*) FROM users WHERE state = 'closed'")?;
    let problems = r.fetchall(
        "SELECT u.id FROM users u WHERE u.state = 'closed' \
         AND (u.email IS NOT NULL OR u.full_name IS NOT NULL OR u.password_hash <> '' \
           OR u.username NOT LIKE 'closed:%' OR u.role <> 'user' \
           OR EXISTS (SELECT 1 FROM looks WHERE user_id = u.id) \
           OR EXISTS (SELECT 1 FROM sessions WHERE user_id = u.id) \
           OR EXISTS (SELECT 1 FROM known_places WHERE user_id = u.id) \
           OR EXISTS (SELECT 1 FROM api_keys WHERE user_id = u.id) \
           OR EXISTS (SELECT 1 FROM replies WHERE user_id = u.id) \
           OR EXISTS (SELECT 1 FROM ml_tasks WHERE user_id = u.id) \
            OR EXISTS (SELECT 1 FROM members WHERE user_id = u.id) \
           OR EXISTS (SELECT 1 FROM workspace_invitations \
             WHERE user_id = u.id OR created_by = u.id)) ORDER BY u.id",
        params![],
        |row| Ok(format!("{} is closed and not forgotten", row.get::<UserId>(0)?)),
    )?;
    Ok(Finding::of(n_closed, "closed account", "closed accounts", problems))
}

/// I7: rows and files one to one, every file's bytes as its name says, no leftovers past the grace.
fn contents_are_whole(
    contents: &Inventory,
    files: &Files,
    keep_going: &dyn Fn() -> Result<()>,
) -> Result<Finding> {
    let mut problems = Vec::new();
    for blob in &contents.used {
        let name = blob.hash.to_hex();
        match files.measure(blob.hash, keep_going) {
            Ok(found) if found == *blob => {}
            Ok(_) => problems.push(format!("content {name} was changed on the disk")),
            Err(Error::NotFound(_)) => problems.push(format!("content {name} is missing")),
            Err(other) => return Err(other),
        }
    }
    let known = contents.hashes();
    for hash in files.list()? {
        if !known.contains(&hash) && files.outlived_grace(hash) {
            problems.push(format!("content {} belongs to nothing", hash.to_hex()));
        }
    }
    let n_abandoned = files.abandoned()?.len();
    if n_abandoned > 0 {
        problems.push(format!("{n_abandoned} temporary files were left behind"));
    }
    Ok(Finding::of(contents.used.len() as u64, "content", "contents", problems))
}
