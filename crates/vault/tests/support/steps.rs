//! The real disk, with a fault at one call: the world stops there, or only that call fails, or the process dies.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fob_vault::{Disk, FileImage, NewFile, RealDisk};
use rustix::process::{Signal, getpid, kill_process};

/// What happens at the chosen call. A write is half done before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This call fails and so does every later one.
    Stop,
    /// This call alone fails.
    Once,
    /// SIGKILL.
    Kill,
}

/// Counts calls once it is armed.
pub(crate) struct StepDisk {
    fault: Fault,
    /// What the system says at the fault.
    error: Option<i32>,
    /// Whether files and folders are synced in earnest. A killed process loses nothing that it did not sync.
    syncs: bool,
    /// Calls left until the fault; none while it is not armed, zero when it has happened.
    left: Mutex<Option<usize>>,
}

impl StepDisk {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, error: None, syncs: true, left: Mutex::new(None) }
    }

    /// With this as the system's answer.
    pub(crate) fn with_error(self, errno: i32) -> Self {
        Self { error: Some(errno), ..self }
    }

    /// One that counts syncs and does not wait for the disk: for thousands of runs.
    pub(crate) fn in_haste(fault: Fault) -> Self {
        Self { syncs: false, ..Self::new(fault) }
    }

    /// The fault happens at the `step`th call from now, counted from 1.
    pub(crate) fn arm(&self, step: usize) {
        *self.left.lock().expect("no call panics") = Some(step);
    }

    /// From now on nothing happens any more.
    pub(crate) fn disarm(&self) {
        *self.left.lock().expect("no call panics") = None;
    }

    /// Whether the fault has happened.
    pub(crate) fn struck(&self) -> bool {
        *self.left.lock().expect("no call panics") == Some(0)
    }

    fn step(&self) -> io::Result<()> {
        self.step_after(|| Ok(()))
    }

    fn step_after(&self, half: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut left = self.left.lock().expect("no call panics");
        match &mut *left {
            None => return Ok(()),
            Some(0) if self.fault == Fault::Stop => return Err(self.stopped()),
            Some(0) => return Ok(()),
            Some(left) => {
                *left -= 1;
                if *left > 0 {
                    return Ok(());
                }
            }
        }
        half()?;
        if self.fault == Fault::Kill {
            kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
        }
        Err(self.stopped())
    }

    fn stopped(&self) -> io::Error {
        self.error.map_or_else(|| io::Error::other("the test stopped the disk"), io::Error::from_raw_os_error)
    }
}

struct StepFile<'a> {
    disk: &'a StepDisk,
    file: Box<dyn NewFile + 'a>,
}

impl NewFile for StepFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        self.disk.step_after(|| self.file.write(half))?;
        self.file.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.step()?;
        if self.disk.syncs { self.file.sync() } else { Ok(()) }
    }
}

impl Disk for StepDisk {
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.step()?;
        RealDisk.resolve(path)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.step()?;
        RealDisk.exists(path)
    }
    fn read(&self, path: &Path, limit: usize) -> io::Result<FileImage> {
        self.step()?;
        RealDisk.read(path, limit)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile + '_>> {
        self.step()?;
        Ok(Box::new(StepFile { disk: self, file: RealDisk.create(path)? }))
    }
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
        self.step_after(|| RealDisk.append(path, half))?;
        RealDisk.append(path, bytes)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.rename(from, to)
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.link(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.remove(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.step()?;
        RealDisk.list(folder)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        if self.syncs { RealDisk.sync_folder(folder) } else { Ok(()) }
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send>>> {
        self.step()?;
        RealDisk.lock(path)
    }
}
