//! Routes with what may be known about them before they run: who may call, and how they are
//! documented. [`endpoints!`] is the only way to write one down.

use std::sync::Arc;

use rocket::http::Method;
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request, async_trait};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr, Required};

use super::admission::Hosts;
use super::assets::is_no_page;
use super::problem::{Problem, Refusal};
use super::query::{QueryNames, operation_of};
use crate::error::Result;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Public,
    /// Whoever is signed in, even with a password that has to be changed first.
    Session,
    /// Whoever is signed in; no key.
    Person,
    /// Whoever is signed in, and keys that may read.
    Read,
    /// Whoever is signed in, and keys that may have rows predicted.
    Predict,
    /// Whoever is signed in, and keys that may change things.
    Write,
    /// Administrators.
    Admin,
    /// Administrators, and whoever holds the token that the settings name for the metrics.
    Metrics,
}

/// Decides whether a request's caller meets an [`Access`]; implemented by the module that knows
/// callers.
pub trait Doorkeeper: Send + Sync + 'static {
    /// Refuses a caller who may not pass.
    fn admit(&self, request: &Request<'_>, access: Access) -> Result<()>;

    /// Refuses a caller who was admitted and may not pass any more.
    fn readmit(&self, request: &Request<'_>) -> Result<()>;
}

/// Who let a request in, to be asked again.
struct Admitted(Option<Arc<dyn Doorkeeper>>);

/// Looks at the caller again, after a wait for something that they send at their own pace: what
/// ended meanwhile is ended. [`super::Body`] asks, so that no route with one can forget to.
pub(super) fn readmit(request: &Request<'_>) -> Result<()> {
    let admitted = request.local_cache(|| Admitted(None));
    admitted.0.as_ref().map_or(Ok(()), |doorkeeper| doorkeeper.readmit(request))
}

/// One route with its rule.
#[derive(Clone)]
pub struct Endpoint {
    route: Route,
    access: Access,
}

impl Endpoint {
    /// Who may call it.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Its method.
    pub fn method(&self) -> Method {
        self.route.method
    }

    /// Its address, with the names of its parts: `/api/jobs/<id>`.
    pub fn path(&self) -> String {
        self.route.uri.path().to_owned()
    }
}

/// The routes of one noun, with their rules and their documentation.
#[derive(Clone)]
pub struct Endpoints {
    document: OpenApi,
    list: Vec<Endpoint>,
}

impl Endpoints {
    /// No routes yet; `document` describes those that follow, under the heading `tag`.
    pub fn new(mut document: OpenApi, tag: &str) -> Self {
        for (path, item) in &mut document.paths.paths {
            let ids: Vec<_> = ids_in(path).map(id_parameter).collect();
            let operations = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.delete,
                &mut item.patch,
                &mut item.head,
            ];
            for operation in operations.into_iter().flatten() {
                operation.tags = Some(vec![tag.to_owned()]);
                // The handler's signature says that they are there; the description must too.
                let parameters = operation.parameters.get_or_insert_default();
                parameters.extend(ids.iter().cloned().map(RefOr::T));
                name_each_once(parameters);
            }
        }
        Self { document, list: Vec::new() }
    }

    /// Routes that are no operations of the API: pages and files.
    pub fn undocumented(access: Access, routes: Vec<Route>) -> Self {
        let mut endpoints = Self { document: OpenApi::default(), list: Vec::new() };
        endpoints.add(access, routes);
        endpoints
    }

    /// Adds routes that follow one rule.
    pub fn add(&mut self, access: Access, routes: Vec<Route>) {
        self.list.extend(routes.into_iter().map(|route| Endpoint { route, access }));
    }

    /// The routes with their rules.
    pub fn list(&self) -> &[Endpoint] {
        &self.list
    }

    /// The description of the routes.
    pub fn document(&self) -> &OpenApi {
        &self.document
    }

    /// The routes with their rules in front of them, ready to be mounted.
    pub fn guarded(self, hosts: &Hosts, doorkeeper: &Arc<dyn Doorkeeper>) -> Vec<Route> {
        let document = self.document;
        let guard = |endpoint: Endpoint| {
            let (method, path) = (endpoint.method(), endpoint.path());
            let query = QueryNames::of(&document, method, &path);
            let types = types_of(&document, method, &path);
            let mut route = endpoint.route;
            route.handler = Box::new(Guarded {
                access: endpoint.access,
                hosts: hosts.clone(),
                doorkeeper: Arc::clone(doorkeeper),
                query,
                types,
                inner: route.handler,
            });
            route
        };
        self.list.into_iter().map(guard).collect()
    }
}

/// A parameter that is read from the signature and described in words too stands there twice; the
/// words stay.
fn name_each_once(parameters: &mut Vec<RefOr<Parameter>>) {
    let key = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(known) => Some((known.name.clone(), known.parameter_in.clone())),
        RefOr::Ref(_) => None,
    };
    let has_words =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(p) if p.description.is_some());
    // Stable: what has words comes first, in its order.
    let mut all = std::mem::take(parameters);
    all.sort_by_key(|parameter| !has_words(parameter));
    for parameter in all {
        let is_there = parameters.iter().any(|other| key(other) == key(&parameter));
        if !is_there || key(&parameter).is_none() {
            parameters.push(parameter);
        }
    }
}

/// The names in `/api/jobs/{id}`.
fn ids_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn id_parameter(name: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

/// Writes down the routes of a noun: `endpoints!("job"; SignedIn: list_jobs, find_job; Admin:
/// ..;)`.
macro_rules! endpoints {
    ($tag:literal; $($access:ident: $($handler:ident),+;)+) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($handler),+),+))]
        struct Document;
        let document = <Document as utoipa::OpenApi>::openapi();
        let mut endpoints = $crate::web::Endpoints::new(document, $tag);
        $(endpoints.add($crate::web::Access::$access, rocket::routes![$($handler),+]);)+
        endpoints
    }};
}
pub(crate) use endpoints;

/// A handler behind the rules that hold before it.
#[derive(Clone)]
struct Guarded {
    access: Access,
    hosts: Hosts,
    doorkeeper: Arc<dyn Doorkeeper>,
    /// None for pages, whose queries are the app's own.
    query: Option<QueryNames>,
    /// What a body may be sent as.
    types: Arc<str>,
    inner: Box<dyn Handler>,
}

impl Guarded {
    fn admit(&self, request: &Request<'_>) -> Result<(), Problem> {
        self.hosts.check(request)?;
        self.hosts.check_same_site(request)?;
        refuse_forms(request, &self.types)?;
        self.doorkeeper.admit(request, self.access)?;
        if let Some(query) = &self.query {
            query.check(request)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Handler for Guarded {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match self.admit(request) {
            Ok(()) => {
                request.local_cache(|| Admitted(Some(Arc::clone(&self.doorkeeper))));
                self.inner.handle(request, data).await
            }
            Err(problem) => Outcome::from(request, problem),
        }
    }
}

/// No route takes a form, and a form is all that another site's page can send without being asked.
/// Rocket also lets a form name another method than it came with, which ends here.
fn refuse_forms(request: &Request<'_>, types: &str) -> Result<(), Refusal> {
    let is_form = request.content_type().is_some_and(|kind| kind.is_form() || kind.is_plain());
    if is_form { Err(Refusal::UnsupportedType(types.to_owned().into())) } else { Ok(()) }
}

/// What a body may be sent as, as the description of the route says: `a, b or c`.
fn types_of(document: &OpenApi, method: Method, path: &str) -> Arc<str> {
    let path = path.replace('<', "{").replace('>', "}");
    let operation = document.paths.paths.get(&path).and_then(|item| operation_of(item, method));
    let body = operation.and_then(|operation| operation.request_body.as_ref());
    let types: Vec<&str> = match body {
        Some(RefOr::T(body)) => body.content.keys().map(String::as_str).collect(),
        _ => vec![],
    };
    match &types[..] {
        [] => "application/json".into(),
        [only] => (*only).into(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")).into(),
    }
}

/// The methods that this request's address takes, if it does not take the one it came with.
pub(super) fn allowed_methods(request: &Request<'_>) -> Vec<Method> {
    let path: Vec<&str> = request.uri().path().segments().collect();
    let has_pages = !is_no_page(request.uri().path().as_str());
    let is_page = |route: &Route| route.rank > 10;
    let routes = request.rocket().routes().filter(|route| has_pages || !is_page(route));
    let mut methods: Vec<Method> = routes
        .filter(|route| matches_path(route.uri.path(), &path))
        .map(|route| route.method)
        .collect();
    if methods.contains(&Method::Get) {
        methods.push(Method::Head);
    }
    if methods.contains(&request.method()) {
        // The address takes this method, so it was something else in it that was not found.
        return vec![];
    }
    methods.sort_by_key(|method| method.as_str());
    methods.dedup();
    methods
}

fn matches_path(template: &str, path: &[&str]) -> bool {
    let mut parts = template.split('/').filter(|part| !part.is_empty());
    let mut path = path.iter();
    loop {
        match (parts.next(), path.next()) {
            (None, None) => return true,
            (Some(part), _) if part.ends_with("..>") => return true,
            (Some(part), Some(segment)) if part.starts_with('<') || part == *segment => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_match_the_paths_they_stand_for() {
        for (template, path, is_match) in [
            ("/api/jobs/<id>", vec!["api", "jobs", "job_1"], true),
            ("/api/jobs/<id>", vec!["api", "jobs"], false),
            ("/api/jobs", vec!["api", "jobs", "job_1"], false),
            ("/<path..>", vec!["a", "b"], true),
            ("/", vec![], true),
        ] {
            assert_eq!(matches_path(template, &path), is_match, "{template} {path:?}");
        }
    }
}
