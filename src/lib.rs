//! Cellar: a self-hosted machine-learning service in one file.
//!
//! One process serves the app, the API and the background work; one folder holds everything it
//! knows. The command line ([`cli`]) reads the settings ([`config`]), takes the data folder
//! ([`data_folder`]) and hands both to [`server::build`], the only place that sees every part.
//!
//! # How a request flows
//!
//! The connection is Rocket's. Before a handler runs, [`web::Endpoints`] has checked what its route
//! declares: the `Host` is ours, no other site's page sent the request with our cookie, the
//! caller meets the route's [`web::Access`], and the query has no parameter but those that the
//! route documents. Guards in the handler's signature then read the caller, the id in the path and
//! the body; a failure of any of them is an [`error::Error`] or one of HTTP's own refusals, which
//! `web/problem.rs` alone turns into a status. The handler is one expression: it calls a service.
//! The service holds the rules and opens one [`database::Database::read`] or
//! [`database::Database::write`]; records hold the SQL.
//!
//! # How a write becomes durable
//!
//! One thread owns the writing connection. It takes the closures that wait, runs each inside its
//! own savepoint and commits them together. A second thread has the disk keep what was committed,
//! with one sync for all of them, and only then answers; meanwhile the first runs those that come
//! next. A read that could have seen what is not on the disk yet is answered after that sync too,
//! so a power cut takes nothing back that anybody was told. A closure that fails undoes itself
//! alone; one that is sure, as a prediction that is paid for at once is, needs no savepoint. A
//! commit or a sync that fails stops all writing until a restart, because nobody knows what reached
//! the disk; [`database::Database::stopped`] says so.
//!
//! # How a prediction is paid for
//!
//! [`ml_task::MLService::process_task`] reads the rows ([`ml::intake`]) and asks the model
//! ([`ml_model_manager`]) about the good ones before anything is written. Then one write takes the
//! credits, books the entry and records the task, and only after its commit is anything told. Many
//! rows are a job: it holds the price of all of them, and settles for the good ones in the write
//! that makes it succeed.
//!
//! # What always holds
//!
//! - A module uses only itself and modules declared above it in this file; a test reads this list.
//! - No type of the database's engine leaves [`database`]; no type of HTTP enters the modules above
//!   [`web`].
//! - A table is written by one module. Credits are written by [`transaction`] alone, whose entries
//!   are never updated or deleted; all accounts together are always zero.
//! - Ownership is a `WHERE`: someone else's row and a row that is not there are the same 404.
//! - Whoever asked for a write is looked at again inside it: what ended meanwhile is ended.
//! - Inside a write there is SQL and nothing else: every other writer waits for it.
//! - Passwords, secrets, bodies and addresses never reach the log.
//!
//! # What is absent on purpose
//!
//! No default password. No retry of a failed commit. No second way to write a ledger entry. No
//! route without a declared access. No file named by a user. No build step for the app.
//!
//! # Where to begin
//!
//! [`ml`] is pure computation: it fits models with linfa and answers from flat arrays.
//! [`server`] joins everything; [`transaction`] shows a noun from its front door to its property
//! test; [`job`] is background work; [`admin::check`] lists every promise about stored data.

// Ground: words. No SQL and no HTTP; what little is asked of the system (randomness, free space,
// the settings file, threads, standard error) is asked here.
pub mod id;
pub mod credits;
pub mod clock;
pub mod error;
pub mod text;
pub mod random;
pub mod compute;
pub mod machine;
pub mod config;
pub mod log;

// Engines: pure computation, callable without a database.
pub mod ml;

// Plumbing: the outside world, still without nouns of the product.
pub mod database;
pub mod files;
pub mod data_folder;
pub mod backup;
pub mod installation;
pub mod web;

// Features, in dependency order.
pub mod audit;
pub mod access;
pub mod idempotency;
pub mod job;
pub mod transaction;
pub mod user;
pub mod workspace;
pub mod ml_model;
pub mod ml_model_manager;
pub mod ml_task;
pub mod admin;

// The roof.
pub mod server;
pub mod cli;
