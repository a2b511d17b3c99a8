//! `fob` as a person or a script runs it: arguments in the open, secrets through descriptors.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, bail};
use command_fds::{CommandFdExt, FdMapping};
use serde_json::Value;

use crate::house::House;
use crate::program::built;

/// How many bytes a test may put into a pipe before anyone reads: the least that Linux promises is one page.
const PIPE_ROOM: usize = 4096;

/// One call of `fob`, being put together.
#[derive(Debug)]
pub struct Fob<'h> {
    house: &'h House,
    program: Option<PathBuf>,
    arguments: Vec<String>,
    secrets: Vec<(String, String)>,
    wanted: Option<String>,
    stdin: Option<String>,
}

/// What a call of `fob` left behind.
#[derive(Debug)]
pub struct Left {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// What came out of the descriptor named by [`Fob::receive`].
    pub received: String,
}

impl Left {
    /// It ended with this code, says these words, and tells a way on.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn explains(&self, code: i32, words: &str) {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        assert!(self.stderr.contains("fob: ") && self.stderr.contains("hint: "), "no way on: {self:?}");
        assert!(self.stderr.contains(words), "{words:?} is not in {self:?}");
    }
}

impl<'h> Fob<'h> {
    pub(crate) fn in_house(house: &'h House) -> Self {
        Self { house, program: None, arguments: Vec::new(), secrets: Vec::new(), wanted: None, stdin: None }
    }

    /// Runs this copy of it, such as the one that [`House::install`] gave, instead of the one that was built.
    #[must_use]
    pub fn at(mut self, program: &Path) -> Self {
        self.program = Some(program.to_owned());
        self
    }

    /// Adds arguments, split at spaces.
    #[must_use]
    pub fn args(mut self, arguments: &str) -> Self {
        self.arguments.extend(arguments.split_whitespace().map(str::to_owned));
        self
    }

    /// Adds one argument as it is.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Hands a secret over through a pipe, named by an option such as `--passphrase-fd`.
    #[must_use]
    pub fn secret(mut self, option: &str, secret: &str) -> Self {
        self.secrets.push((option.to_owned(), secret.to_owned()));
        self
    }

    /// Takes what `fob` writes into a pipe named by an option such as `--session-fd`.
    #[must_use]
    pub fn receive(mut self, option: &str) -> Self {
        self.wanted = Some(option.to_owned());
        self
    }

    /// Gives `fob` this on standard input.
    #[must_use]
    pub fn stdin(mut self, text: &str) -> Self {
        self.stdin = Some(text.to_owned());
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When `fob` is not built or cannot be started; a call that fails is no error here.
    pub fn run(self) -> anyhow::Result<Left> {
        let program = self.program.map_or_else(|| built("fob"), Ok)?;
        let mut command = self.house.command(program);
        command.args(&self.arguments);
        let mut mappings = Vec::new();
        let mut descriptor = 3;
        for (option, secret) in &self.secrets {
            if secret.len() >= PIPE_ROOM {
                bail!("a secret of {} bytes does not fit into a pipe nobody reads yet", secret.len());
            }
            let (reader, mut writer) = std::io::pipe()?;
            writer.write_all(secret.as_bytes())?;
            command.arg(option).arg(descriptor.to_string());
            mappings.push(FdMapping { parent_fd: reader.into(), child_fd: descriptor });
            descriptor += 1;
        }
        let mut results = None;
        if let Some(option) = &self.wanted {
            let (reader, writer) = std::io::pipe()?;
            command.arg(option).arg(descriptor.to_string());
            mappings.push(FdMapping { parent_fd: writer.into(), child_fd: descriptor });
            results = Some(reader);
        }
        command.fd_mappings(mappings).context("two secrets were given one descriptor")?;
        Self::finish(command, self.stdin.as_deref(), results)
    }

    /// Runs it and takes its JSON answer.
    ///
    /// # Errors
    /// When it fails or answers no JSON; the message has its standard error.
    pub fn json(self) -> anyhow::Result<Value> {
        let left = self.arg("--json").ok()?;
        serde_json::from_str(&left.stdout).with_context(|| format!("this is not JSON: {}", left.stdout))
    }

    /// Runs it and insists on success.
    ///
    /// # Errors
    /// When it fails; the message has its standard error.
    pub fn ok(self) -> anyhow::Result<Left> {
        let shown = self.arguments.join(" ");
        let left = self.run()?;
        if !left.status.success() {
            bail!("`fob {shown}` failed ({}): {}", left.status, left.stderr.trim());
        }
        Ok(left)
    }

    fn finish(mut command: Command, stdin: Option<&str>, results: Option<std::io::PipeReader>) -> anyhow::Result<Left> {
        command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("fob could not be started")?;
        // The mapped ends belong to the child alone from here on, or a reader would wait for ever.
        drop(command);
        if let Some(text) = stdin {
            child.stdin.take().context("stdin was asked for")?.write_all(text.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        let mut received = String::new();
        if let Some(mut reader) = results {
            reader.read_to_string(&mut received)?;
        }
        Ok(Left {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            received,
        })
    }
}
