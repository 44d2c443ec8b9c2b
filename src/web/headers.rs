//! Security headers, by class of answer, and how much of an answer is sent at once. What a route
//! sets itself (the app's pages have policies of their own) is left alone; everything else is
//! treated as an answer of the API.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Request, Response, async_trait};

use super::admission::Hosts;
use super::context::context;

/// The policy of everything that is not a page: nothing may run, nothing may frame it.
pub(super) const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// What every answer carries, whatever it is.
pub(super) const ALWAYS: [(&str, &str); 4] = [
    ("X-Content-Type-Options", "nosniff"),
    // Links can carry signatures; no other site learns them.
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
];

/// So much of an answer is handed to the network at once. Rocket's own 4 KiB have a large answer go
/// from task to task many times over.
pub(super) const CHUNK_BYTES_MAX: usize = 64 * 1024;

/// Sets the headers of every answer, and how large its pieces are.
#[derive(Debug, Clone)]
pub struct SecurityHeaders {
    hosts: Hosts,
}

impl SecurityHeaders {
    /// Headers for a server of these names.
    pub fn new(hosts: Hosts) -> Self {
        Self { hosts }
    }
}

#[async_trait]
impl Fairing for SecurityHeaders {
    fn info(&self) -> Info {
        Info { name: "headers and chunks", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let context = context(request);
        for (name, value) in ALWAYS {
            response.set_raw_header(name, value);
        }
        response.set_raw_header("X-Request-Id", context.id.as_str());
        if self.hosts.base_url().is_some_and(crate::config::BaseUrl::is_https) {
            response.set_raw_header("Strict-Transport-Security", "max-age=31536000");
        }
        if !response.headers().contains("Content-Security-Policy") {
            response.set_raw_header("Content-Security-Policy", API_POLICY);
        }
        // Rocket's streams say `no-cache`, which lets a browser keep what it must not.
        let is_live = response.content_type().is_some_and(|kind| kind.is_event_stream());
        if is_live || !response.headers().contains("Cache-Control") {
            response.set_raw_header("Cache-Control", "no-store");
        }
        if let Some(size) = response.body().preset_size() {
            response.set_max_chunk_size(size.clamp(1, CHUNK_BYTES_MAX));
        }
        if let Ok(mut rate_headers) = context.rate_headers.lock() {
            for (name, value) in rate_headers.drain(..) {
                response.set_raw_header(name, value);
            }
        }
    }
}
