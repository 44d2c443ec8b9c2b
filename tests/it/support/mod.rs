//! What the stories share: a fresh server, its actors, the real binary, the browser.

pub mod app;
pub mod binary;
pub mod browser;
