//! The description of the API, made from the handlers and their types.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rocket::http::{ContentType, Method};
use rocket::{State, get};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::endpoint::{Access, Endpoints, endpoints};
use super::problem::{Problem, ProblemBody};
use crate::error::{Error, Issue, Result};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("openapi"; Public: openapi;)
}

/// Adds what is known of single things besides their kind, and changes while the server runs.
pub type Amend = Arc<dyn Fn(&mut OpenApi) + Send + Sync>;

/// The whole description. It is made when somebody asks for it: it takes megabytes, which a server
/// that nobody asks has no use for.
#[derive(Clone)]
pub struct Document {
    endpoints: fn() -> Vec<Endpoints>,
    parts: Arc<OnceLock<Vec<OpenApi>>>,
    amend: Amend,
    /// As it was when it was last asked for, and written out.
    written: Arc<Mutex<Option<Written>>>,
}

/// What was described, and how it is spelt.
type Written = (OpenApi, Arc<str>);

impl Document {
    /// The description of all these routes together.
    pub fn of(endpoints: fn() -> Vec<Endpoints>, amend: Amend) -> Self {
        Self { endpoints, parts: Arc::default(), amend, written: Arc::default() }
    }

    /// The description as JSON, written out anew only if something of it has changed.
    pub fn json(&self) -> Result<Arc<str>> {
        let mut whole = self.merged();
        (self.amend)(&mut whole);
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((described, json)) = &*written
            && *described == whole
        {
            return Ok(Arc::clone(json));
        }
        let json: Arc<str> = whole.to_pretty_json().map_err(Error::internal)?.into();
        *written = Some((whole, Arc::clone(&json)));
        Ok(json)
    }

    fn merged(&self) -> OpenApi {
        let mut whole = frame();
        let parts = || (self.endpoints)().iter().map(with_security).collect();
        for part in self.parts.get_or_init(parts) {
            whole.merge(part.clone());
        }
        for item in whole.paths.paths.values_mut() {
            for operation in operations_of(item) {
                let failure = RefOr::Ref(Ref::from_response_name("Problem"));
                operation.responses.responses.entry("default".into()).or_insert(failure);
            }
        }
        whole
    }
}

/// A noun's description in which each operation that is not public says what it takes to call it.
fn with_security(endpoints: &Endpoints) -> OpenApi {
    let mut document = endpoints.document().clone();
    for endpoint in endpoints.list().iter().filter(|e| e.access() != Access::Public) {
        let path = endpoint.path().replace('<', "{").replace('>', "}");
        let Some(item) = document.paths.paths.get_mut(&path) else { continue };
        let operation = match endpoint.method() {
            Method::Get => &mut item.get,
            Method::Put => &mut item.put,
            Method::Post => &mut item.post,
            Method::Delete => &mut item.delete,
            Method::Patch => &mut item.patch,
            _ => continue,
        };
        if let Some(operation) = operation {
            operation.security = security_of(endpoint.access());
        }
    }
    document
}

/// The ways to call what asks for this.
fn security_of(access: Access) -> Option<Vec<SecurityRequirement>> {
    let mut ways = vec!["session", "access_token"];
    match access {
        Access::Public => return None,
        Access::Metrics => ways.push("metrics_token"),
        Access::Read | Access::Predict | Access::Write => ways.push("api_key"),
        Access::Session | Access::Person | Access::Admin => {}
    }
    let requirement = |way: &str| SecurityRequirement::new(way, Vec::<String>::new());
    Some(ways.into_iter().map(requirement).collect())
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
    all.into_iter().flatten()
}

/// What is true of every operation.
fn frame() -> OpenApi {
    let components = ComponentsBuilder::new()
        .schema("ProblemBody", <ProblemBody<'static> as PartialSchema>::schema())
        .schema("Issue", <Issue as PartialSchema>::schema())
        .response("Problem", problem_response())
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "__Host-cellar",
                "A browser's session; over plain http on this machine its name is cellar_local.",
            ))),
        )
        .security_scheme("access_token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme("api_key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme("metrics_token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .build();
    let info = InfoBuilder::new()
        .title("Cellar")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Accounts with credits, and models that charge only for what they predicted.\n\n\
             Every failure is `application/problem+json`; `code` tells failures apart, `errors` \
             names each field that is not right, and `request_id` is what to quote when asking \
             for help.",
        ))
        .license(Some(utoipa::openapi::LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

fn problem_response() -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name(ProblemBody::name()));
    ResponseBuilder::new()
        .description("What went wrong and what to do.")
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

/// This description.
#[utoipa::path(responses(
    (status = 200, description = "OpenAPI 3.1.", content_type = "application/json")
))]
#[get("/openapi.json")]
fn openapi(document: &State<Document>) -> Result<(ContentType, String), Problem> {
    let kind = ContentType::new("application", "json").with_params([("charset", "utf-8")]);
    Ok((kind, document.json()?.to_string()))
}
