//! One row for whoever passes by: a model can be tried without an account. Nothing is charged and
//! nothing is kept, so it is one row, small, and only so often from one network.

use std::time::Instant;

use deserr::Deserr;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, State, async_trait, post};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::outcome::Predicted;
use super::prediction::predict;
use crate::error::{Error, Result};
use crate::ml::intake::{Given, Json, Keeping, Limits, Portion};
use crate::ml_model::MLModel;
use crate::ml_model_manager::MLModelManager;
use crate::web::{Answer, Body, Endpoints, Mistakes, Pace, Reply, endpoints, refuse};

/// A row of numbers needs no more.
const BYTES_MAX: u64 = 4 * 1024;

/// Whoever moves a slider asks a few times a second, and stops.
const PER_MINUTE: u32 = 60;

/// The routes of this file.
pub fn demo_routes() -> Endpoints {
    endpoints!("ml_model"; Public: try_model;)
}

/// How often one network may try; managed by the server.
pub struct DemoLimit(Pace);

impl Default for DemoLimit {
    fn default() -> Self {
        Self(Pace::per_minute("demo", PER_MINUTE))
    }
}

/// Proof that the caller has not tried too often.
struct DemoPace(());

#[async_trait]
impl<'r> FromRequest<'r> for DemoPace {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let Some(limit) = request.rocket().state::<DemoLimit>() else {
            return refuse(request, Error::internal("the demo's limit is not managed"));
        };
        match limit.0.count(request) {
            Ok(()) => Outcome::Success(Self(())),
            Err(error) => refuse(request, error),
        }
    }
}

/// A row to try a model with.
#[derive(Deserr, ToSchema)]
#[deserr(error = Mistakes, deny_unknown_fields)]
struct DemoInput {
    /// A record, or a list of numbers in the model's order.
    #[schema(value_type = Object)]
    row: serde_json::Value,
}

type SmallBody = Body<DemoInput, BYTES_MAX>;

/// What the model says of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DemoView)]
struct DemoView {
    /// What was predicted of the row, as in a task.
    #[schema(value_type = Vec<Object>)]
    output_data: Box<RawValue>,
    /// How long reading and predicting took.
    compute_ms: f64,
}

/// Try a model with one row, without an account.
///
/// Nothing is charged and nothing is kept. One network may try 60 times a minute.
#[utoipa::path(request_body = DemoInput, responses(
    (status = 200, description = "Predicted.", body = DemoView)
))]
#[post("/api/models/<model>/demo", data = "<body>")]
fn try_model(
    _pace: DemoPace,
    models: &State<MLModelManager>,
    model: &str,
    body: SmallBody,
) -> Answer<DemoView> {
    let DemoInput { row } = body.value;
    Ok(Reply::ok(tried(&*models.get_model(model)?, &row)?))
}

fn tried(model: &dyn MLModel, row: &serde_json::Value) -> Result<DemoView> {
    let begun = Instant::now();
    let text = serde_json::to_string(&[row]).map_err(Error::internal)?;
    let (inputs, limits) = (&model.schema().inputs, Limits::default());
    let mut rows =
        Json::new(text.into(), inputs, limits, Keeping::Numbers, |text| Ok(Given::Rows(text)))?;
    let block = rows.next_block(Portion::ALL)?.unwrap_or_default();
    let outputs = predict(model, &block.rows)?;
    let of = Predicted { block, outputs, compute_us: 0 };
    if of.outputs.is_empty() {
        return Err(Error::Invalid(of.into_issues()));
    }
    let predictions: Vec<_> = of.predictions(model).collect();
    let output_data = serde_json::value::to_raw_value(&predictions).map_err(Error::internal)?;
    Ok(DemoView { output_data, compute_ms: begun.elapsed().as_secs_f64() * 1e3 })
}
