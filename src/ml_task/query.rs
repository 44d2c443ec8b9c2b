//! Which tasks are asked for, and the question as SQL.

use super::record::{COLUMNS, MLTask, Status};
use crate::clock::Timestamp;
use crate::database::{Param, Reader, bind};
use crate::error::Result;
use crate::id::UserId;

/// Which tasks are asked for.
#[derive(Debug, Clone, Default)]
pub struct TaskQuery {
    /// Only of this user.
    pub user_id: Option<UserId>,
    /// Only of this model.
    pub model: Option<String>,
    /// Only that stand so.
    pub status: Option<Status>,
    /// Only from this moment on.
    pub from: Option<Timestamp>,
    /// Only before this moment.
    pub to: Option<Timestamp>,
}

/// A task with the name of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTask {
    /// The task.
    pub task: MLTask,
    /// The name of its user.
    pub username: String,
}

impl TaskQuery {
    /// Up to `limit` tasks below the number `before`, newest first.
    pub fn list(&self, r: &Reader<'_>, before: i64, limit: u32) -> Result<Vec<NamedTask>> {
        let status = self.status.map(Status::word);
        let params: &[Param<'_>] = &[
            bind(&self.user_id),
            bind(&self.model),
            bind(&status),
            bind(&self.from),
            bind(&self.to),
            bind(&before),
            bind(&limit),
        ];
        r.fetchall(&self.sql(), params, |row| {
            Ok(NamedTask { task: MLTask::read(row)?, username: row.get(20)? })
        })
    }

    fn sql(&self) -> String {
        let is_of_few = self.status.is_some_and(|status| status != Status::Succeeded);
        // Each filter that is not asked for is left out, so that an index fits the rest.
        let filters = [
            (self.user_id.is_some(), "t.user_id = ?1 AND "),
            // The index of the few is looked into before that of a model, which is long.
            (
                self.model.is_some(),
                if is_of_few { "+t.model = ?2 AND " } else { "t.model = ?2 AND " },
            ),
            // That index serves only who says that they want none that succeeded.
            (is_of_few, "t.status <> 'succeeded' AND "),
            (self.status.is_some(), "t.status = ?3 AND "),
            (self.from.is_some(), "t.created_at >= ?4 AND "),
            (self.to.is_some(), "t.created_at < ?5 AND "),
        ];
        let filters: String = filters.iter().filter(|f| f.0).map(|f| f.1).collect();
        let columns: Vec<_> = COLUMNS.split(", ").map(|name| format!("t.{name}")).collect();
        let sql = [
            "SELECT ",
            &columns.join(", "),
            ", u.username FROM ml_tasks t JOIN users u ON u.id = t.user_id WHERE ",
            &filters,
            // Every parameter is named, so that every statement takes them all.
            "t.id < ?6 AND (?1 IS NULL OR 1) AND (?2 IS NULL OR 1) AND (?3 IS NULL OR 1) \
             AND (?4 IS NULL OR 1) AND (?5 IS NULL OR 1) ORDER BY t.id DESC LIMIT ?7",
        ];
        sql.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, params};
    use crate::id::RowId;

    #[test]
    fn every_list_of_a_user_is_read_from_an_index_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let user_id = Some(UserId::from_number(1));
        let lists = [
            (None, None, "ml_tasks_of_user (user_id=? AND id<?)"),
            (Some("wine"), None, "ml_tasks_of_model (user_id=? AND model=? AND id<?)"),
            (None, Some(Status::Failed), "ml_tasks_of_status (user_id=? AND status=? AND id<?)"),
            (Some("wine"), Some(Status::Queued), "ml_tasks_of_status (user_id=? AND status=?"),
            (None, Some(Status::Succeeded), "ml_tasks_of_user (user_id=? AND id<?)"),
        ];
        for (model, status, index) in lists {
            let query = TaskQuery {
                user_id,
                model: model.map(str::to_owned),
                status,
                ..TaskQuery::default()
            };
            let explain = format!("EXPLAIN QUERY PLAN {}", query.sql());
            let read = |r: &Reader<'_>| {
                let params = params![1, "wine", "failed", 0, 0, 9, 50];
                r.fetchall(&explain, params, |row| row.get::<String>(3))
            };
            let plan = database.read_here(read).unwrap().join("; ");
            assert!(plan.contains(index) && !plan.contains("TEMP"), "{query:?}: {plan}");
        }
    }
}
