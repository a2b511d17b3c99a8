//! authenticatorSelection (§6.9): the person touches the key they mean.

use crate::{Command, Malformed, Map, Message};

/// Blink, and say when touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection;

impl Message for Selection {
    fn to_map(&self) -> Option<Map> {
        None
    }

    fn from_map(_: Map) -> Result<Self, Malformed> {
        Ok(Self)
    }
}

impl Command for Selection {
    const CODE: u8 = 0x0b;
    type Reply = ();
}
