//! The API's description of each model: an operation of its own, with its columns and an example.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::wine::schema as wine_schema;
use super::{MLModel, SimpleMLModel, WineModel};
use crate::ml::schema::{Inputs, Schema};

/// The operation of every model that comes with the house, at the address below which any model is
/// asked as MLflow's scoring server is.
pub fn describe_models() -> OpenApi {
    let models = [
        (WineModel::NAME, wine_schema()),
        (SimpleMLModel::NAME, SimpleMLModel::new().schema().clone()),
    ];
    let paths = models.iter().map(|(name, schema)| {
        let operation = json!({
            "tags": ["mlflow"],
            "operationId": format!("score_rows_of_{name}"),
            "summary": format!("Have the model {name} score rows."),
            "description": "The same as for any model, with the columns and an example of this one.",
            "parameters": [{
                "name": "errors", "in": "query", "required": false, "schema": {"type": "string"},
                "description": "`rows`: tell bad rows apart.",
            }],
            "requestBody": {"required": true, "content": {"application/json": {
                "schema": body_schema(schema), "example": example(schema),
            }}},
            "responses": {"200": {
                "description": "Predictions.",
                "content": {"application/json": {"schema": {
                    "type": "object",
                    "properties": {"predictions": {"type": "array", "items": {}}},
                    "required": ["predictions"],
                }}},
            }},
        });
        (format!("/api/models/{name}/invocations"), json!({"post": operation}))
    });
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": paths.collect::<Map<_, _>>(),
    });
    serde_json::from_value(document).expect("the description has the form of one")
}

fn body_schema(schema: &Schema) -> Value {
    let (field, item) = match &schema.inputs {
        Inputs::Named(columns) => {
            let property = |column: &crate::ml::schema::Column| {
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
            ("dataframe_records", record)
        }
        Inputs::Numbers(_) => ("instances", json!({"type": "array", "items": {"type": "number"}})),
    };
    json!({
        "type": "object",
        "properties": {field: {"type": "array", "items": item}},
        "required": [field],
    })
}

fn example(schema: &Schema) -> Value {
    match &schema.inputs {
        Inputs::Named(columns) => {
            let cell = |column: &crate::ml::schema::Column| {
                (column.name.to_owned(), json!(column.example))
            };
            json!({"dataframe_records": [columns.iter().map(cell).collect::<Map<_, _>>()]})
        }
        Inputs::Numbers(_) => json!({"instances": [[1.0, 2.5]]}),
    }
}
