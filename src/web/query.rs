//! The names in a query: each is one that the address takes, and stands there once. A filter that
//! is misspelt or said twice would otherwise be left out without a word, and the answer be taken
//! for what it is not.

use std::sync::Arc;

use rocket::Request;
use rocket::http::Method;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::error::{Issues, Result};

/// The parameters that an address takes in its query.
#[derive(Debug, Clone)]
pub(super) struct QueryNames(Arc<[String]>);

impl QueryNames {
    /// What the description of this route says; nothing if it is not described.
    pub(super) fn of(document: &OpenApi, method: Method, path: &str) -> Option<Self> {
        let path = path.replace('<', "{").replace('>', "}");
        let operation = operation_of(document.paths.paths.get(&path)?, method)?;
        let parameters = operation.parameters.iter().flatten();
        let names = parameters.filter_map(|parameter| match parameter {
            RefOr::T(known) if matches!(known.parameter_in, ParameterIn::Query) => {
                Some(known.name.clone())
            }
            _ => None,
        });
        Some(Self(names.collect()))
    }

    /// Refuses names that mean nothing here and names that come again, all at once.
    pub(super) fn check(&self, request: &Request<'_>) -> Result<()> {
        let Some(query) = request.uri().query() else { return Ok(()) };
        let names = query.segments().map(|(name, _)| name);
        judge(&self.0, names).or(())
    }
}

pub(super) fn operation_of(item: &PathItem, method: Method) -> Option<&Operation> {
    match method {
        Method::Get => item.get.as_ref(),
        Method::Put => item.put.as_ref(),
        Method::Post => item.post.as_ref(),
        Method::Delete => item.delete.as_ref(),
        Method::Patch => item.patch.as_ref(),
        Method::Head => item.head.as_ref(),
        _ => None,
    }
}

fn judge<'a>(known: &[String], names: impl Iterator<Item = &'a str>) -> Issues {
    let mut issues = Issues::default();
    let mut seen: Vec<&str> = Vec::new();
    let mut refused: Vec<&str> = Vec::new();
    for name in names {
        let is_known = known.iter().any(|known| known == name);
        if refused.contains(&name) {
            // Told once, however often it stands there.
        } else if !is_known {
            issues.add(name, "unknown", format!("is no parameter here; {}", list_of(known)));
            refused.push(name);
        } else if seen.contains(&name) {
            issues.add(name, "repeated", "may stand there only once");
            refused.push(name);
        } else {
            seen.push(name);
        }
    }
    issues
}

fn list_of(known: &[String]) -> String {
    if known.is_empty() {
        "this address takes none".to_owned()
    } else {
        format!("the parameters are {}", known.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_that_is_not_right_is_told_once() {
        let known = ["limit", "kind"].map(str::to_owned);
        let given = ["kind", "KIND", "kind", "limit", "kind", "KIND"];
        let found = judge(&known, given.into_iter());
        let codes: Vec<_> = found.all().iter().map(|i| (i.field.as_str(), i.code)).collect();
        assert_eq!(codes, [("KIND", "unknown"), ("kind", "repeated")]);
        assert!(found.all()[0].message.ends_with("the parameters are limit, kind"));
        assert!(judge(&[], ["a"].into_iter()).all()[0].message.ends_with("takes none"));
    }
}
