//! What every request must pass before its handler: it asks for a host that we are, and it was not
//! sent by another site's page with this site's cookie.

use std::sync::{Arc, OnceLock};

use rocket::Request;
use rocket::http::Method;

use super::problem::Refusal;
use crate::config::{BaseUrl, Config};

/// The names this server answers to, and the address its own pages have.
#[derive(Debug, Clone)]
pub struct Hosts {
    known: Arc<OnceLock<Known>>,
    base_url: Option<BaseUrl>,
    allowed: Arc<[String]>,
    is_loopback: bool,
}

#[derive(Debug)]
struct Known {
    base_url: BaseUrl,
    authorities: Vec<String>,
}

impl Hosts {
    /// The names that the settings give; the port is known only when it is bound.
    pub fn new(config: &Config) -> Self {
        let allowed = config.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self {
            known: Arc::default(),
            base_url: config.base_url.clone(),
            allowed,
            is_loopback: config.host.is_loopback() || config.host.is_unspecified(),
        }
    }

    /// Fixes the names once the port is bound; the first call counts.
    pub fn bind(&self, port: u16) {
        self.known.get_or_init(|| {
            let base_url = self.base_url.clone().unwrap_or_else(|| BaseUrl::local(port));
            let mut authorities = vec![base_url.authority().to_owned()];
            if self.is_loopback {
                authorities.extend(
                    ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}")),
                );
            }
            authorities.extend(self.allowed.iter().cloned());
            authorities.extend(self.allowed.iter().map(|host| format!("{host}:{port}")));
            Known { base_url, authorities }
        });
    }

    /// The address people open.
    pub fn base_url(&self) -> Option<&BaseUrl> {
        self.known.get().map(|known| &known.base_url)
    }

    /// Whether this request asks for one of our names, exactly once.
    pub(super) fn check(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let mut hosts = request.headers().get("Host");
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Refusal::WrongHost);
        };
        let known = self.known.get().ok_or(Refusal::WrongHost)?;
        let is_known = known.authorities.iter().any(|name| name.eq_ignore_ascii_case(host));
        if is_known { Ok(()) } else { Err(Refusal::WrongHost) }
    }

    /// The cross-site rule: a request that changes something and carries a cookie must have been
    /// sent by our own page, as the browser itself says. A browser may send a password by itself
    /// too, but a program that does says nothing of pages.
    pub(super) fn check_same_site(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let is_safe = matches!(request.method(), Method::Get | Method::Head | Method::Options);
        let headers = request.headers();
        let has_cookie = headers.contains("Cookie");
        if is_safe || !(has_cookie || headers.get("Authorization").any(is_password)) {
            return Ok(());
        }
        let is_own = match (headers.get_one("Sec-Fetch-Site"), headers.get_one("Origin")) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => self.base_url().is_some_and(|url| url.to_string() == origin),
            (None, None) => !has_cookie,
        };
        if is_own { Ok(()) } else { Err(Refusal::CrossSite) }
    }
}

fn is_password(credential: &str) -> bool {
    credential.split(' ').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("Basic"))
}
