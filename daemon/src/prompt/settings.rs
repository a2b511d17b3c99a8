//! `[prompt] face` in the settings file: how the person is asked.

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

/// A face, by the words of `fob-prompt --face`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Face {
    /// What fits: on the terminal that asked, else on the screen.
    #[default]
    Auto,
    /// fob's own window, or nothing.
    Graphical,
    /// pinentry, or nothing.
    Pinentry,
    /// The terminal that asked, or nothing.
    Terminal,
}

impl Face {
    const ALL: [Self; 4] = [Self::Auto, Self::Graphical, Self::Pinentry, Self::Terminal];

    /// Its word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Graphical => "graphical",
            Self::Pinentry => "pinentry",
            Self::Terminal => "terminal",
        }
    }
}

impl<'de> Deserialize<'de> for Face {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::ALL.into_iter().find(|face| face.word() == word).ok_or_else(|| {
            let expected = "\"auto\", \"graphical\", \"pinentry\" or \"terminal\"";
            D::Error::invalid_value(Unexpected::Str(&word), &expected)
        })
    }
}
