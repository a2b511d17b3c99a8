//! A file of credentials: a JSON list of WebDriver's Credential Parameters, private keys and all.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use fob_softkey_control::Credential;
use zeroize::Zeroizing;

use crate::commands::otp::destination::create;
use crate::text::harmless_json;
use crate::{Exit, Failure, World};

/// Largest file that is read, in bytes: thousands of credentials.
const LARGEST: u64 = 16 << 20;

/// What a WebDriver client has may be one.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Content {
    Many(Vec<Credential>),
    One(Box<Credential>),
}

/// Whether standard input or output is meant.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads them.
pub(super) fn read(path: &Path, world: &mut World) -> Result<Vec<Credential>, Failure> {
    let shown = path.display();
    let text = content(path, world)
        .map_err(|error| Failure::new(Exit::Failed, format!("{shown} cannot be read")).because(&error))?;
    // What serde says of it may repeat what is in the file.
    match serde_json::from_slice(&text) {
        Ok(Content::Many(credentials)) => Ok(credentials),
        Ok(Content::One(credential)) => Ok(vec![*credential]),
        Err(_) => Err(Failure::new(Exit::Failed, format!("{shown} is no file of credentials"))
            .hint("`fob softkey credential export FILE` writes one; nothing was imported")),
    }
}

fn content(path: &Path, world: &mut World) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    match is_standard(path) {
        true => (&mut *world.stdin).take(LARGEST + 1).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?,
    };
    match bytes.len() as u64 > LARGEST {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {} MiB", LARGEST >> 20))),
        false => Ok(bytes),
    }
}

/// Writes them: where only their owner can read them, or on standard output.
pub(super) fn write(path: &Path, credentials: &[Credential], world: &mut World) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(credentials)
        .expect("credentials are structs of texts and numbers, which always serialise");
    let text = Zeroizing::new(text + "\n");
    let text = harmless_json(&text).unwrap_or(text);
    if is_standard(path) {
        return world.print(&text);
    }
    create(path, text.as_bytes()).map_err(|error| {
        let failed = Failure::new(Exit::Failed, format!("{} cannot be written", path.display())).because(&error);
        if error.kind() == io::ErrorKind::AlreadyExists {
            failed.hint("name a file that is not there yet")
        } else {
            failed
        }
    })
}
