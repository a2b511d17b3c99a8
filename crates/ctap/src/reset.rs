//! authenticatorReset (§6.6): everything on the key is forgotten.

use crate::{Command, Malformed, Map, Message};

/// Forget all credentials, the PIN, and what else the key was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reset;

impl Message for Reset {
    fn to_map(&self) -> Option<Map> {
        None
    }

    fn from_map(_: Map) -> Result<Self, Malformed> {
        Ok(Self)
    }
}

impl Command for Reset {
    const CODE: u8 = 0x07;
    type Reply = ();
}
