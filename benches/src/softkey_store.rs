//! The software key with its durable, sealed state: a signature through the socket beside a bare append and fdatasync in
//! the same folder, ten thousand discoverable credentials beside ten, start to first answer, memory.
//!
//! Ten and ten thousand are compared in process and without a disk: a sync would hide what lookups cost.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use fob_ambient::{Millis, SystemClock, SystemRng};
use fob_authenticator::{Authenticator, Changes, FileStore, State, Store, StoreError};
use fob_cbor::{Limits, Map, Value, decode, encode};
use fob_client::socket::SocketLink;
use fob_client::{CancelToken, Limits as Patience, Session, Surroundings, Watch};
use fob_ctap::Strictness;
use fob_ctap::client_pin::{GetKeyAgreement, GetPinToken, SetPin};
use fob_ctap::entity::{Descriptor, RpEntity, RpId};
use fob_ctap::get_assertion::GetAssertion;
use fob_ctap::get_info::GetInfo;
use fob_ctap::make_credential::MakeCredential;
use fob_ctap::pin::{Pin, Protocol, encapsulate};
use fob_tests::program::built;

use crate::Row;
use crate::authenticator::{assertion, key_on, registered, registration, touched};
use crate::sample::{Sample, milliseconds};

const SIGNATURES: usize = 300;
const RUNS: usize = 300;
const STARTS: usize = 20;
const FEW: usize = 10;
const MANY: usize = 10_000;
/// What a signature changes in the file, in bytes: one record.
const RECORD: [u8; 64] = [7; 64];
const PIN: &str = "1234";

pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let home = Home::new()?;
    let mut rows = vec![signature(&home)?];
    rows.extend(ratios()?);
    rows.extend(starts(&home)?);
    Ok(rows)
}

/// A folder that goes with this value.
struct Home(PathBuf);

impl Home {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("fob-bench-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// A state file with this many credentials, and one of them.
    fn state(&self, count: usize) -> anyhow::Result<(PathBuf, Descriptor)> {
        let (state, credential) = state_with(count)?;
        let path = self.0.join(format!("state-{count}"));
        FileStore::open_with_key_beside(&path)?.create(&state)?;
        Ok((path, credential))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// fob-softkey, ended with this value.
struct Softkey(Child);

impl Softkey {
    /// Starts it and gives it back with the time to its first answer, that to getInfo.
    fn start(socket: &Path, state: &Path) -> anyhow::Result<(Self, Session, Duration)> {
        let mut command = Command::new(built("fob-softkey")?);
        command.arg("--stream").arg(socket).arg("--state").arg(state).args(["--touch", "allow"]);
        let begun = Instant::now();
        let softkey = Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        // The name of the socket is there a moment before somebody listens.
        let socket = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(_) if begun.elapsed() < Duration::from_secs(10) => std::thread::park_timeout(POLL),
                Err(error) => return Err(error).context("fob-softkey does not come up"),
            }
        };
        let link = SocketLink::stream(socket.into());
        let around = Surroundings { clock: Arc::new(SystemClock::new()), rng: Box::new(SystemRng::new()) };
        let session = Session::open(Box::new(link), around, Patience::default(), &CancelToken::new())?;
        Ok((softkey, session, begun.elapsed()))
    }

    fn resident_kib(&self) -> anyhow::Result<u64> {
        crate::idle::resident_kib(self.0.id())
    }
}

/// Between two tries to connect.
const POLL: Duration = Duration::from_micros(200);

impl Drop for Softkey {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// getAssertion through the socket, and beside each what the disk needs for the same bytes.
fn signature(home: &Home) -> anyhow::Result<Row> {
    let (state, credential) = home.state(FEW)?;
    let (_softkey, mut session, _) = Softkey::start(&home.0.join("socket"), &state)?;
    let mut bare = OpenOptions::new().create(true).append(true).open(home.0.join("bare"))?;
    let cancel = CancelToken::new();
    let (mut ours, mut disk) = (Sample::default(), Sample::default());
    let request = GetAssertion { rp_id: RpId::new(rp_id(0)), ..assertion(credential) };
    for _ in 0..SIGNATURES {
        let begun = Instant::now();
        let deadline = session.deadline_in(Millis(10_000));
        session.call(&request, &mut Watch::new(deadline, &cancel, &mut |_| {}))?;
        ours.push(begun.elapsed());
        disk.push(append(&mut bare)?);
    }
    let bound = disk.median() + Duration::from_millis(2);
    Ok(Row {
        what: format!("getAssertion through the socket, durable and sealed, median of {SIGNATURES}"),
        ours: milliseconds(ours.median()),
        peer: format!("append of {} bytes and fdatasync {}", RECORD.len(), milliseconds(disk.median())),
        bound: "≤ that + 2 ms".to_owned(),
        kept: ours.median() <= bound,
    })
}

fn append(file: &mut File) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    file.write_all(&RECORD)?;
    file.sync_data()?;
    Ok(begun.elapsed())
}

/// Each command on a key with few credentials and on one with many, in turn.
fn ratios() -> anyhow::Result<Vec<Row>> {
    let (few, many) = (Loaded::new(FEW)?, Loaded::new(MANY)?);
    let mut keys = [few, many];
    let names = ["makeCredential, kept", "getAssertion with allow list", "getInfo", "clientPIN, token for a PIN"];
    let acts: [fn(&mut Loaded) -> anyhow::Result<()>; 4] =
        [Loaded::make, Loaded::assert, Loaded::info, Loaded::pin_token];
    names.into_iter().zip(acts).map(|(name, act)| ratio(name, act, &mut keys)).collect()
}

fn ratio(name: &str, act: fn(&mut Loaded) -> anyhow::Result<()>, keys: &mut [Loaded; 2]) -> anyhow::Result<Row> {
    let mut samples = [Sample::default(), Sample::default()];
    for _ in 0..RUNS {
        for (key, sample) in keys.iter_mut().zip(&mut samples) {
            let begun = Instant::now();
            act(key)?;
            sample.push(begun.elapsed());
        }
    }
    let [few, many] = samples.map(|sample| sample.median());
    let times = many.as_secs_f64() / few.as_secs_f64();
    Ok(Row {
        what: format!("{name}, {MANY} credentials, median of {RUNS}"),
        ours: format!("{} ({times:.2} times)", milliseconds(many)),
        peer: format!("{FEW} credentials {}", milliseconds(few)),
        bound: "≤ 3 times".to_owned(),
        kept: times <= 3.0,
    })
}

fn starts(home: &Home) -> anyhow::Result<Vec<Row>> {
    let rows = [FEW, MANY].into_iter().map(|count| start(home, count)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn start(home: &Home, count: usize) -> anyhow::Result<[Row; 2]> {
    let (state, _) = home.state(count)?;
    let (mut ours, mut bare, mut memory) = (Sample::default(), Sample::default(), 0);
    for number in 0..STARTS {
        let socket = home.0.join(format!("socket-{count}-{number}"));
        let (softkey, session, took) = Softkey::start(&socket, &state)?;
        ours.push(took);
        memory = memory.max(softkey.resident_kib()?);
        drop(session);
        let begun = Instant::now();
        Command::new("true").status()?;
        bare.push(begun.elapsed());
    }
    Ok([
        Row {
            what: format!("fob-softkey, start to first answer, {count} credentials, median of {STARTS}"),
            ours: milliseconds(ours.median()),
            peer: format!("start and end of `true` {}", milliseconds(bare.median())),
            bound: "< 20 ms".to_owned(),
            kept: ours.median() < Duration::from_millis(20),
        },
        Row {
            what: format!("fob-softkey, resident memory, {count} credentials"),
            ours: format!("{:.1} MiB", memory as f64 / 1024.0),
            peer: format!("its state file {} KiB", fs::metadata(&state)?.len() / 1024),
            bound: "≤ 10 MiB".to_owned(),
            kept: memory <= 10 * 1024,
        },
    ])
}

/// A key with credentials, in process, whose store only gives them.
struct Loaded {
    key: Authenticator,
    credential: Descriptor,
    pin_is_set: bool,
}

struct Given(Option<State>);

impl Store for Given {
    fn load(&mut self) -> Result<Option<State>, StoreError> {
        Ok(self.0.take())
    }

    fn create(&mut self, _: &State) -> Result<(), StoreError> {
        Ok(())
    }

    fn commit(&mut self, _: &State, _: &Changes) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Loaded {
    fn new(count: usize) -> anyhow::Result<Self> {
        let (state, credential) = state_with(count)?;
        Ok(Self { key: key_on(Box::new(Given(Some(state))))?, credential, pin_is_set: false })
    }

    fn send<C: fob_ctap::Command>(&mut self, command: &C) -> anyhow::Result<C::Reply> {
        Ok(C::decode_reply(&touched(&mut self.key, &command.encode())?, Strictness::Canonical)?)
    }

    /// In the place of one of the same account: there are as many as before.
    fn make(&mut self) -> anyhow::Result<()> {
        let rp = RpEntity { id: RpId::new(rp_id(1)), name: None };
        self.send(&MakeCredential { rp, ..registration(true)? }).map(drop)
    }

    fn assert(&mut self) -> anyhow::Result<()> {
        let request = assertion(self.credential.clone());
        self.send(&GetAssertion { rp_id: RpId::new(rp_id(0)), ..request }).map(drop)
    }

    fn info(&mut self) -> anyhow::Result<()> {
        self.send(&GetInfo).map(drop)
    }

    fn pin_token(&mut self) -> anyhow::Result<()> {
        let mut rng = SystemRng::new();
        let protocol = Protocol::Two;
        if !self.pin_is_set {
            let theirs = self.send(&GetKeyAgreement { protocol })?.key;
            let (key_agreement, shared) = encapsulate(protocol, &theirs, &mut rng)?;
            let mut padded = PIN.as_bytes().to_vec();
            padded.resize(64, 0);
            let new_pin_enc = shared.encrypt(&padded, &mut rng);
            let pin_uv_auth_param = shared.authenticate(&new_pin_enc);
            self.send(&SetPin { key_agreement, new_pin_enc, pin_uv_auth_param, protocol })?;
            self.pin_is_set = true;
        }
        let theirs = self.send(&GetKeyAgreement { protocol })?.key;
        let (key_agreement, shared) = encapsulate(protocol, &theirs, &mut rng)?;
        let pin_hash_enc = shared.encrypt_pin_hash(&Pin::new(PIN.to_owned())?.hash(), &mut rng);
        let request = GetPinToken { key_agreement, pin_hash_enc, permissions: None, rp_id: None, protocol };
        self.send(&request).map(drop)
    }
}

fn rp_id(number: usize) -> String {
    format!("site-{number}.example")
}

/// A state with this many discoverable credentials, each of another site, and the first of them: one that the key made
/// itself, many times under other names. Its counter stands above all of them.
fn state_with(count: usize) -> anyhow::Result<(State, Descriptor)> {
    let mut key = key_on(Box::new(Given(None)))?;
    registered(&mut key, true)?;
    let mut value = decode(&key.state().encode(), Limits::deep(8))?;
    let Value::Array(list) = &mut value else { bail!("a state is a list") };
    let kept = list.pop().context("its last entry is the credential")?;
    let entry = |number: usize| -> anyhow::Result<Value> {
        let Value::Array(mut pair) = kept.clone() else { bail!("an entry is a pair") };
        let Some(Value::Map(map)) = pair.last_mut() else { bail!("a credential is a map") };
        map.insert(1, id(number).as_slice());
        let mut rp = Map::new();
        rp.insert("id", rp_id(number));
        map.insert(2, Value::Map(rp));
        Ok(Value::Array(pair))
    };
    for number in 0..count {
        list.push(entry(number)?);
    }
    let state = State::decode(&encode(&value))?;
    anyhow::ensure!(state.resident_count() == count, "{} credentials", state.resident_count());
    Ok((state, Descriptor::public_key(id(0).to_vec())))
}

fn id(number: usize) -> [u8; 32] {
    let mut id = [0xc5; 32];
    id.iter_mut().zip(number.to_be_bytes()).for_each(|(place, byte)| *place = byte);
    id
}
