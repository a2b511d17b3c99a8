//! The demo: what a person does with fob on the first day, in one minute, with a judge for every step.
//!
//! `codes` keeps and shows one-time codes, `sign_in` enrols a key and signs in, `refusals` tries what must not
//! work. `transcript` prints what happened.

mod codes;
mod foreign;
mod refusals;
mod sign_in;
mod transcript;

use anyhow::{Context, ensure};
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::house::House;
use crate::server::Server;
use transcript::Transcript;

const VAULT_PASSPHRASE: &str = "correct horse battery staple";
const PASSWORD: &str = "a password of ada lovelace 1843";
const PIN: &str = "8462";
const USER: &str = "ada";

/// Runs the whole of it; with `serve` it leaves everything running until Ctrl-C.
///
/// # Errors
/// The first step that failed or could not be verified. The house is gone in every case.
pub fn run(serve: bool) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut transcript = Transcript::begin(signals.handle());
    let mut house = House::build()?;
    let result = walk(&mut house, &mut transcript);
    let interrupted = signals.pending().next().is_some();
    let server = match result {
        _ if interrupted => anyhow::bail!("interrupted; the temporary home and its processes are gone"),
        Err(error) => return Err(error),
        Ok(server) => server,
    };
    transcript.end();
    if serve {
        show_around(&house, &server);
        signals.forever().next();
    }
    Ok(())
}

/// All steps in a person's order.
fn walk(house: &mut House, transcript: &mut Transcript) -> anyhow::Result<Server> {
    transcript.chapter("A house of its own");
    transcript.step("a private session bus", || Ok((house.start_bus()?, "dbus-daemon".to_owned())))?;
    transcript.step("fobd, the daemon", || {
        let id = house.start_daemon(&[])?.id();
        Ok(((), format!("process {id}")))
    })?;
    let key = transcript.step("fob-softkey, a security key in software", || {
        Ok((house.start_softkey("softkey", &["--ram", "--touch", "allow"])?, "on a unix socket".to_owned()))
    })?;
    let server = transcript.step("signin, the sign-in server", || {
        let server = house.start_server()?;
        let origin = server.origin().to_owned();
        Ok((server, origin))
    })?;

    codes::keep_and_show(house, transcript)?;
    sign_in::with_everything(house, transcript, &server, &key)?;
    refusals::all(house, transcript, &server)?;
    Ok(server)
}

/// What one needs to look around in a browser and with `fob`.
fn show_around(house: &House, server: &Server) {
    println!("\nAll of it is running. Look around:");
    println!("  sign-in page     {}/   (user {USER}, password: {PASSWORD})", server.origin());
    println!("  fobd's socket    {}", house.socket().display());
    println!("  session bus      {}", house.bus_address().unwrap_or("none"));
    println!("  command line     FOB_SOCKET={} target/release/fob status", house.socket().display());
    println!("  passphrase       {VAULT_PASSPHRASE}");
    println!("  PIN of the key   {PIN}");
    println!("Ctrl-C ends it and takes the temporary home away.");
}

/// A member of a JSON answer as text.
fn text<'v>(value: &'v Value, member: &str) -> anyhow::Result<&'v str> {
    value.get(member).and_then(Value::as_str).with_context(|| format!("the answer has no {member}: {value}"))
}

/// A member of a JSON answer as a number.
fn number(value: &Value, member: &str) -> anyhow::Result<u64> {
    value.get(member).and_then(Value::as_u64).with_context(|| format!("the answer has no {member}: {value}"))
}

/// Fails with both values when they differ.
fn same(what: &str, ours: &str, theirs: &str) -> anyhow::Result<()> {
    ensure!(ours == theirs, "{what}: fob says {ours}, the judge says {theirs}");
    Ok(())
}
