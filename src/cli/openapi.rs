//! `cellar openapi`: the description of the API.

use std::process::ExitCode;

use super::{Done, say};
use crate::ml_model_manager::MLModelManager;
use crate::server;

/// `openapi` needs nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar openapi > openapi.json")]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> Done {
    say(&server::document(&MLModelManager::untrained()).json()?)?;
    Ok(ExitCode::SUCCESS)
}
