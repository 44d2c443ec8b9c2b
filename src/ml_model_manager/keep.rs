//! Where trained models are kept: files in the data folder, each whole or not there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::data_folder::MODELS_NAME;
use crate::error::{Error, Result};
use crate::ml::artefact::{Damage, Reader, Writer};
use crate::ml::wine::{Evaluation, WineRegression};
use crate::ml_model::WineModel;

const WINE: &str = "wine.model";
const EVALUATION: &str = "wine.evaluation";
const EVALUATION_KIND: &str = "wine evaluation 1";

/// The files of trained models in a data folder.
#[derive(Debug, Clone)]
pub struct Keep {
    folder: PathBuf,
}

impl Keep {
    /// Those below `data`.
    pub fn below(data: &Path) -> Self {
        Self { folder: data.join(MODELS_NAME) }
    }

    /// The wine model, if a good one is kept. What is wrong with one that is not is logged.
    pub fn wine(&self) -> Option<WineModel> {
        let regression = self.read(WINE, WineRegression::from_bytes)?;
        let model = WineModel::new(regression, None);
        let version = crate::ml_model::MLModel::version(&model).to_owned();
        match self.read(EVALUATION, |bytes| read_evaluation(bytes, &version)) {
            Some(evaluation) => Some(model.evaluated(evaluation)),
            None => Some(model),
        }
    }

    /// Keeps a wine model.
    pub fn put_wine(&self, regression: &WineRegression) -> Result<()> {
        self.write(WINE, &regression.to_bytes())
    }

    /// Keeps what is known of the quality of this version.
    pub fn put_evaluation(&self, version: &str, evaluation: &Evaluation) -> Result<()> {
        let json = serde_json::to_string(evaluation).map_err(Error::internal)?;
        let mut writer = Writer::new(EVALUATION_KIND);
        writer.text(version);
        writer.text(&json);
        self.write(EVALUATION, &writer.finish())
    }

    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&[u8]) -> std::result::Result<T, Damage>,
    ) -> Option<T> {
        let path = self.folder.join(name);
        let found = match fs::read(&path) {
            Ok(bytes) => read(&bytes),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return None,
            Err(cause) => {
                tracing::warn!(file = %path.display(), %cause, "a model's file cannot be read");
                return None;
            }
        };
        found
            .inspect_err(|damage| {
                tracing::warn!(file = %path.display(), "a model's file {damage}; it is made anew");
            })
            .ok()
    }

    /// Written under another name and renamed, so that what bears the name is whole.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if !self.folder.parent().is_some_and(Path::is_dir) {
            // A command that only predicts makes no data folder.
            return Ok(());
        }
        let write = || {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(self.folder.join(name))?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(Error::internal)
    }
}

fn read_evaluation(bytes: &[u8], version: &str) -> std::result::Result<Evaluation, Damage> {
    let mut reader = Reader::new(bytes, EVALUATION_KIND)?;
    if reader.text()? != version {
        return Err(Damage::OtherKind);
    }
    let evaluation = serde_json::from_str(reader.text()?).map_err(|_| Damage::Senseless)?;
    reader.finish()?;
    Ok(evaluation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_model_is_not_trusted() {
        let data = tempfile::tempdir().unwrap();
        let keep = Keep::below(data.path());
        assert!(keep.wine().is_none());
        keep.write(WINE, b"pickle").unwrap();
        assert!(keep.wine().is_none());
        assert_eq!(fs::read(data.path().join("models/wine.model")).unwrap(), b"pickle");
        // An artefact that is whole, of another kind or of another training.
        for kind in [EVALUATION_KIND, WineRegression::KIND] {
            let mut other = Writer::new(kind);
            other.numbers(&[1, 2, 3]);
            keep.write(WINE, &other.finish()).unwrap();
            assert!(keep.wine().is_none());
            let models = super::super::MLModelManager::load_models(data.path());
            assert!(models.is_training(WineModel::NAME), "{kind}");
        }
    }

    #[test]
    fn what_was_measured_is_shown_though_no_file_could_be_written() {
        let data = tempfile::tempdir().unwrap();
        let keep = Keep::below(data.path());
        let samples = crate::ml::wine::Samples::embedded().without_duplicates();
        let regression = crate::ml::wine::train(&samples, 2);
        keep.put_wine(&regression).unwrap();
        let models = super::super::MLModelManager::load_models(data.path());
        assert!(models.lacks_evaluation());
        // Nothing can be put where a file stands in place of the folder.
        fs::remove_dir_all(data.path().join(MODELS_NAME)).unwrap();
        fs::write(data.path().join(MODELS_NAME), "").unwrap();
        models.evaluated(&Evaluation::default());
        assert!(!models.lacks_evaluation());
        let shown = models.view(WineModel::NAME).unwrap();
        assert_eq!(shown.card.evaluation, Some(Evaluation::default()));
    }
}
