//! Options as JSON (WebAuthn Level 3 §5.1.8 and §5.1.9, dictionaries of §5.4, §5.5 and §5.8.3): strict where WebIDL
//! throws a TypeError, deaf to members and values that it does not know, bounded in every length.
//!
//! Beyond WebIDL, a `null` stands for an absent optional member, as many servers write it, a member may not come
//! twice, and values are not converted: a number is no text.

mod choices;
mod creation;
mod credentials;
mod extensions;
mod request;
mod timeout;

pub use choices::{Attachment, Attestation, Hint, Requirement};
pub use creation::{CreationOptions, Rp, User};
pub use credentials::Credentials;
pub(crate) use credentials::LONGEST_ID;
pub use extensions::{CreationExtensions, CredentialProtection};
pub use request::RequestOptions;

use serde::de::DeserializeOwned;

use crate::OptionsError;

/// Longest options, in bytes. [`MOST_CREDENTIALS`] ids of the longest kind would have 350 KiB; real ones have 100
/// bytes. Depth costs nothing: what is not known is skipped without recursion, what is known is flat.
pub const LARGEST: usize = 256 * 1024;
/// Longest challenge, in bytes. The standard has no limit; it wants 16 at least and gets 32 from nearly everybody.
pub const LONGEST_CHALLENGE: usize = 1024;
/// Most entries of a credential list. Chromium takes 64.
pub const MOST_CREDENTIALS: usize = 256;
/// Most entries of `pubKeyCredParams`, and of lists of texts. There are 20 algorithms.
pub const MOST_ENTRIES: usize = 64;

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, OptionsError> {
    if json.len() > LARGEST {
        return Err(OptionsError::TooLarge { most: LARGEST });
    }
    Ok(serde_json::from_str(json)?)
}

/// A list with no more entries than allowed; absent is empty.
fn bounded<T>(list: Option<Vec<T>>, member: &'static str, most: usize) -> Result<Vec<T>, OptionsError> {
    let list = list.unwrap_or_default();
    if list.len() > most { Err(OptionsError::TooMany { member, most }) } else { Ok(list) }
}

#[cfg(test)]
mod tests;
