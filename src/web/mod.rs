//! HTTP manners, without nouns: how a request is admitted, how a body is read, how an answer and a
//! failure look on the wire, and what is counted and logged about both.
//!
//! Every route is mounted through [`Endpoints`], which wraps its handler: the `Host` allowlist, the
//! cross-site rule and the declared [`Access`] are checked before the handler can run. A route
//! without a declared access cannot be written down, let alone fail open.

mod accent;
mod admission;
mod ahead;
mod assets;
mod body;
mod client;
mod context;
mod csv;
mod download;
mod endpoint;
mod headers;
mod health;
mod json;
mod keeper;
mod live;
mod made;
mod method;
mod metrics;
mod observe;
mod openapi;
mod page;
mod pace;
mod param;
mod period;
mod problem;
mod query;
mod reply;
mod script;
mod stylesheet;
mod upload;

pub use accent::{Accent, Failure, Price, Wording};
pub use admission::Hosts;
pub use assets::{asset_names, content_security_policy_of_the_app, routes as asset_routes};
pub use body::{Body, Mistakes};
pub use client::{TrustedProxies, client_network};
pub use context::context;
pub use csv::{CsvText, csv_rows};
pub use download::Download;
pub(crate) use endpoint::endpoints;
pub use endpoint::{Access, Doorkeeper, Endpoint, Endpoints};
pub use headers::SecurityHeaders;
pub use health::{Check, Health, HealthReport, PartReport, Standing, routes as health_routes};
#[cfg(unix)]
pub use keeper::raise_descriptor_limit;
pub use keeper::{Deadlines, Keeper, Paced};
pub use live::live_events;
pub use method::OwnMethod;
pub use metrics::Metrics;
pub use observe::Observer;
pub use openapi::{Document, Particulars, routes as openapi_routes};
pub use pace::Pace;
pub use page::{Listing, Page, PageQuery};
pub use period::Period;
pub use problem::{Problem, ProblemBody, Refusal, catchers, refuse};
pub use reply::{Answer, Reply};
pub use upload::{FormUpload, KEY_HEADER, Upload, UploadLimits, receive, receive_form};
