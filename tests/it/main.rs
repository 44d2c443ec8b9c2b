//! Cellar from the outside: the server in this process, the real binary, and the real browser.

mod support;

mod access;
mod admin;
mod assets;
mod browser;
mod browser_account;
mod browser_deeds;
mod browser_journeys;
mod browser_manners;
mod browser_models;
mod browser_people;
mod browser_rows;
mod browser_staff;
mod browser_teams;
mod browser_troubles;
mod browser_tour;
mod browser_ways;
mod cli;
mod faults;
mod foreign;
mod foreign_captures;
mod job;
mod manners;
mod ml_model;
mod ml_task;
mod openapi;
mod power;
mod readme;
mod replicate;
mod schema;
mod slow_clients;
mod transaction;
mod user;
mod workspace;
