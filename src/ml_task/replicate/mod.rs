//! Predictions for clients of Replicate, below `/v1/predictions`: a task, as they know one. Whoever
//! calls pays as ever, and finds what was predicted in the history; the id of a prediction is that
//! of its task. It refuses webhooks, which are not served.

mod request;
mod routes;
mod view;

pub use routes::replicate_routes;
