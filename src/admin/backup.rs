//! A backup, made while the server runs and downloaded.

use std::fs::File;

use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{State, post, tokio};

use super::service::AdminService;
use crate::access::Admin;
use crate::clock::Timestamp;
use crate::web::{Endpoints, Problem, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("admin"; Admin: create_backup;)
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
