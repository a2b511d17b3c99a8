//! A disk that loses its power: what was written and not synced may be gone, sector by sector, in any order.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use fob_authenticator::{Disk, Found};

const SECTOR: usize = 512;

/// How the call at which the world stops ends. All calls after it fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It does nothing.
    Before,
    /// If it writes, this many bytes are written.
    Short(usize),
    /// It does all it should, and nobody hears of it.
    After,
}

/// What is left of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// All: the process was killed, and the machine lives on.
    Everything,
    /// Nothing.
    Nothing,
    /// Every second sector, from the first or the second on. Names are new with `Odd`.
    Even,
    Odd,
}

pub(crate) const LEFT: [Left; 4] = [Left::Everything, Left::Nothing, Left::Even, Left::Odd];

/// A folder with one state file in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeDisk(Arc<Mutex<Folder>>);

#[derive(Debug, Default)]
struct Folder {
    /// The state file, the draft, and the state file as it is until the folder is synced.
    file: Option<Bytes>,
    draft: Option<Bytes>,
    before_rename: Option<Option<Bytes>>,
    calls: usize,
    stop: Option<(usize, Stop)>,
    syncs: usize,
}

/// A file's bytes as everybody sees them, and as they survive a power cut.
#[derive(Debug, Default, Clone)]
struct Bytes {
    seen: Vec<u8>,
    synced: Vec<u8>,
}

impl FakeDisk {
    /// With this state file in it.
    pub(crate) fn with(bytes: &[u8]) -> Self {
        let disk = Self::default();
        disk.0.lock().unwrap().file = Some(Bytes { seen: bytes.to_vec(), synced: bytes.to_vec() });
        disk
    }

    /// The state file as everybody sees it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().file.as_ref().unwrap().seen.clone()
    }

    /// How many calls there were that change something or may.
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    /// How often the state file's data was synced.
    pub(crate) fn syncs(&self) -> usize {
        self.0.lock().unwrap().syncs
    }

    /// The world stops at the `nth` call from now on.
    pub(crate) fn stop_at(&self, nth: usize, how: Stop) {
        let mut folder = self.0.lock().unwrap();
        folder.stop = Some((folder.calls + nth, how));
    }

    /// Calls succeed again.
    pub(crate) fn mend(&self) {
        self.0.lock().unwrap().stop = None;
    }

    /// The disk after the power came back, or the process was started again.
    pub(crate) fn after(&self, left: Left) -> Self {
        let folder = self.0.lock().unwrap();
        let renamed = matches!(left, Left::Everything | Left::Odd);
        let file = match &folder.before_rename {
            Some(old) if !renamed => old.clone(),
            _ => folder.file.clone(),
        };
        let disk = Self::default();
        disk.0.lock().unwrap().file = file.map(|file| {
            let bytes = file.left(left);
            Bytes { seen: bytes.clone(), synced: bytes }
        });
        disk
    }

    fn call<T: Default>(&self, does: impl FnOnce(&mut Folder, usize) -> io::Result<T>) -> io::Result<T> {
        let mut folder = self.0.lock().unwrap();
        let number = folder.calls;
        folder.calls += 1;
        match folder.stop {
            Some((at, _)) if number > at => Err(io::Error::other("no power")),
            Some((at, how)) if number == at => {
                let most = match how {
                    Stop::Before => return Err(io::Error::other("power cut")),
                    Stop::Short(most) => most,
                    Stop::After => usize::MAX,
                };
                does(&mut folder, most)?;
                Err(io::Error::other("power cut"))
            }
            _ => does(&mut folder, usize::MAX),
        }
    }
}

impl Bytes {
    fn left(&self, left: Left) -> Vec<u8> {
        let keeps = |sector: usize| match left {
            Left::Everything => true,
            Left::Nothing => false,
            Left::Even => sector.is_multiple_of(2),
            Left::Odd => !sector.is_multiple_of(2),
        };
        if left == Left::Nothing {
            return self.synced.clone();
        }
        let mut bytes = self.seen.clone();
        for (number, sector) in bytes.chunks_mut(SECTOR).enumerate().filter(|(number, _)| !keeps(*number)) {
            let old = self.synced.get(number * SECTOR..).unwrap_or_default();
            sector.fill(0);
            sector.iter_mut().zip(old).for_each(|(place, byte)| *place = *byte);
        }
        bytes
    }

    fn write(&mut self, at: u64, bytes: &[u8], most: usize) {
        let at = usize::try_from(at).unwrap();
        let bytes = &bytes[..bytes.len().min(most)];
        self.seen.resize(self.seen.len().max(at + bytes.len()), 0);
        self.seen[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for FakeDisk {
    fn path(&self) -> &Path {
        Path::new("fake")
    }

    fn open(&mut self) -> io::Result<Option<Found>> {
        let folder = self.0.lock().unwrap();
        Ok(folder.file.as_ref().map(|file| Found { length: file.seen.len() as u64, mode: 0o600 }))
    }

    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let folder = self.0.lock().unwrap();
        let file = folder.file.as_ref().ok_or_else(missing)?;
        let rest = file.seen.get(usize::try_from(at).unwrap()..).unwrap_or_default();
        // Short reads, as a disk may give them.
        let length = rest.len().min(bytes.len()).min(1000);
        bytes[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.call(|folder, most| {
            let file = folder.file.as_mut().ok_or_else(missing)?;
            assert!(at as usize + bytes.len() <= file.seen.len(), "the file grew");
            file.write(at, bytes, most);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call(|folder, _| {
            let file = folder.file.as_mut().ok_or_else(missing)?;
            file.synced = file.seen.clone();
            folder.syncs += 1;
            Ok(())
        })
    }

    fn draft(&mut self) -> io::Result<()> {
        self.call(|folder, _| {
            folder.draft = Some(Bytes::default());
            Ok(())
        })
    }

    fn draft_write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.call(|folder, most| {
            folder.draft.as_mut().ok_or_else(missing)?.write(at, bytes, most);
            Ok(())
        })
    }

    fn draft_sync(&mut self) -> io::Result<()> {
        self.call(|folder, _| {
            let draft = folder.draft.as_mut().ok_or_else(missing)?;
            draft.synced = draft.seen.clone();
            Ok(())
        })
    }

    fn publish(&mut self) -> io::Result<()> {
        self.call(|folder, _| {
            let draft = folder.draft.take().ok_or_else(missing)?;
            let old = folder.file.replace(draft);
            folder.before_rename.get_or_insert(old);
            Ok(())
        })
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.call(|folder, _| {
            folder.before_rename = None;
            Ok(())
        })
    }
}
