//! Workspaces over HTTP.

use deserr::Deserr;
use rocket::{State, delete, get, patch, post};
use utoipa::ToSchema;

use super::invitation::{InvitationView, NewInvitationView};
use super::member::{MemberRole, MemberView};
use super::record::{Workspace, WorkspaceInput};
use super::service::WorkspaceService;
use crate::access::Caller;
use crate::error::Error;
use crate::id::{UserId, WorkspaceId, WorkspaceInvitationId};
use crate::web::{Answer, Body, Endpoints, Hosts, Listing, Mistakes, Reply, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("workspace";
        Read: list_workspaces, find_workspace, list_members;
        Write: create_workspace, update_workspace;
        Person: delete_workspace, update_member, delete_member, leave_workspace,
            hand_over_workspace, create_workspace_invitation, list_workspace_invitations,
            delete_workspace_invitation, list_my_invitations, accept_invitation,
            redeem_invitation, decline_invitation;
    )
}

/// A workspace to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct NewWorkspaceInput {
    #[schema(example = "Tasting room")]
    name: String,
    /// Small letters, digits and dashes.
    #[schema(example = "tasting-room")]
    slug: String,
    #[deserr(default)]
    description: Option<String>,
}

/// What of a workspace is to change; what is left out stays.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct WorkspaceChange {
    #[deserr(default)]
    name: Option<String>,
    #[deserr(default)]
    slug: Option<String>,
    #[deserr(default)]
    description: Option<String>,
}

/// The workspaces that the caller works in, their own first.
#[utoipa::path(responses(
    (status = 200, description = "The workspaces.", body = Listing<Workspace>)
))]
#[get("/api/workspaces")]
async fn list_workspaces(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
) -> Answer<Listing<Workspace>> {
    Ok(Reply::ok(Listing::of(workspaces.list(&caller).await?)))
}

/// Make a workspace.
#[utoipa::path(request_body = NewWorkspaceInput, responses(
    (status = 201, description = "Made; the caller owns it.", body = Workspace)
))]
#[post("/api/workspaces", data = "<body>")]
async fn create_workspace(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    body: Body<NewWorkspaceInput>,
) -> Answer<Workspace> {
    let NewWorkspaceInput { name, slug, description } = body.value;
    let input = WorkspaceInput { name: Some(name), slug: Some(slug), description };
    let made = workspaces.create(&caller, input).await?;
    Ok(Reply::created(format!("/api/workspaces/{}", made.id), made))
}

/// One workspace.
#[utoipa::path(responses((status = 200, description = "The workspace.", body = Workspace)))]
#[get("/api/workspaces/<id>")]
async fn find_workspace(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
) -> Answer<Workspace> {
    Ok(Reply::ok(workspaces.find(&caller, id).await?))
}

/// Change what a workspace is called; for editors and the owner.
#[utoipa::path(request_body = WorkspaceChange, responses(
    (status = 200, description = "The workspace as it is now.", body = Workspace)
))]
#[patch("/api/workspaces/<id>", data = "<body>")]
async fn update_workspace(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
    body: Body<WorkspaceChange>,
) -> Answer<Workspace> {
    let WorkspaceChange { name, slug, description } = body.value;
    let input = WorkspaceInput { name, slug, description };
    Ok(Reply::ok(workspaces.update(&caller, id, input).await?))
}

/// Delete a workspace with everything in it; for the owner.
#[utoipa::path(responses((status = 204, description = "Deleted.")))]
#[delete("/api/workspaces/<id>")]
async fn delete_workspace(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
) -> Answer<()> {
    workspaces.delete(&caller, id).await?;
    Ok(Reply::done())
}

/// Who works in a workspace.
#[utoipa::path(responses(
    (status = 200, description = "The members.", body = Listing<MemberView>)
))]
#[get("/api/workspaces/<id>/members")]
async fn list_members(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
) -> Answer<Listing<MemberView>> {
    Ok(Reply::ok(Listing::of(workspaces.list_members(&caller, id).await?)))
}

/// What a member should be.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct MemberChange {
    role: MemberRole,
}

/// Change what a member may do; for the owner.
#[utoipa::path(request_body = MemberChange, responses((status = 204, description = "Changed.")))]
#[patch("/api/workspaces/<id>/members/<user_id>", data = "<body>")]
async fn update_member(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
    user_id: UserId,
    body: Body<MemberChange>,
) -> Answer<()> {
    workspaces.change_role(&caller, id, user_id, body.value.role).await?;
    Ok(Reply::done())
}

/// Take a member out; for the owner.
#[utoipa::path(responses((status = 204, description = "Taken out.")))]
#[delete("/api/workspaces/<id>/members/<user_id>")]
async fn delete_member(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
    user_id: UserId,
) -> Answer<()> {
    workspaces.remove_member(&caller, id, user_id).await?;
    Ok(Reply::done())
}

/// Leave a workspace.
#[utoipa::path(responses((status = 204, description = "Left.")))]
#[post("/api/workspaces/<id>/leave")]
async fn leave_workspace(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
) -> Answer<()> {
    workspaces.remove_member(&caller, id, caller.user_id()).await?;
    Ok(Reply::done())
}

/// Whoever should own it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct HandOver {
    /// A member.
    #[schema(value_type = UserId)]
    user_id: String,
}

/// Make another member the owner.
///
/// The caller stays as an editor.
#[utoipa::path(request_body = HandOver, responses(
    (status = 200, description = "The workspace as it is now.", body = Workspace)
))]
#[post("/api/workspaces/<id>/hand-over", data = "<body>")]
async fn hand_over_workspace(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
    body: Body<HandOver>,
) -> Answer<Workspace> {
    let heir = body.value.user_id.parse();
    let heir =
        heir.map_err(|_| Error::invalid("user_id", "no_member", "is no member; invite them"))?;
    Ok(Reply::ok(workspaces.hand_over(&caller, id, heir).await?))
}

/// Who is asked: by the name of an account or by an address.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct Question {
    /// The name of an account; give this or `email`.
    #[deserr(default)]
    username: Option<String>,
    /// An address; the account that has it now may accept, or else whoever has the link.
    #[deserr(default)]
    email: Option<String>,
    role: MemberRole,
}

/// Ask somebody to work in a workspace; for the owner.
///
/// They find the question at `/api/invitations` and accept or decline it within 14 days. For an
/// address the answer also holds a one-time link, for the only time: hand it on to whoever has the
/// address. If an account has it already, that account alone may accept; otherwise whoever has the
/// link may.
#[utoipa::path(request_body = Question, responses(
    (status = 201, description = "Asked.", body = NewInvitationView)
))]
#[post("/api/workspaces/<id>/invitations", data = "<body>")]
async fn create_workspace_invitation(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    hosts: &State<Hosts>,
    id: WorkspaceId,
    body: Body<Question>,
) -> Answer<NewInvitationView> {
    let Question { username, email, role } = body.value;
    let (invitation, secret) = workspaces.invite(&caller, id, (username, email), role).await?;
    let base_url = hosts.base_url().map(ToString::to_string).unwrap_or_default();
    // Behind the #, so that no server and no log on the way sees it.
    let link = secret.as_ref().map(|secret| format!("{base_url}/join#{secret}"));
    let made = NewInvitationView { invitation, secret, link };
    Ok(Reply::created(format!("/api/workspaces/{id}/invitations"), made))
}

/// The open invitations to a workspace; for the owner.
#[utoipa::path(responses(
    (status = 200, description = "The invitations.", body = Listing<InvitationView>)
))]
#[get("/api/workspaces/<id>/invitations")]
async fn list_workspace_invitations(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
) -> Answer<Listing<InvitationView>> {
    Ok(Reply::ok(Listing::of(workspaces.list_invitations(&caller, id).await?)))
}

/// Take an invitation back; for the owner.
#[utoipa::path(responses((status = 204, description = "Taken back.")))]
#[delete("/api/workspaces/<id>/invitations/<invitation_id>")]
async fn delete_workspace_invitation(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceId,
    invitation_id: WorkspaceInvitationId,
) -> Answer<()> {
    workspaces.delete_invitation(&caller, id, invitation_id).await?;
    Ok(Reply::done())
}

/// The invitations that the caller was sent.
#[utoipa::path(responses(
    (status = 200, description = "The invitations.", body = Listing<InvitationView>)
))]
#[get("/api/invitations")]
async fn list_my_invitations(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
) -> Answer<Listing<InvitationView>> {
    Ok(Reply::ok(Listing::of(workspaces.list_my_invitations(&caller).await?)))
}

/// Accept an invitation.
#[utoipa::path(responses(
    (status = 200, description = "Where the caller works now.", body = Workspace)
))]
#[post("/api/invitations/<id>/accept")]
async fn accept_invitation(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceInvitationId,
) -> Answer<Workspace> {
    Ok(Reply::ok(workspaces.accept(&caller, id).await?))
}

/// The secret of a link.
#[derive(Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct Redemption {
    secret: String,
}

/// Accept an invitation with its link.
#[utoipa::path(request_body = Redemption, responses(
    (status = 200, description = "Where the caller works now.", body = Workspace)
))]
#[post("/api/invitations/redeem", data = "<body>")]
async fn redeem_invitation(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    body: Body<Redemption>,
) -> Answer<Workspace> {
    Ok(Reply::ok(workspaces.redeem(&caller, body.value.secret).await?))
}

/// Decline an invitation.
#[utoipa::path(responses((status = 204, description = "Declined.")))]
#[post("/api/invitations/<id>/decline")]
async fn decline_invitation(
    caller: Caller,
    workspaces: &State<WorkspaceService>,
    id: WorkspaceInvitationId,
) -> Answer<()> {
    workspaces.decline(&caller, id).await?;
    Ok(Reply::done())
}
