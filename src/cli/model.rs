//! `cellar model`: what models there are, what one is, and training the wine model anew.

use std::path::Path;
use std::process::ExitCode;

use super::settings::load;
use super::{Done, Place, say};
use crate::data_folder::DataFolder;
use crate::error::{Error, Result};
use crate::machine;
use crate::ml::wine::evaluate;
use crate::ml_model::{ModelView, WineModel};
use crate::ml_model_manager::MLModelManager;

/// What is to be done.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar model list\n  cellar model show wine\n  \
    cellar model train wine")]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the models, one a line
    List,
    /// Show a model: its schema, its price and its card, as JSON
    Show {
        /// The model
        name: String,
    },
    /// Train the wine model anew and measure how good it is; while the server does not run
    Train {
        /// The model
        name: String,
    },
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> Done {
    let (config, _) = load(place, vec![])?;
    match &arguments.action {
        Action::List => {
            let models = MLModelManager::load_models(&config.data);
            let views = models.views();
            views.iter().try_for_each(|model| say(&line_of(model)))?;
            for ModelView { id, .. } in views.iter().filter(|model| model.version.is_none()) {
                let how =
                    format!("the first `cellar serve`, or `cellar model train {id}`, trains it");
                eprintln!("{id}: {how}");
            }
        }
        Action::Show { name } => {
            let view = load_models_with(name, &config.data)?.view(name)?;
            say(&serde_json::to_string_pretty(&view).map_err(Error::internal)?)?;
        }
        Action::Train { name } => train(&DataFolder::take(&config.data)?, name)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The models of a data folder, the one of this name trained. Without a folder there is nowhere to
/// keep it; it is trained for this once.
pub(super) fn load_models_with(name: &str, data: &Path) -> Result<MLModelManager> {
    let models = MLModelManager::load_models(data);
    let names: Vec<_> = models.views().iter().map(|model| model.id.clone()).collect();
    if !names.iter().any(|known| known == name) {
        let why =
            format!("there is no such model as {name}; those there are: {}", names.join(", "));
        return Err(Error::Unavailable(why));
    }
    models.train_missing_for(name)?;
    Ok(models)
}

fn line_of(model: &ModelView) -> String {
    let about = model.card.summary;
    // Nothing is trained here, whatever a server is doing meanwhile.
    let version = model.version.as_deref().unwrap_or("not trained");
    format!("{:<8} {version:<14} {about}", model.id)
}

fn train(folder: &DataFolder, name: &str) -> Result<()> {
    if name != WineModel::NAME {
        let message = format!("{name} is no model that is trained; try {}", WineModel::NAME);
        return Err(Error::Unavailable(message));
    }
    let models = MLModelManager::load_models(folder.path());
    models.train_wine()?;
    let version = models.get_model(name)?.version().to_owned();
    say(&format!("{name} is trained: version {version}"))?;
    let n_threads = machine::cores().get();
    let Some(found) = evaluate(n_threads, &|| true, &|_| ()) else { return Ok(()) };
    models.evaluated(&found);
    for (what, scores) in [
        ("honest, five folds", &found.honest),
        ("naive, five folds", &found.naive),
        ("fixed split", &found.fixed_split),
    ] {
        say(&format!(
            "{what:<20} RMSE {:.4}  MAE {:.4}  R² {:.3}  90 % interval holds {:.1} %",
            scores.rmse,
            scores.mae,
            scores.r_squared,
            100.0 * scores.coverage
        ))?;
    }
    for part in &found.parts {
        let share = 100.0 * part.share;
        say(&format!("{:<30} {share:>3.0} %  RMSE alone {:.4}", part.part, part.rmse))?;
    }
    Ok(())
}
