//! One-time codes: HOTP (RFC 4226), TOTP (RFC 6238), Steam, Mobile-OTP, Yandex, and the accounts they come from.
//!
//! An [`Account`] is what a site hands out: a seed, who issued it, and how codes are made of it. It comes from an
//! `otpauth://` URI ([`Account::from_uri`]), a list of them ([`read_list`]) or a vault, and gives a [`Code`] when it is
//! told the time or the counter. Being strict on the way in locks people out, so whatever can still be stored is taken
//! and comes with a [`Warning`]; an account that cannot give a code says why ([`Unusable`]) when it is asked for one.
//!
//! An [`Item`] is an account with what a person keeps beside it: note, groups, recovery codes.
//!
//! What is not here: where accounts are kept and how a counter is made durable (`fob_vault`), the clock, and the export
//! formats of other programs (`fob_exchange`).

mod account;
mod algorithm;
mod code;
mod hmac;
mod hotp;
mod items;
mod kind;
mod list;
mod motp;
mod resync;
mod search;
mod secret_text;
mod seed;
mod text;
mod uri;
mod usable;
mod warning;
mod yandex;

pub use account::Account;
pub use algorithm::Algorithm;
pub use code::{Code, TimedCode};
pub use items::{
    Extras, Item, ItemError, JsonError, JsonItem, MAX_CODE, MAX_ICON, MAX_ITEMS, MAX_NAME, MAX_NOTE,
    MAX_RECOVERY_CODES, MAX_SITES, MAX_TAG, MAX_TAGS, RecoveryCode, TooMuch, clean_tags, read_json, recovery_codes,
    write_json,
};
pub use kind::{Kind, KindParts};
pub use list::{ListError, ListLine, MAX_LIST, read_list};
pub use resync::MAX_LOOK_AHEAD;
pub use search::{Found, search};
pub use secret_text::SecretText;
pub use seed::{Seed, SeedError};
pub use text::printable;
pub use uri::{MAX_URI, Parsed, UriError};
pub use usable::{Outline, Unusable};
pub use warning::Warning;
