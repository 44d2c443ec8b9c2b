//! Cellar.

pub mod id;
pub mod credits;
pub mod clock;
pub mod error;
pub mod random;
pub mod compute;
pub mod machine;
pub mod config;

pub mod database;
pub mod data_folder;
pub mod files;
pub mod installation;
pub mod web;

pub mod access;
pub mod job;
pub mod transaction;
pub mod user;
pub mod admin;

pub mod log;
pub mod server;
pub mod cli;
