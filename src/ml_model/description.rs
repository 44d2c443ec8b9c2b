//! The API's description of each served model: an operation of its own, with its columns and an
//! example, and an example where rows of any model are taken.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use utoipa::openapi::path::{Parameter, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{Content, OpenApi, RefOr, Response};

use super::Offer;
use crate::ml::schema::{Column, Inputs, OutputKind, Schema};

/// Where any model is asked as MLflow's scoring server is.
const INVOCATIONS: &str = "/api/models/{model}/invocations";

/// Where rows of any model are taken.
const TASKS: &str = "/api/tasks";

const JSON: &str = "application/json";

/// Adds the operation of each of these models, at the address below which it is asked as MLflow's
/// scoring server is, and an example of each to the operation that takes rows of all of them.
pub fn describe_models(document: &mut OpenApi, offers: &[Arc<Offer>]) {
    let any = document.paths.paths.get(INVOCATIONS).and_then(|item| item.post.clone());
    if let Some(any) = any {
        for offer in offers {
            let mut operation = any.clone();
            let name = &offer.name;
            operation.operation_id = Some(format!("score_rows_of_{name}"));
            operation.summary = Some(format!("Have the model {name} score rows."));
            let about = "The same as for any model, with the columns and an example of this one.";
            operation.description = Some(about.to_owned());
            let parameters = operation.parameters.iter_mut();
            parameters.for_each(|parameters| parameters.retain(|of| !is_in_path(of)));
            let content = json!({
                JSON: {
                    "schema": body_schema(&offer.schema, MLFLOW),
                    "example": example(&offer.schema, MLFLOW),
                },
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": table_example(&offer.schema),
                },
            });
            operation.request_body = Some(body_of(&json!({"required": true, "content": content})));
            operation.responses.responses.insert("200".into(), scores(&offer.schema));
            let mut item = PathItem::default();
            item.post = Some(operation);
            document.paths.paths.insert(INVOCATIONS.replace("{model}", name), item);
        }
    }
    let tasks = document.paths.paths.get_mut(TASKS).and_then(|item| item.post.as_mut());
    let body = tasks.and_then(|operation| operation.request_body.as_mut());
    let content = body.and_then(|body| match body {
        RefOr::T(body) => body.content.get_mut(JSON),
        RefOr::Ref(_) => None,
    });
    let Some(content) = content else { return };
    let examples = offers.iter().map(|offer| {
        let mut value = example(&offer.schema, HOUSE);
        value["model"] = offer.name.as_str().into();
        (offer.name.clone(), json!({"summary": offer.card.title, "value": value}))
    });
    let examples = json!({"examples": examples.collect::<Map<_, _>>()});
    let of_examples: Content =
        serde_json::from_value(examples).expect("examples have the form of a content's");
    if let RefOr::T(content) = content {
        content.examples = of_examples.examples;
    }
}

fn is_in_path(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(known) if matches!(known.parameter_in, ParameterIn::Path))
}

fn body_of(value: &Value) -> RefOr<RequestBody> {
    let body = serde_json::from_value(value.clone());
    RefOr::T(body.expect("the description has the form of a body's"))
}

/// What is answered: the first output of each row.
fn scores(schema: &Schema) -> RefOr<Response> {
    let output = &schema.outputs[0];
    let number = json!({"type": ["number", "null"], "description": output.description});
    let item = match output.kind {
        OutputKind::Numbers => json!({"type": ["array", "null"], "items": {"type": "number"}}),
        _ => number,
    };
    let response = json!({
        "description": "A prediction for each row; with `errors=rows`, null for a bad one.",
        "content": {JSON: {"schema": {
            "type": "object",
            "properties": {"predictions": {"type": "array", "items": item}},
            "required": ["predictions"],
        }}},
    });
    let response = serde_json::from_value(response);
    RefOr::T(response.expect("the description has the form of an answer's"))
}

/// What the field of the rows is called: of records, and of lists of numbers.
type Fields = (&'static str, &'static str);

/// As MLflow's clients call them, and as the house does.
const MLFLOW: Fields = ("dataframe_records", "instances");
const HOUSE: Fields = ("records", "data");

fn body_schema(schema: &Schema, fields: Fields) -> Value {
    let (field, item) = match &schema.inputs {
        Inputs::Named(columns) => {
            let property = |column: &Column| {
                let unit = column.unit.map(|unit| format!(" ({unit})")).unwrap_or_default();
                let about = json!({
                    "type": "number",
                    "description": format!("{}{unit}", column.description),
                    "minimum": column.allowed.min,
                    "maximum": column.allowed.max,
                    "example": column.example,
                });
                (column.name.to_owned(), about)
            };
            let names: Vec<_> = columns.iter().map(|column| column.name).collect();
            let record = json!({
                "type": "object",
                "properties": columns.iter().map(property).collect::<Map<_, _>>(),
                "required": names,
            });
            (fields.0, record)
        }
        Inputs::Numbers(_) => (fields.1, json!({"type": "array", "items": {"type": "number"}})),
    };
    json!({
        "type": "object",
        "properties": {field: {"type": "array", "items": item}},
        "required": [field],
    })
}

/// A table with one row.
fn table_example(schema: &Schema) -> String {
    let columns = schema.inputs.columns();
    if columns.is_empty() {
        return "1,2.5\n".to_owned();
    }
    let line =
        |of: &dyn Fn(&Column) -> String| columns.iter().map(of).collect::<Vec<_>>().join(",");
    let (header, row) = (line(&|column| column.name.to_owned()), line(&|c| c.example.to_string()));
    format!("{header}\n{row}\n")
}

fn example(schema: &Schema, fields: Fields) -> Value {
    match &schema.inputs {
        Inputs::Named(columns) => {
            let cell = |column: &Column| (column.name.to_owned(), json!(column.example));
            json!({fields.0: [columns.iter().map(cell).collect::<Map<_, _>>()]})
        }
        Inputs::Numbers(_) => json!({fields.1: [[1.0, 2.5]]}),
    }
}
