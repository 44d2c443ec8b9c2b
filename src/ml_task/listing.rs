//! Lists of tasks: which ones are asked for over HTTP, and the list as a file.

use rocket::FromForm;
use rocket::futures::stream;
use utoipa::IntoParams;

use super::content::Contents;
use super::parts::{Parts, Told};
use super::record::{MLTask, NamedTask, Status, TaskQuery};
use super::service::{MLService, job_of};
use super::view::TaskView;
use crate::compute::compute;
use crate::database::Reader;
use crate::error::{Issues, Result};
use crate::id::{RowId, UserId};
use crate::job::JobView;
use crate::web::{Download, Period, csv_rows};

/// The longest text that is searched for.
const TEXT_BYTES_MAX: usize = 200;

/// Which tasks are asked for.
#[derive(Debug, Clone, FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskFilter {
    /// Only of this model.
    model: Option<String>,
    /// Only that stand so: queued, running, succeeded, failed or cancelled.
    status: Option<String>,
    /// Only from this moment on.
    from: Option<String>,
    /// Only before this moment.
    to: Option<String>,
    /// Only with this in the name of the model or in why it failed; or the id of a task.
    text: Option<String>,
}

impl TaskFilter {
    /// The question, of this user's tasks or of everyone's.
    pub fn query(&self, user_id: Option<UserId>) -> Result<TaskQuery> {
        let mut issues = Issues::default();
        let status = self.status.as_deref().map(Status::from_word);
        if status == Some(None) {
            let words = Status::ALL.map(Status::word).join(", ");
            issues.add("status", "unknown_value", format!("must be one of {words}"));
        }
        let Period { from, to } =
            Period::read(self.from.as_deref(), self.to.as_deref(), &mut issues);
        let text = self.text.as_deref().map(str::trim);
        if text.is_some_and(|text| text.is_empty() || text.len() > TEXT_BYTES_MAX) {
            let rule = format!("must have from 1 to {TEXT_BYTES_MAX} bytes");
            issues.add("text", "invalid", rule);
        }
        let (model, status) = (self.model.clone(), status.flatten());
        let text = text.map(str::to_owned);
        issues.or(TaskQuery { user_id, model, status, from, to, text })
    }
}

impl MLService {
    /// Up to `limit` tasks below the number `before` as they are shown, newest first, each with its
    /// contents if they are small, and with how far it is.
    pub(super) async fn page(
        &self,
        query: TaskQuery,
        before: i64,
        limit: u32,
    ) -> Result<Vec<TaskView>> {
        let jobs = self.parts().jobs.clone();
        let find = move |r: &Reader<'_>| {
            let with_contents = |NamedTask { task, .. }| {
                let contents = if Told::LISTED.may_be(&task) {
                    MLTask::small_contents(r, task.id, Told::LISTED.bytes_max)?
                } else {
                    None
                };
                let job = job_of(&jobs, r, &task)?;
                Ok((task, contents, job))
            };
            query.list(r, before, limit)?.into_iter().map(with_contents).collect()
        };
        let found: Vec<_> = self.parts().database.read(find).await?;
        let service = self.clone();
        let view = move |(task, contents, job): (MLTask, Option<Contents>, Option<JobView>)| {
            let (models, files) = (&service.parts().models, &service.parts().files);
            let parts = contents.and_then(|contents| {
                let model = models.recall_now(&task.model_id).ok()?;
                // What cannot be read is told to whoever asks for the task; the list goes on.
                Parts::kept(&task, contents, files, &*model, Told::LISTED).ok()
            });
            TaskView::new(&task, parts.unwrap_or_else(|| Parts::addresses(&task))).of(job)
        };
        compute(move || Ok(found.into_iter().map(view).collect())).await
    }
}

/// Tasks as a file.
pub async fn export_tasks(tasks: MLService, query: TaskQuery) -> Result<Download> {
    const HEADER: [&str; 12] = [
        "id",
        "created_at",
        "username",
        "model",
        "model_version",
        "status",
        "n_rows",
        "n_predicted",
        "n_rejected",
        "cost",
        "error",
        "request_id",
    ];
    let rows = stream::try_unfold(Some(i64::MAX), move |next| {
        let (tasks, query) = (tasks.clone(), query.clone());
        async move {
            let Some(before) = next else { return Ok(None) };
            let (page, next) = page_of_tasks(&tasks, &query, before).await?;
            Ok(Some((page.into_bytes(), next)))
        }
    });
    Download::table("tasks.csv", &HEADER, rows).await
}

/// A page of an export, and where the next one begins.
async fn page_of_tasks(
    tasks: &MLService,
    query: &TaskQuery,
    before: i64,
) -> Result<(String, Option<i64>)> {
    const PAGE: u32 = 1_000;
    let asked = query.clone();
    let list = move |r: &Reader<'_>| asked.list(r, before, PAGE);
    let page: Vec<_> = tasks.parts().database.read(list).await?;
    let is_whole = page.len() == PAGE as usize;
    let next = page.last().filter(|_| is_whole).map(|named| named.task.id.number());
    let rows = page.into_iter().map(|NamedTask { task, username }| {
        [
            task.id.to_string(),
            task.created_at.to_string(),
            username,
            task.model_id,
            task.model_version,
            task.status.word().to_owned(),
            task.tally.n_given.to_string(),
            task.tally.n_predicted.to_string(),
            task.tally.n_rejected.to_string(),
            task.cost.amount().to_string(),
            task.error.unwrap_or_default(),
            task.request_id.unwrap_or_default(),
        ]
    });
    Ok((csv_rows(rows)?, next))
}
