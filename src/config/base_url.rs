//! The address people open: scheme, host and port, nothing behind them.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// `https://cellar.example.org` or `http://localhost:8000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    is_https: bool,
    /// Host, and the port unless it is the scheme's own: what `Host` and `Origin` carry.
    authority: String,
}

impl BaseUrl {
    /// The address of this machine at `port`.
    pub fn local(port: u16) -> Self {
        Self { is_https: false, authority: format!("localhost:{port}") }
    }

    /// Whether browsers reach it over https.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Host and port as a `Host` header names them.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether nobody on the way can listen in: https, or never leaving this machine.
    pub fn is_private(&self) -> bool {
        self.is_https || self.is_local()
    }

    /// Whether it names this very machine.
    pub fn is_local(&self) -> bool {
        ["localhost", "127.0.0.1", "[::1]"].contains(&host_of(&self.authority))
    }
}

/// The host in `host`, `host:port` or `[v6]:port`.
pub(crate) fn host_of(authority: &str) -> &str {
    let after_v6 = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_v6..].find(':') {
        Some(colon) => &authority[..after_v6 + colon],
        None => authority,
    }
}

/// A name of DNS, an address of IPv4, or one of IPv6 in brackets.
fn is_host(host: &str) -> bool {
    if let Some(v6) = host.strip_prefix('[') {
        return v6.strip_suffix(']').is_some_and(|v6| v6.parse::<Ipv6Addr>().is_ok());
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(fits)
    };
    !host.is_empty() && host.len() <= 253 && host.split('.').all(is_label)
}

/// Digits as a browser would write them.
fn is_port(text: &str) -> bool {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    is_plain && text.parse::<u16>().is_ok()
}

/// A host that requests may ask for, with or without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host(pub(super) String);

impl FromStr for Host {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.to_ascii_lowercase();
        let host = host_of(&name);
        let is_fine = match name[host.len()..].strip_prefix(':') {
            Some(port) => is_port(port),
            None => name.len() == host.len(),
        };
        if is_host(host) && is_fine { Ok(Self(name)) } else { Err("must be a host name") }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_https { "https" } else { "http" }, self.authority)
    }
}

impl FromStr for BaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must look like https://cellar.example.org, with no path behind it";
        let (scheme, rest) = text.split_once("://").ok_or(FORM)?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("must begin with https:// or http://"),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let host = host_of(&authority);
        if !is_host(host) {
            return Err(FORM);
        }
        let scheme_port = if is_https { ":443" } else { ":80" };
        match authority[host.len()..].strip_prefix(':') {
            Some(port) if !is_port(port) => return Err("has a port that is no number"),
            None if authority.len() > host.len() => return Err(FORM),
            _ => {}
        }
        let authority = authority.strip_suffix(scheme_port).unwrap_or(&authority).to_owned();
        Ok(Self { is_https, authority })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_brought_to_the_form_browsers_send() {
        let forms = [
            ("https://Cellar.Example.org/", "https://cellar.example.org"),
            ("https://cellar.example.org:443", "https://cellar.example.org"),
            ("http://[::1]:8000", "http://[::1]:8000"),
            ("http://localhost:80", "http://localhost"),
        ];
        for (given, kept) in forms {
            assert_eq!(given.parse::<BaseUrl>().unwrap().to_string(), kept);
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in [
            "cellar",
            "ftp://x",
            "https://",
            "https://a/b",
            "https://a:b",
            "https://a?b",
            "http://u@h",
            "http://localhost:+9110",
            "https://h:0",
            "https://h:0443",
            "https://h:",
            "https://[:::]",
            "https://...",
            "https://-a.example",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_https_and_this_machine_are_private() {
        let private = |text: &str| text.parse::<BaseUrl>().unwrap().is_private();
        assert!(
            private("https://a.example")
                && private("http://localhost:1")
                && private("http://[::1]")
        );
        assert!(!private("http://a.example") && !private("http://192.168.1.5:8000"));
    }
}
