//! What happens to each file: decided from what is there, then carried out. A file that is not ours is never touched, and
//! stops an installation before it has begun.

use std::path::PathBuf;

use super::Places;
use super::artefact::{Artefact, Base, PAGE_FOLDER, UNIT_FOLDER, is_ours};
use super::folder::{Folder, PlaceError};
use crate::{Exit, Failure};

/// What is to be done with one file.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// Whether systemd has to hear of it.
    pub(crate) is_unit: bool,
    base: Base,
    folder: &'static str,
    name: String,
    text: Vec<u8>,
}

impl Change {
    /// The name of the file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is new.
    Write,
    /// It takes the place of an older one of ours.
    Replace,
    /// It is there as it should be.
    Keep,
    /// It goes.
    Remove,
    /// It is not ours, and stays.
    Leave,
}

/// Links that `systemctl enable` makes.
const ENABLED: [(&str, &str); 3] = [
    ("systemd/user/sockets.target.wants", "fobd.socket"),
    ("systemd/user/sockets.target.wants", "fob-loopback.socket"),
    ("systemd/user/default.target.wants", "fobd.service"),
];

/// What installs these files.
pub(crate) fn installing(places: &Places, artefacts: Vec<Artefact>) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for artefact in artefacts {
        let there = content(places, artefact.base, artefact.folder, &artefact.name)?;
        let kind = match there {
            None => Kind::Write,
            Some(there) if there == artefact.text => Kind::Keep,
            Some(there) if is_ours(&there) => Kind::Replace,
            Some(_) => {
                let path = path_of(places, artefact.base, artefact.folder, &artefact.name);
                let message = format!("{} is there already, and not from `fob install-user`", path.display());
                return Err(
                    Failure::new(Exit::Failed, message).hint("nothing was changed; move it away, then try again")
                );
            }
        };
        changes.push(change(places, kind, artefact));
    }
    changes.extend(former_pages(places, &changes)?);
    Ok(changes)
}

/// What takes away whatever was installed, of this version or another one.
pub(crate) fn removing(places: &Places, artefacts: Vec<Artefact>) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for artefact in artefacts {
        let kind = match content(places, artefact.base, artefact.folder, &artefact.name)? {
            None => continue,
            Some(there) if is_ours(&there) => Kind::Remove,
            Some(_) => Kind::Leave,
        };
        changes.push(change(places, kind, artefact));
    }
    changes.extend(former_pages(places, &changes)?);
    for (folder, name) in ENABLED {
        let link = reach(places, Base::Config, folder, false)?.and_then(|folder| folder.link(name));
        if link.is_some_and(|target| {
            target.ends_with(PathBuf::from(UNIT_FOLDER).join(name)) || target == PathBuf::from("..").join(name)
        }) {
            let artefact = Artefact { base: Base::Config, folder, name: name.to_owned(), text: Vec::new() };
            changes.push(change(places, Kind::Remove, artefact));
        }
    }
    Ok(changes)
}

/// Pages of ours for commands that are no more.
fn former_pages(places: &Places, known: &[Change]) -> Result<Vec<Change>, Failure> {
    let Some(folder) = reach(places, Base::Data, PAGE_FOLDER, false)? else { return Ok(Vec::new()) };
    let is_page = |name: &String| name.starts_with("fob") && name.ends_with(".1");
    let is_known = |name: &String| known.iter().any(|change| change.folder == PAGE_FOLDER && change.name == *name);
    let mut former = Vec::new();
    for name in folder.names().into_iter().filter(|name| is_page(name) && !is_known(name)) {
        // What cannot be read is none of ours.
        if folder.read(&name).ok().flatten().is_some_and(|content| is_ours(&content)) {
            let artefact = Artefact { base: Base::Data, folder: PAGE_FOLDER, name, text: Vec::new() };
            former.push(change(places, Kind::Remove, artefact));
        }
    }
    Ok(former)
}

/// Does it.
pub(crate) fn carry_out(places: &Places, changes: &[Change]) -> Result<(), Failure> {
    for change in changes {
        match change.kind {
            Kind::Write | Kind::Replace => {
                let folder = reach(places, change.base, change.folder, true)?;
                if let Some(folder) = folder {
                    folder.put(&change.name, &change.text).map_err(in_the_middle)?;
                }
            }
            Kind::Remove => {
                if let Some(folder) = reach(places, change.base, change.folder, false)? {
                    folder.remove(&change.name).map_err(in_the_middle)?;
                }
            }
            Kind::Keep | Kind::Leave => {}
        }
    }
    Ok(())
}

fn change(places: &Places, kind: Kind, artefact: Artefact) -> Change {
    Change {
        path: path_of(places, artefact.base, artefact.folder, &artefact.name),
        kind,
        is_unit: artefact.is_unit(),
        base: artefact.base,
        folder: artefact.folder,
        name: artefact.name,
        text: artefact.text,
    }
}

fn base_of(places: &Places, base: Base) -> &PathBuf {
    match base {
        Base::Config => &places.config,
        Base::Data => &places.data,
    }
}

fn path_of(places: &Places, base: Base, folder: &str, name: &str) -> PathBuf {
    base_of(places, base).join(folder).join(name)
}

fn reach(places: &Places, base: Base, folder: &str, make: bool) -> Result<Option<Folder>, Failure> {
    Folder::reach(base_of(places, base), folder, make).map_err(|error| unusable(&error))
}

fn content(places: &Places, base: Base, folder: &str, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    match reach(places, base, folder, false)? {
        Some(folder) => folder.read(name).map_err(|error| unusable(&error)),
        None => Ok(None),
    }
}

fn unusable(error: &PlaceError) -> Failure {
    let hint = match error {
        PlaceError::Link(_) => {
            "put a folder or nothing in its place, or name the folder it leads to in XDG_CONFIG_HOME or XDG_DATA_HOME"
        }
        PlaceError::InTheWay(_) => "move it away, then try again",
        PlaceError::NotPrivate(_) => {
            "it must belong to you, and nobody else may write it: `chmod go-w`, or run this as its owner"
        }
        PlaceError::Io(..) => "see who may write there",
    };
    let failure = Failure::new(Exit::Failed, error.to_string()).hint(hint);
    match std::error::Error::source(error) {
        Some(source) => failure.because(source),
        None => failure,
    }
}

fn in_the_middle(error: PlaceError) -> Failure {
    unusable(&error).hint("what was done until then stays; try again, or take it away with `fob install-user --remove`")
}
