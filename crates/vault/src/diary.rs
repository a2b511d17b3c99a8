//! The diary of a vault: who asked for what, sealed under a key that comes from the vault's and lying apart from it.
//!
//! Two files, the one that is written and the one before, of at most 256 KiB each, named by the vault key. A record is
//! appended and never changed; what a write that was cut short has left is passed over. Nothing waits for the disk: a
//! power cut may take what came last. To the vault a record is a string of bytes; what is in it is the daemon's matter.
//! `layout` has what the files look like, docs/vault-format.md the same for other programs.
//!
//! A new vault key seals all of it again, before the vault is in place, under the names that belong to that key: stopped in
//! between, whichever vault is found has its diary. Files under other keys go with the next write, since nobody can read
//! them any more.

mod layout;

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::header::Header;
use crate::keys::{VaultKey, hkdf_sha256, info};
use crate::page::Page;
use crate::{Context, UnlockedVault};

use layout::{BLOCK, BLOCKS, FileId, FileKeys, Head, Owner, blocks_of};

/// Most bytes of one record.
pub const DIARY_RECORD: usize = 4096;

/// Letters of the vault key's name in a file's.
const KEY_LETTERS: usize = 16;

/// What was found at one place.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A record.
    Record(Zeroizing<Vec<u8>>),
    /// Something that nothing comes out of: bytes were changed, or a write was cut short.
    Damaged,
}

/// Reads and writes the diary of one vault, also after that was locked: it has the diary's own key, and is to be dropped
/// soon after.
pub struct Diary {
    context: Context,
    /// What the files' names begin with.
    stem: PathBuf,
    owner: Owner,
    /// What each file's key comes from.
    root: Page<[u8; 32]>,
}

/// Whether what is written survives a power cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Synced {
    Yes,
    No,
}

/// A file that is being filled.
struct Filling {
    keys: FileKeys,
    /// Whether it is on the disk already.
    is_there: bool,
    /// Where the next record begins.
    block: usize,
    /// What is to be written behind what is there.
    bytes: Vec<u8>,
}

impl UnlockedVault {
    /// The diary of this vault; none where the context has no place for one.
    #[must_use]
    pub fn diary(&self) -> Option<Diary> {
        self.diary_under(&self.opened.header, &self.opened.key)
    }

    fn diary_under(&self, header: &Header, key: &VaultKey) -> Option<Diary> {
        let context = self.place.context.clone();
        let stem = context.diary.clone()?;
        let owner = Owner { vault: header.vault, key: header.key };
        let derived = hkdf_sha256(key.expose(), &header.vault, &info("fob vault 1 diary", []));
        let mut root = Page::new([0; 32]);
        root.copy_from_slice(derived.as_ref());
        Some(Diary { context, stem, owner, root })
    }

    /// Seals the diary again, under a key that is about to come: what belongs to it by then.
    pub(crate) fn diary_for(&self, header: &Header, key: &VaultKey) -> io::Result<Option<Diary>> {
        let (Some(now), Some(next)) = (self.diary(), self.diary_under(header, key)) else { return Ok(None) };
        let _lock = next.lock()?;
        let record = |line| match line {
            Line::Record(record) => Some(record),
            Line::Damaged => None,
        };
        let records: Vec<_> = now.read()?.into_iter().filter_map(record).collect();
        let filled = next.add(&records, Synced::Yes);
        if filled.is_err() {
            next.remove();
        }
        filled.map(|()| Some(next))
    }
}

impl Diary {
    /// Everything that is there, the oldest first.
    ///
    /// # Errors
    /// The system's, and `Unsupported` for files that a later fob wrote.
    pub fn read(&self) -> io::Result<Vec<Line>> {
        let mut lines = Vec::new();
        for path in [self.before(), self.current()] {
            let Some(mut bytes) = self.file(&path)? else { continue };
            bytes.truncate(BLOCK * BLOCKS);
            match self.owner.look_at(&bytes) {
                Head::Ours(file) => lines.extend(self.keys(file).lines(&bytes)),
                Head::Newer => return Err(newer()),
                Head::Odd => lines.push(Line::Damaged),
            }
        }
        Ok(lines)
    }

    /// Appends records, and forgets the oldest where there is no room. What lies there under another vault key goes.
    ///
    /// # Errors
    /// `WouldBlock` while another process writes; `InvalidInput` for a record above [`DIARY_RECORD`]; `Unsupported` for a
    /// file that a later fob wrote; the system's. Some of the records may be there all the same.
    pub fn write(&self, records: &[Zeroizing<Vec<u8>>]) -> io::Result<()> {
        let _lock = self.lock()?;
        self.remove_others();
        self.add(records, Synced::No)
    }

    fn add(&self, records: &[Zeroizing<Vec<u8>>], synced: Synced) -> io::Result<()> {
        if records.iter().any(|record| record.len() > DIARY_RECORD) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a record of the log is too long"));
        }
        let mut filling = self.resume()?;
        for record in records {
            if filling.block + blocks_of(record.len()) > BLOCKS {
                self.flush(&filling, synced)?;
                self.context.disk.rename(&self.current(), &self.before())?;
                filling = self.begin();
            }
            filling.put(record, self.context.random());
        }
        self.flush(&filling, synced)
    }

    /// The file that is written, from where its last whole block ends.
    fn resume(&self) -> io::Result<Filling> {
        let Some(bytes) = self.file(&self.current())? else { return Ok(self.begin()) };
        match self.owner.look_at(&bytes) {
            Head::Ours(file) => {
                let block = bytes.len().div_ceil(BLOCK);
                // What a write that was cut short left stays: no place is ever sealed twice.
                let rest = vec![0; block * BLOCK - bytes.len()];
                Ok(Filling { keys: self.keys(file), is_there: true, block, bytes: rest })
            }
            Head::Newer => Err(newer()),
            Head::Odd => {
                self.context.disk.remove(&self.current())?;
                Ok(self.begin())
            }
        }
    }

    fn begin(&self) -> Filling {
        Filling { keys: self.keys(self.context.random()), is_there: false, block: 1, bytes: Vec::new() }
    }

    fn flush(&self, filling: &Filling, synced: Synced) -> io::Result<()> {
        let disk = &self.context.disk;
        if filling.is_there {
            return disk.append(&self.current(), &filling.bytes);
        }
        if filling.bytes.is_empty() {
            return Ok(());
        }
        let head = filling.keys.head(&self.owner);
        let mut file = disk.create(&self.current())?;
        file.write(&[head.as_slice(), &filling.bytes].concat())?;
        if synced == Synced::Yes { file.sync() } else { Ok(()) }
    }

    fn keys(&self, file: FileId) -> FileKeys {
        FileKeys::of(self.root.as_slice(), self.owner.vault, file)
    }

    fn file(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match self.context.disk.read(path, BLOCK * BLOCKS) {
            Ok(image) => Ok(Some(image.bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn lock(&self) -> io::Result<Box<dyn Send>> {
        let lock = self.context.disk.lock(&named(&self.stem, ".lock"))?;
        lock.ok_or_else(|| io::Error::new(io::ErrorKind::WouldBlock, "another process is writing the log"))
    }

    /// Takes away what lies there under other vault keys.
    pub(crate) fn remove_others(&self) {
        let disk = &self.context.disk;
        let ours = [self.current(), self.before()];
        let names = disk.list(self.stem.parent().unwrap_or(Path::new("/"))).unwrap_or_default();
        for other in names.into_iter().filter(|path| self.is_diary(path) && !ours.contains(path)) {
            let _ = disk.remove(&other);
        }
    }

    /// Takes its own files away: the vault key that they belong to never came.
    pub(crate) fn remove(&self) {
        for path in [self.current(), self.before()] {
            let _ = self.context.disk.remove(&path);
        }
    }

    /// Whether a file is named as a part of a diary of this place is.
    fn is_diary(&self, path: &Path) -> bool {
        let beginning = named(&self.stem, "-");
        let rest = path.as_os_str().as_encoded_bytes().strip_prefix(beginning.as_os_str().as_encoded_bytes());
        let key = rest.map(|rest| rest.strip_suffix(BEFORE.as_bytes()).unwrap_or(rest));
        key.is_some_and(|key| key.len() == KEY_LETTERS && HEXLOWER.decode(key).is_ok())
    }

    /// The file that is written.
    fn current(&self) -> PathBuf {
        let name = HEXLOWER.encode(self.owner.key.split_at(KEY_LETTERS / 2).0);
        named(&self.stem, &format!("-{name}"))
    }

    /// The full one before it.
    fn before(&self) -> PathBuf {
        named(&self.current(), BEFORE)
    }
}

const BEFORE: &str = ".before";

impl Filling {
    fn put(&mut self, record: &[u8], random: [u8; 32]) {
        self.keys.seal(record, self.block, random, &mut self.bytes);
        self.block += blocks_of(record.len());
    }
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    PathBuf::from(name)
}

fn newer() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "a later fob wrote the log")
}
