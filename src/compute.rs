//! Work that burns the processor (hashing, training, decoding), off the async threads.

use rocket::tokio::task;

use crate::error::{Error, Result};

/// Runs `work` on a thread of its own; a panic in it is an internal failure.
pub async fn compute<T, F>(work: F) -> Result<T>
where
    F: FnOnce() -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    task::spawn_blocking(work).await.map_err(Error::internal)?
}
