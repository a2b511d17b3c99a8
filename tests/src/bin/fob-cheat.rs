//! A program that wants to be taken for another one: `fob-cheat DOOR PATH CHEAT [PROGRAM ARGUMENTS…]`.
//!
//! It asks fobd to lock the vault, which only a companion may, through one of its doors (`socket`, `bus`) at this path,
//! and says in one line on standard output what came of it: `served`, `denied: WORDS`, `closed`, or `skipped: WHY`.
//! What it does before it asks is the cheat:
//!
//! * `plain`: nothing;
//! * `spawn`: another process of this program asks through the connection, while the one that made it becomes PROGRAM;
//! * `send`: the question is sent first, then the process becomes PROGRAM, which inherits the connection;
//! * `hand-over`: the connection is passed to another process, and the one that made it is gone;
//! * `reuse`: the same, and then PROGRAM gets the number of the process that is gone.
//!
//! It links none of the crates under test: the few bytes of D-Bus it needs are written here.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Names of processes are cut to this length (proc_pid_comm(5)).
const COMM: usize = 15;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match cheat(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fob-cheat: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn cheat(arguments: &[&str]) -> anyhow::Result<String> {
    match arguments {
        // What it starts itself, with the connection, or a line over which that comes, as standard input.
        ["@ask", door, parent, name] => {
            becomes(parent, name)?;
            ask(&standard_input()?, door)
        }
        ["@hear", door] => hear(&standard_input()?, door),
        ["@take-over", door, parent, program @ ..] => take_over(door, parent, program),
        [door, path, cheat, program @ ..] => {
            let stream = match UnixStream::connect(path) {
                Ok(stream) => stream,
                Err(error) => return Ok(format!("closed: {error}")),
            };
            match (*cheat, program) {
                ("plain", []) => ask(&stream, door),
                ("spawn", [program, rest @ ..]) => spawn(stream, door, program, rest),
                ("send", [program, rest @ ..]) => send(stream, door, program, rest),
                ("hand-over", []) | ("reuse", [_, ..]) => hand_over(&stream, door, program),
                _ => bail!("no such cheat: {cheat}"),
            }
        }
        _ => bail!("fob-cheat DOOR PATH CHEAT [PROGRAM ARGUMENTS...]"),
    }
}

/// Another process of this program, with a descriptor as its standard input.
fn helper(arguments: &[&str], input: impl Into<OwnedFd>) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments).stdin(Stdio::from(input.into()));
    Ok(command)
}

fn standard_input() -> anyhow::Result<UnixStream> {
    Ok(UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?))
}

fn spawn(stream: UnixStream, door: &str, program: &str, rest: &[&str]) -> anyhow::Result<String> {
    let own = std::process::id().to_string();
    helper(&["@ask", door, &own, name_of(program)], stream.try_clone()?)?.spawn()?;
    // As it is for every program that does not know better: closed by exec(2).
    Err(Command::new(program).args(rest).stdout(Stdio::null()).exec().into())
}

fn send(stream: UnixStream, door: &str, program: &str, rest: &[&str]) -> anyhow::Result<String> {
    if door == "bus" {
        shake_hands(&stream)?;
    } else {
        // Whoever accepts may be looking elsewhere for now.
        (&stream).write_all(&[opening(), b"BEGIN\r\n".to_vec()].concat())?;
    }
    (&stream).write_all(&question(door))?;
    helper(&["@hear", door], stream.try_clone()?)?.spawn()?;
    fcntl_setfd(&stream, FdFlags::empty())?;
    Err(Command::new(program).args(rest).stdout(Stdio::null()).exec().into())
}

fn hand_over(stream: &UnixStream, door: &str, program: &[&str]) -> anyhow::Result<String> {
    let (ours, theirs) = UnixStream::pair()?;
    let own = std::process::id().to_string();
    let arguments = [&["@take-over", door, own.as_str()], program].concat();
    helper(&arguments, theirs)?.spawn()?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [stream.as_fd()];
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(&ours, &[IoSlice::new(b"x")], &mut control, SendFlags::empty())?;
    // Said by the other one.
    std::process::exit(0);
}

fn take_over(door: &str, parent: &str, program: &[&str]) -> anyhow::Result<String> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(standard_input()?, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let received = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    let stream = UnixStream::from(received.context("no connection was passed")?);
    wait_until(|| !Path::new("/proc").join(parent).exists())?;
    let [program, rest @ ..] = program else { return ask(&stream, door) };
    let number: u32 = parent.parse()?;
    // Others start processes too: once in a while one of them gets the number.
    for _ in 0..1_000 {
        if std::fs::write("/proc/sys/kernel/ns_last_pid", (number - 1).to_string()).is_err() {
            return Ok("skipped: /proc/sys/kernel/ns_last_pid is not ours to write".into());
        }
        let mut honest = Command::new(program).args(rest).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        if honest.id() == number {
            let said = ask(&stream, door);
            honest.kill()?;
            honest.wait()?;
            return said;
        }
        honest.kill()?;
        honest.wait()?;
    }
    Ok("skipped: the number was never free".into())
}

fn name_of(program: &str) -> &str {
    let name = program.rsplit('/').next().unwrap_or(program);
    name.get(..COMM).unwrap_or(name)
}

/// Waits until a process runs a program of this name.
fn becomes(process: &str, name: &str) -> anyhow::Result<()> {
    let comm = Path::new("/proc").join(process).join("comm");
    wait_until(|| std::fs::read_to_string(&comm).is_ok_and(|comm| comm.trim_end() == name))
}

fn wait_until(mut ready: impl FnMut() -> bool) -> anyhow::Result<()> {
    let start = Instant::now();
    while !ready() {
        if start.elapsed() > PATIENCE {
            bail!("it never came to it");
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    Ok(())
}

/// Says who it is, asks, and hears the answer.
fn ask(stream: &UnixStream, door: &str) -> anyhow::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    if shake_hands(stream).is_err() {
        return Ok("closed".into());
    }
    let mut writer = stream;
    if writer.write_all(&question(door)).is_err() {
        return Ok("closed".into());
    }
    answer(stream, door)
}

/// Hears the answer to what was sent by another process.
fn hear(stream: &UnixStream, door: &str) -> anyhow::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    if door == "socket" && line(stream).is_err() {
        return Ok("closed".into());
    }
    answer(stream, door)
}

/// What a client says first (D-Bus Specification, Authentication Protocol): its uid, in hexadecimal digits of its digits.
fn opening() -> Vec<u8> {
    let uid = rustix::process::geteuid().as_raw().to_string();
    let uid: String = uid.bytes().map(|digit| format!("{digit:02x}")).collect();
    format!("\0AUTH EXTERNAL {uid}\r\n").into_bytes()
}

fn shake_hands(mut stream: &UnixStream) -> anyhow::Result<()> {
    stream.write_all(&opening())?;
    let said = line(stream)?;
    if !said.starts_with("OK") {
        bail!("not let in: {said}");
    }
    Ok(stream.write_all(b"BEGIN\r\n")?)
}

/// One line, byte by byte: what follows it is no text.
fn line(mut stream: &UnixStream) -> anyhow::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte)?;
        line.extend(byte);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Everything that is asked: on the bus for a name first, then of fobd.
fn question(door: &str) -> Vec<u8> {
    let lock = |serial| call(serial, "dev.fob.Fob1", "/dev/fob/Fob1", "dev.fob.Manager1", "Lock");
    if door == "bus" {
        let bus = "org.freedesktop.DBus";
        [call(1, bus, "/org/freedesktop/DBus", bus, "Hello"), lock(2)].concat()
    } else {
        lock(1)
    }
}

/// A method call without arguments (D-Bus Specification, Message Format), little-endian.
fn call(serial: u32, destination: &str, path: &str, interface: &str, member: &str) -> Vec<u8> {
    let mut fields = Vec::new();
    for (code, kind, text) in [(1, b'o', path), (2, b's', interface), (3, b's', member), (6, b's', destination)] {
        pad(&mut fields);
        fields.extend([code, 1, kind, 0]);
        fields.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        fields.extend(text.bytes());
        fields.push(0);
    }
    let mut message = vec![b'l', 1, 0, 1];
    message.extend(0_u32.to_le_bytes());
    message.extend(serial.to_le_bytes());
    message.extend(u32::try_from(fields.len()).unwrap_or(0).to_le_bytes());
    message.extend(fields);
    pad(&mut message);
    message
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

/// The last reply: on the bus the one after that to `Hello`.
fn answer(stream: &UnixStream, door: &str) -> anyhow::Result<String> {
    let mut left = if door == "bus" { 2 } else { 1 };
    loop {
        let Ok((kind, body)) = message(stream) else { return Ok("closed".into()) };
        // METHOD_RETURN and ERROR; signals are of no interest.
        left -= i32::from(matches!(kind, 2 | 3));
        if left > 0 {
            continue;
        }
        if kind == 2 {
            return Ok("served".into());
        }
        // The body of an error begins with its words: a length of four bytes, text, a zero.
        let words = body.get(4..).and_then(|text| text.split(|&byte| byte == 0).next()).unwrap_or_default();
        return Ok(format!("denied: {}", String::from_utf8_lossy(words)));
    }
}

/// A message's type and body.
fn message(mut stream: &UnixStream) -> anyhow::Result<(u8, Vec<u8>)> {
    let mut start = [0; 16];
    stream.read_exact(&mut start)?;
    let [_, kind, _, _, b0, b1, b2, b3, _, _, _, _, f0, f1, f2, f3] = start;
    let body = u32::from_le_bytes([b0, b1, b2, b3]);
    let fields = u32::from_le_bytes([f0, f1, f2, f3]).next_multiple_of(8);
    let mut rest = vec![0; usize::try_from(fields + body)?];
    stream.read_exact(&mut rest)?;
    Ok((kind, rest.split_off(usize::try_from(fields)?)))
}
