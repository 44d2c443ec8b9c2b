//! Models over HTTP.

use rocket::{State, get};
use utoipa::openapi::OpenApi;

use super::shelf::MLModelManager;
use crate::ml_model::{ModelView, describe_models};
use crate::web::{Answer, Endpoints, Listing, Particulars, Reply, endpoints};

/// The routes of this module.
pub fn routes() -> Endpoints {
    endpoints!("ml_model"; Public: list_models, find_model;)
}

/// The models that can be asked, with what they take, give and cost.
#[utoipa::path(responses((status = 200, description = "Models.", body = Listing<ModelView>)))]
#[get("/api/models")]
fn list_models(models: &State<MLModelManager>) -> Reply<Listing<ModelView>> {
    Reply::ok(Listing::of(models.views()))
}

/// One model: its schema, its price and its card.
#[utoipa::path(responses((status = 200, description = "The model.", body = ModelView)))]
#[get("/api/models/<model>")]
fn find_model(models: &State<MLModelManager>, model: &str) -> Answer<ModelView> {
    Ok(Reply::ok(models.view(model)?))
}

impl Particulars for MLModelManager {
    fn edition(&self) -> u64 {
        self.n_changes()
    }

    fn describe(&self, document: &mut OpenApi) {
        describe_models(document, &self.offers());
    }
}
