//! U2F, also known as CTAP1: three commands in APDUs (FIDO U2F Raw Message Formats 1.2), for keys and sites of old.
//!
//! Over CTAPHID they travel in CTAPHID_MSG. [`bridge`] turns CTAP2's requests into them and their answers back (§10).

mod apdu;
pub mod bridge;
mod messages;

pub use apdu::{CommandApdu, StatusWord};
pub use messages::{
    Authenticate, Authentication, Control, KeyHandle, Register, Registration, Request, U2fCommand, U2fError, Version,
};
