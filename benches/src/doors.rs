//! The doors: a code for a companion at each of them, beside a ping, which is what D-Bus itself costs; and fobd from its start
//! until it has answered.
//!
//! The companion is this program, which becomes one where it lies beside fobd under the name `fob`.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fob_bus::pipe;
use fob_bus::proxy::{Manager1Proxy, Otp1Proxy};
use fob_bus::types::CodeOptions;
use fob_tests::house::House;
use fob_tests::program::built;
use zbus::connection::Builder;
use zbus::fdo::PeerProxy;

use crate::process::resident_kib;
use crate::sample::{Sample, microseconds, milliseconds, timed};
use crate::table::Row;

/// The argument by which this program is a companion.
pub(crate) const COMPANION: &str = "companion";
const CODES: u32 = 2_000;
const WARM_UP: u32 = 200;
/// After which fobd must not have grown.
const MANY: u32 = 36_000;
const CODE_LIMIT: Duration = Duration::from_millis(1);
const CODES_A_SECOND: f64 = 2_000.0;
/// Memory may move by so much, in KiB: a page table here, an arena there.
const GROWTH_KIB: u64 = 512;
const STARTS: usize = 20;
const START_LIMIT: Duration = Duration::from_millis(50);

/// All figures of the doors.
pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let mut house = House::build()?;
    house.start_bus()?;
    let companion = house.install(&std::env::current_exe()?)?;
    let daemon = house.start_daemon(&[])?.id();
    let ask = |door: &str, codes: u32| -> anyhow::Result<Visit> {
        let before = processor_time(daemon)?;
        let mut command = house.command(&companion);
        let output = command.args([COMPANION, door, &codes.to_string()]).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "the companion failed at the {door}");
        let mut visit = Visit { daemon: processor_time(daemon)? - before, ..Visit::default() };
        for line in String::from_utf8(output.stdout)?.lines() {
            let (what, nanos) = line.split_once(' ').context("a line of the companion")?;
            let sample = if what == "code" { &mut visit.codes } else { &mut visit.pings };
            sample.push(Duration::from_nanos(nanos.parse()?));
        }
        Ok(visit)
    };
    ask("socket", WARM_UP)?;
    let mut rows = Vec::new();
    for door in ["socket", "bus"] {
        rows.extend(ask(door, CODES)?.rows(door));
    }
    let before = resident_kib(daemon)?;
    ask("socket", MANY / 2)?;
    ask("bus", MANY / 2)?;
    let after = resident_kib(daemon)?;
    rows.push(Row {
        what: format!("fobd, growth of resident memory by {MANY} codes"),
        ours: format!("{} KiB", after.saturating_sub(before)),
        beside: format!("{before} KiB before"),
        bound: format!("≤ {GROWTH_KIB} KiB"),
        kept: after <= before + GROWTH_KIB,
    });
    rows.push(starts()?);
    Ok(rows)
}

/// What a companion has measured, and what fobd spent meanwhile.
#[derive(Default)]
struct Visit {
    codes: Sample,
    pings: Sample,
    daemon: Duration,
}

impl Visit {
    fn rows(&self, door: &str) -> [Row; 2] {
        let (code, ping) = (self.codes.percentile(95), self.pings.percentile(95));
        // A ping goes the same ways: what is more is what fobd does for a code.
        let own = code.saturating_sub(ping);
        let each = self.daemon / CODES;
        let rate = 1.0 / each.as_secs_f64();
        [
            Row {
                what: format!("a code at the {door}, 95th percentile of {CODES}, without what a ping takes"),
                ours: milliseconds(own),
                beside: format!("with it {}, ping alone {}", milliseconds(code), milliseconds(ping)),
                bound: format!("≤ {}", milliseconds(CODE_LIMIT)),
                kept: own <= CODE_LIMIT,
            },
            Row {
                what: format!("codes a second on one core at the {door}, each with a ping"),
                ours: format!("{rate:.0}"),
                beside: format!("{} of fobd's processor time each", microseconds(each)),
                bound: format!("≥ {CODES_A_SECOND:.0}"),
                kept: rate >= CODES_A_SECOND,
            },
        ]
    }
}

/// From exec(2) until it says that it is ready and has answered somebody, in a home with a vault.
fn starts() -> anyhow::Result<Row> {
    let mut house = House::build()?;
    house.start_daemon(&[])?;
    house.make_vault("a passphrase for a bench")?;
    house.end_daemon();
    let (mut ready, mut bare) = (Sample::default(), Sample::default());
    for _ in 0..STARTS {
        ready.push(start(&house)?);
        bare.push(timed(|| Ok(house.command("true").status()?))?);
    }
    Ok(Row {
        what: format!("fobd, start until READY=1 and the first answer, median of {STARTS}"),
        ours: milliseconds(ready.median()),
        beside: format!("start and end of `true` {}", milliseconds(bare.median())),
        bound: format!("< {} ms", START_LIMIT.as_millis()),
        kept: ready.median() < START_LIMIT,
    })
}

fn start(house: &House) -> anyhow::Result<Duration> {
    let path = house.home().join("run/notify");
    let _ = fs::remove_file(&path);
    let notified = UnixDatagram::bind(&path)?;
    notified.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut command = house.command(built("fobd")?);
    command.arg("--no-session-bus").env("NOTIFY_SOCKET", &path).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut fobd = command.spawn()?;
    let answered = (|| {
        let mut word = [0; 64];
        let length = notified.recv(&mut word)?;
        ensure!(word.get(..length) == Some(b"READY=1"), "fobd is ready");
        runtime()?.block_on(async {
            let stream = std::os::unix::net::UnixStream::connect(house.socket())?;
            let connection = Builder::unix_stream(stream).p2p().build().await?;
            Manager1Proxy::new(&connection).await?.status().await?;
            Ok(())
        })
    })();
    let took = begun.elapsed();
    fobd.kill()?;
    fobd.wait()?;
    answered.map(|()| took)
}

/// The companion: makes the vault where there is none, and asks for codes, each after a ping.
pub(crate) fn companion(door: &str, codes: u32) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let builder = if door == "bus" {
            Builder::session()
        } else {
            let path = fob_bus::names::socket().context("there is a socket")?;
            Builder::unix_stream(std::os::unix::net::UnixStream::connect(path)?).p2p()
        };
        let connection = builder.build().await?;
        let (manager, otp) = (Manager1Proxy::new(&connection).await?, Otp1Proxy::new(&connection).await?);
        if manager.status().await?.vault == "none" {
            let (_code, end) = pipe::awaiting()?;
            manager.init(pipe::holding(b"a passphrase for a bench".to_vec().into())?.into(), end.into()).await?;
            let uri = b"otpauth://totp/Site:ada?secret=JBSWY3DPEHPK3PXP&issuer=Site".to_vec();
            otp.add(pipe::holding(uri.into())?.into(), fob_bus::types::AddOptions::default()).await?;
        }
        let peer = PeerProxy::new(&connection, fob_bus::names::BUS_NAME, fob_bus::names::ROOT).await?;
        for _ in 0..codes {
            let begun = Instant::now();
            peer.ping().await?;
            let ping = begun.elapsed();
            let (code, end) = pipe::awaiting()?;
            let begun = Instant::now();
            otp.code("Site", CodeOptions::default(), end.into()).await?;
            println!("ping {}\ncode {}", ping.as_nanos(), begun.elapsed().as_nanos());
            ensure!(pipe::take(&code, pipe::SHORT)?.len() >= 6, "a code");
        }
        Ok(())
    })
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// What a process has spent on processors, threads that are gone by now included; by hundredths of a second, which is fine
/// enough for thousands of calls.
fn processor_time(process: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before it may have spaces in it.
    let (_, numbers) = stat.rsplit_once(')').context("stat has a name")?;
    let numbers: Vec<_> = numbers.split_whitespace().skip(11).take(2).collect();
    let ticks = numbers.iter().map(|number| number.parse::<u64>()).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second()))
}
