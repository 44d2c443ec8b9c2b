//! What a request for a prediction says: of which model, of what, and how long to wait.

use std::time::Duration;

use rocket::request::{FromRequest, Outcome};
use rocket::{Request, async_trait};

use crate::error::{Error, Issues, Result};
use crate::ml_model_manager::MLModelManager;
use crate::ml_task::form::{Others, fields, text_of, utf8};
use crate::web::refuse;

/// How long an answer is waited for if no other time is said, and at most.
const WAIT_S_MAX: u64 = 60;

/// The latest end that may be set for a prediction: a day.
const CANCEL_AFTER_S_MAX: u64 = 24 * 3600;

/// Whose the models are, where an owner is named before a model.
const OWNER: &str = "cellar";

/// What a webhook is ordered with.
const WEBHOOK_FIELDS: [&str; 3] = ["webhook", "webhook_events_filter", "webhook_completed"];

/// A prediction that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    version: Option<String>,
    model: Option<String>,
    /// Its input as a body of Cellar's own JSON.
    pub(super) body: String,
}

impl Asked {
    /// What this body says.
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        let [hook, filter, completed] = WEBHOOK_FIELDS;
        // Whether the client reads a stream is its own affair: none is offered.
        let names = ["version", "model", "input", "stream", hook, filter, completed];
        let [version, model, input, _, hooks @ ..] = fields(utf8(body)?, names, Others::Refused)?;
        let mut issues = Issues::default();
        for (name, value) in WEBHOOK_FIELDS.into_iter().zip(hooks) {
            if said(value).is_some() {
                issues.add(name, "not_served", "is not served here: no webhook would be called");
            }
        }
        let mut name_in = |field: &str, value: Option<&str>| {
            let text = said(value).map(text_of).transpose()?;
            if text == Some(None) {
                issues.add(field, "wrong_type", "must be a text");
            }
            Ok::<_, Error>(text.flatten())
        };
        let (version, model) = (name_in("version", version)?, name_in("model", model)?);
        if said(input).is_none() {
            issues.add("input", "required", "is missing");
        } else if !input.unwrap_or_default().starts_with('{') {
            issues.add("input", "wrong_type", "must be an object");
        }
        issues.or(())?;
        let body = own_body(input.unwrap_or_default())?;
        Ok(Self { version, model, body })
    }

    /// The same of the model that the address names.
    pub(super) fn of(mut self, model: String) -> Result<Self> {
        if self.model.replace(model).is_some() {
            let message = "must not be there beside the model in the address";
            return Err(Error::invalid("model", "surplus", message));
        }
        Ok(self)
    }

    /// The name of the model that is meant.
    pub(super) fn model(&self, models: &MLModelManager) -> Result<String> {
        let from_model = self.model.as_deref().map(|name| named(models, name)).transpose()?;
        let from_version = self.version.as_deref().map(|version| of_version(models, version));
        match (from_model, from_version.transpose()?) {
            (Some(one), Some(other)) if one != other => Err(Error::NotFound("version")),
            (Some(name), _) | (None, Some(name)) => Ok(name),
            (None, None) => Err(Error::invalid("version", "required", "is missing")),
        }
    }
}

/// What is there and not null.
fn said(value: Option<&str>) -> Option<&str> {
    value.filter(|value| *value != "null")
}

/// The input as a body of Cellar's own: rows as they are everywhere, or the columns of one.
fn own_body(input: &str) -> Result<String> {
    let names = ["record", "records", "rows", "columns", "data"];
    let is_of_rows = fields(input, names, Others::Passed)?.iter().any(Option::is_some);
    Ok(if is_of_rows { input.to_owned() } else { format!("{{\"record\":{input}}}") })
}

/// The model of this name: `wine` or `cellar/wine`.
pub(super) fn named(models: &MLModelManager, name: &str) -> Result<String> {
    let name = match name.split_once('/') {
        Some((OWNER, name)) => name,
        Some(_) => return Err(Error::NotFound("model")),
        None => name,
    };
    models.offer(name).map(|offer| offer.name.clone())
}

/// The model of this version: the version alone, one behind its model (`wine:VERSION`), or only the
/// name of a model, whose present version is meant.
fn of_version(models: &MLModelManager, version: &str) -> Result<String> {
    if let Some((name, version)) = version.split_once(':') {
        let name = named(models, name)?;
        let is_present = models.view(&name)?.version.as_deref() == Some(version);
        return if is_present { Ok(name) } else { Err(Error::NotFound("version")) };
    }
    if let Ok(name) = named(models, version) {
        return Ok(name);
    }
    let views = models.views().into_iter();
    let mut of = views.filter(|view| view.version.as_deref() == Some(version));
    match (of.next(), of.next()) {
        (Some(view), None) => Ok(view.id),
        _ => Err(Error::NotFound("version")),
    }
}

/// How long the caller would wait, and how long the work may take.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// `Prefer: respond-async`: not at all.
    pub(super) is_async: bool,
    /// `Prefer: wait`: so long for work in the background.
    pub(super) wait: Option<Duration>,
    /// `Cancel-After`.
    pub(super) cancel_after: Option<Duration>,
}

impl Patience {
    fn read<'l>(prefer: impl Iterator<Item = &'l str>, cancel_after: Option<&str>) -> Result<Self> {
        let mut patience = Self::default();
        for wish in prefer.flat_map(|line| line.split(',')).map(str::trim) {
            let (name, value) = wish.split_once('=').unwrap_or((wish, ""));
            if name.eq_ignore_ascii_case("respond-async") {
                patience.is_async = true;
            } else if name.eq_ignore_ascii_case("wait") {
                let seconds = if value.is_empty() { Some(WAIT_S_MAX) } else { value.parse().ok() };
                let within = seconds.filter(|seconds| (1..=WAIT_S_MAX).contains(seconds));
                let rule = format!("must be wait, or wait=1 to wait={WAIT_S_MAX}");
                let seconds = within.ok_or(Error::invalid("Prefer", "out_of_range", rule))?;
                patience.wait = Some(Duration::from_secs(seconds));
            }
        }
        let rule = "must be a time from 1 second to 24 hours, such as 90, 5m or 1h30m";
        let after = cancel_after.map(|text| {
            let within = seconds_in(text).filter(|s| (1..=CANCEL_AFTER_S_MAX).contains(s));
            within.ok_or(Error::invalid("Cancel-After", "invalid", rule))
        });
        patience.cancel_after = after.transpose()?.map(Duration::from_secs);
        Ok(patience)
    }
}

/// A time such as `90`, `90s`, `5m` or `1h30m45s`, in seconds.
fn seconds_in(text: &str) -> Option<u64> {
    let (mut rest, mut total, mut last_unit) = (text.trim(), 0_u64, u64::MAX);
    if let Ok(seconds) = rest.parse() {
        return Some(seconds);
    }
    while !rest.is_empty() {
        let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at(n_digits);
        let unit = match behind.chars().next()? {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        if unit >= last_unit {
            return None;
        }
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        (rest, last_unit) = (&behind[1..], unit);
    }
    (last_unit != u64::MAX).then_some(total)
}

#[async_trait]
impl<'r> FromRequest<'r> for Patience {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let headers = request.headers();
        match Self::read(headers.get("Prefer"), headers.get_one("Cancel-After")) {
            Ok(patience) => Outcome::Success(patience),
            Err(error) => refuse(request, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_one_record_or_rows_as_they_are_everywhere() {
        let body = |input: &str| {
            let whole = format!(r#"{{"version": "wine", "stream": null, "input": {input}}}"#);
            Asked::read(whole.as_bytes()).map(|asked| asked.body).map_err(|why| why.to_string())
        };
        assert_eq!(body(r#"{"pH": 3}"#), Ok(r#"{"record":{"pH": 3}}"#.into()));
        assert_eq!(body("{}"), Ok(r#"{"record":{}}"#.into()));
        for rows in [r#"{"data":[[1]]}"#, r#"{"records": []}"#, r#"{"columns": 1, "data": 2}"#] {
            assert_eq!(body(rows), Ok(rows.into()));
        }
        assert_eq!(body("[1]"), Err("input must be an object".into()));
        assert_eq!(body("null"), Err("input is missing".into()));
    }

    #[test]
    fn what_would_be_passed_over_is_refused() {
        for (body, field) in [
            (r#"{"version": 1, "input": {}}"#, "version must be a text"),
            (r#"{"model": "wine", "inputs": {}, "input": {}}"#, "inputs is not a field here"),
            (r#"{"input": {}, "webhook": "https://example.org"}"#, "webhook is not served"),
            (r#"{"input": {}, "webhook_events_filter": []}"#, "webhook_events_filter is not"),
            (r#"{"webhook": null}"#, "input is missing"),
            ("[]", "body must be an object"),
            ("{", "body is not valid JSON"),
        ] {
            let told = Asked::read(body.as_bytes()).unwrap_err().to_string();
            assert!(told.starts_with(field), "{body}: {told}");
        }
    }

    #[test]
    fn patience_is_read_from_headers() {
        let read = |prefer: &[&'static str], after: Option<&str>| {
            let found = Patience::read(prefer.iter().copied(), after);
            found.map(|p| (p.is_async, p.wait.map(|w| w.as_secs()))).map_err(|_| ())
        };
        assert_eq!(read(&[], None), Ok((false, None)));
        assert_eq!(read(&["wait"], None), Ok((false, Some(60))));
        assert_eq!(read(&["Respond-Async, wait=7"], None), Ok((true, Some(7))));
        assert_eq!(read(&["handling=strict", "wait=1"], None), Ok((false, Some(1))));
        for wrong in ["wait=0", "wait=61", "wait=soon", "wait=-1"] {
            assert_eq!(read(&[wrong], None), Err(()), "{wrong}");
        }
        for wrong in ["", "0", "2d", "1.5m", "5m1h", "m", "90 s", "25h", "99999999999999999999h"] {
            assert_eq!(read(&[], Some(wrong)), Err(()), "{wrong}");
        }
        let seconds = ["90", "90s", "5m", "1h30m45s", "24h"].map(seconds_in);
        assert_eq!(seconds, [90, 90, 300, 5445, 86_400].map(Some));
    }
}
