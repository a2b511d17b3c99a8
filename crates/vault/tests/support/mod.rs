//! What the vault's tests share: a home with a vault in it, and disks that fail.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod power;
pub(crate) mod steps;
pub(crate) mod ways;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fob_ambient::{FakeClock, Rng, SeededRng, SystemRng, UnixTime};
use fob_otp::{Account, Algorithm, Kind, Seed};
use fob_vault::{
    Argon2Cost, Context, Disk, FilePins, KdfFloor, KdfPolicy, LockedVault, Passphrase, RealDisk, RecoveryCode,
    UnlockedVault, VaultError,
};
use tempfile::TempDir;

/// The least that Argon2 can do: what it costs is not what these tests are about.
pub(crate) const CHEAP: KdfPolicy = KdfPolicy {
    new_slots: Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 },
    floor: KdfFloor { memory_kib: 8, passes: 1 },
};

/// The passphrase of every vault here.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// A folder with a place for a vault and a place for its pin.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(home.path().join("state")).expect("a folder in it");
        home
    }

    /// One in memory, where there is such a place: for thousands of them.
    pub(crate) fn in_haste() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::beside(&memory.join("home")) } else { Self::new() }
    }

    /// One in the same folder as this.
    fn beside(path: &Path) -> Self {
        let parent = path.parent().expect("a temporary folder lies in another");
        let home = Self { folder: tempfile::tempdir_in(parent).expect("a temporary folder") };
        fs::create_dir(home.path().join("state")).expect("a folder in it");
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn vault(&self) -> PathBuf {
        vault_in(self.path())
    }

    /// Another home with the same files.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::beside(self.path());
        for file in self.files() {
            let name = file.strip_prefix(self.path()).expect("it lies in here");
            fs::copy(&file, copy.path().join(name)).expect("a file can be copied");
        }
        copy
    }

    /// Every file, the pin's included.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let list = |folder: &Path| RealDisk.list(folder).expect("the folder is there");
        let all = list(self.path()).into_iter().chain(list(&self.path().join("state")));
        all.filter(|path| path.is_file()).collect()
    }

    /// File names in the vault's folder that contain this.
    pub(crate) fn named(&self, part: &str) -> Vec<String> {
        let names = RealDisk.list(self.path()).expect("the folder is there").into_iter();
        let names = names.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
        names.filter(|name| name.contains(part)).collect()
    }

    pub(crate) fn context(&self) -> Context {
        context_in(self.path(), Arc::new(RealDisk))
    }

    pub(crate) fn create(&self) -> (UnlockedVault, RecoveryCode) {
        LockedVault::create(&self.vault(), &passphrase(PASSPHRASE), &self.context()).expect("a new vault")
    }

    pub(crate) fn open(&self) -> Result<LockedVault, VaultError> {
        LockedVault::open(&self.vault(), &self.context())
    }

    pub(crate) fn unlock(&self) -> Result<UnlockedVault, VaultError> {
        unlock(self.open()?)
    }

    /// Puts these bytes where the vault is, mode 0600.
    pub(crate) fn put(&self, bytes: &[u8]) {
        fs::write(self.vault(), bytes).expect("the vault's file can be written");
        chmod(&self.vault(), 0o600);
    }
}

pub(crate) fn vault_in(folder: &Path) -> PathBuf {
    folder.join("vault")
}

/// Chance from the system: two contexts must not draw the same ids.
pub(crate) fn context_in(folder: &Path, disk: Arc<dyn Disk>) -> Context {
    context(folder, disk, SystemRng::new())
}

/// As [`context_in`], with chance that repeats.
pub(crate) fn seeded_context_in(folder: &Path, disk: Arc<dyn Disk>, seed: u64) -> Context {
    context(folder, disk, SeededRng::new(seed))
}

fn context(folder: &Path, disk: Arc<dyn Disk>, rng: impl Rng + Send + 'static) -> Context {
    let pins = FilePins::new(folder.join("state/pin"), disk.clone());
    Context::new(FakeClock::at(UnixTime(1_700_000_000)), rng, pins).with_kdf(CHEAP).with_disk(disk)
}

pub(crate) fn unlock(locked: LockedVault) -> Result<UnlockedVault, VaultError> {
    locked.unlock(&passphrase(PASSPHRASE)).map_err(|(_, error)| error)
}

pub(crate) fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).expect("these are passphrases")
}

pub(crate) fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own file");
}

pub(crate) fn totp(name: &str) -> Account {
    account(name, Kind::Totp { period: 30 })
}

pub(crate) fn hotp(name: &str, counter: u64) -> Account {
    account(name, Kind::Hotp { counter })
}

fn account(name: &str, kind: Kind) -> Account {
    Account {
        issuer: "Example".to_owned(),
        name: name.to_owned(),
        seed: Seed::new(b"12345678901234567890".to_vec()),
        algorithm: Algorithm::Sha1,
        digits: 6,
        kind,
    }
}

/// Name and kind of each entry.
pub(crate) fn contents(vault: &UnlockedVault) -> Vec<(String, String)> {
    vault.entries().iter().map(|entry| (entry.name.clone(), format!("{:?}", entry.kind))).collect()
}
