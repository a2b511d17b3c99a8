//! What a file of the diary looks like: a head of one block, then records, each sealed by itself and padded to whole
//! blocks.
//!
//! Records begin at a block and are bound to its number, so that none can be moved, doubled, or taken from another file,
//! and a reader that cannot open what begins at one block goes on at the next. Nothing here touches a disk.

use fob_cbor::{Value, encode};
use ring::aead::{self, Aad, LessSafeKey, Nonce, Tag};
use ring::hmac;
use zeroize::Zeroizing;

use super::{DIARY_RECORD, Line};
use crate::keys::{KeyBytes, VaultId, aes_256_gcm, hkdf_sha256, info};

/// Bytes of a block: an ordinary record takes one, whatever names are in it.
pub(super) const BLOCK: usize = 256;
/// Blocks of a full file, its head included: 256 KiB.
pub(super) const BLOCKS: usize = 1024;

const MAGIC: &[u8; 8] = b"FOBDIARY";
const FORMAT: u16 = 1;
/// How many blocks a record takes, in one byte before it.
const COUNT: usize = 1;
const TAG: usize = 16;
/// How long the record is, before it under the seal.
const LENGTH: usize = 2;
/// What a record takes beside itself.
const BESIDE: usize = COUNT + aead::NONCE_LEN + LENGTH + TAG;
/// Most blocks that a record can take.
const MOST: usize = (BESIDE + DIARY_RECORD).div_ceil(BLOCK);

/// Random, so that no two files share a key.
pub(super) type FileId = [u8; 16];

/// How many blocks a record of this length takes.
pub(super) const fn blocks_of(length: usize) -> usize {
    (BESIDE + length).div_ceil(BLOCK)
}

/// Which vault and vault key a file belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) vault: VaultId,
    /// The vault key's name.
    pub(super) key: [u8; 16],
}

/// What the first block of a file says.
pub(super) enum Head {
    /// A file of this owner's.
    Ours(FileId),
    /// A file that a later fob wrote: neither read nor written.
    Newer,
    /// Nothing that makes sense to this owner.
    Odd,
}

impl Owner {
    /// The first block of a file.
    pub(super) fn head(&self, file: &FileId) -> Vec<u8> {
        let mut block = [MAGIC.as_slice(), &FORMAT.to_be_bytes(), &self.vault, &self.key, file].concat();
        block.resize(BLOCK, 0);
        block
    }

    pub(super) fn look_at(&self, bytes: &[u8]) -> Head {
        let Some((block, _)) = bytes.split_first_chunk::<BLOCK>() else { return Head::Odd };
        let format = block.strip_prefix(MAGIC).and_then(|rest| rest.first_chunk()).copied().map(u16::from_be_bytes);
        if format.is_some_and(|format| format > FORMAT) {
            return Head::Newer;
        }
        let file = block.get(8 + 2 + 16 + 16..).and_then(|rest| rest.first_chunk::<16>());
        match file {
            Some(file) if self.head(file) == block => Head::Ours(*file),
            _ => Head::Odd,
        }
    }
}

/// The keys of one file.
pub(super) struct FileKeys {
    vault: VaultId,
    file: FileId,
    seal: LessSafeKey,
    nonce: hmac::Key,
}

impl FileKeys {
    pub(super) fn of(root: &[u8], vault: VaultId, file: FileId) -> Self {
        let derived = |label: &str| -> KeyBytes { hkdf_sha256(root, &file, &info(label, [])) };
        let seal = aes_256_gcm(&derived("fob vault 1 diary file"));
        let nonce = hmac::Key::new(hmac::HMAC_SHA256, derived("fob vault 1 diary nonce").as_ref());
        Self { vault, file, seal, nonce }
    }

    /// The first block of this file.
    pub(super) fn head(&self, owner: &Owner) -> Vec<u8> {
        owner.head(&self.file)
    }

    /// Seals a record that is to begin at this block, behind what `out` has.
    pub(super) fn seal(&self, record: &[u8], block: usize, random: [u8; 32], out: &mut Vec<u8>) {
        let blocks = blocks_of(record.len());
        let length = u16::try_from(record.len()).expect("a record has at most 4 KiB");
        let mut plain = Zeroizing::new(Vec::with_capacity(blocks * BLOCK));
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(record);
        plain.resize(blocks * BLOCK - BESIDE + LENGTH, 0);
        let nonce = self.nonce_for(block, random, &plain);
        let tag = self
            .seal
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(self.bound(block)), &mut plain)
            .expect("4 KiB are below GCM's limit");
        out.push(u8::try_from(blocks).expect("a record takes at most 17 blocks"));
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&plain);
        out.extend_from_slice(tag.as_ref());
    }

    /// As with the salt of a vault's body: a machine that was cloned and repeats its random numbers repeats a nonce for
    /// the very same record at the very same place only, and that is the same seal once more.
    fn nonce_for(&self, block: usize, random: [u8; 32], plain: &[u8]) -> [u8; aead::NONCE_LEN] {
        let mut nonce = hmac::Context::with_key(&self.nonce);
        nonce.update(&random);
        nonce.update(&(block as u64).to_be_bytes());
        nonce.update(plain);
        *nonce.sign().as_ref().first_chunk().expect("HMAC-SHA256 has 32 bytes")
    }

    /// What a record is bound to.
    fn bound(&self, block: usize) -> Vec<u8> {
        let parts = vec![Value::from(self.vault), Value::from(self.file), Value::Unsigned(block as u64)];
        encode(&Value::Array(parts))
    }

    /// What stands in a file of these keys, its head left out. Blocks in a row of which nothing comes out are one damaged
    /// line: how many records they were nobody can tell.
    pub(super) fn lines(&self, file: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut block = 1;
        while let Some(rest) = file.get(block * BLOCK..).filter(|rest| !rest.is_empty()) {
            if let Some((record, blocks)) = self.open(rest, block) {
                lines.push(Line::Record(record));
                block += blocks;
                continue;
            }
            if !matches!(lines.last(), Some(Line::Damaged)) {
                lines.push(Line::Damaged);
            }
            block += 1;
        }
        lines
    }

    /// The record that begins here, at this block, and how many blocks it takes.
    fn open(&self, rest: &[u8], block: usize) -> Option<(Zeroizing<Vec<u8>>, usize)> {
        let blocks = usize::from(*rest.first()?);
        let whole = rest.get(COUNT..blocks * BLOCK).filter(|_| (1..=MOST).contains(&blocks))?;
        let (nonce, sealed) = whole.split_first_chunk()?;
        let (sealed, tag) = sealed.split_last_chunk::<TAG>()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.seal.open_in_place_separate_tag(
            nonce,
            Aad::from(self.bound(block)),
            Tag::from(*tag),
            plain.as_mut_slice(),
            0..,
        );
        let (length, record) = opened.ok()?.split_first_chunk()?;
        let record = record.get(..usize::from(u16::from_be_bytes(*length)))?;
        Some((Zeroizing::new(record.to_vec()), blocks))
    }
}
