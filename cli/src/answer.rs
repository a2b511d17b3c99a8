//! What a command has to say: the same facts for a program (`--json`) and for a person.

use serde::Serialize;

/// An answer. Serialised it is the JSON object's members beside `schema`.
pub(crate) trait Answer: Serialize {
    /// Name and version of the object, such as `fob.status/1`. The number grows when a member changes its meaning.
    const SCHEMA: &'static str;

    /// The answer for a person: whole lines, text from outside already made harmless.
    fn words(&self) -> String;
}

/// The JSON object of an answer.
#[derive(Serialize)]
pub(crate) struct Object<'a, T: Serialize> {
    pub(crate) schema: &'static str,
    #[serde(flatten)]
    pub(crate) members: &'a T,
}
