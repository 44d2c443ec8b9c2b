//! Accounts over HTTP.

use deserr::Deserr;
use rocket::{State, delete, get, post, put};
use serde::Serialize;
use utoipa::ToSchema;

use super::record::User;
use super::service::{Credentials, UserService};
use crate::access::{Caller, Role, SessionCookie};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::UserId;
use crate::web::{Answer, Body, Endpoints, Mistakes, Reply, SignInPace, UserAgent, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("user";
        Public: open_session;
        Session: close_session, get_me, change_password;
    )
}

/// Who signs in: a name or an e-mail address, and the password.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct SignIn {
    /// The name of the account; give this or `email`.
    #[schema(example = "admin")]
    #[deserr(default)]
    username: Option<String>,
    /// The e-mail address of the account; give this or `username`.
    #[deserr(default)]
    email: Option<String>,
    password: String,
}

impl SignIn {
    fn credentials(self) -> Result<Credentials> {
        let name_or_email = match (self.username, self.email) {
            (Some(name), None) | (None, Some(name)) => name,
            (None, None) => return Err(Error::invalid("username", "required", "is missing")),
            (Some(_), Some(_)) => {
                return Err(Error::invalid("email", "surplus", "must be left out beside username"));
            }
        };
        Ok(Credentials { name_or_email, password: self.password })
    }
}

/// A change of password.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct PasswordChange {
    /// The present password.
    current_password: String,
    /// The new one: 8 to 256 characters.
    #[schema(min_length = 8, max_length = 256)]
    new_password: String,
}

/// An account, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
struct UserView {
    id: UserId,
    #[schema(example = "admin")]
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    role: Role,
    /// Whether the password has to be changed before anything else.
    must_change_password: bool,
    created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            full_name: user.full_name,
            role: user.role,
            must_change_password: user.must_change_password,
            created_at: user.created_at,
        }
    }
}

/// Sign in from a browser.
///
/// The answer sets the session's cookie.
#[utoipa::path(request_body = SignIn, responses(
    (status = 201, description = "Signed in.", body = UserView)
))]
#[post("/auth/session", data = "<body>")]
async fn open_session(
    _pace: SignInPace,
    agent: UserAgent,
    users: &State<UserService>,
    cookie: &State<SessionCookie>,
    body: Body<SignIn>,
) -> Answer<UserView> {
    let (user, session) = users.sign_in(body.0.credentials()?, agent.0.as_deref()).await?;
    Ok(Reply::created("/api/me".into(), user.into())
        .with_header("Set-Cookie", cookie.set(&session.secret)))
}

/// Sign out.
#[utoipa::path(responses((status = 204, description = "Signed out.")))]
#[delete("/auth/session")]
async fn close_session(
    caller: Caller,
    users: &State<UserService>,
    cookie: &State<SessionCookie>,
) -> Answer<()> {
    users.sign_out(&caller).await?;
    Ok(Reply::done()
        .with_header("Set-Cookie", cookie.clear())
        .with_header("Clear-Site-Data", "\"cache\", \"storage\""))
}

/// The caller's own account.
#[utoipa::path(responses((status = 200, description = "The account.", body = UserView)))]
#[get("/api/me")]
async fn get_me(caller: Caller, users: &State<UserService>) -> Answer<UserView> {
    Ok(Reply::ok(users.find(caller.user_id()).await?.into()))
}

/// Change the caller's password.
///
/// Every other session of the account ends.
#[utoipa::path(request_body = PasswordChange, responses((status = 204, description = "Changed.")))]
#[put("/api/me/password", data = "<body>")]
async fn change_password(
    caller: Caller,
    _pace: SignInPace,
    users: &State<UserService>,
    body: Body<PasswordChange>,
) -> Answer<()> {
    let change = body.0;
    users.change_password(&caller, change.current_password, change.new_password).await?;
    Ok(Reply::done())
}
