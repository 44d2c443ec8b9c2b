//! The shelf itself.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use arc_swap::{ArcSwap, ArcSwapOption};
use rocket::tokio::sync::watch;

use super::job::EvaluationKind;
use super::keep::Keep;
use crate::error::{Error, Result};
use crate::job::Jobs;
use crate::machine;
use crate::ml::wine::{Evaluation, Samples, train_while};
use crate::ml_model::{MLModel, ModelView, Offer, SimpleMLModel, WineModel};

/// How a model stands.
#[derive(Clone)]
pub enum Standing {
    /// It can be asked.
    Ready(Arc<dyn MLModel>),
    /// It is being trained.
    Training(Arc<Offer>),
    /// It could not be trained; why.
    Failed(Arc<Offer>, String),
    /// It was taken off the shelf: nobody is shown it or can ask it, but what it predicted before
    /// was paid for and is still read with it.
    Retired(Arc<dyn MLModel>),
}

type Shelf = BTreeMap<String, Standing>;

/// The models that can be asked; a clone is the same shelf.
#[derive(Clone)]
pub struct MLModelManager {
    parts: Arc<Parts>,
}

struct Parts {
    shelf: ArcSwap<Shelf>,
    /// Counts the changes of the shelf, for those who wait for one.
    changes: watch::Sender<u64>,
    keep: Keep,
    /// The wine model that was loaded or trained last, to be shown with what is measured of it.
    wine: ArcSwapOption<WineModel>,
    is_stopping: AtomicBool,
}

impl MLModelManager {
    /// The models of a data folder, as far as they are kept there; [`MLModelManager::complete`]
    /// trains the others.
    pub fn load_models(data: &Path) -> Self {
        let keep = Keep::below(data);
        let wine = keep.wine();
        Self::with(keep, wine)
    }

    /// The models of the house as they are before anything is trained or kept: to be described.
    pub fn untrained() -> Self {
        Self::with(Keep::below(Path::new("")), None)
    }

    fn with(keep: Keep, wine: Option<WineModel>) -> Self {
        let manager = Self {
            parts: Arc::new(Parts {
                shelf: ArcSwap::default(),
                changes: watch::channel(0).0,
                keep,
                wine: ArcSwapOption::empty(),
                is_stopping: AtomicBool::new(false),
            }),
        };
        manager.put(Arc::new(SimpleMLModel::new()));
        if let Some(wine) = wine {
            manager.put_wine(wine);
        } else {
            let training = Standing::Training(Arc::new(WineModel::offer()));
            manager.stand(WineModel::NAME, &training);
        }
        manager
    }

    /// The model of this name, if it can be asked now.
    pub fn get_model(&self, name: &str) -> Result<Arc<dyn MLModel>> {
        match self.parts.shelf.load().get(name) {
            Some(Standing::Ready(model)) => Ok(Arc::clone(model)),
            Some(Standing::Training(_)) => Err(Error::NotReady("model")),
            Some(Standing::Failed(_, why)) => Err(Error::Unavailable(why.clone())),
            Some(Standing::Retired(_)) | None => Err(Error::NotFound("model")),
        }
    }

    /// What the model of this name takes, gives and costs, which is known while it is trained too.
    pub fn offer(&self, name: &str) -> Result<Arc<Offer>> {
        match self.parts.shelf.load().get(name) {
            Some(Standing::Ready(model)) => Ok(Arc::new(Offer::of(&**model))),
            Some(Standing::Training(offer)) => Ok(Arc::clone(offer)),
            Some(Standing::Failed(_, why)) => Err(Error::Unavailable(why.clone())),
            Some(Standing::Retired(_)) | None => Err(Error::NotFound("model")),
        }
    }

    /// What every model that is shown takes, gives and costs, by name.
    pub fn offers(&self) -> Vec<Arc<Offer>> {
        let shelf = self.parts.shelf.load();
        let offers = shelf.values().filter_map(|standing| match standing {
            Standing::Ready(model) => Some(Arc::new(Offer::of(&**model))),
            Standing::Training(offer) | Standing::Failed(offer, _) => Some(Arc::clone(offer)),
            Standing::Retired(_) => None,
        });
        offers.collect()
    }

    /// How often something on the shelf has changed.
    pub fn n_changes(&self) -> u64 {
        *self.parts.changes.borrow()
    }

    /// The model by which results of this name are read: a retired one too.
    pub async fn recall(&self, name: &str) -> Result<Arc<dyn MLModel>> {
        match self.recall_now(name) {
            Ok(model) => Ok(model),
            Err(_) => self.await_model(name).await,
        }
    }

    /// The same, if it is there now.
    pub fn recall_now(&self, name: &str) -> Result<Arc<dyn MLModel>> {
        match self.parts.shelf.load().get(name) {
            Some(Standing::Retired(model)) => Ok(Arc::clone(model)),
            _ => self.get_model(name),
        }
    }

    /// Whether a model of this name is being trained.
    pub fn is_training(&self, name: &str) -> bool {
        self.parts.shelf.load().get(name).is_some_and(Standing::is_training)
    }

    /// The model of this name, once it can be asked.
    pub async fn await_model(&self, name: &str) -> Result<Arc<dyn MLModel>> {
        if !self.is_training(name) {
            return self.get_model(name);
        }
        let mut changes = self.parts.changes.subscribe();
        loop {
            if !self.is_training(name) || self.is_stopping() {
                return self.get_model(name);
            }
            // The sender lives as long as the shelf.
            let _ = changes.changed().await;
        }
    }

    /// Puts a model on the shelf, in place of one of the same name.
    pub fn put(&self, model: Arc<dyn MLModel>) {
        let name = model.name().to_owned();
        self.stand(&name, &Standing::Ready(model));
    }

    fn put_wine(&self, wine: WineModel) {
        let wine = Arc::new(wine);
        self.parts.wine.store(Some(Arc::clone(&wine)));
        self.put(wine);
    }

    /// Takes a model off the shelf; whoever is asking it still gets an answer, and what it
    /// predicted can still be read.
    pub fn retire(&self, name: &str) -> Result<()> {
        let model = self.get_model(name)?;
        self.stand(name, &Standing::Retired(model));
        Ok(())
    }

    /// Every model as it is shown, by name.
    pub fn views(&self) -> Vec<ModelView> {
        self.parts.shelf.load().values().filter_map(Standing::view).collect()
    }

    /// One model as it is shown.
    pub fn view(&self, name: &str) -> Result<ModelView> {
        let shelf = self.parts.shelf.load();
        shelf.get(name).and_then(Standing::view).ok_or(Error::NotFound("model"))
    }

    /// Trains what is missing and has measured how good it is, in the background.
    pub fn complete(&self, jobs: &Jobs) {
        let (manager, jobs) = (self.clone(), jobs.clone());
        let runtime = rocket::tokio::runtime::Handle::current();
        let work = move || {
            machine::yield_to_others();
            if let Err(error) = manager.train_missing() {
                tracing::error!(%error, "the wine model could not be trained");
            }
            if manager.lacks_evaluation() && !manager.is_stopping() {
                let ordered = runtime.block_on(jobs.submit::<EvaluationKind>(None, ()));
                if let Err(error) = ordered {
                    tracing::warn!(%error, "the wine model's evaluation could not be ordered");
                }
            }
        };
        if let Err(cause) = thread::Builder::new().name("cellar-training".into()).spawn(work) {
            self.fail_wine();
            tracing::error!(%cause, "the wine model could not be trained");
        }
    }

    /// The same on this thread, if `name` is the model that is missing.
    pub fn train_missing_for(&self, name: &str) -> Result<()> {
        if name == WineModel::NAME { self.train_missing() } else { Ok(()) }
    }

    /// Trains the wine model on this thread, if there is none; nobody is answered meanwhile.
    pub fn train_missing(&self) -> Result<()> {
        if !self.is_training(WineModel::NAME) {
            return Ok(());
        }
        let trained = catch_unwind(AssertUnwindSafe(|| self.train_wine()));
        match trained {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                self.fail_wine();
                Err(error)
            }
            Err(_) => {
                self.fail_wine();
                Err(Error::internal("training panicked"))
            }
        }
    }

    /// Trains the wine model anew and puts it on the shelf, if this is not stopped before.
    pub fn train_wine(&self) -> Result<()> {
        let begun = std::time::Instant::now();
        let samples = Samples::embedded().without_duplicates();
        let n_threads = machine::cores().get().min(4);
        let Some(regression) = train_while(&samples, n_threads, &|| !self.is_stopping()) else {
            return Ok(());
        };
        // What cannot be kept can still be asked; the next start trains it again.
        if let Err(error) = self.parts.keep.put_wine(&regression) {
            tracing::warn!(%error, "the wine model could not be kept");
        }
        let model = WineModel::new(regression, None);
        let ms = begun.elapsed().as_millis();
        tracing::info!(version = model.version(), ms, "the wine model is trained");
        self.put_wine(model);
        Ok(())
    }

    /// Whether it is not known yet how good the wine model is.
    pub fn lacks_evaluation(&self) -> bool {
        self.wine().is_some_and(|wine| wine.evaluation().is_none())
    }

    /// Shows what was measured of the wine model, and keeps it.
    pub fn evaluated(&self, evaluation: &Evaluation) {
        let Some(wine) = self.wine() else { return };
        // What cannot be kept can still be shown; the next start measures it again.
        if let Err(error) = self.parts.keep.put_evaluation(wine.version(), evaluation) {
            tracing::warn!(%error, "what was measured of the wine model could not be kept");
        }
        self.put_wine(wine.evaluated(evaluation.clone()));
    }

    /// The wine model, if that is what stands on the shelf under its name.
    fn wine(&self) -> Option<Arc<WineModel>> {
        let shown = self.get_model(WineModel::NAME).ok()?;
        self.parts.wine.load_full().filter(|wine| wine.version() == shown.version())
    }

    fn fail_wine(&self) {
        let offer = Arc::new(WineModel::offer());
        self.stand(WineModel::NAME, &Standing::Failed(offer, FAILED.into()));
    }

    /// Ends training, and lets nobody wait for it any longer.
    pub fn stop(&self) {
        self.parts.is_stopping.store(true, Ordering::SeqCst);
        self.parts.changes.send_modify(|n| *n += 1);
    }

    fn is_stopping(&self) -> bool {
        self.parts.is_stopping.load(Ordering::SeqCst)
    }

    fn stand(&self, name: &str, standing: &Standing) {
        self.parts.shelf.rcu(|shelf| {
            let mut shelf = Shelf::clone(shelf);
            shelf.insert(name.to_owned(), standing.clone());
            shelf
        });
        self.parts.changes.send_modify(|n| *n += 1);
    }
}

/// What callers hear of a model that could not be trained.
const FAILED: &str = "the model could not be trained; the log says why, and a restart tries again";

impl Standing {
    fn is_training(&self) -> bool {
        matches!(self, Self::Training(_))
    }

    /// As it is shown, if it is.
    fn view(&self) -> Option<ModelView> {
        match self {
            Self::Ready(model) => Some(ModelView::ready(&**model)),
            Self::Training(offer) => Some(ModelView::not_ready(offer, None)),
            Self::Failed(offer, why) => Some(ModelView::not_ready(offer, Some(why))),
            Self::Retired(_) => None,
        }
    }
}
