//! Reading a file from its beginning to its end, a record at a time.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::header::{FileKeys, HEADER_LENGTH, Header};
use super::record::{Chain, HEAD, Head};
use super::tail::Tail;
use crate::store::key::Derivation;
use crate::store::{FileFault, StateKey};
use crate::{Changes, State};

/// A file that was read.
pub(in crate::store) struct Opened {
    pub(in crate::store) state: State,
    pub(in crate::store) derivation: Derivation,
    pub(in crate::store) master: Zeroizing<[u8; 32]>,
    pub(in crate::store) keys: FileKeys,
    pub(in crate::store) chain: Chain,
    /// Where the next record goes.
    pub(in crate::store) end: u64,
    pub(in crate::store) length: u64,
    /// Whether the trace of a write that was cut off stands there.
    pub(in crate::store) cut_off: bool,
}

/// Why a file could not be read.
#[derive(Debug)]
pub(in crate::store) enum ReadError {
    Io(io::Error),
    Fault(FileFault),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FileFault> for ReadError {
    fn from(fault: FileFault) -> Self {
        Self::Fault(fault)
    }
}

/// Reads a file of `length` bytes.
pub(in crate::store) fn read(source: &mut dyn Read, length: u64, key: &StateKey) -> Result<Opened, ReadError> {
    let mut bytes = [0; HEADER_LENGTH];
    let header_length = usize::try_from(length).unwrap_or(HEADER_LENGTH).min(HEADER_LENGTH);
    let (bytes, _) = bytes.split_at_mut(header_length);
    source.read_exact(bytes)?;
    let claimed = Header::parse(bytes)?;
    let header = &claimed.header;
    if header.length != length {
        return Err(FileFault::Length { length, expected: header.length }.into());
    }
    let master = key.master(&header.derivation)?;
    let keys = FileKeys::derive(&master, header.file_id);
    claimed.verify(&keys)?;
    let mut records = Records { source, keys, chain: Chain::START, at: HEADER_LENGTH as u64, end: header.snapshot_end };
    let mut state = None;
    while records.at < records.end {
        let at = records.at;
        let changes = records.next()?.map_err(|_| FileFault::Damaged { at })?;
        make(&changes, &mut state, at)?;
    }
    records.end = length;
    let cut_off = loop {
        let at = records.at;
        match records.next()? {
            Ok(changes) => make(&changes, &mut state, at)?,
            Err(bytes) => match records.tail(bytes)? {
                Tail::Room => break false,
                Tail::CutOff => break true,
                Tail::Damage => return Err(FileFault::Damaged { at }.into()),
            },
        }
    };
    let no_beginning = FileFault::Damaged { at: HEADER_LENGTH as u64 };
    let Records { keys, chain, at: end, .. } = records;
    let derivation = header.derivation;
    Ok(Opened { state: state.ok_or(no_beginning)?, derivation, master, keys, chain, end, length, cut_off })
}

fn make(changes: &[u8], state: &mut Option<State>, at: u64) -> Result<(), FileFault> {
    Changes::decode(changes).and_then(|changes| changes.make(state)).map_err(|source| FileFault::Content { at, source })
}

/// Records, one after the other.
struct Records<'a> {
    source: &'a mut dyn Read,
    keys: FileKeys,
    chain: Chain,
    /// Where the next one begins.
    at: u64,
    /// Where the last one has to end.
    end: u64,
}

impl Records<'_> {
    /// What the next record holds, or else the bytes that were read of it.
    fn next(&mut self) -> io::Result<Result<Zeroizing<Vec<u8>>, Vec<u8>>> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let mut bytes = vec![0; HEAD.min(left)];
        self.source.read_exact(&mut bytes)?;
        let Some(head) = Head::parse(&self.keys.file_id, &bytes).filter(|head| head.size() <= left) else {
            return Ok(Err(bytes));
        };
        bytes.resize(head.size(), 0);
        let (_, rest) = bytes.split_at_mut(HEAD);
        self.source.read_exact(rest)?;
        let Some(changes) = self.chain.open(&self.keys, &head, rest) else { return Ok(Err(bytes)) };
        self.at += head.size() as u64;
        Ok(Ok(changes))
    }

    /// What it is that is no record, of which `bytes` have been read. Room is looked at and forgotten.
    fn tail(&mut self, mut bytes: Vec<u8>) -> io::Result<Tail> {
        let length = self.end - self.at;
        let mut seen = bytes.len() as u64;
        let mut piece = [0; 4096];
        while seen < length {
            let size = usize::try_from(length - seen).unwrap_or(piece.len()).min(piece.len());
            let (piece, _) = piece.split_at_mut(size);
            self.source.read_exact(piece)?;
            // A loop without an early end, of which the compiler makes a few wide instructions.
            if piece.iter().fold(0, |any, byte| any | byte) != 0 {
                bytes.resize(usize::try_from(seen).unwrap_or(usize::MAX), 0);
                bytes.extend_from_slice(piece);
            }
            seen += size as u64;
        }
        Ok(Tail::of(&bytes, length, self.at, &self.keys.file_id))
    }
}
