//! signin, the sign-in server: password, second factor, passkeys, sessions.
//!
//! [`App`] is the whole of it: [`App::open`] takes [`Settings`] and the [`ambient`] clock and chance, [`App::router`]
//! gives the service that [`serve()`] runs and that tests call in process. It shares no code with fob; the two meet on
//! the wire, as docs/signin-api.md has it.
//!
//! Inside: `api` and `pages` translate, `flow` decides, `store` keeps, `web` stands guard, `companion` asks the fob on this machine.

pub mod ambient;
mod api;
mod app;
mod companion;
mod flow;
mod hashing;
mod keyring;
mod lockout;
mod pages;
mod password;
mod problem;
mod serve;
mod settings;
mod store;
mod token;
mod username;
mod web;

pub use app::{App, OpenError};
pub use companion::near::Ends;
pub use companion::{CompanionError, CompanionSettings};
pub use keyring::KeyFileError;
pub use serve::serve;
pub use settings::{Settings, SettingsError};
pub use store::StoreError;
