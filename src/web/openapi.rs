//! The description of the API, made from the handlers and their types.

use std::sync::{Arc, Mutex, PoisonError};

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

/// What is known of single things besides their kind, and changes while the server runs.
pub trait Particulars: Send + Sync {
    /// Another number after each change.
    fn edition(&self) -> u64;

    /// Adds them to the description of the kinds.
    fn describe(&self, document: &mut OpenApi);
}

/// The whole description. It is made when somebody asks for it, and what is kept is its text alone:
/// it takes megabytes to make, which a server at rest has no use for.
#[derive(Clone)]
pub struct Document {
    endpoints: fn() -> Vec<Endpoints>,
    particulars: Arc<dyn Particulars>,
    /// As it was when it was last asked for.
    written: Arc<Mutex<Option<Written>>>,
}

/// A description, and the edition that it shows.
type Written = (u64, Arc<str>);

impl Document {
    /// The description of all these routes together.
    pub fn of(endpoints: fn() -> Vec<Endpoints>, particulars: Arc<dyn Particulars>) -> Self {
        Self { endpoints, particulars, written: Arc::default() }
    }

    /// The description as JSON, made anew only if something of it has changed. Whoever asks while
    /// it is made waits for it, rather than make it once more.
    pub fn json(&self) -> Result<Arc<str>> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        // What changes while it is made may be in it or not, and is in the next one.
        let edition = self.particulars.edition();
        if let Some((shown, json)) = &*written
            && *shown == edition
        {
            return Ok(Arc::clone(json));
        }
        let json: Arc<str> = self.whole().to_pretty_json().map_err(Error::internal)?.into();
        *written = Some((edition, Arc::clone(&json)));
        Ok(json)
    }

    fn whole(&self) -> OpenApi {
        let mut whole = frame();
        for endpoints in (self.endpoints)() {
            whole.merge(with_security(&endpoints));
        }
        for item in whole.paths.paths.values_mut() {
            for operation in operations_of(item) {
                let failure = RefOr::Ref(Ref::from_response_name("Problem"));
                operation.responses.responses.entry("default".into()).or_insert(failure);
            }
        }
        self.particulars.describe(&mut whole);
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
fn openapi(document: &State<Document>) -> Result<(ContentType, Arc<str>), Problem> {
    let kind = ContentType::new("application", "json").with_params([("charset", "utf-8")]);
    Ok((kind, document.json()?))
}
