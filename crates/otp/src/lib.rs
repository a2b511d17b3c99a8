//! One-time codes: HOTP (RFC 4226), TOTP (RFC 6238), and the accounts they come from.
//!
//! An [`Account`] is what a site hands out: a seed, who issued it, and how codes are made of it. It comes from an
//! `otpauth://` URI ([`Account::from_uri`]), a list of them ([`read_list`]) or a vault, and gives a [`Code`] when it is
//! told the time or the counter. Being strict on the way in locks people out, so whatever can still be stored is taken
//! and comes with a [`Warning`]; an account that cannot give a code says why ([`Unusable`]) when it is asked for one.
//!
//! What is not here: where accounts are kept and how a counter is made durable (`fob_vault`), and the clock. Steam,
//! mOTP and Yandex codes and the export formats of other programs are refused by name.

mod account;
mod algorithm;
mod code;
mod hotp;
mod list;
mod search;
mod seed;
mod text;
mod uri;
mod warning;

pub use account::{Account, Kind, Unusable};
pub use algorithm::Algorithm;
pub use code::{Code, TimedCode};
pub use list::{ListError, ListLine, MAX_LIST, read_list};
pub use search::{Found, search};
pub use seed::{Seed, SeedError};
pub use text::printable;
pub use uri::{MAX_URI, Parsed, UriError};
pub use warning::Warning;
