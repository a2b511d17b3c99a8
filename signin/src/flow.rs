//! What people do, apart from whether a page or a program asks for it. API and pages call these and only translate.

pub(crate) mod backup_codes;
pub(crate) mod factors;
pub(crate) mod keys;
pub(crate) mod passkey;
pub(crate) mod passwords;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod totp;
pub(crate) mod transaction;
pub(crate) mod verify;
