//! A dbus-daemon that knows no service but those of the test.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use zbus::Connection;
use zbus::connection::Builder;

/// A bus of its own in a folder of its own; both are gone when dropped.
pub(crate) struct Bus {
    program: Child,
    address: String,
    _folder: TempDir,
}

impl Bus {
    pub(crate) fn start() -> Self {
        Self::that_starts(None)
    }

    /// A bus that starts this command when somebody wants the Secret Service.
    pub(crate) fn that_starts(command: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let services = folder.path().join("services");
        fs::create_dir(&services).unwrap();
        if let Some(command) = command {
            let service = format!("[D-BUS Service]\nName=org.freedesktop.secrets\nExec={command}\n");
            fs::write(services.join("org.freedesktop.secrets.service"), service).unwrap();
        }
        let config = folder.path().join("bus.conf");
        let policy = "<policy context='default'><allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/>\
                      <allow own='*'/></policy>";
        let text = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><servicedir>{}</servicedir>{policy}</busconfig>",
            folder.path().join("bus").display(),
            services.display()
        );
        fs::write(&config, text).unwrap();
        let mut program = Command::new("dbus-daemon")
            .args(["--nofork", "--nopidfile", "--print-address=1", "--config-file"])
            .arg(&config)
            // What it starts has its home here, and no screen.
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("XDG_DATA_HOME", folder.path().join("data"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is among the packages that ./test installs");
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { program, address: line.trim().to_owned(), _folder: folder }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) async fn connect(&self) -> Connection {
        Builder::address(self.address.as_str()).build().await.unwrap()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
