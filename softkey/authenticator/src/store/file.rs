//! A state in one sealed file: a command is one record, appended and synced; now and then the state goes into a new file.
//!
//! The layout is in `format`. A file into which a write went wrong, here or before a crash, is never appended to again:
//! the next command writes a new one. So does a reset, which leaves nothing of what it forgets. A new file is written
//! beside the old one, synced, renamed over it, and the folder synced: whatever stops it leaves one of the two.

use std::io;
use std::path::Path;

use fob_ambient::{Rng, SystemRng};
use zeroize::Zeroizing;

use super::disk::io_error;
use super::format::{Chain, FileKeys, HEADER_LENGTH, Header, LARGEST_FILE, LONGEST, ReadError, read};
use super::key::{Derivation, OTHERS};
use super::{Disk, FileFault, FolderDisk, StateKey, Store, StoreError};
use crate::{Changes, State};

/// Least room for records in a new file, in bytes: a thousand signatures.
const ROOM: u64 = 64 << 10;
/// The room is at least this part of the snapshot, so that writing snapshots stays a small part of all writing.
const ROOM_PART: u64 = 2;
/// Files end at multiples of this, in bytes.
const BLOCK: u64 = 4096;
/// About how much of a snapshot goes into one record, in bytes: little enough that reading one disturbs no memory but
/// its own.
const PIECE: usize = 4 << 10;
/// How much is read at once, in bytes.
const READ: usize = 64 << 10;

/// A state file, sealed with a [`StateKey`].
pub struct FileStore {
    disk: Box<dyn Disk>,
    key: StateKey,
    rng: Box<dyn Rng>,
    file: Option<OpenFile>,
}

/// The file as this store knows it.
struct OpenFile {
    derivation: Derivation,
    master: Zeroizing<[u8; 32]>,
    keys: FileKeys,
    chain: Chain,
    /// Where the next record goes.
    end: u64,
    length: u64,
    /// Whether everything up to `end` is durable and everything behind it is room.
    sound: bool,
}

impl FileStore {
    /// Takes a file of this machine, which need not be there yet; its folder must.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it, or the system's.
    pub fn open(path: &Path, key: StateKey) -> Result<Self, StoreError> {
        Ok(Self::on(Box::new(FolderDisk::lock(path)?), key))
    }

    /// The same with the key in `NAME.key` beside it, made with the state.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] if the state is there and the key is not, and those of [`FileStore::open`].
    pub fn open_with_key_beside(path: &Path) -> Result<Self, StoreError> {
        // The lock first: two that begin at once must not make two keys.
        Self::on_with_key_beside(Box::new(FolderDisk::lock(path)?))
    }

    /// The same on any disk, which must be this process's alone already.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] if the state is there and the key is not, or the system's.
    pub fn on_with_key_beside(mut disk: Box<dyn Disk>) -> Result<Self, StoreError> {
        let key = StateKey::beside(disk.path(), &mut SystemRng::new());
        if let Err(StoreError::NoKey { path }) = &key {
            let what = what_it_is(&mut *disk).map_err(io_error("read", path))?;
            what.map_err(|source| StoreError::File { path: path.clone(), source })?;
        }
        Ok(Self::on(disk, key?))
    }

    /// On any disk.
    #[must_use]
    pub fn on(disk: Box<dyn Disk>, key: StateKey) -> Self {
        Self { disk, key, rng: Box::new(SystemRng::new()), file: None }
    }

    /// Puts `state`, and then `changes`, into a new file.
    fn rewrite(&mut self, state: &State, changes: Option<&Changes>) -> Result<(), StoreError> {
        let changes = changes.map(encoded).transpose()?;
        let mut file = self.begin()?;
        self.disk.draft().map_err(self.failed("create a draft of"))?;
        for piece in state.in_pieces(PIECE) {
            self.put(&mut file, &piece)?;
        }
        let snapshot_end = file.end;
        if let Some(changes) = changes {
            self.put(&mut file, &changes)?;
        }
        let room = ROOM.max((snapshot_end - HEADER_LENGTH as u64) / ROOM_PART);
        file.length = (file.end + room).next_multiple_of(BLOCK);
        if file.length > LARGEST_FILE {
            return Err(StoreError::TooLarge { length: file.length });
        }
        self.fill(&file)?;
        let header =
            Header { derivation: file.derivation, file_id: file.keys.file_id, snapshot_end, length: file.length };
        self.disk.draft_write_at(0, &header.encode(&file.keys)).map_err(self.failed("write a draft of"))?;
        self.disk.draft_sync().map_err(self.failed("sync a draft of"))?;
        self.disk.publish().map_err(self.failed("replace"))?;
        self.disk.sync_folder().map_err(self.failed("sync the folder of"))?;
        self.file = Some(file);
        Ok(())
    }

    /// A new file's keys. Until it is in place, the old one is not appended to: nobody knows which of them is there.
    fn begin(&mut self) -> Result<OpenFile, StoreError> {
        let (derivation, master) = match &mut self.file {
            Some(old) => {
                old.sound = false;
                (old.derivation, old.master.clone())
            }
            None => {
                let derivation = self.key.derivation(&mut *self.rng);
                (derivation, self.key.master(&derivation).map_err(|source| self.faulty(source))?)
            }
        };
        let mut file_id = [0; 32];
        self.rng.fill(&mut file_id);
        let keys = FileKeys::derive(&master, file_id);
        let end = HEADER_LENGTH as u64;
        Ok(OpenFile { derivation, master, keys, chain: Chain::START, end, length: 0, sound: true })
    }

    fn put(&mut self, file: &mut OpenFile, changes: &[u8]) -> Result<(), StoreError> {
        let record = file.chain.seal(&file.keys, changes, &mut *self.rng);
        self.disk.draft_write_at(file.end, &record).map_err(self.failed("write a draft of"))?;
        file.end += record.len() as u64;
        Ok(())
    }

    /// Writes the room: zeros, not a hole, so that later writes need no block and no new length.
    fn fill(&mut self, file: &OpenFile) -> Result<(), StoreError> {
        let mut at = file.end;
        while at < file.length {
            let length = (file.length - at).min(ROOM);
            let zeros = vec![0; usize::try_from(length).expect("64 KiB at most")];
            self.disk.draft_write_at(at, &zeros).map_err(self.failed("write a draft of"))?;
            at += length;
        }
        Ok(())
    }

    /// Appends one record to a sound file; whether there was room.
    fn append(&mut self, changes: &[u8]) -> Result<bool, StoreError> {
        let Some(file) = self.file.as_mut().filter(|file| file.sound) else { return Ok(false) };
        let mut chain = file.chain;
        let record = chain.seal(&file.keys, changes, &mut *self.rng);
        let (at, end) = (file.end, file.end + record.len() as u64);
        if end > file.length {
            return Ok(false);
        }
        file.sound = false;
        self.disk.write_at(at, &record).map_err(self.failed("write"))?;
        self.disk.sync().map_err(self.failed("sync"))?;
        if let Some(file) = &mut self.file {
            (file.chain, file.end, file.sound) = (chain, end, true);
        }
        Ok(true)
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(io::Error) -> StoreError + use<> {
        io_error(doing, self.disk.path())
    }

    fn faulty(&self, source: FileFault) -> StoreError {
        StoreError::File { path: self.disk.path().to_owned(), source }
    }
}

impl Store for FileStore {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        let Some(found) = self.disk.open().map_err(self.failed("open"))? else { return Ok(None) };
        if found.mode & OTHERS != 0 {
            return Err(StoreError::Permissions { path: self.disk.path().to_owned(), mode: found.mode });
        }
        let mut source = io::BufReader::with_capacity(READ, Reading { disk: &mut *self.disk, at: 0 });
        let opened = match read(&mut source, found.length, &self.key) {
            Ok(opened) => opened,
            Err(ReadError::Io(error)) => return Err(self.failed("read")(error)),
            Err(ReadError::Fault(fault)) => return Err(self.faulty(fault)),
        };
        self.file = Some(OpenFile {
            derivation: opened.derivation,
            master: opened.master,
            keys: opened.keys,
            chain: opened.chain,
            end: opened.end,
            length: opened.length,
            sound: !opened.cut_off,
        });
        Ok(Some(opened.state))
    }

    fn create(&mut self, state: &State) -> Result<(), StoreError> {
        self.rewrite(state, None)
    }

    fn commit(&mut self, before: &State, changes: &Changes) -> Result<(), StoreError> {
        if changes.begin_anew() {
            let bytes = encoded(changes)?;
            let state = State::decode(&bytes).expect("changes that begin anew make a state, and were just encoded");
            return self.rewrite(&state, None);
        }
        if self.append(&encoded(changes)?)? {
            return Ok(());
        }
        self.rewrite(before, Some(changes))
    }
}

/// The changes of one record.
fn encoded(changes: &Changes) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let bytes = changes.encode();
    if bytes.len() > LONGEST { Err(StoreError::TooLarge { length: bytes.len() as u64 }) } else { Ok(bytes) }
}

/// Whether the file is a state file at all, which no key is needed for.
fn what_it_is(disk: &mut dyn Disk) -> io::Result<Result<(), FileFault>> {
    let mut bytes = vec![0; HEADER_LENGTH];
    disk.open()?;
    let length = disk.read_at(0, &mut bytes)?;
    bytes.truncate(length);
    Ok(Header::look(&bytes))
}

/// The open file, from its beginning.
struct Reading<'a> {
    disk: &'a mut dyn Disk,
    at: u64,
}

impl io::Read for Reading<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.disk.read_at(self.at, bytes)?;
        self.at += length as u64;
        Ok(length)
    }
}
