//! The file as a whole: magic, format, header, header code, sealed body.
//!
//! ```text
//! "FOBVAULT" | u16 format | u32 header length | header | HMAC-SHA256 (32) | AES-256-GCM body | tag (16)
//! ```
//!
//! Numbers are big-endian. The code covers everything before it and is checked before the body is touched, which also
//! commits the file to one vault key (GCM alone does not). The header is the body's associated data. Reading looks at
//! lengths before it allocates and gives a [`Flaw`] for every other sequence of bytes.

use ring::aead::{AES_256_GCM, Aad};
use ring::hmac;
use zeroize::Zeroizing;

use crate::header::{Header, MAX_HEADER};
use crate::keys::{VaultKey, nonce_zero};
use crate::{Kept, Part, VaultError};

const MAGIC: &[u8; 8] = b"FOBVAULT";
/// The format this fob writes, and the newest it reads.
pub(crate) const FORMAT: u16 = 1;
/// Magic, format, header length.
const PREFIX: usize = 8 + 2 + 4;
const MAC: usize = 32;
const TAG: usize = 16;
/// Most bytes of a body in the clear, padding included: room for some 60,000 entries.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;
/// Most bytes until the header's end.
pub(crate) const HEAD: usize = PREFIX + MAX_HEADER;
/// Most bytes of a vault file.
pub(crate) const MAX_FILE: usize = PREFIX + MAX_HEADER + MAC + MAX_BODY + TAG;

/// What is wrong with a sequence of bytes that should be a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    NotAVault,
    Torn { expected: u64, found: u64 },
    Damaged(Part),
    NewerFormat(u16),
}

impl Flaw {
    /// The error for the person, with the older versions that could help.
    pub(crate) fn with(self, kept: Kept) -> VaultError {
        match self {
            Self::Empty => VaultError::Empty { kept },
            Self::NotAVault => VaultError::NotAVault { kept },
            Self::Torn { expected, found } => VaultError::Torn { expected, found, kept },
            Self::Damaged(part) => VaultError::Damaged { part, kept },
            Self::NewerFormat(needed) => VaultError::NewerFormat { needed },
        }
    }
}

/// A vault file taken apart, nothing of it authenticated yet.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) header: Header,
    header_bytes: &'a [u8],
    /// What the code covers: prefix and header.
    covered: &'a [u8],
    mac: &'a [u8],
    body: &'a [u8],
}

impl Envelope<'_> {
    /// The header alone, of a file of which only the beginning was read. Nothing of it is authentic.
    pub(crate) fn header_of(beginning: &[u8]) -> Option<Header> {
        let length = header_length(beginning).ok()?;
        Header::from_bytes(beginning.get(PREFIX..PREFIX + length)?)
    }
}

impl<'a> Envelope<'a> {
    pub(crate) fn parse(file: &'a [u8]) -> Result<Self, Flaw> {
        let header_length = header_length(file)?;
        let torn = |expected: usize| Flaw::Torn { expected: expected as u64, found: file.len() as u64 };
        let (covered, rest) =
            file.split_at_checked(PREFIX + header_length).ok_or(torn(PREFIX + header_length + MAC + TAG))?;
        let (mac, body) = rest.split_at_checked(MAC).ok_or(torn(PREFIX + header_length + MAC + TAG))?;
        let header_bytes = covered.get(PREFIX..).ok_or(Flaw::Damaged(Part::Header))?;
        let header = Header::from_bytes(header_bytes).ok_or(Flaw::Damaged(Part::Header))?;
        let body_length = usize::try_from(header.body_length)
            .ok()
            .filter(|length| (TAG..=MAX_BODY + TAG).contains(length))
            .ok_or(Flaw::Damaged(Part::Header))?;
        match body.len() {
            length if length < body_length => Err(torn(PREFIX + header_length + MAC + body_length)),
            length if length > body_length => Err(Flaw::Damaged(Part::End)),
            _ => Ok(Self { header, header_bytes, covered, mac, body }),
        }
    }

    /// Checks that the header is the one that was written under this key.
    pub(crate) fn authenticate(&self, key: &VaultKey) -> Result<(), Flaw> {
        let vault = &self.header.vault;
        hmac::verify(&key.header_key(vault), self.covered, self.mac).map_err(|_| Flaw::Damaged(Part::Header))?;
        if key.id(vault) == self.header.key { Ok(()) } else { Err(Flaw::Damaged(Part::Header)) }
    }

    /// Authenticates the header, then opens the body: the padded plaintext.
    pub(crate) fn open(&self, key: &VaultKey) -> Result<Zeroizing<Vec<u8>>, Flaw> {
        self.authenticate(key)?;
        let mut body = Zeroizing::new(self.body.to_vec());
        let length = key
            .body_key(&self.header.vault, &self.header.salt, self.header.generation)
            .open_in_place(nonce_zero(), Aad::from(self.header_bytes), body.as_mut_slice())
            .map_err(|_| Flaw::Damaged(Part::Body))?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

/// Seals a padded body. Sets the header's salt and body length; everything else in it is the caller's.
pub(crate) fn seal(header: &mut Header, body: &[u8], key: &VaultKey, random: [u8; 32]) -> Result<Vec<u8>, VaultError> {
    if body.len() > MAX_BODY {
        return Err(VaultError::Full { part: Part::Body, limit: MAX_BODY });
    }
    header.body_length = (body.len() + AES_256_GCM.tag_len()) as u64;
    header.salt = [0; 32];
    header.salt = key.body_salt(&header.vault, random, header.generation, &header.to_bytes(), body);
    let header_bytes = header.to_bytes();
    let length = u32::try_from(header_bytes.len())
        .ok()
        .filter(|_| header_bytes.len() <= MAX_HEADER)
        .ok_or(VaultError::Full { part: Part::Header, limit: MAX_HEADER })?;

    let mut file = Vec::with_capacity(PREFIX + header_bytes.len() + MAC + body.len() + TAG);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&FORMAT.to_be_bytes());
    file.extend_from_slice(&length.to_be_bytes());
    file.extend_from_slice(&header_bytes);
    let mac = hmac::sign(&key.header_key(&header.vault), &file);
    file.extend_from_slice(mac.as_ref());
    // In the place where it stays: the file has room for all of it, so no copy in the clear is left anywhere.
    let start = file.len();
    file.extend_from_slice(body);
    let tag = key
        .body_key(&header.vault, &header.salt, header.generation)
        .seal_in_place_separate_tag(
            nonce_zero(),
            Aad::from(header_bytes.as_slice()),
            file.get_mut(start..).unwrap_or_default(),
        )
        .expect("16 MiB are below GCM's limit");
    file.extend_from_slice(tag.as_ref());
    Ok(file)
}

/// Checks magic and format; the header's length in bytes.
fn header_length(file: &[u8]) -> Result<usize, Flaw> {
    if file.is_empty() {
        return Err(Flaw::Empty);
    }
    let torn = Flaw::Torn { expected: PREFIX as u64, found: file.len() as u64 };
    let Some((magic, rest)) = file.split_first_chunk::<8>() else {
        return Err(if MAGIC.starts_with(file) { torn } else { Flaw::NotAVault });
    };
    if magic != MAGIC {
        return Err(Flaw::NotAVault);
    }
    let (format, rest) = rest.split_first_chunk().ok_or(torn)?;
    match u16::from_be_bytes(*format) {
        FORMAT => {}
        0 => return Err(Flaw::Damaged(Part::Header)),
        newer => return Err(Flaw::NewerFormat(newer)),
    }
    let length = u32::from_be_bytes(*rest.first_chunk().ok_or(torn)?);
    usize::try_from(length).ok().filter(|&length| length <= MAX_HEADER).ok_or(Flaw::Damaged(Part::Header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_beginning_of_a_file_has_its_own_name() {
        let damaged = Flaw::Damaged(Part::Header);
        for (case, bytes, expected) in [
            ("nothing", &b""[..], Flaw::Empty),
            ("another program's file", b"SQLite format 3\0", Flaw::NotAVault),
            ("a short text", b"hi", Flaw::NotAVault),
            ("half the magic", b"FOBV", Flaw::Torn { expected: 14, found: 4 }),
            ("no length", b"FOBVAULT\0\x01", Flaw::Torn { expected: 14, found: 10 }),
            ("half a length", b"FOBVAULT\0\x01\0\0", Flaw::Torn { expected: 14, found: 12 }),
            ("format 0", b"FOBVAULT\0\0\0\0\0\0", damaged),
            ("format 2", b"FOBVAULT\0\x02", Flaw::NewerFormat(2)),
            ("format 65535", b"FOBVAULT\xff\xff\0\0\0\0", Flaw::NewerFormat(65535)),
            ("a header of 4 GiB", b"FOBVAULT\0\x01\xff\xff\xff\xff", damaged),
            ("a header of 64 KiB and a byte", b"FOBVAULT\0\x01\0\x01\0\x01", damaged),
            ("a header that is not there", b"FOBVAULT\0\x01\0\0\0\x05", Flaw::Torn { expected: 67, found: 14 }),
        ] {
            assert_eq!(Envelope::parse(bytes).err(), Some(expected), "{case}");
        }
    }

    #[test]
    fn a_header_of_no_sense_is_damaged() {
        let mut file = b"FOBVAULT\0\x01\0\0\0\x01\xff".to_vec();
        file.extend_from_slice(&[0; MAC + TAG]);
        assert_eq!(Envelope::parse(&file).err(), Some(Flaw::Damaged(Part::Header)));
    }
}
