//! A person's service manager and session bus: both have to hear that there are new files.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Exit, Failure};

/// How long the bus may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The service manager of the person.
pub(crate) trait UserManager {
    /// Whether there is one to speak to.
    fn is_there(&self) -> bool;
    /// `systemctl --user` with these arguments.
    ///
    /// # Errors
    /// What it says, when it does not do it.
    fn tell(&self, arguments: &[&str]) -> Result<(), Failure>;
}

/// systemd's.
pub(crate) struct SystemdUser;

impl UserManager for SystemdUser {
    fn is_there(&self) -> bool {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        runtime.is_some_and(|folder| folder.join("systemd/private").exists())
    }

    fn tell(&self, arguments: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new("systemctl");
        command.arg("--user").args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        let failed = || {
            let message = format!("`{}` failed", line(arguments));
            Failure::new(Exit::Failed, message)
                .hint("the files are as they should be; once that works, type it yourself")
        };
        let output = command.output().map_err(|error| failed().because(&error))?;
        if output.status.success() {
            return Ok(());
        }
        let mut failure = failed();
        let words = String::from_utf8_lossy(&output.stderr);
        failure.causes.extend(words.lines().take(4).map(str::to_owned));
        Err(failure)
    }
}

/// What a person would type.
pub(crate) fn line(arguments: &[&str]) -> String {
    format!("systemctl --user {}", arguments.join(" "))
}

/// Has the session bus look for activation files again: a folder that was not there when it began is not watched. Where there
/// is no bus there is nothing to do.
pub(crate) async fn reload_bus() {
    let reload = async {
        let connection = zbus::connection::Builder::session().build().await?;
        zbus::fdo::DBusProxy::new(&connection).await?.reload_config().await?;
        Ok::<_, zbus::Error>(())
    };
    let _ = tokio::time::timeout(LIMIT, reload).await;
}
