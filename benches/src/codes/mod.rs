//! One-time codes: one code at several sizes of the vault beside other programs, and what opening, changing and filling a
//! large vault costs beside Argon2id and the disk.

mod accounts;
mod argon2id;
mod code;
mod stores;
mod vault;

pub(crate) use code::measure as codes;
pub(crate) use vault::measure as vault;

/// Of every vault and store here.
const PASSPHRASE: &str = "a passphrase for a bench";
