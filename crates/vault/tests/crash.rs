//! The crash test: random sequences of edits, and the writer killed at every step that the disk sees.
//!
//! The seam of the disk has one call for each system call that changes something (open for writing, write, fsync,
//! rename, link, unlink, flock) and for the reads between them, and a write is struck when half of it is done. What a
//! kill between two such calls leaves is what a kill at the later one leaves, so these are all that matter; where there
//! is an strace(1) and `FOB_CRASH_STRACE` is set, it kills the same writers at every system call whatsoever.
//!
//! 30 sequences with fixed seeds run with the other tests, stopped by an error and cut from their power at every step; in
//! every third the writer is a process of its own and killed for real. The long run is
//!
//! ```text
//! FOB_CRASH_SEQUENCES=1000 FOB_CRASH_STRACE=1 cargo nextest run -p fob-vault --test crash --no-capture
//! ```
//!
//! Vaults are opened by the recovery slot, so that no Argon2 stands in the way.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use fob_ambient::{Rng, SeededRng};
use fob_vault::{Context, EntryId, LockedVault, NewWay, Occasion, RecoveryCode, UnlockedVault, VaultError, WithLogin};
use support::power::PowerDisk;
use support::steps::{Fault, StepDisk};
use support::ways::tpm;
use support::{Home, PASSPHRASE, context_in, hotp, passphrase, totp, vault_in};

/// Edits of one sequence.
const EDITS: usize = 5;

const FOLDER: &str = "FOB_CRASH_FOLDER";
const CODE: &str = "FOB_CRASH_CODE";
const SEED: &str = "FOB_CRASH_SEED";
const EDIT: &str = "FOB_CRASH_EDIT";
const STEP: &str = "FOB_CRASH_STEP";

fn sequences() -> u64 {
    let asked = std::env::var("FOB_CRASH_SEQUENCES").ok();
    asked.map_or(30, |number| number.parse().expect("FOB_CRASH_SEQUENCES is a number"))
}

/// What a vault holds, for comparing: names, counters, slots, in their order.
fn state(vault: &UnlockedVault) -> Vec<String> {
    let entries = vault.entries().iter();
    let entries = entries.map(|entry| format!("{} {:?} {:?}", entry.name, entry.kind, entry.sites()));
    entries.chain(vault.slots().into_iter().map(|slot| format!("slot {} {}", slot.kind.name(), slot.label))).collect()
}

/// The chance of one edit of a sequence.
fn chance(seed: u64, edit: usize) -> [u8; 3] {
    let mut rng = SeededRng::new(seed);
    (0..edit).for_each(|_| drop(rng.bytes::<3>().to_vec()));
    rng.bytes()
}

/// One random edit. The recovery code is never changed: it opens every version.
fn edit(vault: &mut UnlockedVault, [choice, which, name]: [u8; 3]) -> Result<(), VaultError> {
    let ids: Vec<EntryId> = vault.entries().iter().map(|entry| entry.id).collect();
    let counted: Vec<EntryId> = {
        let counted = vault.entries().iter().filter(|entry| entry.kind.counter().is_some());
        counted.map(|entry| entry.id).collect()
    };
    let pick = |ids: &[EntryId]| ids.get(usize::from(which) % ids.len().max(1)).copied();
    match (choice % 7, pick(&ids), pick(&counted)) {
        (0, Some(id), _) => vault.remove(id),
        (1, _, Some(id)) => vault.take_hotp(id).map(|_| ()),
        (2, Some(id), _) => vault.bind(id, "https://id.example", which % 2 == 0),
        (3, ..) => vault.add_all((0..which % 20).map(|number| totp(&format!("{name}.{number}")))).map(|_| ()),
        (4, ..) => vault.keep_for(Occasion::Import).map(|_| ()),
        (5, ..) => {
            let (_, _, kept) = tpm(vault, true);
            vault.add_slot(&NewWay::Kept(kept), &name.to_string(), WithLogin::Refused).map(|_| ())
        }
        _ => vault.add(hotp(&name.to_string(), u64::from(which))).map(|_| ()),
    }
}

fn open(path: &Path, context: &Context, code: &RecoveryCode) -> Result<UnlockedVault, VaultError> {
    LockedVault::open(path, context)?.unlock_with_recovery(code).map_err(|(_, error)| error)
}

/// A sequence that nothing stopped.
struct Rehearsal {
    code: RecoveryCode,
    /// The home before each edit.
    homes: Vec<Home>,
    /// What the vault holds before each edit, and after the last.
    states: Vec<Vec<String>>,
}

fn rehearse(seed: u64) -> Rehearsal {
    let home = Home::in_haste();
    let (mut vault, code) = home.create();
    vault.add_all([totp("first"), hotp("second", 41)]).expect("nothing stops it");
    drop(vault);
    let context = context_in(home.path(), Arc::new(StepDisk::in_haste(Fault::Stop)));
    let mut vault = open(&home.vault(), &context, &code).expect("nothing stops it");
    let (mut homes, mut states) = (Vec::new(), vec![state(&vault)]);
    for number in 0..EDITS {
        homes.push(home.copy());
        edit(&mut vault, chance(seed, number)).expect("nothing stops it");
        states.push(state(&vault));
    }
    Rehearsal { code, homes, states }
}

impl Rehearsal {
    /// What is found after an edit that was stopped: the state before it, or the one after it.
    fn check(&self, home: &Home, edit: usize, done: bool, case: &str) {
        let context = context_in(home.path(), Arc::new(StepDisk::in_haste(Fault::Stop)));
        let mut found = open(&home.vault(), &context, &self.code).unwrap_or_else(|error| panic!("{case}: {error}"));
        let [before, after] = [edit, edit + 1].map(|place| self.states.get(place).expect("one more than edits"));
        let now = state(&found);
        assert!(now == *before || now == *after, "{case}: {now:?}");
        assert!(!done || now == *after, "{case}: it said that it was done");
        found.add(totp("later")).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(home.named(".tmp-"), [""; 0], "{case}: leftovers are cleared away");
    }
}

#[test]
fn a_writer_stopped_at_any_step_of_a_sequence_leaves_the_state_before_or_after() {
    let mut stops = 0;
    for seed in 0..sequences() {
        let rehearsal = rehearse(seed);
        for (number, start) in rehearsal.homes.iter().enumerate() {
            for step in 1.. {
                let home = start.copy();
                let disk = Arc::new(StepDisk::in_haste(Fault::Stop));
                let mut vault = open(&home.vault(), &context_in(home.path(), disk.clone()), &rehearsal.code).unwrap();
                disk.arm(step);
                let done = edit(&mut vault, chance(seed, number));
                let struck = disk.struck();
                drop(vault);
                rehearsal.check(&home, number, done.is_ok(), &format!("seed {seed}, edit {number}, step {step}"));
                if !struck {
                    done.unwrap();
                    break;
                }
                stops += 1;
            }
        }
    }
    assert!(stops > 30 * sequences(), "{stops} stops are too few for {} sequences", sequences());
    println!("{} sequences, stopped {stops} times", sequences());
}

/// The same with power cuts: each set of names that the disk may have kept.
#[test]
fn a_power_cut_at_any_step_of_a_sequence_leaves_the_state_before_or_after() {
    let path = vault_in(Path::new("/home"));
    let context = |disk: &PowerDisk| context_in(Path::new("/home"), Arc::new(disk.clone()));
    let mut cuts = 0;
    for seed in 0..sequences() {
        let disk = PowerDisk::default();
        let (mut vault, code) = LockedVault::create(&path, &passphrase(PASSPHRASE), &context(&disk)).unwrap();
        vault.add_all([totp("first"), hotp("second", 41)]).unwrap();
        for number in 0..EDITS {
            let start = disk.copy();
            let before = state(&vault);
            edit(&mut vault, chance(seed, number)).unwrap();
            let after = state(&vault);
            for step in 1.. {
                let disk = start.copy();
                let mut vault = open(&path, &context(&disk), &code).unwrap();
                disk.arm(step);
                let done = edit(&mut vault, chance(seed, number));
                for found in disk.found_later() {
                    let case = format!("seed {seed}, edit {number}, step {step}");
                    let found = open(&path, &context(&found), &code).unwrap_or_else(|error| panic!("{case}: {error}"));
                    let now = state(&found);
                    assert!(now == before || now == after, "{case}: {now:?}");
                    assert!(done.is_err() || now == after, "{case}: it said that it was done");
                    cuts += 1;
                }
                if !disk.is_dark() {
                    done.unwrap();
                    break;
                }
            }
        }
    }
    println!("{} sequences, {cuts} disks found after power cuts", sequences());
}

/// The writer, in a process of its own: it is killed at the step that it was told, or at none.
#[test]
#[ignore = "the child of the other tests, never run by itself"]
fn child() {
    let variable = |name: &str| std::env::var(name).expect("only the other tests start this");
    let folder = PathBuf::from(variable(FOLDER));
    let code = RecoveryCode::parse(&variable(CODE)).unwrap();
    let number = |name: &str| variable(name).parse::<usize>().unwrap();
    let disk = Arc::new(StepDisk::in_haste(Fault::Kill));
    let mut vault = open(&vault_in(&folder), &context_in(&folder, disk.clone()), &code).unwrap();
    if number(STEP) > 0 {
        disk.arm(number(STEP));
    } else {
        // strace is told which thread to look at, and says that it does.
        println!("\nthread {}", std::fs::read_link("/proc/thread-self").unwrap().display());
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }
    edit(&mut vault, chance(number(SEED) as u64, number(EDIT))).unwrap();
}

/// Tells a program which edit of which sequence it is to make, and at which step it dies; at none if that is 0.
fn told<'a>(
    program: &'a mut Command,
    home: &Home,
    code: &RecoveryCode,
    (seed, edit, step): (u64, usize, usize),
) -> &'a mut Command {
    program.args(["--ignored", "--exact", "child", "--test-threads=1"]);
    program.env(FOLDER, home.path()).env(CODE, code.expose().as_str());
    program.env(SEED, seed.to_string()).env(EDIT, edit.to_string()).env(STEP, step.to_string());
    program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn writer(home: &Home, code: &RecoveryCode, place: (u64, usize, usize)) -> ExitStatus {
    told(&mut Command::new(this_program()), home, code, place).status().expect("this program starts")
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("Linux tells")
}

#[test]
fn a_writer_killed_at_any_step_of_a_sequence_leaves_the_state_before_or_after() {
    let mut kills = 0;
    // A process for each step takes its time: every third sequence, and of each one edit, another one each time.
    for seed in (0..sequences()).step_by(3) {
        let rehearsal = rehearse(seed);
        let number = usize::try_from(seed).unwrap() % EDITS;
        for step in 1.. {
            let home = rehearsal.homes[number].copy();
            let status = writer(&home, &rehearsal.code, (seed, number, step));
            rehearsal.check(&home, number, status.success(), &format!("seed {seed}, edit {number}, step {step}"));
            if status.success() {
                break;
            }
            assert_eq!(status.signal(), Some(9), "seed {seed}, edit {number}, step {step}: {status}");
            kills += 1;
        }
    }
    println!("{} sequences, killed {kills} times", sequences().div_ceil(3));
}

/// A writer that waits until strace(1) has attached to its thread, with these options; how it ended.
fn traced_writer(home: &Home, code: &RecoveryCode, place: (u64, usize, usize), options: &[&str]) -> ExitStatus {
    let mut program = Command::new(this_program());
    told(&mut program, home, code, place).arg("--nocapture").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut writer = program.spawn().expect("this program starts");
    let mut lines = BufReader::new(writer.stdout.take().expect("asked for")).lines().map_while(Result::ok);
    let thread = lines.find_map(|line| Some(line.strip_prefix("thread ")?.rsplit('/').next()?.to_owned()));
    let thread = thread.expect("it says which");
    let mut strace = Command::new("strace");
    let mut strace =
        strace.args(options).args(["-p", &thread]).stderr(Stdio::piped()).spawn().expect("there is an strace");
    let mut said = BufReader::new(strace.stderr.take().expect("asked for")).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("attached")), "strace may attach to a process of its own user");
    writer.stdin.take().expect("asked for").write_all(b"\n").expect("it waits for that");
    lines.for_each(drop);
    let status = writer.wait().expect("it ends");
    strace.wait().expect("so does strace");
    status
}

/// One edit of each of ten sequences, killed at every single system call that it makes.
#[test]
fn a_writer_killed_at_any_system_call_leaves_the_state_before_or_after() {
    if std::env::var_os("FOB_CRASH_STRACE").is_none() {
        return eprintln!("skipped: FOB_CRASH_STRACE is not set");
    }
    let mut kills = 0;
    for seed in 0..sequences().min(10) {
        let rehearsal = rehearse(seed);
        let number = usize::try_from(seed).unwrap() % EDITS;
        let home = rehearsal.homes[number].copy();
        let log = home.path().join("calls");
        let status = traced_writer(&home, &rehearsal.code, (seed, number, 0), &["-o", log.to_str().unwrap()]);
        assert!(status.success(), "seed {seed}: {status}");
        let calls = std::fs::read_to_string(&log).unwrap();
        let names = calls.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        names.for_each(|name| *counts.entry(name).or_default() += 1);
        assert!(counts.contains_key("openat") && counts.contains_key("close"), "seed {seed}: {counts:?}");
        for (name, nth) in counts.into_iter().flat_map(|(name, count)| (1..=count).map(move |nth| (name, nth))) {
            let home = rehearsal.homes[number].copy();
            let inject = format!("inject={name}:signal=KILL:when={nth}");
            let options = ["-o", "/dev/null", "-e", &inject];
            let status = traced_writer(&home, &rehearsal.code, (seed, number, 0), &options);
            // Which calls a process makes at its end differs from run to run.
            kills += usize::from(!status.success());
            rehearsal.check(&home, number, status.success(), &format!("seed {seed}, edit {number}, {name} {nth}"));
        }
    }
    assert!(kills > 20, "{kills} kills are too few");
    println!("killed at {kills} system calls");
}
