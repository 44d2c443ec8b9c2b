//! A closure on its way through the writer, and what undoes it if it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rocket::tokio::sync::oneshot;

use super::reader::Tx;
use crate::error::{Error, Result};

/// What undoes a closure that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    /// A savepoint of its own. SQLite copies every page that the closure changes, to have it back.
    Savepoint,
    /// Nothing: it fails before its first change, or not at all. Should it fail later all the same,
    /// the whole group is undone.
    Group,
}

/// A closure on its way through the writer.
pub(super) trait Member: Send {
    /// What undoes it.
    fn undo(&self) -> Undo;
    /// Runs it; whether its changes should stay.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Drops what it found: neither its changes nor its reasons count.
    fn void(&mut self);
    /// Why it failed, for the log.
    fn reason(&self) -> String;
    /// Answers the caller: `lost` says why its changes are not in the file.
    fn answer(self: Box<Self>, lost: Option<&str>);
}

pub(super) struct Write<T, F> {
    undo: Undo,
    run: Option<F>,
    outcome: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<T, F> Write<T, F> {
    /// A closure, and where its answer goes.
    pub(super) fn new(undo: Undo, run: F, caller: oneshot::Sender<Result<T>>) -> Self {
        Self { undo, run: Some(run), outcome: None, caller }
    }
}

impl<T, F> Member for Write<T, F>
where
    F: FnOnce(&Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn undo(&self) -> Undo {
        self.undo
    }

    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(run) = self.run.take() else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| run(tx)))
            .unwrap_or_else(|_| Err(Error::internal("a write panicked; its changes were undone")));
        let stays = outcome.is_ok();
        self.outcome = Some(outcome);
        stays
    }

    fn void(&mut self) {
        self.outcome = None;
    }

    fn reason(&self) -> String {
        let error = self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err());
        error.map(ToString::to_string).unwrap_or_default()
    }

    fn answer(self: Box<Self>, lost: Option<&str>) {
        let outcome = match (self.outcome, lost) {
            // It failed by itself and left nothing behind: its own reason is the better answer.
            (Some(Err(error)), _) => Err(error),
            (_, Some(why)) => Err(Error::Unavailable(why.to_owned())),
            (Some(outcome), None) => outcome,
            (None, None) => Err(Error::internal("a write was never run")),
        };
        // A caller that went away meanwhile is no reason to undo what is committed.
        if let (Err(_), Some(why)) = (self.caller.send(outcome), lost) {
            tracing::error!(why, "a write that nobody waited for was lost");
        }
    }
}
