//! fob as it is typed, against a daemon and a server that a test scripts: outputs, exit codes, and what must never show.
//! The real daemon and the real server are in the end-to-end tests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod common;

mod adding;
mod ceremonies;
mod certificates;
mod clipboard;
mod completion;
mod consent;
mod convert;
mod doctor;
mod entries;
mod errors;
mod export;
mod help;
mod import;
mod import_page;
mod keys;
mod new_key;
mod otp;
mod pages;
mod program;
mod secrets;
mod servers;
mod slots;
mod softkey;
mod ui;
mod unlock;
mod upkeep;
mod vault;
