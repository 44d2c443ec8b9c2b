//! Background work that survives a restart: a queue in the database, and the threads that empty it.
//!
//! A kind of work implements [`JobKind`] and is registered in `server.rs`; [`Jobs`] takes orders,
//! runs them and tells how they fare. A job runs at least once and succeeds at most once: its final
//! effects commit in the same write as its success, and its release in the same write as any other
//! end. What a kind does outside such an effect may therefore happen again in a later attempt.
//!
//! It refuses to kill: a cancelled job ends when its kind next looks, and success that was quicker
//! stands.

mod attempt;
mod ending;
mod kind;
mod record;
mod routes;
mod run;
mod runner;
mod service;
mod turn;
mod view;
mod watch;

pub use kind::{Effect, Failure, JobKind, Kinds, Outcome, Stopped};
pub use record::{Counts, Job, Status, Whose};
pub use routes::{job_address, routes};
pub use run::Context;
pub use service::{Jobs, Settings};
pub use view::JobView;
pub use watch::Watch;

#[cfg(test)]
mod tests;
