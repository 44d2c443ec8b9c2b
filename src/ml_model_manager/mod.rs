//! The shelf of models: what can be asked now, read without a lock on the way of every request.
//!
//! At the start each model is taken from its file or, where there is none or it is not what this
//! program would train, trained anew. A damaged file is named in the log and never trusted.
//! Training runs in the background: the server answers at once, the model says that it is training,
//! and whoever wants a prediction of it waits for it.

mod job;
mod keep;
mod routes;
mod shelf;

pub use job::EvaluationKind;
pub use keep::Keep;
pub use routes::routes;
pub use shelf::{MLModelManager, Standing};
