//! KeePassXC as the desktop's keyring, without a screen: another implementation than gnome-keyring, with other habits (the
//! items of a locked database are gone, not locked). Skipped where there is no KeePassXC.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use data_encoding::BASE64;
use fob_keyring::{Ending, KeyringError};
use support::fake;
use support::judge::{self, Judge};
use support::{Bus, ELSEWHERE, PLACE, SECRET, connect};
use tempfile::TempDir;
use zbus::{OwnedObjectPath, OwnedVariant};

/// Its side of the Secret Service on, and no questions but the one for the database's password.
const SETTINGS: &str = "[General]\nConfigVersion=2\nUpdateCheckMessageShown=true\n[GUI]\nCheckForUpdates=false\n\
                        [FdoSecrets]\nEnabled=true\nShowNotification=false\nConfirmAccessItem=false\n\
                        ConfirmDeleteItem=false\n";

/// An empty database whose root group is exposed to the Secret Service.
const DATABASE: &str = "<?xml version='1.0' encoding='utf-8'?><KeePassFile><Meta><DatabaseName>Test</DatabaseName>\
                        <RecycleBinEnabled>False</RecycleBinEnabled><CustomData><Item>\
                        <Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{01020304-0506-0708-090a-0b0c0d0e0f10}</Value>\
                        </Item></CustomData></Meta><Root><Group><UUID>AQIDBAUGBwgJCgsMDQ4PEA==</UUID><Name>Root</Name>\
                        </Group></Root></KeePassFile>";

struct KeePassXc {
    program: Child,
    bus: Bus,
    judge: Judge,
    home: TempDir,
}

impl KeePassXc {
    fn start() -> Option<Self> {
        let python = judge::python()?;
        if !judge::has("keepassxc") || !judge::has("keepassxc-cli") {
            eprintln!("skipped: no KeePassXC");
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        let bus = Bus::start();
        let settings = home.path().join("config/keepassxc");
        fs::create_dir_all(&settings).unwrap();
        fs::write(settings.join("keepassxc.ini"), SETTINGS).unwrap();
        let (xml, database) = (home.path().join("test.xml"), home.path().join("test.kdbx"));
        fs::write(&xml, DATABASE).unwrap();
        let run = |program: &str| Self::command(program, &home, &bus);
        let typed = |mut program: Child, text: &str| {
            program.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            program
        };
        let import = run("keepassxc-cli").args(["import", "--set-password"]).arg(&xml).arg(&database).spawn().unwrap();
        assert!(typed(import, "pw\npw\n").wait().unwrap().success());
        let program = typed(run("keepassxc").arg("--pw-stdin").arg(&database).spawn().unwrap(), "pw\n");
        Some(Self { program, judge: Judge::at(&bus, python), bus, home })
    }

    /// One of KeePassXC's programs, without a screen. With a TMPDIR of its own it does not hand over to one that runs already.
    fn command(program: &str, home: &TempDir, bus: &Bus) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path().join("config"));
        command.env("XDG_RUNTIME_DIR", home.path()).env("TMPDIR", home.path());
        command.env("QT_QPA_PLATFORM", "offscreen");
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Locks the database, as its menu does.
    fn lock(&self) {
        let mut command = Self::command("keepassxc", &self.home, &self.bus);
        assert!(command.arg("--lock").status().unwrap().success());
    }

    /// Waits until its database is open: a question that comes before opens a window that nobody closes.
    async fn opens(&self) {
        let connection = self.bus.connect().await;
        let open = async || {
            let name = Some("org.freedesktop.secrets");
            let service = Some("org.freedesktop.Secret.Service");
            let alias = connection.call_method(name, fake::ROOT, service, "ReadAlias", &"default").await?;
            let collection: OwnedObjectPath = alias.body().deserialize()?;
            let property = ("org.freedesktop.Secret.Collection", "Locked");
            let properties = Some("org.freedesktop.DBus.Properties");
            let locked = connection.call_method(name, collection.as_str(), properties, "Get", &property).await?;
            let locked: OwnedVariant = locked.body().deserialize()?;
            bool::try_from(locked).map(|locked| !locked)
        };
        for _ in 0..1_000 {
            if open().await.is_ok_and(|open| open) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("KeePassXC does not open its database");
    }
}

impl Drop for KeePassXc {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[tokio::test]
async fn keepassxc_keeps_a_secret_until_its_database_is_locked() {
    let Some(mut keepassxc) = KeePassXc::start() else { return };
    keepassxc.opens().await;
    let keyring = connect(&keepassxc.bus).await.unwrap();
    keyring.store(&PLACE, &[1; 32], "an older one").await.unwrap();
    keyring.store(&PLACE, &SECRET, "fob: opens a vault").await.unwrap();
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
    let read = keepassxc.judge.says_at("read", &PLACE, &[]);
    assert_eq!(read, format!("fob: opens a vault\n{}", BASE64.encode(&SECRET)));

    let theirs: [u8; 32] = *b"what another program has written";
    keepassxc.judge.says_at("write", &ELSEWHERE, &[&BASE64.encode(&theirs)]);
    assert_eq!(*keyring.load(&ELSEWHERE).await.unwrap().unwrap(), theirs);
    assert!(keyring.remove(&ELSEWHERE).await.unwrap());
    assert!(keyring.load(&ELSEWHERE).await.unwrap().is_none());

    let watch = tokio::spawn(keyring.until_locked(&PLACE));
    assert_eq!(*keyring.load(&PLACE).await.unwrap().unwrap(), SECRET);
    assert!(!watch.is_finished());
    keepassxc.lock();
    let ending = tokio::time::timeout(Duration::from_secs(15), watch).await.expect("locking is noticed").unwrap();
    assert_eq!(ending, Ending::Locked);
    keepassxc.program.kill().unwrap();
    keepassxc.program.wait().unwrap();
    let loaded = keyring.load(&PLACE).await;
    assert!(matches!(loaded, Err(KeyringError::NoService)), "{loaded:?}");
}
