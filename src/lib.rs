//! Cellar.

pub mod id;
pub mod credits;
pub mod clock;
pub mod error;
pub mod config;
pub mod disk;
pub mod database;
pub mod data_folder;
pub mod files;
pub mod web;
pub mod transaction;
