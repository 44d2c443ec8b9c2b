//! Cellar.

pub mod id;
pub mod credits;
pub mod clock;
pub mod error;
pub mod disk;
pub mod database;
