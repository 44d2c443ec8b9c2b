//! Background work over HTTP: everyone sees their own, administrators see all.

use rocket::futures::{Stream, stream};
use rocket::response::stream::{Event, EventStream};
use rocket::{Shutdown, State, get, post};

use super::record::Whose;
use super::service::Jobs;
use super::view::JobView;
use super::watch::Watch;
use crate::access::{Caller, Role};
use crate::id::{JobId, RowId};
use crate::web::{Answer, Endpoints, Page, PageQuery, Problem, Reply, endpoints, live_events};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("job"; Read: list_jobs, find_job, watch_job; Write: cancel_job;)
}

/// The address of a job.
pub fn job_address(id: JobId) -> String {
    format!("/api/jobs/{id}")
}

fn whose(caller: &Caller) -> Whose {
    match caller.role() {
        Role::Admin => Whose::Anyone,
        Role::User => Whose::User(caller.user_id()),
    }
}

/// Background jobs, newest first.
#[utoipa::path(params(PageQuery), responses(
    (status = 200, description = "A page of jobs.", body = Page<JobView>)
))]
#[get("/api/jobs?<query..>")]
async fn list_jobs(caller: Caller, jobs: &State<Jobs>, query: PageQuery) -> Answer<Page<JobView>> {
    let (limit, before) = query.bounds()?;
    let found = jobs.list(whose(&caller), Some(JobId::from_number(before)), limit + 1).await?;
    Ok(Reply::ok(Page::of(found, limit, |job| job.id.number())))
}

/// One background job.
#[utoipa::path(responses((status = 200, description = "The job.", body = JobView)))]
#[get("/api/jobs/<id>")]
async fn find_job(caller: Caller, jobs: &State<Jobs>, id: JobId) -> Answer<JobView> {
    Ok(Reply::ok(jobs.find(whose(&caller), id).await?))
}

/// Cancel a background job.
///
/// A job that runs stops at its next good place; one that has ended stays as it is.
#[utoipa::path(responses((status = 200, description = "The job as it is now.", body = JobView)))]
#[post("/api/jobs/<id>/cancel")]
async fn cancel_job(caller: Caller, jobs: &State<Jobs>, id: JobId) -> Answer<JobView> {
    Ok(Reply::ok(jobs.cancel(whose(&caller), id).await?))
}

/// Follow a background job live.
///
/// Server-sent events named `job`, each with the job in JSON; the last one carries its final state.
#[utoipa::path(responses(
    (status = 200, description = "Events.", content_type = "text/event-stream", body = JobView)
))]
#[get("/api/jobs/<id>/events")]
async fn watch_job(
    caller: Caller,
    jobs: &State<Jobs>,
    id: JobId,
    shutdown: Shutdown,
) -> Result<EventStream<impl Stream<Item = Event> + Send + use<>>, Problem> {
    let watch = jobs.watch(whose(&caller), id).await?;
    Ok(live_events("job", updates(watch), async move { caller.ended().await }, shutdown))
}

fn updates(watch: Watch) -> impl Stream<Item = JobView> + Send {
    stream::unfold(watch, async |mut watch| watch.next().await.map(|view| (view, watch)))
}
