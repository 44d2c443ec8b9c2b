//! Quality floors, and that chance has no part in training.

use std::sync::OnceLock;

use super::evaluation::{judged, scores_of};
use super::*;
use crate::ml::artefact::Damage;

/// The model of the fixed split and its test; trained once for all of these stories.
fn trained() -> &'static (WineRegression, Samples) {
    static TRAINED: OnceLock<(WineRegression, Samples)> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let (training, test) = Samples::embedded().fixed_split();
        (train(&training, 2), test)
    })
}

#[test]
fn the_model_is_as_good_as_it_is_said_to_be() {
    let (model, test) = trained();
    let scores = scores_of(&judged(model, test), &test.scores);
    assert!(scores.rmse <= 0.679, "{scores:?}");
    assert!((0.87..=0.93).contains(&scores.coverage), "{scores:?}");
    assert!(scores.accuracy > 0.55, "{scores:?}");
}

#[test]
fn one_thread_and_two_train_the_same_bytes() {
    let (model, _) = trained();
    let again = train(&Samples::embedded().fixed_split().0, 1);
    assert!(model.to_bytes() == again.to_bytes());
}

#[test]
fn a_model_is_the_same_after_it_was_kept() {
    let (model, test) = trained();
    let bytes = model.to_bytes();
    assert_eq!(&WineRegression::from_bytes(&bytes).unwrap(), model);
    let cut = WineRegression::from_bytes(&bytes[..bytes.len() - 1]);
    assert_eq!(cut.unwrap_err(), Damage::WrongLength);
    let mut changed = bytes;
    changed[5000] ^= 4;
    assert_eq!(WineRegression::from_bytes(&changed).unwrap_err(), Damage::WrongChecksum);
    assert!(!test.is_empty());
}

#[test]
fn a_judgement_does_not_depend_on_the_wines_beside_it() {
    let (model, test) = trained();
    let together = judged(model, test);
    for (place, judgement) in together.iter().enumerate().step_by(7) {
        assert_eq!(&judged(model, &test.select(&[place]))[0], judgement);
        let total: f64 = judgement.probabilities.iter().sum();
        assert!((total - 1.0).abs() < 1e-9);
        assert!(judgement.interval[0] < judgement.score && judgement.score < judgement.interval[1]);
    }
}

#[test]
fn wines_beyond_everything_known_are_judged_too() {
    let (model, _) = trained();
    for bottle in [[0.0; N_MEASURED], [1e6; N_MEASURED], [f64::MIN_POSITIVE; N_MEASURED]] {
        let mut seen = 0;
        model.judge(&[bottle], &mut Scratch::default(), |judgement| {
            seen += 1;
            assert!(judgement.score.is_finite(), "{judgement:?}");
            assert!(judgement.interval.iter().all(|bound| (0.0..=10.0).contains(bound)));
        });
        assert_eq!(seen, 1);
    }
}

#[test]
fn training_and_measuring_stop_when_they_are_told_to() {
    assert_eq!(train_while(&Samples::embedded().without_duplicates(), 2, &|| false), None);
    assert_eq!(evaluate(2, &|| false, &|_| ()), None);
}
