//! The array of large blobs (§6.10.3): what platforms agree on and a key only keeps.
//!
//! Serialized, it is a CBOR array and the first 16 bytes of its SHA-256. Each blob is packed with DEFLATE and encrypted
//! with AES-256-GCM under the [`LargeBlobKey`] of its credential; which element is whose shows only by trying.

use std::fmt;

use fob_ambient::Rng;
use fob_cbor::{Limits, Strictness, decode, encode};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::deflate;
use crate::member::{Malformed, Members};
use crate::secret::LargeBlobKey;
use crate::{Map, Value, sha256};

/// Length of the checksum at the end.
const CHECKSUM: usize = 16;
/// Length of AES-GCM's tag, at the end of a ciphertext.
const TAG: usize = 16;

/// The array of a key that has never been written to: empty, in 17 bytes.
pub const EMPTY: [u8; 17] =
    [0x80, 0x76, 0xbe, 0x8b, 0x52, 0x8d, 0x00, 0x75, 0xf7, 0xaa, 0xe9, 0x8d, 0x6f, 0xa5, 0x7a, 0x6d, 0x3c];

/// Why bytes are no array of blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadArray {
    /// The checksum does not fit: a write was cut short. A platform goes on as with an empty array (§6.10.3).
    #[error("the checksum of the large blobs does not fit")]
    Checksum,
    /// The checksum fits, but what it covers is not an array that this version reads.
    #[error("the large blobs are no array")]
    Array(#[from] Malformed),
}

/// Why a blob cannot be read although it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBlob {
    /// It is longer than the reader takes.
    #[error("the blob has {0} bytes, more than is taken")]
    TooLong(u64),
    /// What was encrypted is not packed as the standard says, or has another length than it names.
    #[error("the blob is packed wrongly")]
    Packing,
}

/// Whether serialized bytes end in the right checksum: what a key looks at before it stores them (§6.10.2).
#[must_use]
pub fn has_checksum(serialized: &[u8]) -> bool {
    content(serialized).is_ok()
}

fn content(serialized: &[u8]) -> Result<&[u8], BadArray> {
    let (content, checksum) = serialized
        .split_last_chunk::<CHECKSUM>()
        .filter(|(content, _)| !content.is_empty())
        .ok_or(BadArray::Checksum)?;
    if sha256(content).starts_with(checksum) { Ok(content) } else { Err(BadArray::Checksum) }
}

/// One blob, encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob {
    ciphertext: Vec<u8>,
    nonce: [u8; NONCE_LEN],
    orig_size: u64,
}

impl Blob {
    /// Packs and encrypts.
    #[must_use]
    pub fn seal(plain: &[u8], key: &LargeBlobKey, rng: &mut dyn Rng) -> Self {
        let mut nonce = [0; NONCE_LEN];
        rng.fill(&mut nonce);
        let orig_size = plain.len() as u64;
        let mut ciphertext = deflate::pack(plain);
        cipher(key)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), associated(orig_size), &mut ciphertext)
            .expect("AES-GCM takes 64 GiB");
        Self { ciphertext, nonce, orig_size }
    }

    /// Decrypts and unpacks; none if the key is another blob's.
    ///
    /// # Errors
    /// [`BadBlob`] if the key fits and yet there is nothing to read, or more than `limit` bytes.
    pub fn open(&self, key: &LargeBlobKey, limit: usize) -> Result<Option<Vec<u8>>, BadBlob> {
        let Some(packed) = self.decrypt(key) else { return Ok(None) };
        let size = usize::try_from(self.orig_size).ok().filter(|size| *size <= limit);
        let size = size.ok_or(BadBlob::TooLong(self.orig_size))?;
        let plain = deflate::unpack(&packed, size).map_err(|_| BadBlob::Packing)?;
        if plain.len() == size { Ok(Some(plain)) } else { Err(BadBlob::Packing) }
    }

    fn decrypt(&self, key: &LargeBlobKey) -> Option<Vec<u8>> {
        let mut bytes = self.ciphertext.clone();
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let packed = cipher(key).open_in_place(nonce, associated(self.orig_size), &mut bytes).ok()?.len();
        bytes.truncate(packed);
        Some(bytes)
    }

    /// An element of the shape that §6.10.3 gives; none if it has another, or members beside.
    fn from_value(value: &Value) -> Option<Self> {
        let mut members = Members::from(value.as_map().filter(|map| map.len() == 3)?.clone());
        let blob = Self {
            ciphertext: members.take(1, "ciphertext").ok()?,
            nonce: members.take(2, "nonce").ok()?,
            orig_size: members.take(3, "origSize").ok()?,
        };
        (blob.ciphertext.len() >= TAG).then_some(blob)
    }
}

impl From<&Blob> for Value {
    fn from(blob: &Blob) -> Self {
        let mut map = Map::new();
        map.insert(1, blob.ciphertext.as_slice());
        map.insert(2, blob.nonce);
        map.insert(3, blob.orig_size);
        Self::Map(map)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.orig_size)
    }
}

/// An element of the array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A blob.
    Blob(Blob),
    /// Something newer, kept as it is.
    Other(Value),
}

impl Element {
    fn opens_with(&self, key: &LargeBlobKey) -> bool {
        matches!(self, Self::Blob(blob) if blob.decrypt(key).is_some())
    }
}

/// All blobs of a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LargeBlobArray(Vec<Element>);

impl LargeBlobArray {
    /// Reads a serialized array.
    ///
    /// # Errors
    /// [`BadArray::Checksum`], which a platform takes for an empty array, or what is wrong with what it covers.
    pub fn decode(serialized: &[u8]) -> Result<Self, BadArray> {
        let content = content(serialized)?;
        let array = decode(content, Limits::ctap(Strictness::Lenient)).map_err(Malformed::from)?;
        let Value::Array(values) = array else { return Err(Malformed::Type("largeBlobArray").into()) };
        let element = |value: Value| Blob::from_value(&value).map_or(Element::Other(value), Element::Blob);
        Ok(Self(values.into_iter().map(element).collect()))
    }

    /// The array, serialized.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let values = self.0.iter().map(|element| match element {
            Element::Blob(blob) => Value::from(blob),
            Element::Other(value) => value.clone(),
        });
        let mut bytes = encode(&Value::Array(values.collect()));
        let checksum = sha256(&bytes);
        bytes.extend(checksum.iter().take(CHECKSUM));
        bytes
    }

    /// All elements, in order.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        &self.0
    }

    /// The blob under this key, of at most `limit` bytes; none if there is none.
    ///
    /// # Errors
    /// [`BadBlob`] if there is one that cannot be read.
    pub fn get(&self, key: &LargeBlobKey, limit: usize) -> Result<Option<Vec<u8>>, BadBlob> {
        for element in &self.0 {
            if let Element::Blob(blob) = element
                && let Some(plain) = blob.open(key, limit)?
            {
                return Ok(Some(plain));
            }
        }
        Ok(None)
    }

    /// Puts a blob in the place of what was under this key.
    pub fn set(&mut self, key: &LargeBlobKey, plain: &[u8], rng: &mut dyn Rng) {
        self.remove(key);
        self.0.push(Element::Blob(Blob::seal(plain, key, rng)));
    }

    /// Takes out what is under this key; whether there was anything.
    pub fn remove(&mut self, key: &LargeBlobKey) -> bool {
        let before = self.0.len();
        self.0.retain(|element| !element.opens_with(key));
        self.0.len() != before
    }

    /// Takes out blobs that none of these keys opens: those of credentials that are gone. What is no blob stays.
    pub fn retain_known(&mut self, keys: &[LargeBlobKey]) {
        self.0.retain(|element| matches!(element, Element::Other(_)) || keys.iter().any(|key| element.opens_with(key)));
    }
}

fn cipher(key: &LargeBlobKey) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, key.expose()).expect("a key of 32 bytes is what AES-256 takes");
    LessSafeKey::new(key)
}

/// "blob" ‖ origSize in eight bytes, little-endian.
fn associated(orig_size: u64) -> Aad<Vec<u8>> {
    let mut bytes = b"blob".to_vec();
    bytes.extend(orig_size.to_le_bytes());
    Aad::from(bytes)
}
