//! A backup, made while the server runs and downloaded.

use std::fs::File;

use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{State, post, tokio};
use serde::Serialize;
use utoipa::ToSchema;

use super::service::AdminService;
use crate::access::Admin;
use crate::audit::AuditView;
use crate::clock::Timestamp;
use crate::web::{Endpoints, Problem, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("admin"; Admin: create_backup;)
}

/// The last backup that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LastBackup {
    /// When it was downloaded, or when the command began it.
    at: Timestamp,
    /// Whether `cellar backup` wrote it; otherwise it was downloaded.
    is_by_command: bool,
    /// Who downloaded it; null if nobody did, or nobody knows them any more.
    by: Option<String>,
}

impl LastBackup {
    /// The later one of the last download and the last backup by the command, as of `now`: the
    /// clock of whoever gave the command may have been ahead.
    pub(super) fn of(
        downloaded: Option<AuditView>,
        by_command: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Self> {
        let downloaded =
            downloaded.map(|line| Self { at: line.at, is_by_command: false, by: line.actor });
        let by_command = by_command.filter(|at| *at <= now);
        let by_command = by_command.map(|at| Self { at, is_by_command: true, by: None });
        downloaded.into_iter().chain(by_command).max_by_key(|backup| backup.at)
    }
}

/// A whole backup, as a file.
pub(super) struct BackupFile {
    /// The archive, which has no name any more and goes when it is closed.
    pub(super) archive: File,
    /// When it was made.
    pub(super) made_at: Timestamp,
}

/// Make a backup and download it.
///
/// One tar file with everything, of one moment; `cellar restore` takes it. It is made before the
/// first byte is sent, so that a failure has its status. It is heavy work and leaves a line in the
/// audit log, so no link of another site can start it in the browser of an administrator.
#[utoipa::path(responses(
    (status = 200, description = "The backup.", content_type = "application/x-tar", body = String)
))]
#[post("/api/admin/backup")]
async fn create_backup(admin: Admin, service: &State<AdminService>) -> Result<BackupFile, Problem> {
    Ok(service.backup(&admin.into()).await?)
}

impl<'r> Responder<'r, 'static> for BackupFile {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let name = format!("cellar-{}.tar", self.made_at.day());
        Response::build_from(tokio::fs::File::from_std(self.archive).respond_to(request)?)
            .header(ContentType::new("application", "x-tar"))
            .raw_header("Content-Disposition", format!("attachment; filename=\"{name}\""))
            .ok()
    }
}
