//! Secrets that travel inside messages. They are wiped on drop and show nothing.

use std::fmt;

use zeroize::Zeroizing;

use crate::Value;
use crate::member::{FromCbor, Malformed, Member};

/// Key of a credential's entry among the large blobs (§12.3).
pub struct LargeBlobKey(Zeroizing<[u8; 32]>);

impl LargeBlobKey {
    /// Takes the key over.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for LargeBlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LargeBlobKey(..)")
    }
}

impl FromCbor for LargeBlobKey {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        FromCbor::from_cbor(value, member).map(Self::new)
    }
}

impl From<&LargeBlobKey> for Value {
    fn from(key: &LargeBlobKey) -> Self {
        Self::from(key.expose())
    }
}
