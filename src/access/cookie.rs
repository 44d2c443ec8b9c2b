//! The session cookie, written by hand: Rocket's own would leave out `Secure` behind a proxy.

use rocket::Request;

use super::session::LIFE_S;
use crate::web::Hosts;

/// The name over https: the prefix makes browsers insist on `Secure`, `Path=/` and no `Domain`.
const NAME_HTTPS: &str = "__Host-cellar";
/// The name on this machine over http, where browsers disagree on `Secure`.
const NAME_LOCAL: &str = "cellar_local";

/// How the session cookie of this server is written and read.
#[derive(Debug, Clone)]
pub struct SessionCookie {
    hosts: Hosts,
}

impl SessionCookie {
    /// The cookie of a server of these names.
    pub fn new(hosts: Hosts) -> Self {
        Self { hosts }
    }

    fn is_https(&self) -> bool {
        self.hosts.base_url().is_some_and(crate::config::BaseUrl::is_https)
    }

    fn name(&self) -> &'static str {
        if self.is_https() { NAME_HTTPS } else { NAME_LOCAL }
    }

    /// The secret in a request's cookie.
    pub fn read<'r>(&self, request: &'r Request<'_>) -> Option<&'r str> {
        let name = self.name();
        let lines = request.headers().get("Cookie");
        let pairs =
            lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(given, _)| *given == name).map(|(_, secret)| secret);
        found.next()
    }

    /// The header that hands the secret to the browser.
    pub fn set(&self, secret: &str) -> String {
        self.line(secret, LIFE_S)
    }

    /// The header that takes it away.
    pub fn clear(&self) -> String {
        self.line("", 0)
    }

    fn line(&self, secret: &str, max_age_s: i64) -> String {
        let secure = if self.is_https() { " Secure;" } else { "" };
        let name = self.name();
        format!("{name}={secret}; Path=/;{secure} HttpOnly; SameSite=Lax; Max-Age={max_age_s}")
    }
}
