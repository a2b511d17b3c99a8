//! Ways in that something outside keeps: a real TPM in software (swtpm), a real keyring (gnome-keyring). Without these
//! programs the tests are skipped; with `FOB_JUDGES=1` they must be there.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use fob_bus::ErrorKind;
use fob_bus::types::{
    AddSlotOptions, OpenOptions, QuickPinOptions, RekeyOptions, request_state, vault_state, way_kind,
};
use fob_tpm::Wire;
use zbus::connection::Builder;
use zbus::{Connection, OwnedObjectPath};

use super::house::{House, PASSPHRASE, Visit, piped};
use super::running::Running;
use super::wishes::{added, adding, lock, not_added, opened, opening, rekeyed, state};
use crate::slots::Outside;

/// Whether a program is there. It has to be where judges are demanded.
fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&paths).any(|folder| folder.join(program).is_file());
    if !there {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and there is no {program}");
        eprintln!("skipped: no {program}");
    }
    there
}

/// A process that ends with this value.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A machine with a TPM, in this folder.
struct WithTpm(PathBuf);

/// swtpm's way to talk: commands and responses as they are (TPM 2.0 Library part 1, section 18).
struct SocketWire(UnixStream);

impl Wire for SocketWire {
    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        self.0.write_all(command)?;
        let mut response = vec![0; 10];
        self.0.read_exact(&mut response)?;
        let length = u32::from_be_bytes(response[2..6].try_into().unwrap()) as usize;
        response.resize(length, 0);
        self.0.read_exact(&mut response[10..])?;
        Ok(response)
    }
}

#[async_trait]
impl Outside for WithTpm {
    async fn session_bus(&self) -> zbus::Result<Connection> {
        Err(zbus::Error::Unsupported)
    }

    fn tpm(&self) -> io::Result<Box<dyn Wire>> {
        // It listens a moment after it starts, and serves one after another.
        for _ in 0..500 {
            if let Ok(stream) = UnixStream::connect(self.0.join("socket")) {
                return Ok(Box::new(SocketWire(stream)));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(io::ErrorKind::NotFound.into())
    }
}

fn swtpm(folder: &Path) -> Program {
    fs::create_dir_all(folder).unwrap();
    let mut command = Command::new("swtpm");
    command.args(["socket", "--tpm2", "--flags", "startup-clear"]);
    command.arg("--tpmstate").arg(format!("dir={}", folder.display()));
    command.arg("--server").arg(format!("type=unixio,path={}", folder.join("socket").display()));
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Program(silent.spawn().unwrap())
}

fn with_pin(options: AddSlotOptions, pin: &str) -> AddSlotOptions {
    AddSlotOptions { pin: Some(piped(pin).into()), ..options }
}

#[tokio::test]
async fn a_tpm_opens_the_vault_by_its_pin_or_with_the_login() {
    if !has("swtpm") {
        return;
    }
    let house = House::build();
    let _tpm = swtpm(&house.path("tpm"));
    let folder = house.path("tpm");
    let house = house.beside(WithTpm(folder));
    let visit = house.unlocked().await;
    let slot = added(&visit, with_pin(adding(way_kind::TPM), "4711")).await;
    let slots = visit.vault().await.slots().await.unwrap();
    assert!(!slots.iter().any(|slot| slot.opens_with_login));
    lock(&visit).await;
    let ways = visit.vault().await.ways().await.unwrap();
    let way = ways.iter().find(|way| way.kind == way_kind::TPM).unwrap();
    assert_eq!(
        (way.slot.as_ref(), way.pin, way.opens_with_login, way.problem.as_ref()),
        (Some(&slot), true, false, None)
    );
    // Asked for, wrong and right. This TPM locks itself after three wrong ones.
    let mut running = Running::awaited(&visit, "open").await;
    visit.vault().await.open(opening(way_kind::TPM)).await.unwrap();
    let asked = running.reach(request_state::PIN).await;
    assert_eq!((asked.slot.as_ref(), asked.wrong), (Some(&slot), Some(false)));
    running.request.provide_pin(piped("0000").into()).await.unwrap();
    assert_eq!(running.reach(request_state::PIN).await.wrong, Some(true));
    running.request.provide_pin(piped("4711").into()).await.unwrap();
    running.success().await;
    running.reach_end().await;
    lock(&visit).await;
    let right = OpenOptions { pin: Some(piped("4711").into()), slot: Some(slot.clone()), ..opening(way_kind::TPM) };
    assert_eq!(opened(&visit, right).await, Ok(()));

    // Without a PIN it opens with the login: only for who accepts that.
    assert_eq!(not_added(&visit, adding(way_kind::TPM)).await, ErrorKind::WayBarred);
    let free = added(&visit, AddSlotOptions { login: Some(true), ..adding(way_kind::TPM) }).await;
    lock(&visit).await;
    let anything = OpenOptions { handle_token: "open".into(), ..OpenOptions::default() };
    assert_eq!(opened(&visit, anything).await, Ok(()), "nobody was asked for anything");

    // Kept with another PIN; the one without is not presented and goes.
    let keep = |wish: &mut RekeyOptions| {
        wish.keep = Some(vec![slot.clone()]);
        wish.pin = Some(piped("0815").into());
    };
    let (info, _) = rekeyed(&visit, keep).await.unwrap();
    assert_eq!(info.dropped.iter().map(|slot| slot.id.clone().unwrap()).collect::<Vec<_>>(), [free]);
    lock(&visit).await;
    let with = |pin: &str| OpenOptions { pin: Some(piped(pin).into()), ..opening(way_kind::TPM) };
    assert_eq!(opened(&visit, with("0815")).await, Ok(()));
    lock(&visit).await;
    assert_eq!(opened(&visit, with("4711")).await, Err(ErrorKind::PinInvalid), "and it is tried once");
}

#[tokio::test]
async fn a_vault_on_a_machine_without_its_keepers_says_so() {
    if !has("swtpm") {
        return;
    }
    let house = House::build();
    let folder = house.path("tpm");
    let tpm = swtpm(&folder);
    let house = house.beside(WithTpm(folder.clone()));
    let visit = house.unlocked().await;
    added(&visit, with_pin(adding(way_kind::TPM), "4711")).await;
    let keyring = AddSlotOptions { login: Some(true), ..adding(way_kind::SECRET_SERVICE) };
    assert_eq!(not_added(&visit, keyring).await, ErrorKind::NoKeyring);
    assert_eq!(visit.vault().await.slots().await.unwrap().len(), 3);
    lock(&visit).await;
    drop(tpm);
    fs::remove_dir_all(&folder).unwrap();
    // Another TPM, as after a new mainboard.
    let _other = swtpm(&folder);
    let with = OpenOptions { pin: Some(piped("4711").into()), ..opening(way_kind::TPM) };
    assert_eq!(opened(&visit, with).await, Err(ErrorKind::NoTpm));
    assert_eq!(state(&visit).await, vault_state::LOCKED);
}

/// A session in which the bus starts gnome-keyring, unlocked as by a login.
struct Session {
    _bus: Program,
    address: String,
}

impl Session {
    fn start(folder: &Path) -> Self {
        let services = folder.join("services");
        fs::create_dir_all(&services).unwrap();
        let script =
            "printf %s login | exec gnome-keyring-daemon --unlock --foreground --components=secrets 2>/dev/null";
        let service = format!("[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/bin/sh -c '{script}'\n");
        fs::write(services.join("org.freedesktop.secrets.service"), service).unwrap();
        let policy = "<policy context='default'><allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/>\
                      <allow own='*'/></policy>";
        let config = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><servicedir>{}</servicedir>{policy}</busconfig>",
            folder.join("bus").display(),
            services.display()
        );
        fs::write(folder.join("bus.conf"), config).unwrap();
        let mut program = Command::new("dbus-daemon")
            .args(["--nofork", "--nopidfile", "--print-address=1", "--config-file"])
            .arg(folder.join("bus.conf"))
            .env("HOME", folder)
            .env("XDG_RUNTIME_DIR", folder)
            .env("XDG_DATA_HOME", folder.join("data"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is among the packages that ./test installs");
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { _bus: Program(program), address: line.trim().to_owned() }
    }

    async fn connect(&self) -> Connection {
        Builder::address(self.address.as_str()).build().await.unwrap()
    }
}

/// A machine in whose session a keyring runs.
struct WithKeyring(String);

#[async_trait]
impl Outside for WithKeyring {
    async fn session_bus(&self) -> zbus::Result<Connection> {
        Builder::address(self.0.as_str()).build().await
    }

    fn tpm(&self) -> io::Result<Box<dyn Wire>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

const SECRETS: &str = "org.freedesktop.secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";

/// Another program's call to the keyring.
async fn call<T: serde::de::DeserializeOwned + zbus::Type>(
    bus: &Connection,
    method: &str,
    body: &(impl serde::Serialize + zbus::DynamicType),
) -> T {
    let reply = bus.call_method(Some(SECRETS), "/org/freedesktop/secrets", Some(SERVICE), method, body).await.unwrap();
    reply.body().deserialize().unwrap()
}

/// How many items of fob's the keyring has.
async fn items(bus: &Connection) -> usize {
    let attributes = std::collections::HashMap::from([("app", "fob")]);
    let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
        call(bus, "SearchItems", &(attributes,)).await;
    unlocked.len() + locked.len()
}

async fn with_keyring(house: House) -> (House, Session, Visit, String) {
    let folder = house.path("session");
    fs::create_dir_all(&folder).unwrap();
    let session = Session::start(&folder);
    let house = house.beside(WithKeyring(session.address.clone()));
    let visit = house.unlocked().await;
    let slot = added(&visit, AddSlotOptions { login: Some(true), ..adding(way_kind::SECRET_SERVICE) }).await;
    (house, session, visit, slot)
}

#[tokio::test]
async fn the_keyring_opens_the_vault_and_locks_it_when_it_locks() {
    if !has("gnome-keyring-daemon") {
        return;
    }
    let (house, session, visit, slot) = with_keyring(House::build()).await;
    let bus = session.connect().await;
    assert_eq!(items(&bus).await, 1);
    lock(&visit).await;
    let ways = visit.vault().await.ways().await.unwrap();
    let way = ways.iter().find(|way| way.slot.as_ref() == Some(&slot)).unwrap();
    assert_eq!((way.kind.as_str(), way.opens_with_login, way.problem.as_ref()), (way_kind::SECRET_SERVICE, true, None));
    assert_eq!(opened(&visit, opening(way_kind::SECRET_SERVICE)).await, Ok(()));
    let mut changes = house.daemon.vault.changes();
    assert_eq!(*changes.borrow_and_update(), vault_state::UNLOCKED);
    // A soft lock in between leaves the key in memory, which came out of the keyring all the same.
    let pin = Some(piped("4711").into());
    let vault = visit.vault().await;
    vault.set_quick_pin(piped(PASSPHRASE).into(), false, QuickPinOptions { pin }).await.unwrap();
    assert!(vault.soft_lock().await.unwrap());
    let collection: OwnedObjectPath = call(&bus, "ReadAlias", &("default",)).await;
    let _: (Vec<OwnedObjectPath>, OwnedObjectPath) = call(&bus, "Lock", &(vec![collection],)).await;
    changes.wait_for(|state| *state == vault_state::LOCKED).await.unwrap();
    assert_eq!(state(&visit).await, vault_state::LOCKED);
    // Nobody is there to answer the keyring's question: it cannot show it.
    assert_eq!(opened(&visit, opening(way_kind::SECRET_SERVICE)).await, Err(ErrorKind::NoKeyring));
}

#[tokio::test]
async fn a_removed_keyring_slot_leaves_no_item_and_a_kept_one_a_new_item() {
    if !has("gnome-keyring-daemon") {
        return;
    }
    let (_house, session, visit, slot) = with_keyring(House::build()).await;
    let bus = session.connect().await;
    let refused = rekeyed(&visit, |wish| wish.keep = Some(vec![slot.clone()])).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::WayBarred, "it opens with the login, and nobody has accepted that again");
    let keep = |wish: &mut RekeyOptions| {
        wish.keep = Some(vec![slot.clone()]);
        wish.login = Some(true);
    };
    let (info, _) = rekeyed(&visit, keep).await.unwrap();
    assert_eq!((info.dropped.len(), info.warnings.len()), (0, 0));
    assert_eq!(items(&bus).await, 1, "the former secret opens nothing, and is gone");
    lock(&visit).await;
    assert_eq!(opened(&visit, opening(way_kind::SECRET_SERVICE)).await, Ok(()));
    let slots = visit.vault().await.slots().await.unwrap();
    let slot = slots.into_iter().find(|slot| slot.kind == way_kind::SECRET_SERVICE).unwrap().id.unwrap();
    let (info, _) = rekeyed(&visit, |wish| wish.remove = Some(vec![slot])).await.unwrap();
    assert_eq!((info.dropped.len(), info.warnings.len()), (0, 0));
    assert_eq!(items(&bus).await, 0);
    // What the vault refuses in the end leaves nothing in the keyring either.
    let named = AddSlotOptions { label: Some("a\nb".into()), login: Some(true), ..adding(way_kind::SECRET_SERVICE) };
    assert_eq!(not_added(&visit, named).await, ErrorKind::InvalidInput);
    assert_eq!(items(&bus).await, 0);
}
