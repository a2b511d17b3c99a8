//! A file of another program: opened, read whole within bounds, its password asked for when it wants one. It is never
//! opened for writing. Pictures of QR codes are read for the texts in them, several as one list.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fob_exchange::{Format, ImportError, MAX_FILE, Password, Report, import};
use zeroize::Zeroizing;

use super::picture::{is_picture, texts};
use crate::secret::Source;
use crate::{Exit, Failure, World};

/// How a vault of fob begins (docs/vault-format.md). It has ways in of its own, so it is no file of another program.
const VAULT: &[u8] = b"FOBVAULT";
/// How often a person may mistype the password before the command gives up.
const TRIES: usize = 3;

/// A file to be read, or several pictures.
pub(super) struct Foreign<'a> {
    pub(super) paths: &'a [PathBuf],
    /// What it is; else it is recognised.
    pub(super) format: Option<Format>,
    /// Where its password comes from; else it is asked for.
    pub(super) password_fd: Option<u32>,
}

impl Foreign<'_> {
    /// What is in it.
    pub(super) fn read(&self, world: &mut World) -> Result<Report, Failure> {
        let bytes = self.bytes()?;
        if bytes.starts_with(VAULT) {
            let path = self.path().display().to_string();
            return Err(Failure::new(Exit::Failed, format!("{path} is a vault of fob"))
                .hint("take it in with `fob vault merge FILE`, account by account; nothing of it is changed"));
        }
        let name = self.path().file_name().and_then(|name| name.to_str());
        let format = self.format.or_else(|| is_empty_list(&bytes).then_some(Format::UriList));
        let open = |password: Option<&Password>| import(&bytes, name, format, password);
        let outcome = match self.password_fd {
            Some(_) => open(Some(&self.password("", world)?)),
            None => match open(None) {
                Err(error @ ImportError::Encrypted(format)) => return self.ask_and_open(&error, format, open, world),
                outcome => outcome,
            },
        };
        let report = outcome.map_err(|error| self.refusal(&error))?;
        if report.records.is_empty() && report.refused.is_empty() && !self.may_be_empty(&bytes, name) {
            return Err(self.fits_nothing());
        }
        Ok(report)
    }

    /// Whether a file in which nothing was found is one without accounts: nobody said what it is, or it looks like what was
    /// said.
    fn may_be_empty(&self, bytes: &[u8], name: Option<&str>) -> bool {
        let Some(format) = self.format else { return true };
        match import(bytes, name, None, None) {
            Ok(report) => report.format == format,
            Err(ImportError::Encrypted(recognised)) => recognised == format,
            Err(_) => is_empty_list(bytes),
        }
    }

    fn fits_nothing(&self) -> Failure {
        let program = self.format.map(|format| format.program()).unwrap_or_default();
        let message = format!("{}: nothing in it is of {program}", self.path().display());
        Failure::new(Exit::Failed, message)
            .hint("leave `--format` out, and fob looks itself; `fob otp import --list` shows what is read")
    }

    /// The file, or the first of the pictures.
    fn path(&self) -> &Path {
        self.paths.first().map(PathBuf::as_path).unwrap_or(Path::new(""))
    }

    /// What is in the file; of pictures what their codes say, a line each.
    fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mut list = Zeroizing::new(Vec::new());
        for path in self.paths {
            let bytes = match self.paths.len() {
                1 => bytes_of(path)?,
                _ => bytes_of(path).map_err(|_| no_further_picture())?,
            };
            if !is_picture(&bytes) {
                return if self.paths.len() == 1 { Ok(bytes) } else { Err(no_further_picture()) };
            }
            let texts = texts(&bytes).map_err(|error| {
                Failure::new(Exit::Failed, format!("{} gives no accounts", path.display()))
                    .because(&error)
                    .hint("take the picture again, sharp and with a white margin around the code")
            })?;
            for text in &texts {
                let longer = [list.as_slice(), text.as_bytes(), b"\n"].concat();
                list = Zeroizing::new(longer);
            }
        }
        Ok(list)
    }

    /// Asks for the password until it is right.
    fn ask_and_open(
        &self,
        encrypted: &ImportError,
        format: Format,
        open: impl Fn(Option<&Password>) -> Result<Report, ImportError>,
        world: &mut World,
    ) -> Result<Report, Failure> {
        let prompt = format!("Password of this {} file: ", format.program());
        for _ in 1..TRIES {
            let password = self.password(&prompt, world).map_err(|failure| failure.because(encrypted))?;
            match open(Some(&password)) {
                Err(ImportError::WrongPassword(_)) => world.note("That is not the password; try again."),
                outcome => return outcome.map_err(|error| self.refusal(&error)),
            }
        }
        open(Some(&self.password(&prompt, world)?)).map_err(|error| self.refusal(&error))
    }

    fn password(&self, prompt: &str, world: &mut World) -> Result<Password, Failure> {
        let source = Source { what: "password", option: "--password-fd", descriptor: self.password_fd, prompt };
        Ok(Password::new(source.obtain(world)?.expose().to_vec()))
    }

    fn refusal(&self, error: &ImportError) -> Failure {
        let message = format!("{}: {error}", self.path().display());
        match error {
            ImportError::WrongPassword(_) => Failure::new(Exit::Denied, message)
                .hint("it is the password that was set in the program when the file was written"),
            ImportError::NotRecognised if self.password_fd.is_some() => Failure::new(Exit::Failed, message)
                .hint("if you know what it is, say so with `--format NAME`, or the password is wrong"),
            ImportError::NotRecognised => Failure::new(Exit::Failed, message)
                .hint("`fob otp import --list` shows what is read; `--format NAME` says what this is"),
            _ => Failure::new(Exit::Failed, message),
        }
    }
}

/// Its name is not repeated: somebody may have typed the password in its place.
fn no_further_picture() -> Failure {
    let hint = "only pictures of QR codes go together; and a password is never an argument: `--password-fd N`";
    Failure::usage("one of the files is no picture, or is not there", hint)
}

/// All of the file, or a byte more than is ever read.
fn bytes_of(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |what: &str, error: &io::Error| {
        Failure::new(Exit::Failed, format!("{} cannot be {what}", path.display())).because(error)
    };
    let file = File::open(path)
        .map_err(|error| failed("opened", &error).hint("look at the file's name and who may read it"))?;
    let metadata = file.metadata().map_err(|error| failed("read", &error))?;
    // Reserved at once, since a vector that grows leaves copies of secrets behind. A pipe says no length.
    let length = if metadata.is_file() { usize::try_from(metadata.len()).unwrap_or(MAX_FILE) } else { MAX_FILE };
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.min(MAX_FILE) + 1));
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|error| failed("read", &error))?;
    Ok(bytes)
}

/// Whether there are only blank lines and remarks: a list of URIs may have lost all of them.
fn is_empty_list(bytes: &[u8]) -> bool {
    bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).all(|line| line.is_empty() || line.starts_with(b"#"))
}
