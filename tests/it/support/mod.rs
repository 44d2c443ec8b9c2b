//! What the stories share: a fresh server, its actors, the real binary, the browser.

pub(crate) mod app;
pub(crate) mod binary;
pub(crate) mod browser;
pub(crate) mod month;
