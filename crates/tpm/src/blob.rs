//! What is kept of a sealed object, in canonical CBOR: its two halves, and the name of the storage key it lies under.

use fob_cbor::{Limits, Map, Value};

use crate::TpmError;

/// A sealed object.
pub(crate) struct Blob {
    /// Name of the storage key (part 1, section 16): another one is another TPM's, or a listener's own.
    pub(crate) parent: Vec<u8>,
    pub(crate) public: Vec<u8>,
    pub(crate) private: Vec<u8>,
}

impl Blob {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut map = Map::new();
        map.insert("parent", self.parent.clone());
        map.insert("public", self.public.clone());
        map.insert("private", self.private.clone());
        fob_cbor::encode(&Value::Map(map))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, TpmError> {
        let read = || {
            let value = fob_cbor::decode(bytes, Limits::deep(2)).ok()?;
            let map = value.as_map()?;
            let part = |name| Some(map.get_text(name)?.as_bytes()?.to_vec());
            Some(Self { parent: part("parent")?, public: part("public")?, private: part("private")? })
        };
        read().filter(|blob| blob.public.len().max(blob.private.len()) <= 1024).ok_or(TpmError::Damaged)
    }
}
