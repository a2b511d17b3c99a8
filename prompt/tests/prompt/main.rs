//! fob-prompt as fobd starts it, on a real terminal: a pair of pseudoterminals, on which a real process has the foreground.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a stage that cannot be built ends its test")]

mod pinentry;
mod stage;
mod terminal;
