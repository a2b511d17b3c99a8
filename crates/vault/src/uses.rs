//! When each slot last opened the vault, remembered on this machine and apart from the vault: opening one writes
//! nothing to it. Slots stand here by their ids alone; their names are sealed.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use fob_ambient::UnixTime;
use fob_cbor::{Limits, Map, Value};

use crate::store::{Survives, write_small};
use crate::{Disk, SlotId};

/// Most bytes of the file: 32 slots take less than one of the usual two KiB.
const MAX_USES: usize = 4096;

/// The memory of last uses. The law: what was noted is loaded again, or nothing is; it never keeps a vault shut.
pub trait Uses: Send + Sync {
    /// The last use of each slot that is known.
    fn load(&self) -> BTreeMap<SlotId, UnixTime>;

    /// Remembers these instead of the former ones. A power cut may bring those back, or take them too: no unlock waits
    /// for the disk on their behalf.
    ///
    /// # Errors
    /// The system's; the former ones stay.
    fn save(&self, uses: &BTreeMap<SlotId, UnixTime>) -> io::Result<()>;
}

/// Remembers nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoUses;

impl Uses for NoUses {
    fn load(&self) -> BTreeMap<SlotId, UnixTime> {
        BTreeMap::new()
    }
    fn save(&self, _uses: &BTreeMap<SlotId, UnixTime>) -> io::Result<()> {
        Ok(())
    }
}

/// Last uses in a file of their own, in a folder that is there.
pub struct FileUses {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl FileUses {
    /// The file at `path`, for one vault. The folder belongs in the state directory.
    #[must_use]
    pub fn new(path: PathBuf, disk: Arc<dyn Disk>) -> Self {
        Self { disk, path }
    }
}

impl Uses for FileUses {
    fn load(&self) -> BTreeMap<SlotId, UnixTime> {
        let read = |bytes: &[u8]| -> Option<BTreeMap<SlotId, UnixTime>> {
            let Value::Map(map) = fob_cbor::decode(bytes, Limits::deep(2)).ok()? else { return None };
            let used = |(slot, time): (&Value, &Value)| {
                Some((SlotId(slot.as_bytes()?.try_into().ok()?), UnixTime(time.as_u64()?)))
            };
            map.iter().map(used).collect()
        };
        let image = self.disk.read(&self.path, MAX_USES).ok();
        image.and_then(|image| read(&image.bytes)).unwrap_or_default()
    }

    fn save(&self, uses: &BTreeMap<SlotId, UnixTime>) -> io::Result<()> {
        let mut map = Map::new();
        for (slot, time) in uses {
            map.insert(slot.bytes(), time.0);
        }
        write_small(self.disk.as_ref(), &self.path, &fob_cbor::encode(&Value::Map(map)), Survives::Perhaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RealDisk;

    #[test]
    fn uses_are_remembered_and_a_broken_file_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("uses");
        let uses = FileUses::new(path.clone(), Arc::new(RealDisk));
        assert!(uses.load().is_empty());
        let noted: BTreeMap<_, _> = [(SlotId([1; 16]), UnixTime(7)), (SlotId([2; 16]), UnixTime(9))].into();
        uses.save(&noted).unwrap();
        assert_eq!(uses.load(), noted);
        for broken in [&b"nonsense"[..], &[0xa1, 0x01, 0x02], &[0xa1, 0x41, 0x01, 0x02]] {
            std::fs::write(&path, broken).unwrap();
            assert!(uses.load().is_empty(), "{broken:?}");
        }
    }
}
