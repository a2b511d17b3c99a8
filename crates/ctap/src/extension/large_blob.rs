//! largeBlob (§12.4): a blob that travels inside authenticatorGetAssertion and lies with its credential.
//!
//! The platform packs it with DEFLATE ([`crate::large_blobs::deflate`]) and names its length before that; the key keeps
//! both. An input of another shape is invalid CBOR to the standard, whichever [`Malformed`] it gives here. What comes
//! out stands among the unsigned outputs.

use crate::member::{FromCbor, Malformed, Member, Members};
use crate::{Map, Value};

/// Input to authenticatorMakeCredential: how much room for a blob matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LargeBlobSupport {
    /// No room, no credential.
    Required,
    /// Room if there is.
    Preferred,
}

impl FromCbor for LargeBlobSupport {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let support: String = Members::of(value, member)?.take("support", "largeBlob.support")?;
        match support.as_str() {
            "required" => Ok(Self::Required),
            "preferred" => Ok(Self::Preferred),
            _ => Err(Malformed::Value("largeBlob.support")),
        }
    }
}

impl From<LargeBlobSupport> for Value {
    fn from(support: LargeBlobSupport) -> Self {
        let text = match support {
            LargeBlobSupport::Required => "required",
            LargeBlobSupport::Preferred => "preferred",
        };
        Self::Map([("support", text)].into_iter().collect())
    }
}

/// Output of authenticatorMakeCredential: whether there is room for a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LargeBlobSupported(pub bool);

impl FromCbor for LargeBlobSupported {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        Members::of(value, member)?.take("supported", "largeBlob.supported").map(Self)
    }
}

impl From<LargeBlobSupported> for Value {
    fn from(supported: LargeBlobSupported) -> Self {
        Self::Map([("supported", supported.0)].into_iter().collect())
    }
}

/// A blob as a key keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedBlob {
    /// Packed.
    pub packed: Vec<u8>,
    /// Length before that, in bytes, by the word of who wrote it.
    pub original_size: u64,
}

impl PackedBlob {
    fn write(&self, map: &mut Map, key: &str) {
        map.insert(key, self.packed.as_slice());
        map.insert("originalSize", self.original_size);
    }
}

/// Input to authenticatorGetAssertion: read the blob, or write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LargeBlobRequest {
    /// Read.
    Read,
    /// Write this.
    Write(PackedBlob),
}

impl FromCbor for LargeBlobRequest {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        let read: Option<bool> = members.take_optional("read", "largeBlob.read")?;
        let write: Option<Vec<u8>> = members.take_optional("write", "largeBlob.write")?;
        let size: Option<u64> = members.take_optional("originalSize", "largeBlob.originalSize")?;
        match (read, write, size) {
            (Some(true), None, None) => Ok(Self::Read),
            (None, Some(packed), Some(original_size)) => Ok(Self::Write(PackedBlob { packed, original_size })),
            _ => Err(Malformed::Value(member)),
        }
    }
}

impl From<&LargeBlobRequest> for Value {
    fn from(request: &LargeBlobRequest) -> Self {
        let mut map = Map::new();
        match request {
            LargeBlobRequest::Read => drop(map.insert("read", true)),
            LargeBlobRequest::Write(blob) => blob.write(&mut map, "write"),
        }
        Self::Map(map)
    }
}

/// Output of authenticatorGetAssertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LargeBlobResult {
    /// The blob. Where there is none, there is no output.
    Blob(PackedBlob),
    /// Whether it was written.
    Written(bool),
}

impl FromCbor for LargeBlobResult {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        if let Some(written) = members.take_optional("written", "largeBlob.written")? {
            return Ok(Self::Written(written));
        }
        Ok(Self::Blob(PackedBlob {
            packed: members.take("blob", "largeBlob.blob")?,
            original_size: members.take("originalSize", "largeBlob.originalSize")?,
        }))
    }
}

impl From<&LargeBlobResult> for Value {
    fn from(result: &LargeBlobResult) -> Self {
        let mut map = Map::new();
        match result {
            LargeBlobResult::Blob(blob) => blob.write(&mut map, "blob"),
            LargeBlobResult::Written(written) => drop(map.insert("written", *written)),
        }
        Self::Map(map)
    }
}
