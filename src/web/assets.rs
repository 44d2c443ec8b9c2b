//! The web app's files, out of the binary: with strong tags, compressed where the browser can read
//! it, each class of file under its own policy. In debug builds files are read from `assets/`, so
//! an edit shows on reload.
//!
//! The app's own files are sent as [`made`] makes them, under addresses that last: a browser that
//! was here before asks for the shell alone. An address of another version leads nowhere, for what
//! stands there now would not fit what the asking page has already.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rocket::http::{Status, uri};
use rocket::response::{self, Responder, Response};
use rocket::{Request, get, routes as rocket_routes};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::ahead;
use super::endpoint::{Access, Endpoints};
use super::made::{self, App, LASTING, SHELL, Sent};

/// The files as written.
#[derive(RustEmbed)]
#[folder = "assets/"]
struct Written;

/// The same files compressed at build time, each named by the hash of what it was made from: a
/// file edited since then has no compressed form, and is sent as it is.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/compressed/"]
struct Compressed;

/// Addresses below these are never pages.
const NO_PAGES: [&str; 6] = ["api", "assets", "auth", "v1", "v2", "vendor"];

const APP_POLICY: &str = "default-src 'none'; script-src 'self'; script-src-attr 'none'; \
    style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; frame-src 'none'; object-src 'none'; media-src 'none'; \
    require-trusted-types-for 'script'; trusted-types cellar";

/// ReDoc makes an empty style element, which it fills by script, and one of a text that is the same
/// always, and starts a worker from a blob. The hashes are those of the two.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' \
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' \
    'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; \
    img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; \
    worker-src 'self' blob:; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), \
    encrypted-media=(), fullscreen=(self), geolocation=(), gyroscope=(), hid=(), \
    identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), \
    microphone=(), midi=(), payment=(), picture-in-picture=(), \
    publickey-credentials-get=(self), screen-wake-lock=(), serial=(), usb=(), \
    xr-spatial-tracking=(), browsing-topics=()";

/// The routes of this module; they stand behind all others.
pub fn routes() -> Endpoints {
    Endpoints::undocumented(Access::Public, rocket_routes![docs, redoc, file])
}

/// The policy that the app's pages run under.
pub fn content_security_policy_of_the_app() -> &'static str {
    APP_POLICY
}

/// The name of every file.
pub fn asset_names() -> Vec<String> {
    Written::iter().map(Cow::into_owned).collect()
}

#[get("/docs", rank = 19)]
fn docs() -> Result<Asset, Status> {
    Asset::named("docs/swagger.html")
}

#[get("/redoc", rank = 19)]
fn redoc() -> Result<Asset, Status> {
    Asset::named("docs/redoc.html")
}

/// A file of that name, or the app's shell for an address that names no file.
#[get("/<path..>", rank = 20)]
fn file(path: uri::Segments<'_, uri::fmt::Path>) -> Result<Asset, Status> {
    let path = path.collect::<Vec<&str>>().join("/");
    if let Some((version, name)) = path.strip_prefix(LASTING).and_then(|rest| rest.split_once('/'))
    {
        return Asset::lasting(name, version);
    }
    let is_file_name = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    match Asset::named(&path) {
        Ok(asset) if path != SHELL => Ok(asset),
        _ if is_file_name || is_no_page(&path) => Err(Status::NotFound),
        _ => Asset::shell(),
    }
}

/// Whether a path, slashes in disguise included, lies below an address that has no pages.
pub(super) fn is_no_page(path: &str) -> bool {
    let first = path.split('/').find(|part| !part.is_empty());
    first.is_some_and(|first| NO_PAGES.contains(&first))
}

/// One file on its way out.
struct Asset {
    name: String,
    data: Cow<'static, [u8]>,
    hash: [u8; 32],
    /// Whether what is at this address will never be anything else.
    lasts: bool,
}

impl Asset {
    /// A file as it is written.
    fn named(name: &str) -> Result<Self, Status> {
        let file = Written::get(name).ok_or(Status::NotFound)?;
        // Vendored names carry a version.
        let lasts = name.starts_with("vendor/") || name.starts_with("fonts/");
        let hash = file.metadata.sha256_hash();
        Ok(Self { name: name.to_owned(), data: file.data, hash, lasts })
    }

    /// A file of the app in this version, as it is sent.
    fn lasting(name: &str, version: &str) -> Result<Self, Status> {
        if !made::is_versioned(name) || name == SHELL || version != Version::known() {
            return Err(Status::NotFound);
        }
        let asset = Self::made(name, version)?;
        Ok(Self { lasts: true, ..asset })
    }

    /// The page that every address of the app is.
    fn shell() -> Result<Self, Status> {
        Self::made(SHELL, &Version::present())
    }

    /// A file as it is sent. All are made when the first is asked for, or each one anew whenever it
    /// is asked for where an edit shows on reload.
    fn made(name: &str, version: &str) -> Result<Self, Status> {
        static MADE: Mutex<BTreeMap<String, Made>> = Mutex::new(BTreeMap::new());
        let asset = Self::named(name)?;
        if !made::is_joined(name) {
            return Ok(asset);
        }
        let mut kept = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if cfg!(debug_assertions) {
            *kept = Made::of([name], version)?;
        } else if kept.is_empty() {
            *kept = Made::of(Written::iter().filter(|name| made::is_joined(name)), version)?;
        }
        // What is only a part of others is not sent by itself.
        let Made { text, hash } = kept.get(name).ok_or(Status::NotFound)?;
        Ok(Self { data: text.clone().into_bytes().into(), hash: *hash, ..asset })
    }

    /// The content in the best form the browser reads, and the name of that form.
    fn content(self, accepted: &str) -> (Cow<'static, [u8]>, Option<&'static str>) {
        let hash = HEXLOWER.encode(&self.hash);
        let mut forms = [("br", "br"), ("gzip", "gz")];
        // What the browser likes more comes first; of two it likes alike, the smaller.
        forms.sort_by(|(one, _), (other, _)| {
            weight(accepted, other).total_cmp(&weight(accepted, one))
        });
        for (encoding, ending) in forms {
            if weight(accepted, encoding) > 0.0
                && let Some(compressed) = Compressed::get(&format!("{hash}.{ending}"))
            {
                return (compressed.data, Some(encoding));
            }
        }
        (self.data, None)
    }
}

/// What was made for a file.
struct Made {
    text: String,
    hash: [u8; 32],
}

impl Made {
    /// Makes those of these files that are sent by themselves.
    fn of(
        names: impl IntoIterator<Item = impl Into<String>>,
        version: &str,
    ) -> Result<BTreeMap<String, Self>, Status> {
        let read = |name: &str| {
            Written::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned())
        };
        let broken = |cause: String| {
            tracing::error!(cause, "the app cannot be made");
            Status::InternalServerError
        };
        let app = App::new(&read, version).map_err(broken)?;
        let mut made = BTreeMap::new();
        for name in names.into_iter().map(Into::into) {
            if let Sent::Made(text) = app.sent(&name).map_err(broken)? {
                let hash = Sha256::digest(&text).into();
                made.insert(name, Self { text, hash });
            }
        }
        Ok(made)
    }
}

/// The version of the app.
struct Version;

impl Version {
    /// As it is at this moment; files change under a debug build alone.
    fn present() -> String {
        if !cfg!(debug_assertions) {
            return Self::known();
        }
        let version = Self::look();
        *Self::last() = Some(version.clone());
        version
    }

    /// As it was when it was looked at last.
    fn known() -> String {
        Self::last().get_or_insert_with(Self::look).clone()
    }

    fn last() -> MutexGuard<'static, Option<String>> {
        static LAST: Mutex<Option<String>> = Mutex::new(None);
        LAST.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look() -> String {
        let mut names: Vec<_> = Written::iter().filter(|name| made::is_versioned(name)).collect();
        names.sort_unstable();
        made::version_of(names.into_iter().filter_map(|name| {
            Written::get(&name).map(|file| (name.into_owned(), file.metadata.sha256_hash()))
        }))
    }
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let headers = request.headers();
        let accepted = headers.get_one("Accept-Encoding").unwrap_or_default().to_owned();
        let hash = BASE64URL_NOPAD.encode(&self.hash[..16]);
        let media_type = media_type(&self.name);
        let lasts = self.lasts;
        let is_shell = self.name == SHELL;
        let is_docs_page = self.name.starts_with("docs/");
        let (content, encoding) = self.content(&accepted);

        let mut response = Response::build();
        // Each form of a file has a tag of its own, as a strong tag promises.
        let tag =
            format!("\"{hash}{}\"", encoding.map_or(String::new(), |form| format!("-{form}")));
        let links = is_shell.then(|| ahead::links(request, &Version::known())).flatten();
        let by = if links.is_some() { ahead::VARY } else { "Accept-Encoding" };
        response.raw_header("Vary", by);
        response.raw_header("Content-Type", media_type);
        let is_page = media_type.starts_with("text/html");
        // A policy is a page's; every other file has the short one that everything has.
        if is_page {
            let policy = if is_docs_page { DOCS_POLICY } else { APP_POLICY };
            response.raw_header("Content-Security-Policy", policy);
            response.raw_header("Cross-Origin-Opener-Policy", "same-origin");
            response.raw_header("Origin-Agent-Cluster", "?1");
            response.raw_header("Permissions-Policy", PERMISSIONS_POLICY);
        }
        response.raw_header(
            "Cache-Control",
            if lasts { "public, max-age=31536000, immutable" } else { "no-cache" },
        );
        if let Some(links) = links {
            response.raw_header("Link", links);
        }
        let is_known = headers.get("If-None-Match").any(|known| names_tag(known, &tag));
        response.raw_header("ETag", tag);
        if is_known {
            return response.status(Status::NotModified).ok();
        }
        if let Some(encoding) = encoding {
            response.raw_header("Content-Encoding", encoding);
        }
        response.sized_body(content.len(), Cursor::new(content)).ok()
    }
}

fn media_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// How much an `Accept-Encoding` likes `encoding`: from 0, which refuses it, to 1.
fn weight(accepted: &str, encoding: &str) -> f64 {
    let mut named = accepted.split(',').filter_map(|part| {
        let mut words = part.split(';').map(str::trim);
        words.next().filter(|name| name.eq_ignore_ascii_case(encoding))?;
        let weights = words.filter_map(|word| word.split_once('='));
        let mut weights = weights.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        // A weight that is none says nothing in favour.
        Some(weights.next().map_or(1.0, |(_, text)| text.trim().parse::<f64>().unwrap_or(0.0)))
    });
    named.next().filter(|weight| weight.is_finite()).map_or(0.0, |weight| weight.clamp(0.0, 1.0))
}

/// Whether an `If-None-Match` names `tag`; a weak form of it counts, as the standard says.
fn names_tag(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_used_only_if_it_is_accepted() {
        for (accepted, expected) in [
            ("gzip, deflate, br", 1.0),
            ("BR;q=0.5", 0.5),
            ("br; Q=0.1, gzip", 0.1),
            ("br;q=0", 0.0),
            ("br;q=0.000", 0.0),
            ("br;q=much", 0.0),
            ("br;q=NaN", 0.0),
            ("br;q=9", 1.0),
            ("gzip", 0.0),
            ("", 0.0),
            ("brx", 0.0),
        ] {
            let found = weight(accepted, "br");
            assert!((found - expected).abs() < f64::EPSILON, "{accepted}: {found}");
        }
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        assert!(names_tag("\"a\", W/\"b\"", "\"b\"") && names_tag("*", "\"b\""));
        assert!(!names_tag("\"bb\"", "\"b\""));
    }
}
