//! The check as background work, with progress line by line.

use serde::{Deserialize, Serialize};

use super::check::{self, Line, N_LINES};
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
        let mut lines: Vec<Line> = Vec::new();
        let mut stopped = None;
        let checked = context.database().read_here(|r| {
            check::check(r, &self.files, |line| {
                #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
                let progress = (lines.len() + 1) as f64 / N_LINES as f64;
                context.progress(progress, &line.name);
                lines.push(line);
                context.check().map_err(|word| {
                    stopped = Some(word);
                    Error::Conflict("the check was stopped".into())
                })
            })
        });
        match (stopped, checked) {
            (Some(word), _) => Err(word.into()),
            (None, checked) => {
                checked?;
                Outcome::new(Findings { lines })
            }
        }
    }
}
