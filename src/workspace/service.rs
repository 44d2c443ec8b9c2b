//! The rules of workspaces.

use super::invitation::{self, Guest, InvitationView};
use super::member::{self, MemberRole, MemberView};
use super::record::{self, NewWorkspace, Workspace, WorkspaceInput};
use crate::access::Caller;
use crate::audit::{self, Action, Event};
use crate::clock::{Clock, Timestamp};
use crate::database::{Database, Reader, Tx};
use crate::error::{Error, Issues, Result};
use crate::id::{UserId, WorkspaceId, WorkspaceInvitationId};
use crate::random;
use crate::user::User;

/// Workspaces one user may own; more are not looked after.
const OWNED_MAX: u32 = 100;

/// Invitations to one workspace that may wait for an answer.
const OPEN_MAX: u32 = 200;

/// Workspaces; a clone is the same workspaces.
#[derive(Clone)]
pub struct WorkspaceService {
    database: Database,
    clock: Clock,
}

impl WorkspaceService {
    /// Workspaces in this database.
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// The workspaces that the caller works in, their own first.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Workspace>> {
        let user_id = caller.user_id();
        self.database.read(move |r| record::list(r, user_id)).await
    }

    /// One of them.
    pub async fn find(&self, caller: &Caller, id: WorkspaceId) -> Result<Workspace> {
        let user_id = caller.user_id();
        self.database.read(move |r| record::find(r, user_id, id)).await
    }

    /// Makes one that the caller owns.
    pub async fn create(&self, caller: &Caller, input: WorkspaceInput) -> Result<Workspace> {
        let input = input.judge()?;
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let new = NewWorkspace {
            name: input.name.ok_or_else(|| Error::invalid("name", "required", "is missing"))?,
            slug: input.slug.ok_or_else(|| Error::invalid("slug", "required", "is missing"))?,
            description: input.description.unwrap_or_default(),
            is_personal: false,
        };
        let event = caller.event(Action::WorkspaceCreate);
        let create = move |tx: &Tx<'_>| {
            if record::n_owned(tx, user_id)? >= OWNED_MAX {
                let why =
                    format!("you own {OWNED_MAX} workspaces; delete one that is not used any more");
                return Err(Error::conflict("too_many_workspaces", why));
            }
            record::refuse_taken_slug(tx, user_id, &new.slug, None)?;
            let id = record::create(tx, &new, now)?;
            member::add(tx, id, user_id, MemberRole::Owner, now)?;
            audit::note(tx, &event.saying(id.to_string()), now)?;
            record::find(tx, user_id, id)
        };
        caller.write(&self.database, create).await
    }

    /// Changes what one is called; for editors and the owner.
    pub async fn update(
        &self,
        caller: &Caller,
        id: WorkspaceId,
        input: WorkspaceInput,
    ) -> Result<Workspace> {
        let input = input.judge()?;
        let user_id = caller.user_id();
        let update = move |tx: &Tx<'_>| {
            require(tx, user_id, id, MemberRole::Editor)?;
            if let Some(slug) = &input.slug {
                record::refuse_taken_slug(tx, record::owner_of(tx, id)?, slug, Some(id))?;
            }
            record::update(tx, id, &input)?;
            record::find(tx, user_id, id)
        };
        caller.write(&self.database, update).await
    }

    /// Deletes one with everything in it; for the owner.
    pub async fn delete(&self, caller: &Caller, id: WorkspaceId) -> Result<()> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::WorkspaceDelete).saying(id.to_string());
        let delete = move |tx: &Tx<'_>| {
            require_shared(tx, user_id, id, MemberRole::Owner)?;
            audit::note(tx, &event, now)?;
            record::delete(tx, id)
        };
        caller.write(&self.database, delete).await
    }

    /// Who works in it.
    pub async fn list_members(&self, caller: &Caller, id: WorkspaceId) -> Result<Vec<MemberView>> {
        let user_id = caller.user_id();
        let list = move |r: &Reader<'_>| {
            require(r, user_id, id, MemberRole::Viewer)?;
            member::list(r, id)
        };
        self.database.read(list).await
    }

    /// Changes what a member may do; for the owner.
    pub async fn change_role(
        &self,
        caller: &Caller,
        id: WorkspaceId,
        member_id: UserId,
        role: MemberRole,
    ) -> Result<()> {
        if role == MemberRole::Owner {
            return Err(Error::invalid("role", "invalid", "must be editor or viewer; hand over"));
        }
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::MemberRole).on(Some(member_id));
        let event = event.saying(format!("{id}: {}", role.word()));
        let change = move |tx: &Tx<'_>| {
            require_shared(tx, user_id, id, MemberRole::Owner)?;
            refuse_owner(member_id == user_id)?;
            member::change_role(tx, id, member_id, role)?;
            audit::note(tx, &event, now)
        };
        caller.write(&self.database, change).await
    }

    /// Takes a member out: anyone themselves, the owner anyone else.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        id: WorkspaceId,
        member_id: UserId,
    ) -> Result<()> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::MemberRemove).on(Some(member_id));
        let remove = move |tx: &Tx<'_>| {
            let needed = if member_id == user_id { MemberRole::Viewer } else { MemberRole::Owner };
            let workspace = require_shared(tx, user_id, id, needed)?;
            refuse_owner(member_id == user_id && workspace.role == MemberRole::Owner)?;
            member::remove(tx, id, member_id)?;
            invitation::delete_of(tx, id, member_id)?;
            audit::note(tx, &event.saying(id.to_string()), now)
        };
        caller.write(&self.database, remove).await
    }

    /// Makes another member the owner; the caller stays as an editor.
    pub async fn hand_over(
        &self,
        caller: &Caller,
        id: WorkspaceId,
        member_id: UserId,
    ) -> Result<Workspace> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::WorkspaceHandOver).on(Some(member_id));
        let hand_over = move |tx: &Tx<'_>| {
            let workspace = require_shared(tx, user_id, id, MemberRole::Owner)?;
            if member_id == user_id {
                return Err(Error::invalid("user_id", "unchanged", "owns it already"));
            }
            if member::role_of(tx, id, member_id)?.is_none() {
                return Err(Error::invalid("user_id", "no_member", "is no member; invite them"));
            }
            judge_heir(tx, member_id, &workspace)?;
            member::change_role(tx, id, user_id, MemberRole::Editor)?;
            member::change_role(tx, id, member_id, MemberRole::Owner)?;
            audit::note(tx, &event.saying(id.to_string()), now)?;
            record::find(tx, user_id, id)
        };
        caller.write(&self.database, hand_over).await
    }

    /// Asks somebody to work in it; for the owner. Who is asked by an address gets a secret, too,
    /// which is shown once.
    pub async fn invite(
        &self,
        caller: &Caller,
        id: WorkspaceId,
        name_or_email: (Option<String>, Option<String>),
        role: MemberRole,
    ) -> Result<(InvitationView, Option<String>)> {
        if role == MemberRole::Owner {
            return Err(Error::invalid("role", "invalid", "must be editor or viewer"));
        }
        let asked = Asked::judge(name_or_email)?;
        let secret = random::secret()?;
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::MemberInvite).saying(format!("{id}: {}", role.word()));
        let invite = move |tx: &Tx<'_>| {
            require_shared(tx, user_id, id, MemberRole::Owner)?;
            if invitation::n_open(tx, id, now)? >= OPEN_MAX {
                let why = format!("{OPEN_MAX} invitations wait for an answer; take one back first");
                return Err(Error::conflict("too_many_invitations", why));
            }
            let (guest, shown) = asked.guest(tx, secret)?;
            if let Guest::Named(guest_id) = guest
                && member::role_of(tx, id, guest_id)?.is_some()
            {
                return Err(Error::invalid(
                    "username",
                    "member",
                    "works in this workspace already",
                ));
            }
            audit::note(tx, &event, now)?;
            Ok((invitation::create(tx, id, &guest, role, user_id, now)?, shown))
        };
        caller.write(&self.database, invite).await
    }

    /// The open invitations to it; for the owner.
    pub async fn list_invitations(
        &self,
        caller: &Caller,
        id: WorkspaceId,
    ) -> Result<Vec<InvitationView>> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let list = move |r: &Reader<'_>| {
            require(r, user_id, id, MemberRole::Owner)?;
            invitation::list_of_workspace(r, id, now)
        };
        self.database.read(list).await
    }

    /// Takes an invitation back; for the owner.
    pub async fn delete_invitation(
        &self,
        caller: &Caller,
        id: WorkspaceId,
        invitation_id: WorkspaceInvitationId,
    ) -> Result<()> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::MemberInviteRevoke).saying(id.to_string());
        let delete = move |tx: &Tx<'_>| {
            require(tx, user_id, id, MemberRole::Owner)?;
            audit::note(tx, &event, now)?;
            invitation::delete(tx, id, invitation_id)
        };
        caller.write(&self.database, delete).await
    }

    /// The open invitations that the caller was sent.
    pub async fn list_my_invitations(&self, caller: &Caller) -> Result<Vec<InvitationView>> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        self.database.read(move |r| invitation::list_of_user(r, user_id, now)).await
    }

    /// Accepts one of them: the caller is a member from now on.
    pub async fn accept(&self, caller: &Caller, id: WorkspaceInvitationId) -> Result<Workspace> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::MemberJoin);
        let accept = move |tx: &Tx<'_>| {
            join(tx, user_id, invitation::take(tx, user_id, id, now)?, event, now)
        };
        caller.write(&self.database, accept).await
    }

    /// The same with the secret of a link.
    pub async fn redeem(&self, caller: &Caller, secret: String) -> Result<Workspace> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        let event = caller.event(Action::MemberJoin);
        let redeem = move |tx: &Tx<'_>| {
            let offer = invitation::take_by_secret(tx, user_id, &secret, now)?;
            join(tx, user_id, offer, event, now)
        };
        caller.write(&self.database, redeem).await
    }

    /// Declines one of them: it is gone.
    pub async fn decline(&self, caller: &Caller, id: WorkspaceInvitationId) -> Result<()> {
        let (user_id, now) = (caller.user_id(), self.clock.now());
        caller
            .write(&self.database, move |tx| invitation::take(tx, user_id, id, now).map(drop))
            .await
    }
}

/// Who is to be asked, in canonical form.
struct Asked {
    name_or_email: String,
    is_email: bool,
}

impl Asked {
    fn judge((username, email): (Option<String>, Option<String>)) -> Result<Self> {
        match (username, email) {
            (Some(username), None) => {
                Ok(Self { name_or_email: User::canonical(&username), is_email: false })
            }
            (None, Some(email)) => {
                Ok(Self { name_or_email: User::canonical_email(&email)?, is_email: true })
            }
            (None, None) => Err(Error::invalid("username", "required", "is missing")),
            (Some(_), Some(_)) => {
                Err(Error::invalid("email", "surplus", "must be left out beside username"))
            }
        }
    }

    /// With the secret, if it is to be shown. Whether somebody has an address is nobody else's
    /// business, so whoever asks sees the same either way.
    fn guest(&self, r: &Reader<'_>, secret: String) -> Result<(Guest, Option<String>)> {
        let found = User::lookup(r, &self.name_or_email)?;
        if self.is_email {
            let email = self.name_or_email.clone();
            let found = found.filter(|user| user.email.as_ref() == Some(&email));
            let user_id = found.map(|user| user.id);
            return Ok((Guest::Addressed { email, user_id, secret: secret.clone() }, Some(secret)));
        }
        let is_it = |user: &User| user.is_active() && user.username == self.name_or_email;
        let found = found.filter(is_it).ok_or_else(|| {
            Error::invalid("username", "unknown", "is the name of no account here; try an address")
        })?;
        Ok((Guest::Named(found.id), None))
    }
}

/// Makes a user a member, as they were offered.
fn join(
    tx: &Tx<'_>,
    user_id: UserId,
    (id, role): (WorkspaceId, MemberRole),
    event: Event,
    now: Timestamp,
) -> Result<Workspace> {
    // Asked by name and by address, and accepted once already: what they are stays.
    if member::role_of(tx, id, user_id)?.is_none() {
        member::add(tx, id, user_id, role, now)?;
    }
    // Another one would let them in again after they were taken out.
    invitation::delete_of(tx, id, user_id)?;
    audit::note(tx, &event.saying(id.to_string()), now)?;
    record::find(tx, user_id, id)
}

/// Whether a member can own a workspace from now on.
fn judge_heir(r: &Reader<'_>, heir: UserId, workspace: &Workspace) -> Result<()> {
    let refuse = |code, why: &str| Err(Error::invalid("user_id", code, why));
    if !User::get(r, heir)?.is_active() {
        return refuse("not_active", "has an account that cannot be used; choose somebody else");
    }
    if record::n_owned(r, heir)? >= OWNED_MAX {
        return refuse("too_many", "owns as many workspaces as one may; choose somebody else");
    }
    record::refuse_taken_slug(r, heir, &workspace.slug, Some(workspace.id)).map_err(|error| {
        let Error::Taken(_) = error else { return error };
        let mut issues = Issues::default();
        let why = "has another workspace with this short name; change one of the two first";
        issues.add("user_id", "taken", why);
        Error::Taken(issues)
    })
}

/// The workspace, if the caller may do there what `needed` may. To others it is not there.
fn require(
    r: &Reader<'_>,
    user_id: UserId,
    id: WorkspaceId,
    needed: MemberRole,
) -> Result<Workspace> {
    let workspace = record::find(r, user_id, id)?;
    if workspace.role >= needed { Ok(workspace) } else { Err(Error::Forbidden) }
}

/// The same, for what makes no sense in a personal workspace.
fn require_shared(
    r: &Reader<'_>,
    user_id: UserId,
    id: WorkspaceId,
    needed: MemberRole,
) -> Result<Workspace> {
    let workspace = require(r, user_id, id, needed)?;
    if workspace.is_personal {
        let why = "this is your own workspace and stays so; make another to share";
        return Err(Error::conflict("own_workspace", why));
    }
    Ok(workspace)
}

fn refuse_owner(is_owner: bool) -> Result<()> {
    if is_owner {
        let why = "the owner stays; hand the workspace over first";
        return Err(Error::conflict("owner_stays", why));
    }
    Ok(())
}
