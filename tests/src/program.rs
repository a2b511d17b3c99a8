//! Programs that run beside us: found where cargo built them, waited for until they are ready, ended by their own id.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take until it is ready. Far beyond what any needs; a loaded machine is no failure.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// How long a program may take to go after SIGTERM, before it is killed.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Where the programs of this build are: `FOB_BIN_DIR`, or the folder of the running program (tests sit one below).
///
/// # Errors
/// When `name` has not been built there; the message says how to.
pub fn built(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = match std::env::var_os("FOB_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            own.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).map(Path::to_owned).unwrap_or_default()
        }
    };
    let path = folder.join(name);
    if !path.is_file() {
        bail!("{} is not built: run `cargo build --workspace --bins`", path.display());
    }
    Ok(path)
}

/// A running program. Dropped, it gets SIGTERM and, if it does not go, SIGKILL.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    diary: Arc<Mutex<String>>,
}

impl Program {
    /// Starts `command`, keeping what it says on standard error.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} could not be started"))?;
        let diary = Arc::default();
        if let Some(stderr) = child.stderr.take() {
            keep(stderr, Arc::clone(&diary));
        }
        Ok(Self { name: name.to_owned(), child, diary })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error so far.
    #[must_use]
    pub fn diary(&self) -> String {
        self.diary.lock().map(|text| text.clone()).unwrap_or_default()
    }

    /// The first line it prints on standard output, which it has to be started with as a pipe.
    ///
    /// # Errors
    /// When it ends before it has printed one.
    pub fn first_line(&mut self) -> anyhow::Result<String> {
        let stdout = self.child.stdout.take().context("standard output is not a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        if line.is_empty() {
            bail!("{} said nothing and ended. It left:\n{}", self.name, self.diary());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Waits until `ready` says so.
    ///
    /// # Errors
    /// When the program ends first or 30 seconds passes; the message has what it said.
    pub fn wait_until(&mut self, mut ready: impl FnMut() -> bool) -> anyhow::Result<()> {
        let start = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once ({status}). It left:\n{}", self.name, self.diary());
            }
            if start.elapsed() > READY_LIMIT {
                bail!("{} was not ready after {READY_LIMIT:?}. It left:\n{}", self.name, self.diary());
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Waits until it has said this on standard error.
    ///
    /// # Errors
    /// As [`Program::wait_until`].
    pub fn wait_until_it_says(&mut self, words: &str) -> anyhow::Result<()> {
        let diary = Arc::clone(&self.diary);
        self.wait_until(|| diary.lock().is_ok_and(|text| text.contains(words)))
    }

    /// Ends it with this signal and waits until it is gone.
    ///
    /// # Errors
    /// When the system will not say how it ended.
    pub fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
            && self.child.try_wait()?.is_none()
        {
            // Gone in between is as good as ended.
            let _ = kill_process(pid, signal);
        }
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > END_LIMIT {
                self.child.kill()?;
                self.child.wait()?;
                break;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Nothing can be done about a process that will not go after SIGKILL.
        let _ = self.end(Signal::TERM);
    }
}

/// Reads what a program says to its end, so that it never blocks on a full pipe.
fn keep(stderr: ChildStderr, diary: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stderr.take(16 << 20));
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            if let Ok(mut text) = diary.lock() {
                let _ = text.write_str(&line);
            }
            line.clear();
        }
    });
}
