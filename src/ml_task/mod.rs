//! Rows that somebody has predicted: what was sent, what came of it, and what it cost.
//!
//! An [`MLTask`] is predicted at once if it is small, and by a background job if it is large. The
//! good rows are predicted and paid for; the bad ones come back with what is wrong with each cell.
//! Never an answer without its charge, never a charge without its answer: at once, the rows are
//! predicted first, then paid for and recorded in one write; a job holds the price of every row,
//! and pays for the good ones in the write that makes it succeed. What fails, is cancelled or has
//! no good row costs nothing.

mod accent;
mod at_once;
mod by_job;
mod companion;
mod compressed;
mod content;
mod demo;
mod download;
mod draft;
mod ending;
mod flow;
mod foreign;
mod form;
mod job;
mod kept;
mod listing;
mod local;
mod oip;
mod order;
mod outcome;
mod parts;
mod prediction;
mod purpose;
mod query;
mod record;
mod replicate;
mod results;
mod routes;
mod service;
mod sound;
mod submission;
mod telling;
mod trouble;
mod unpaid;
mod verify;
mod view;

pub use accent::accent;
pub use companion::TaskCompanion;
pub use demo::{DemoLimit, demo_routes};
pub use foreign::{mlflow_routes, oip_routes};
pub use form::Form;
pub use job::PredictionKind;
pub use listing::{TaskFilter, export_tasks};
pub use local::{LocalTally, Writing, predict_locally};
pub use purpose::TaskPurpose;
pub use record::{MLTask, NamedTask, Status, TaskQuery};
pub use replicate::replicate_routes;
pub use routes::routes;
pub use service::{Limits, MLService, TaskParts};
pub use submission::SizeLimits;
pub use unpaid::Unpaid;
pub use verify::{count, problems};
pub use view::{NamedTaskView, TaskView};
