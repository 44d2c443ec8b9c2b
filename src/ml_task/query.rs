//! Which tasks are asked for, and the question as SQL.

use std::cmp::Reverse;

use super::record::{COLUMNS, MLTask, Status};
use crate::clock::Timestamp;
use crate::database::{Param, Reader, bind, params};
use crate::error::Result;
use crate::id::{MLTaskId, RowId, UserId};

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
    /// Only with this in the name of the model or in why it failed; or the task of this id.
    pub text: Option<String>,
}

/// What a text is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    Id,
    Model,
    Error,
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
        let Some(text) = self.text.as_deref().map(str::to_lowercase) else {
            return self.list_in(r, Place::Anywhere, None, before, limit);
        };
        // Each place has an index of its own, and gives as many as all of them together may.
        let mut found = self.list_in(r, Place::Error, Some(&text), before, limit)?;
        if let Ok(id) = self.text.as_deref().unwrap_or_default().parse::<MLTaskId>() {
            let id = id.number().to_string();
            found.extend(self.list_in(r, Place::Id, Some(&id), before, limit)?);
        }
        match (self.user_id, &self.model) {
            (Some(user_id), None) => {
                for model in models_with(r, user_id, &text)? {
                    let of_model = Self { model: Some(model), ..self.clone() };
                    found.extend(of_model.list_in(r, Place::Anywhere, None, before, limit)?);
                }
            }
            _ => found.extend(self.list_in(r, Place::Model, Some(&text), before, limit)?),
        }
        found.sort_by_key(|named| Reverse(named.task.id));
        found.dedup_by_key(|named| named.task.id);
        found.truncate(limit as usize);
        Ok(found)
    }

    fn list_in(
        &self,
        r: &Reader<'_>,
        place: Place,
        text: Option<&str>,
        before: i64,
        limit: u32,
    ) -> Result<Vec<NamedTask>> {
        let status = self.status.map(Status::word);
        let params: &[Param<'_>] = &[
            bind(&self.user_id),
            bind(&self.model),
            bind(&status),
            bind(&self.from),
            bind(&self.to),
            bind(&before),
            bind(&limit),
            bind(&text),
        ];
        r.fetchall(&self.sql(place), params, |row| {
            Ok(NamedTask { task: MLTask::read(row)?, username: row.get(20)? })
        })
    }

    fn sql(&self, place: Place) -> String {
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
            (place == Place::Id, "t.id = CAST(?8 AS INTEGER) AND "),
            (place == Place::Model, "instr(lower(t.model), ?8) > 0 AND "),
            (place == Place::Error, "t.error IS NOT NULL AND instr(lower(t.error), ?8) > 0 AND "),
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
             AND (?4 IS NULL OR 1) AND (?5 IS NULL OR 1) AND (?8 IS NULL OR 1) \
             ORDER BY t.id DESC LIMIT ?7",
        ];
        sql.concat()
    }
}

/// Finds the models of a user's tasks that have a text in their name, by a seek for each model.
const MODELS_WITH: &str = "WITH RECURSIVE names (name) AS ( \
       SELECT (SELECT min(model) FROM ml_tasks WHERE user_id = ?1) \
       UNION ALL \
       SELECT (SELECT min(model) FROM ml_tasks WHERE user_id = ?1 AND model > name) \
         FROM names WHERE name IS NOT NULL) \
     SELECT name FROM names WHERE name IS NOT NULL AND instr(lower(name), ?2) > 0";

fn models_with(r: &Reader<'_>, user_id: UserId, text: &str) -> Result<Vec<String>> {
    r.fetchall(MODELS_WITH, params![user_id, text], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;

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
            let explain = format!("EXPLAIN QUERY PLAN {}", query.sql(Place::Anywhere));
            let read = |r: &Reader<'_>| {
                let params = params![1, "wine", "failed", 0, 0, 9, 50, ""];
                r.fetchall(&explain, params, |row| row.get::<String>(3))
            };
            let plan = database.read_here(read).unwrap().join("; ");
            assert!(plan.contains(index) && !plan.contains("TEMP"), "{query:?}: {plan}");
        }
    }

    #[test]
    fn no_history_is_read_for_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let plan = |sql: &str| {
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let read = |r: &Reader<'_>| {
                let params = params![1, "x", "x", 0, 0, 9, 50, "x"];
                r.fetchall(&explain, params, |row| row.get::<String>(3))
            };
            database.read_here(read).unwrap().join("; ")
        };
        let query = TaskQuery { user_id: Some(UserId::from_number(1)), ..TaskQuery::default() };
        let of_error = plan(&query.sql(Place::Error));
        assert!(of_error.contains("ml_tasks_of_error (user_id=? AND id<?)"), "{of_error}");
        assert!(plan(&query.sql(Place::Id)).contains("PRIMARY KEY (rowid=?"));
        let models = plan(&format!("{MODELS_WITH} AND (?3 IS NULL OR ?4 + ?5 + ?6 + ?7 + ?8)"));
        assert!(models.contains("ml_tasks_of_model (user_id=? AND model>?)"), "{models}");
    }
}
