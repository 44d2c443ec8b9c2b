//! Accounts, for those who run the server.

use deserr::Deserr;
use rocket::{FromForm, State, delete, get, post, put};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::figures::Activity;
use super::service::AdminService;
use crate::access::{Admin, Role, SessionView, Sessions};
use crate::clock::{Clock, Timestamp};
use crate::error::{Issues, Result, both};
use crate::id::{InvitationId, RowId, UserId};
use crate::idempotency::Once;
use crate::transaction::{BalanceView, Kind};
use crate::user::{
    Grant, InvitationView, Sort, StaffUser, State as UserState, UserQuery, UserRow, UserService,
};
use crate::web::{
    Answer, Body, Endpoints, Hosts, Listing, Mistakes, Page, PageQuery, Reply, endpoints,
};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("admin";
        Admin: list_users, find_user, create_user, disable_user, enable_user, update_user_role,
            reset_user_password, list_user_sessions, end_user_sessions, create_user_top_up,
            create_user_adjustment, list_sign_up_invitations, create_sign_up_invitation,
            revoke_sign_up_invitation;
    )
}

/// Which accounts are asked for.
#[derive(Debug, Clone, FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
struct UserFilter {
    /// A part of the name, the address or the full name.
    text: Option<String>,
    /// `active`, `disabled` or `closed`.
    state: Option<String>,
    /// `user` or `admin`.
    role: Option<String>,
    /// `newest`, `name` or `balance`.
    sort: Option<String>,
}

impl UserFilter {
    fn query(self) -> Result<UserQuery> {
        let mut issues = Issues::default();
        let mut refuse = |field: &str, words: &str| {
            issues.add(field, "unknown_value", format!("must be one of {words}"));
        };
        let state = self.state.map(|word| UserState::from_word(&word));
        if state == Some(None) {
            refuse("state", "active, disabled, closed");
        }
        let role = self.role.map(|word| Role::from_word(&word).ok());
        if role == Some(None) {
            refuse("role", "user, admin");
        }
        let sort = self.sort.map(|word| Sort::from_word(&word));
        if sort == Some(None) {
            refuse("sort", "newest, name, balance");
        }
        issues.or(UserQuery {
            text: self.text.filter(|text| !text.trim().is_empty()),
            state: state.flatten(),
            role: role.flatten(),
            sort: sort.flatten().unwrap_or_default(),
        })
    }
}

/// Accounts, a page at a time.
#[utoipa::path(params(PageQuery, UserFilter), responses(
    (status = 200, description = "A page of accounts.", body = Page<UserRow>)
))]
#[get("/api/admin/users?<limit>&<cursor>&<filter..>")]
async fn list_users(
    _admin: Admin,
    users: &State<UserService>,
    limit: Option<String>,
    cursor: Option<String>,
    filter: UserFilter,
) -> Answer<Page<UserRow>> {
    let page = PageQuery { limit, cursor }.offset();
    let ((limit, offset), query) = both(page, filter.query())?;
    let found = users.list(query, offset, limit + 1).await?;
    Ok(Reply::ok(Page::from_offset(found, limit, offset)))
}

/// An account with what it holds and what it did.
#[utoipa::path(responses((status = 200, description = "The account.", body = UserDetail)))]
#[get("/api/admin/users/<id>")]
async fn find_user(
    _admin: Admin,
    users: &State<UserService>,
    service: &State<AdminService>,
    id: UserId,
) -> Answer<UserDetail> {
    let user = users.find_row(id).await?;
    let activity = service.activity_of(id).await?;
    Ok(Reply::ok(UserDetail { user, activity }))
}

/// An account with its activity.
#[derive(Debug, Serialize, ToSchema)]
struct UserDetail {
    #[serde(flatten)]
    user: UserRow,
    activity: Activity,
}

/// An account to be made by the staff.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct NewUserInput {
    username: String,
    #[deserr(default)]
    email: Option<String>,
    /// `user` if left out.
    #[deserr(default)]
    role: Option<Role>,
}

/// A password that is shown once.
#[derive(Serialize, ToSchema)]
struct OneTimePassword {
    user_id: UserId,
    /// Shown only now, and changed at the first sign-in.
    password: String,
}

/// Make an account with a one-time password.
#[utoipa::path(request_body = NewUserInput, responses(
    (status = 201, description = "Made.", body = OneTimePassword)
))]
#[post("/api/admin/users", data = "<body>")]
async fn create_user(
    admin: Admin,
    users: &State<UserService>,
    body: Body<NewUserInput>,
) -> Answer<OneTimePassword> {
    let NewUserInput { username, email, role } = body.value;
    let asked = StaffUser { username, email, role: role.unwrap_or(Role::User) };
    let (user_id, password) = users.create_by_staff(&admin.into(), asked).await?;
    let address = format!("/api/admin/users/{user_id}");
    Ok(Reply::created(address, OneTimePassword { user_id, password }))
}

/// Let an account be used no more.
///
/// Its sessions end and its keys open nothing, at once. The last administrator stays.
#[utoipa::path(responses((status = 204, description = "Disabled.")))]
#[post("/api/admin/users/<id>/disable")]
async fn disable_user(admin: Admin, users: &State<UserService>, id: UserId) -> Answer<()> {
    users.disable(&admin.into(), id).await?;
    Ok(Reply::done())
}

/// Let a disabled account be used again.
#[utoipa::path(responses((status = 204, description = "Enabled.")))]
#[post("/api/admin/users/<id>/enable")]
async fn enable_user(admin: Admin, users: &State<UserService>, id: UserId) -> Answer<()> {
    users.enable(&admin.into(), id).await?;
    Ok(Reply::done())
}

/// What an account should be.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct RoleChange {
    role: Role,
}

/// Change what an account may do.
///
/// Its sessions end, and the next ones know. The last administrator stays.
#[utoipa::path(request_body = RoleChange, responses((status = 204, description = "Changed.")))]
#[put("/api/admin/users/<id>/role", data = "<body>")]
async fn update_user_role(
    admin: Admin,
    users: &State<UserService>,
    id: UserId,
    body: Body<RoleChange>,
) -> Answer<()> {
    users.change_role(&admin.into(), id, body.value.role).await?;
    Ok(Reply::done())
}

/// Give an account a one-time password.
///
/// Its sessions end.
#[utoipa::path(responses((status = 200, description = "The password.", body = OneTimePassword)))]
#[post("/api/admin/users/<id>/password")]
async fn reset_user_password(
    admin: Admin,
    users: &State<UserService>,
    id: UserId,
) -> Answer<OneTimePassword> {
    let password = users.reset_password(&admin.into(), id).await?;
    Ok(Reply::ok(OneTimePassword { user_id: id, password }))
}

/// Where an account is signed in, newest first.
#[utoipa::path(responses((status = 200, description = "Sessions.", body = Listing<SessionView>)))]
#[get("/api/admin/users/<id>/sessions")]
async fn list_user_sessions(
    _admin: Admin,
    users: &State<UserService>,
    sessions: &State<Sessions>,
    id: UserId,
) -> Answer<Listing<SessionView>> {
    users.find_row(id).await?;
    Ok(Reply::ok(Listing::of(sessions.list_of(id, None).await?)))
}

/// Sign an account out everywhere.
#[utoipa::path(responses((status = 204, description = "Signed out.")))]
#[post("/api/admin/users/<id>/sign-out")]
async fn end_user_sessions(admin: Admin, users: &State<UserService>, id: UserId) -> Answer<()> {
    users.end_sessions(&admin.into(), id).await?;
    Ok(Reply::done())
}

/// Credits to be moved, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct GrantInput {
    /// How many, up to 1,000,000; an adjustment may be negative.
    #[schema(example = 500)]
    amount: i64,
    /// Why; the user reads it.
    reason: String,
}

/// Add credits to an account.
#[utoipa::path(
    request_body = GrantInput,
    params(("Idempotency-Key" = Option<String>, Header, description = "Do it once.")),
    responses((status = 201, description = "Added; what it holds now.", body = BalanceView))
)]
#[post("/api/admin/users/<id>/top-ups", data = "<body>")]
async fn create_user_top_up(
    admin: Admin,
    once: Once,
    users: &State<UserService>,
    id: UserId,
    body: Body<GrantInput>,
) -> Answer<Box<RawValue>> {
    let GrantInput { amount, reason } = body.value;
    let (grant, ticket) = (Grant { user_id: id, amount, reason }, once.ticket(&[&body.hash]));
    Ok(users.grant(&admin.into(), ticket, Kind::TopUp, grant).await?.reply())
}

/// Put an account right.
#[utoipa::path(
    request_body = GrantInput,
    params(("Idempotency-Key" = Option<String>, Header, description = "Do it once.")),
    responses((status = 201, description = "Done; what it holds now.", body = BalanceView))
)]
#[post("/api/admin/users/<id>/adjustments", data = "<body>")]
async fn create_user_adjustment(
    admin: Admin,
    once: Once,
    users: &State<UserService>,
    id: UserId,
    body: Body<GrantInput>,
) -> Answer<Box<RawValue>> {
    let GrantInput { amount, reason } = body.value;
    let (grant, ticket) = (Grant { user_id: id, amount, reason }, once.ticket(&[&body.hash]));
    Ok(users.grant(&admin.into(), ticket, Kind::Adjustment, grant).await?.reply())
}

/// The invitations to sign up, newest first.
#[utoipa::path(params(PageQuery), responses(
    (status = 200, description = "A page of invitations.", body = Page<InvitationView>)
))]
#[get("/api/admin/invitations?<query..>")]
async fn list_sign_up_invitations(
    _admin: Admin,
    users: &State<UserService>,
    query: PageQuery,
) -> Answer<Page<InvitationView>> {
    let (limit, before) = query.bounds()?;
    let found = users.list_invitations(before, limit + 1).await?;
    Ok(Reply::ok(Page::of(found, limit, |invitation: &InvitationView| invitation.id.number())))
}

/// An invitation to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct InvitationInput {
    /// Whom it is for; only the staff sees it.
    #[deserr(default)]
    note: String,
    /// Until when it can be used; two weeks if left out.
    #[deserr(default)]
    expires_at: Option<Timestamp>,
}

/// An invitation with its link, which is shown once.
#[derive(Serialize, ToSchema)]
struct NewInvitationView {
    #[serde(flatten)]
    invitation: InvitationView,
    /// What to send as `invitation` when signing up.
    secret: String,
    /// The link to hand on.
    link: String,
}

/// Invite somebody to sign up.
#[utoipa::path(request_body = InvitationInput, responses(
    (status = 201, description = "The one-time link.", body = NewInvitationView)
))]
#[post("/api/admin/invitations", data = "<body>")]
async fn create_sign_up_invitation(
    admin: Admin,
    users: &State<UserService>,
    clock: &State<Clock>,
    hosts: &State<Hosts>,
    body: Body<InvitationInput>,
) -> Answer<NewInvitationView> {
    const LIFE_S: i64 = 14 * 24 * 3600;
    let InvitationInput { note, expires_at } = body.value;
    let expires_at = expires_at.unwrap_or_else(|| clock.now().plus_s(LIFE_S));
    let (invitation, secret) = users.invite(&admin.into(), note, expires_at).await?;
    let base_url = hosts.base_url().map(ToString::to_string).unwrap_or_default();
    // Behind the #, so that no server and no log on the way sees it.
    let link = format!("{base_url}/sign-up#{secret}");
    let view = NewInvitationView { invitation, secret, link };
    Ok(Reply::created("/api/admin/invitations".into(), view))
}

/// Take an invitation back that nobody has used.
#[utoipa::path(responses((status = 204, description = "Taken back.")))]
#[delete("/api/admin/invitations/<id>")]
async fn revoke_sign_up_invitation(
    admin: Admin,
    users: &State<UserService>,
    id: InvitationId,
) -> Answer<()> {
    users.revoke_invitation(&admin.into(), id).await?;
    Ok(Reply::done())
}
