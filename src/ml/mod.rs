//! Machine learning as pure computation: no database, no HTTP, no clock. It is the only folder that
//! names linfa, which fits every model; what answers requests is laid out here for speed and held
//! to linfa's answers by tests.
//!
//! Everything is reproducible: the same data and seed give the same bytes, on any number of
//! threads. What cannot be made so stays out.

pub mod artefact;
pub mod forest;
pub mod intake;
pub mod kernel;
pub mod metric;
mod nearest;
pub mod rows;
pub mod schema;
pub mod split;
pub mod tree;
mod wide;
pub mod wine;
