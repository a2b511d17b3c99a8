//! Installing fob for one person, without a package: what goes where, and how it gets there and away again.
//!
//! `artefact` has the files, `folder` reaches their places without following links, `plan` decides what happens to each,
//! `manager` speaks to systemd and the bus. Programs are not copied: they stay where they are.

mod artefact;
mod folder;
mod manager;
mod plan;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::{Exit, Failure};

pub(crate) use artefact::{UDEV_RULE, artefacts};
pub(crate) use manager::{SystemdUser, UserManager, line, reload_bus};
pub(crate) use plan::{Change, Kind, carry_out, installing, removing};

/// Where things are on this machine. Tests have one of their own.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// A person's settings (`XDG_CONFIG_HOME`).
    pub(crate) config: PathBuf,
    /// A person's data (`XDG_DATA_HOME`).
    pub(crate) data: PathBuf,
    /// The folder with fob and fobd.
    pub(crate) programs: PathBuf,
    /// Where packages put the units of all people.
    pub(crate) units: Vec<PathBuf>,
    /// Where udev's rules are.
    pub(crate) rules: Vec<PathBuf>,
}

impl Places {
    /// Those of this person and this program.
    pub(crate) fn here() -> Result<Self, Failure> {
        let whole = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = whole("HOME");
        let below = |name, place| whole(name).or_else(|| home.as_ref().map(|home| home.join(place)));
        let (Some(config), Some(data)) = (below("XDG_CONFIG_HOME", ".config"), below("XDG_DATA_HOME", ".local/share"))
        else {
            return Err(Failure::new(Exit::Failed, "it is not known where your home is").hint("set HOME to its path"));
        };
        let fob = std::env::current_exe()
            .and_then(|path| path.canonicalize())
            .map_err(|error| Failure::new(Exit::Failed, "it cannot be seen where fob lies").because(&error))?;
        let programs = fob.parent().map(Path::to_path_buf).unwrap_or_default();
        let all = |folders: &[&str]| folders.iter().map(PathBuf::from).collect();
        Ok(Self {
            config,
            data,
            programs,
            units: all(&[
                "/usr/lib/systemd/user",
                "/lib/systemd/user",
                "/usr/local/lib/systemd/user",
                "/etc/systemd/user",
            ]),
            rules: all(&["/usr/lib/udev/rules.d", "/lib/udev/rules.d", "/etc/udev/rules.d", "/run/udev/rules.d"]),
        })
    }

    /// The unit that a package has put there for everybody.
    pub(crate) fn packaged(&self) -> Option<PathBuf> {
        self.units.iter().map(|folder| folder.join("fobd.service")).find(|unit| unit.exists())
    }

    /// Whether no rule of udev's here gives keys to whoever sits at the machine: neither systemd's own nor fob's.
    pub(crate) fn needs_rule(&self) -> bool {
        let rules = ["60-fido-id.rules", "70-fob-security-keys.rules"];
        !self.rules.iter().any(|folder| rules.iter().any(|rule| folder.join(rule).exists()))
    }

    /// Whether there is a loopback listener.
    pub(crate) fn has_loopback(&self) -> bool {
        self.programs.join("fob-loopback").is_file()
    }

    /// Whether units may name the programs: fobd is beside fob, and neither they nor their folder are for others to write, or
    /// fobd would not take fob for its companion.
    pub(crate) fn are_private(&self) -> Result<(), Failure> {
        let fobd = self.programs.join("fobd");
        if !fobd.is_file() {
            let message = format!("there is no fobd beside fob in {}", self.programs.display());
            return Err(
                Failure::new(Exit::Failed, message).hint("put both programs into one folder that only you can write")
            );
        }
        for path in [&self.programs, &fobd, &self.programs.join("fob"), &self.programs.join("fob-loopback")] {
            if others_write(path) {
                let message = format!("others can write {}", path.display());
                let hint = format!("put the programs elsewhere, or close it: `chmod go-w {}`", path.display());
                return Err(Failure::new(Exit::Failed, message).hint(hint));
            }
        }
        Ok(())
    }
}

/// Whether anybody but this person and root can put something else there. What is not there is not looked at.
fn others_write(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    path.metadata().is_ok_and(|data| data.mode() & 0o022 != 0 || ![0, own].contains(&data.uid()))
}
