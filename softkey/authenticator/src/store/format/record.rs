//! One record: changes, sealed and chained to what stands before them.
//!
//! ```text
//!  0  length of the sealed bytes          4
//!  4  sequence number, from 1             8
//! 12  nonce                              12
//! 24  left 8 bytes of SHA-256 over file id ‖ 0 … 24
//! 32  AES-256-GCM of the changes
//!     tag                                16
//!     ff, once or more, up to a multiple of 16 bytes
//! ```
//! Associated data: file id ‖ 0 … 24 ‖ tag of the record before (zeros for the first). So no record can be dropped,
//! moved, repeated or brought in from another file. The nonce is chance and not the sequence number: two copies of one
//! file that go on apart must not seal different records with one nonce. With at most some million records under the
//! keys of one file, chance does not repeat (NIST SP 800-38D §8.3).
//!
//! The plain hash of the head, and the ff at the end, say nothing about who wrote a record: they tell `tail` what kind of
//! broken a broken one is.

use fob_ambient::Rng;
use fob_ctap::sha256;
use ring::aead::{Aad, NONCE_LEN, Nonce};
use zeroize::Zeroizing;

use super::header::{FileKeys, take};

/// Records begin and end at multiples of this, so that no disk sector holds less of one.
pub(super) const ALIGNMENT: usize = 16;
pub(super) const HEAD: usize = 32;
const TAG: usize = 16;
/// What fills a record up; what is not yet written is zero.
const FILLER: u8 = 0xff;

/// Longest changes of one record, in bytes.
pub(in crate::store) const LONGEST: usize = 1 << 20;

/// Where in the chain of records the next one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Chain {
    pub(super) sequence: u64,
    previous: [u8; TAG],
}

/// A record's head that is whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    sealed: usize,
    pub(super) sequence: u64,
    nonce: [u8; NONCE_LEN],
    authenticated: [u8; 24],
}

impl Chain {
    /// Before the first record.
    pub(in crate::store) const START: Self = Self { sequence: 1, previous: [0; TAG] };

    /// Seals the next record. `changes` is at most [`LONGEST`] bytes long.
    pub(in crate::store) fn seal(&mut self, keys: &FileKeys, changes: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        rng.fill(&mut nonce);
        let length = u32::try_from(changes.len()).expect("a megabyte at most");
        let mut head = Vec::with_capacity(HEAD);
        head.extend(length.to_be_bytes());
        head.extend(self.sequence.to_be_bytes());
        head.extend(nonce);
        let authenticated = *head.first_chunk().expect("4, 8 and 12 bytes");
        let mut record = Vec::with_capacity(size(changes.len()));
        record.extend(&head);
        record.extend(check(&keys.file_id, &authenticated));
        record.extend(changes);
        let (_, body) = record.split_at_mut(HEAD);
        let aad = Aad::from(self.associated(keys, &authenticated));
        let tag = keys
            .seal
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, body)
            .expect("AES-GCM seals a megabyte");
        record.extend(tag.as_ref());
        record.resize(size(changes.len()), FILLER);
        self.go_on(tag.as_ref());
        record
    }

    /// Opens the next record, of which `rest` is all behind the head; none if it is not that.
    pub(super) fn open(&mut self, keys: &FileKeys, head: &Head, rest: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = rest.get(..head.sealed + TAG)?;
        let filler = rest.get(sealed.len()..)?;
        if head.sequence != self.sequence || filler.iter().any(|byte| *byte != FILLER) {
            return None;
        }
        let mut plain = Zeroizing::new(sealed.to_vec());
        let aad = Aad::from(self.associated(keys, &head.authenticated));
        keys.seal.open_in_place(Nonce::assume_unique_for_key(head.nonce), aad, &mut plain).ok()?;
        plain.truncate(head.sealed);
        self.go_on(sealed.get(head.sealed..)?);
        Some(plain)
    }

    fn associated(&self, keys: &FileKeys, authenticated: &[u8; 24]) -> Vec<u8> {
        [keys.file_id.as_slice(), authenticated, &self.previous].concat()
    }

    fn go_on(&mut self, tag: &[u8]) {
        self.previous = *tag.first_chunk().expect("tags have 16 bytes");
        self.sequence += 1;
    }
}

impl Head {
    /// A head that was written whole into this file.
    pub(super) fn parse(file_id: &[u8; 32], bytes: &[u8]) -> Option<Self> {
        let authenticated = *bytes.first_chunk()?;
        let mut rest = bytes;
        let sealed = usize::try_from(take(&mut rest).map(u32::from_be_bytes)?).ok()?;
        let sequence = take(&mut rest).map(u64::from_be_bytes)?;
        let nonce = take(&mut rest)?;
        let whole = sealed <= LONGEST && take(&mut rest)? == check(file_id, &authenticated);
        whole.then_some(Self { sealed, sequence, nonce, authenticated })
    }

    /// Length of the whole record.
    pub(super) const fn size(&self) -> usize {
        size(self.sealed)
    }
}

/// Length of a record with this many bytes of changes: one byte of filler at least.
const fn size(changes: usize) -> usize {
    (HEAD + changes + TAG + 1).next_multiple_of(ALIGNMENT)
}

fn check(file_id: &[u8; 32], authenticated: &[u8; 24]) -> [u8; 8] {
    *sha256(&[file_id.as_slice(), authenticated].concat()).first_chunk().expect("8 of 32 bytes")
}
