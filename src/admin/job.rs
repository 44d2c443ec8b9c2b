//! The check as background work, with progress line by line.

use serde::{Deserialize, Serialize};

use super::check::{self, Line};
use crate::error::Error;
use crate::files::Files;
use crate::job::{Context, Failure, JobKind, Outcome};

/// Checks what the running server has stored.
pub struct CheckKind {
    files: Files,
}

impl CheckKind {
    /// A check that finds contents here.
    pub fn new(files: Files) -> Self {
        Self { files }
    }
}

/// A check needs to be told nothing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Everything {}

/// What the owner of the job reads.
#[derive(Debug, Serialize)]
struct Findings {
    lines: Vec<Line>,
}

impl JobKind for CheckKind {
    type Payload = Everything;
    const NAME: &'static str = "check";

    fn run(&self, _: Everything, context: &Context) -> Result<Outcome, Failure> {
        let promises: Vec<_> = check::promises().collect();
        let mut lines: Vec<Line> = Vec::new();
        let keep_going = || {
            context.check().map_err(|_| Error::conflict("check_stopped", "the check was stopped"))
        };
        let say_next = |n_done: usize| {
            #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
            let progress = n_done as f64 / promises.len() as f64;
            context.progress(progress, promises.get(n_done).copied().unwrap_or_default());
        };
        say_next(0);
        let mut take = |line| {
            lines.push(line);
            say_next(lines.len());
            keep_going()
        };
        let checked = context
            .database()
            .read_here(|r| check::check_database(r, &mut take))
            .and_then(|blobs| check::check_contents(&blobs, &self.files, &keep_going, &mut take));
        // Whoever stopped it wants to hear that, whatever came of the part under way.
        context.check()?;
        checked?;
        Outcome::new(Findings { lines })
    }
}
