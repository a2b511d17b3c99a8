//! ZIP archives (PKWARE's APPNOTE 6.3.10) as exports are: few members, stored or deflated, perhaps encrypted.
//!
//! The directory at the end counts, not the local headers. Left out: archives in parts and ZIP64, which no export
//! within [`MAX_FILE`] needs, and every other compression.

use std::io::Read as _;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zeroize::Zeroizing;

use crate::source::Source;
use crate::{ImportError, MAX_FILE};

mod crypto;

use crypto::AesExtra;

/// What a ZIP file begins with.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";
/// Most members that are looked at: a 1PUX file has one for each attachment.
const MAX_MEMBERS: usize = 4096;
/// Longest name of a member that is kept, in bytes.
const MAX_NAME: usize = 256;
/// Longest comment after the directory's end (APPNOTE section 4.3.16).
const MAX_COMMENT: usize = 0xffff;

/// The directory of an archive.
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    members: Vec<Member>,
}

struct Member {
    name: String,
    flags: u16,
    method: u16,
    check: u8,
    crc: u32,
    packed: usize,
    size: usize,
    local_header: usize,
    aes: Option<AesExtra>,
}

/// Bit 0: encrypted.
const FLAG_ENCRYPTED: u16 = 1;
/// Bit 3: the sizes and the checksum follow the data.
const FLAG_STREAMED: u16 = 1 << 3;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const AES: u16 = 99;

impl<'a> Archive<'a> {
    /// Reads the directory.
    pub(crate) fn of(source: &Source<'a>) -> Result<Self, ImportError> {
        let damaged = || source.damaged("its directory is no whole one");
        let end = end_of_directory(source.bytes).ok_or_else(damaged)?;
        let count = usize::from(u16_at(end, 10).ok_or_else(damaged)?);
        if count > MAX_MEMBERS {
            return Err(ImportError::TooManyEntries);
        }
        let offset = usize_at(end, 16).ok_or_else(damaged)?;
        let mut rest = source.bytes.get(offset..).ok_or_else(damaged)?;
        let mut members = Vec::new();
        for _ in 0..count {
            let (member, after) = Member::read(rest).ok_or_else(damaged)?;
            members.push(member);
            rest = after;
        }
        Ok(Self { bytes: source.bytes, members })
    }

    /// Whether a member has this name; a folder before it does not count.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    fn member(&self, name: &str) -> Option<&Member> {
        let exact = self.members.iter().find(|member| member.name == name);
        exact.or_else(|| self.members.iter().find(|member| member.name.rsplit('/').next() == Some(name)))
    }

    /// Unpacks a member.
    pub(crate) fn read(&self, name: &str, source: &Source<'_>) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        let member = self.member(name).ok_or_else(|| source.damaged("a file that belongs in it is missing"))?;
        if member.size > MAX_FILE {
            return Err(ImportError::Inflates);
        }
        let packed = self.packed(member).ok_or_else(|| source.damaged("it is cut short"))?;
        let plain;
        let (packed, method) = match (member.flags & FLAG_ENCRYPTED, &member.aes) {
            (0, _) => (packed, member.method),
            (_, None) => {
                plain = crypto::open_traditional(packed, source.password()?, member.check)
                    .ok_or_else(|| source.wrong_password())?;
                (plain.as_slice(), member.method)
            }
            (_, Some(extra)) => {
                plain = crypto::open_aes(packed, source.password()?, extra)?.ok_or_else(|| source.wrong_password())?;
                (plain.as_slice(), extra.method)
            }
        };
        let bytes = unpack(packed, method, member.size, source)?;
        self.checked(member, bytes, source)
    }

    fn packed(&self, member: &Member) -> Option<&'a [u8]> {
        let header = self.bytes.get(member.local_header..)?;
        header.starts_with(MAGIC).then_some(())?;
        let start = 30 + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
        header.get(start..start.checked_add(member.packed)?)
    }

    /// AE-2 has no checksum, its authentication tag has been checked.
    fn checked(
        &self,
        member: &Member,
        bytes: Zeroizing<Vec<u8>>,
        source: &Source<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        let mut crc = Crc::new();
        crc.update(&bytes);
        match crc.sum() == member.crc || (member.aes.is_some() && member.crc == 0) {
            true => Ok(bytes),
            false if member.flags & FLAG_ENCRYPTED != 0 => Err(source.wrong_password()),
            false => Err(source.damaged("a checksum in it does not fit")),
        }
    }
}

impl Member {
    /// One entry of the directory (section 4.3.12), and what follows it.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        bytes.starts_with(b"PK\x01\x02").then_some(())?;
        let (flags, method) = (u16_at(bytes, 8)?, u16_at(bytes, 10)?);
        let crc = u32_at(bytes, 16)?;
        let (name_length, extra_length) = (usize::from(u16_at(bytes, 28)?), usize::from(u16_at(bytes, 30)?));
        let comment_length = usize::from(u16_at(bytes, 32)?);
        let (_, rest) = bytes.split_at_checked(46)?;
        let (name, rest) = rest.split_at_checked(name_length)?;
        let (extra, rest) = rest.split_at_checked(extra_length)?;
        let (_, rest) = rest.split_at_checked(comment_length)?;
        // The byte that a traditional cipher's header ends with: of the time if the checksum came too late for it.
        let [check_of_crc, ..] = crc.to_be_bytes();
        let [check_of_time, _] = u16_at(bytes, 12)?.to_be_bytes();
        let member = Self {
            // No member that is looked for has a name that is long or no text.
            name: std::str::from_utf8(name).ok().filter(|name| name.len() <= MAX_NAME).unwrap_or_default().to_owned(),
            flags,
            method,
            check: if flags & FLAG_STREAMED == 0 { check_of_crc } else { check_of_time },
            crc,
            packed: usize_at(bytes, 20)?,
            size: usize_at(bytes, 24)?,
            local_header: usize_at(bytes, 42)?,
            aes: if method == AES { Some(AesExtra::find(extra)?) } else { None },
        };
        Some((member, rest))
    }
}

/// The record at the very end (section 4.3.16), behind which only a comment stands.
fn end_of_directory(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.len().saturating_sub(MAX_COMMENT + 22);
    let tail = bytes.get(start..)?;
    let place = tail.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    tail.get(place..).filter(|end| end.len() >= 22)
}

fn unpack(packed: &[u8], method: u16, size: usize, source: &Source<'_>) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    match method {
        STORED => Ok(Zeroizing::new(packed.to_vec())),
        DEFLATED => inflate(DeflateDecoder::new(packed), size, source),
        _ => Err(ImportError::Unsupported { format: source.format, what: "it is compressed in an unusual way" }),
    }
}

/// Unpacks at most [`MAX_FILE`] bytes; `expected` only sizes the buffer, since the file may lie.
pub(crate) fn inflate(
    decoder: impl std::io::Read,
    expected: usize,
    source: &Source<'_>,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected.min(MAX_FILE)));
    let limit = MAX_FILE as u64 + 1;
    match decoder.take(limit).read_to_end(&mut bytes) {
        Ok(length) if length > MAX_FILE => Err(ImportError::Inflates),
        Ok(_) => Ok(bytes),
        Err(_) => Err(source.damaged("it does not unpack")),
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn usize_at(bytes: &[u8], offset: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, offset)?).ok()
}
