//! Sessions and API keys over HTTP. Signing in needs an account, so it is the `user` module's.

use deserr::Deserr;
use rocket::{State, delete, get, post};
use utoipa::ToSchema;

use super::api_key::{ApiKeyView, ApiKeys, NewApiKey, NewApiKeyView, Scope};
use super::guard::Caller;
use super::session::SessionView;
use super::sessions::Sessions;
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, SessionId};
use crate::web::{Answer, Body, Endpoints, Listing, Mistakes, Reply, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("access";
        Person: list_sessions, delete_other_sessions, delete_session, create_api_key,
            list_api_keys, delete_api_key;
    )
}

/// The caller's own sessions, newest first.
#[utoipa::path(responses(
    (status = 200, description = "Where the account is signed in.", body = Listing<SessionView>)
))]
#[get("/api/me/sessions")]
async fn list_sessions(caller: Caller, sessions: &State<Sessions>) -> Answer<Listing<SessionView>> {
    Ok(Reply::ok(Listing::of(sessions.list_of(caller.user_id(), caller.session_id()).await?)))
}

/// End every session of the caller but the one that asks.
#[utoipa::path(responses((status = 204, description = "Ended.")))]
#[delete("/api/me/sessions")]
async fn delete_other_sessions(caller: Caller, sessions: &State<Sessions>) -> Answer<()> {
    sessions.end_others(&caller).await?;
    Ok(Reply::done())
}

/// End one of the caller's sessions.
#[utoipa::path(responses((status = 204, description = "Ended.")))]
#[delete("/api/me/sessions/<id>")]
async fn delete_session(caller: Caller, sessions: &State<Sessions>, id: SessionId) -> Answer<()> {
    sessions.end(&caller, id).await?;
    Ok(Reply::done())
}

/// A key to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct ApiKeyInput {
    /// What you call it.
    #[schema(example = "nightly scoring", min_length = 1, max_length = 80)]
    name: String,
    /// What it may be used for.
    scopes: Vec<Scope>,
    /// When it ends by itself; never if left out.
    #[deserr(default)]
    expires_at: Option<Timestamp>,
}

/// Make an API key.
///
/// The answer shows the key, for the only time. Send it as `Authorization: Bearer cel_...`, or as
/// the password of a program that knows names and passwords only; any name will do. A key cannot
/// make keys, nor do what administrators do.
#[utoipa::path(request_body = ApiKeyInput, responses(
    (status = 201, description = "Made.", body = NewApiKeyView)
))]
#[post("/api/keys", data = "<body>")]
async fn create_api_key(
    caller: Caller,
    keys: &State<ApiKeys>,
    body: Body<ApiKeyInput>,
) -> Answer<NewApiKeyView> {
    let ApiKeyInput { name, scopes, expires_at } = body.value;
    let new = NewApiKey { name, scopes, expires_at };
    Ok(Reply::created("/api/keys".into(), keys.create(&caller, new).await?))
}

/// The caller's API keys, newest first.
#[utoipa::path(responses((status = 200, description = "The keys.", body = Listing<ApiKeyView>)))]
#[get("/api/keys")]
async fn list_api_keys(caller: Caller, keys: &State<ApiKeys>) -> Answer<Listing<ApiKeyView>> {
    Ok(Reply::ok(Listing::of(keys.list_of(caller.user_id()).await?)))
}

/// Revoke an API key.
///
/// It opens nothing more once this is answered.
#[utoipa::path(responses((status = 204, description = "Revoked.")))]
#[delete("/api/keys/<id>")]
async fn delete_api_key(caller: Caller, keys: &State<ApiKeys>, id: ApiKeyId) -> Answer<()> {
    keys.delete(&caller, id).await?;
    Ok(Reply::done())
}
