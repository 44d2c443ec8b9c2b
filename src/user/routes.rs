//! Accounts over HTTP, for their users.

use deserr::Deserr;
use rocket::{State, delete, get, patch, post, put};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::SignInPace;
use super::record::{Profile, User};
use super::service::{Registration, UserService};
use super::sign_in::{Credentials, Tokens};
use super::view::UserView;
use crate::access::{ACCESS_TOKEN_LIFE_S, Caller, SessionCookie, Visitor};
use crate::credits::Credits;
use crate::error::{Error, Result};
use crate::web::{Answer, Body, Endpoints, Mistakes, Reply, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("user";
        Public: describe_sign_up, check_invitation, register, login, refresh, open_session;
        Session: close_session, logout, get_me, change_password;
        Person: update_me, close_me;
    )
}

/// Who signs in: a name or an e-mail address, and the password.
#[derive(Deserr, ToSchema)]
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

/// Who may make an account here.
#[derive(Serialize, ToSchema)]
struct SignUpView {
    /// `open` to everyone, to those with an invitation (`invite`), or `closed`.
    #[schema(value_type = String, example = "open")]
    sign_up: &'static str,
    /// Credits that a new account is given.
    credits: Credits,
}

/// Who may make an account, and what it begins with.
#[utoipa::path(responses((status = 200, description = "The rule.", body = SignUpView)))]
#[get("/auth/sign-up")]
fn describe_sign_up(users: &State<UserService>) -> Reply<SignUpView> {
    let settings = users.settings();
    Reply::ok(SignUpView { sign_up: settings.sign_up.word(), credits: settings.sign_up_credits })
}

/// The secret of an invitation.
#[derive(Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct InvitationCheck {
    invitation: String,
}

/// What an invitation is good for.
#[derive(Serialize, ToSchema)]
struct InvitationState {
    /// Whether an account can be made with it now.
    is_open: bool,
}

/// Whether an account can be made with an invitation now.
///
/// It may have been used, taken back or have ended; nothing is told of who made it or for whom.
#[utoipa::path(request_body = InvitationCheck, responses(
    (status = 200, description = "Whether it is open.", body = InvitationState)
))]
#[post("/auth/sign-up/invitation", data = "<body>")]
async fn check_invitation(
    _pace: SignInPace,
    users: &State<UserService>,
    body: Body<InvitationCheck>,
) -> Answer<InvitationState> {
    let is_open = users.is_invitation_open(body.value.invitation).await?;
    Ok(Reply::ok(InvitationState { is_open }))
}

/// Who wants an account.
#[derive(Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct RegistrationInput {
    #[schema(example = "ada@example.org")]
    email: String,
    /// 3 to 32 letters, digits, dots, dashes and underscores.
    #[schema(example = "ada")]
    username: String,
    /// 8 to 256 characters that nobody would guess.
    #[schema(min_length = 8, max_length = 256)]
    password: String,
    #[schema(example = "Ada Lovelace")]
    #[deserr(default)]
    full_name: Option<String>,
    /// The secret of an invitation, where the server asks for one.
    #[deserr(default)]
    invitation: Option<String>,
}

/// Make an account.
#[utoipa::path(request_body = RegistrationInput, responses(
    (status = 201, description = "Made; sign in with it.", body = UserView)
))]
#[post("/auth/register", data = "<body>")]
async fn register(
    _pace: SignInPace,
    visitor: Visitor,
    users: &State<UserService>,
    body: Body<RegistrationInput>,
) -> Answer<UserView> {
    let RegistrationInput { email, username, password, full_name, invitation } = body.value;
    let asked = Registration { email, username, password, full_name, invitation };
    Ok(Reply::created("/api/me".into(), users.register(asked, &visitor).await?.into()))
}

/// What a program calls with.
#[derive(Serialize, ToSchema)]
struct TokensView {
    /// Send it as `Authorization: Bearer ...`.
    access_token: String,
    #[schema(value_type = String, example = "bearer")]
    token_type: &'static str,
    /// Seconds until it is no good any more.
    #[schema(example = 900)]
    expires_in: i64,
    /// Exchange it for the next tokens; it is good once.
    refresh_token: String,
    user: UserView,
}

impl From<(User, Tokens)> for TokensView {
    fn from((user, tokens): (User, Tokens)) -> Self {
        Self {
            access_token: tokens.access,
            token_type: "bearer",
            expires_in: ACCESS_TOKEN_LIFE_S,
            refresh_token: tokens.refresh,
            user: user.into(),
        }
    }
}

/// Log in from a program.
///
/// For a script that runs unattended, an API key is the better way.
#[utoipa::path(request_body = SignIn, responses(
    (status = 200, description = "Logged in.", body = TokensView)
))]
#[post("/auth/login", data = "<body>")]
async fn login(
    _pace: SignInPace,
    visitor: Visitor,
    users: &State<UserService>,
    body: Body<SignIn>,
) -> Answer<TokensView> {
    Ok(Reply::ok(users.login(body.value.credentials()?, &visitor).await?.into()))
}

/// A refresh token.
#[derive(Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct RefreshInput {
    refresh_token: String,
}

/// Exchange a refresh token for the next tokens.
///
/// A refresh token is good once. One that comes a second time ends its session, for somebody else
/// has it too.
#[utoipa::path(request_body = RefreshInput, responses(
    (status = 200, description = "The next tokens.", body = TokensView)
))]
#[post("/auth/refresh", data = "<body>")]
async fn refresh(
    _pace: SignInPace,
    users: &State<UserService>,
    body: Body<RefreshInput>,
) -> Answer<TokensView> {
    Ok(Reply::ok(users.refresh(&body.value.refresh_token).await?.into()))
}

/// Log out from a program.
///
/// The session ends, and with it the access token and the refresh token.
#[utoipa::path(responses((status = 204, description = "Logged out.")))]
#[post("/auth/logout")]
async fn logout(caller: Caller, users: &State<UserService>) -> Answer<()> {
    users.sign_out(&caller).await?;
    Ok(Reply::done())
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
    visitor: Visitor,
    users: &State<UserService>,
    cookie: &State<SessionCookie>,
    body: Body<SignIn>,
) -> Answer<UserView> {
    let (user, session) = users.sign_in(body.value.credentials()?, &visitor).await?;
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

/// What of the profile is to change; what is left out stays.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct ProfileInput {
    #[deserr(default)]
    username: Option<String>,
    #[deserr(default)]
    email: Option<String>,
    /// Empty for none.
    #[deserr(default)]
    full_name: Option<String>,
}

/// Change the caller's profile.
#[utoipa::path(request_body = ProfileInput, responses(
    (status = 200, description = "The account as it is now.", body = UserView)
))]
#[patch("/api/me", data = "<body>")]
async fn update_me(
    caller: Caller,
    users: &State<UserService>,
    body: Body<ProfileInput>,
) -> Answer<UserView> {
    let ProfileInput { username, email, full_name } = body.value;
    let profile = Profile { username, email, full_name: full_name.map(Some) };
    Ok(Reply::ok(users.change_profile(&caller, profile).await?.into()))
}

/// A change of password.
#[derive(Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct PasswordChange {
    /// The present password.
    current_password: String,
    /// The new one: 8 to 256 characters.
    #[schema(min_length = 8, max_length = 256)]
    new_password: String,
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
    let change = body.value;
    users.change_password(&caller, change.current_password, change.new_password).await?;
    Ok(Reply::done())
}

/// The password, once more.
#[derive(Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct Confirmation {
    password: String,
}

/// Close the caller's account, for good.
///
/// Name, address and keys are forgotten, every session ends. The entries of the ledger are kept.
#[utoipa::path(request_body = Confirmation, responses((status = 204, description = "Closed.")))]
#[post("/api/me/close", data = "<body>")]
async fn close_me(
    caller: Caller,
    _pace: SignInPace,
    users: &State<UserService>,
    cookie: &State<SessionCookie>,
    body: Body<Confirmation>,
) -> Answer<()> {
    users.close(&caller, body.value.password).await?;
    Ok(Reply::done()
        .with_header("Set-Cookie", cookie.clear())
        .with_header("Clear-Site-Data", "\"cache\", \"storage\""))
}
