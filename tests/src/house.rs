//! The house: a temporary home with everything that runs in it. Dropped, its processes and its files are gone.

use std::fs::{DirBuilder, create_dir_all};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::bail;
use tempfile::TempDir;

use crate::fob::Fob;
use crate::program::{Program, built};
use crate::server::Server;

/// A person's machine, as far as fob can see it.
#[derive(Debug)]
pub struct House {
    // Dropped from top to bottom: who depends on others goes first, the home last.
    server: Option<Program>,
    softkeys: Vec<Program>,
    daemon: Option<Program>,
    bus: Option<Program>,
    bus_address: Option<String>,
    diary_level: &'static str,
    programs: Option<PathBuf>,
    home: TempDir,
}

impl House {
    /// An empty home; nothing runs yet.
    ///
    /// # Errors
    /// When the temporary folder cannot be made.
    pub fn build() -> anyhow::Result<Self> {
        let home = tempfile::Builder::new().prefix("fob-house-").tempdir()?;
        for folder in ["run", "data", "state", "config", "cache"] {
            DirBuilder::new().mode(0o700).create(home.path().join(folder))?;
        }
        // fobd measures once what a passphrase should cost on this machine, and remembers it here: tests pay the least.
        DirBuilder::new().mode(0o700).create(home.path().join("state/fob"))?;
        std::fs::write(home.path().join("state/fob/vault.price"), "argon2id 65536 3\n")?;
        Ok(Self {
            server: None,
            softkeys: Vec::new(),
            daemon: None,
            bus: None,
            bus_address: None,
            diary_level: "info",
            programs: None,
            home,
        })
    }

    /// Has every program that starts from here on write down all it can.
    pub fn have_everything_written_down(&mut self) {
        self.diary_level = "trace";
    }

    /// Installs fobd in this home, with `companion` beside it under the name `fob`: so a test's own program is one that
    /// fobd knows as its companion. To be called before [`Self::start_daemon`]; gives the companion's new path.
    ///
    /// # Errors
    /// When fobd is not built, or the disk is full.
    pub fn install(&mut self, companion: &Path) -> anyhow::Result<PathBuf> {
        let folder = self.home().join("bin");
        DirBuilder::new().mode(0o755).create(&folder)?;
        for program in ["fobd", "fob-prompt"] {
            // What a fobd does not have beside it, it does without.
            if let Ok(built) = built(program) {
                std::fs::copy(built, folder.join(program))?;
            }
        }
        let fob = folder.join("fob");
        std::fs::copy(companion, &fob)?;
        self.programs = Some(folder);
        Ok(fob)
    }

    /// The home folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// fobd's own socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.home().join("run/fob/fobd.sock")
    }

    /// The vault file.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.home().join("data/fob/vault")
    }

    /// The address of the private session bus, once it runs.
    #[must_use]
    pub fn bus_address(&self) -> Option<&str> {
        self.bus_address.as_deref()
    }

    /// `program` in the surroundings of this home and no others.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(["PATH", "TERM", "LANG"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("HOME", self.home()).env("RUST_LOG", self.diary_level);
        // Nobody closes the lid of this house: what this machine's logind says is not for it.
        command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere");
        for (name, folder) in [
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(name, self.home().join(folder));
        }
        if let Some(address) = &self.bus_address {
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
        command.current_dir(self.home());
        command
    }

    /// `fob` in this home.
    #[must_use]
    pub fn fob(&self) -> Fob<'_> {
        Fob::in_house(self)
    }

    /// Makes the vault, open from here on, and gives its recovery code.
    ///
    /// # Errors
    /// When `fob init` fails.
    pub fn make_vault(&self, passphrase: &str) -> anyhow::Result<String> {
        let left = self.fob().args("init").secret("--passphrase-fd", passphrase).receive("--recovery-fd").ok()?;
        Ok(left.received.trim().to_owned())
    }

    /// Starts a private session bus.
    ///
    /// # Errors
    /// When dbus-daemon is missing or fails.
    pub fn start_bus(&mut self) -> anyhow::Result<&Program> {
        let address = format!("unix:path={}", self.home().join("run/bus").display());
        let mut command = self.command("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1", "--address", &address]);
        let mut bus = Program::start("dbus-daemon", command.stdout(Stdio::piped()))?;
        self.bus_address = Some(bus.first_line()?);
        Ok(self.bus.insert(bus))
    }

    /// Starts `fobd` (again) and waits until its socket answers.
    ///
    /// # Errors
    /// When it is not built or does not come up.
    pub fn start_daemon(&mut self, arguments: &[&str]) -> anyhow::Result<&Program> {
        self.daemon = None;
        let fobd = match &self.programs {
            Some(folder) => folder.join("fobd"),
            None => built("fobd")?,
        };
        let mut command = self.command(fobd);
        command.args(arguments).stdout(Stdio::null());
        if self.bus_address.is_none() {
            command.arg("--no-session-bus");
        }
        let socket = self.socket();
        let mut daemon = Program::start("fobd", &mut command)?;
        daemon.wait_until(|| std::os::unix::net::UnixStream::connect(&socket).is_ok())?;
        Ok(self.daemon.insert(daemon))
    }

    /// Ends the daemon.
    pub fn end_daemon(&mut self) {
        self.daemon = None;
    }

    /// The running daemon.
    #[must_use]
    pub fn daemon(&mut self) -> Option<&mut Program> {
        self.daemon.as_mut()
    }

    /// Starts a softkey on a socket of this name and gives the path to attach.
    ///
    /// # Errors
    /// When it is not built or does not come up.
    pub fn start_softkey(&mut self, name: &str, arguments: &[&str]) -> anyhow::Result<PathBuf> {
        let path = self.home().join("run").join(name);
        let mut command = self.command(built("fob-softkey")?);
        command.arg("--socket").arg(&path).args(arguments).stdout(Stdio::null());
        let mut softkey = Program::start("fob-softkey", &mut command)?;
        softkey.wait_until(|| path.exists())?;
        self.softkeys.push(softkey);
        Ok(path)
    }

    /// The softkey started last.
    #[must_use]
    pub fn last_softkey(&mut self) -> Option<&mut Program> {
        self.softkeys.last_mut()
    }

    /// The softkey started last, to do with as one likes; it ends when it is dropped.
    #[must_use]
    pub fn take_softkey(&mut self) -> Option<Program> {
        self.softkeys.pop()
    }

    /// Starts `signin` with a database of its own on a free port of loopback.
    ///
    /// # Errors
    /// When it is not built or does not come up.
    pub fn start_server(&mut self) -> anyhow::Result<Server> {
        self.start_server_at(free_port()?, &[])
    }

    /// Starts it (again) at this port of loopback, with more arguments than it needs. Its accounts stay.
    ///
    /// # Errors
    /// When it is not built or does not come up.
    pub fn start_server_at(&mut self, port: u16, arguments: &[&str]) -> anyhow::Result<Server> {
        self.server = None;
        let origin = format!("http://localhost:{port}");
        let folder = self.home().join("signin");
        create_dir_all(&folder)?;
        let mut command = self.command(built("signin")?);
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--origin", &origin, "--rp-id", "localhost"])
            .arg("--database")
            .arg(folder.join("signin.sqlite"))
            .args(arguments)
            .stdout(Stdio::piped());
        let mut program = Program::start("signin", &mut command)?;
        let line = program.first_line()?;
        if !line.contains("listening") {
            bail!("signin said {line:?} instead of where it listens");
        }
        self.server = Some(program);
        Ok(Server::at(&origin))
    }

    /// What every program of the house has said on standard error, for a test that looks for secrets in it.
    #[must_use]
    pub fn diaries(&self) -> String {
        self.diaries_by_name().into_iter().map(|(_, diary)| diary).collect()
    }

    /// The same, program by program.
    #[must_use]
    pub fn diaries_by_name(&self) -> Vec<(String, String)> {
        let programs = self.server.iter().chain(&self.softkeys).chain(&self.daemon).chain(&self.bus);
        programs.map(|program| (program.name().to_owned(), program.diary())).collect()
    }
}

/// A port of loopback that nobody has just now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
