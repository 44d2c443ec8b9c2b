//! Why a task came to nothing: a sentence that is kept with it, and a stable word for programs and
//! for people of other languages.

/// Why a task came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    NoGoodRow,
    NotAllGood,
    ModelFailed,
    Late,
}

impl Trouble {
    const ALL: [Self; 4] = [Self::NoGoodRow, Self::NotAllGood, Self::ModelFailed, Self::Late];

    /// A clause for people.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::NoGoodRow => "no row could be predicted",
            Self::NotAllGood => "a row is not right, and the request was for all or none",
            Self::ModelFailed => "the model failed; it is in the log under the request's id",
            Self::Late => "it was not done within the time that was set for it",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::NoGoodRow => "no_good_row",
            Self::NotAllGood => "not_all_good",
            Self::ModelFailed => "model_failed",
            Self::Late => "late",
        }
    }

    /// The word for what is kept with a task; whatever else befell its work is `failed`.
    pub(super) fn code_of(kept: &str) -> &'static str {
        let found = Self::ALL.into_iter().find(|trouble| trouble.in_words() == kept);
        found.map_or("failed", Self::code)
    }
}
