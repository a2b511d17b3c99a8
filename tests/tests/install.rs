//! `fob install-user` in a temporary home: what it puts there is understood by systemd and starts the right fobd over D-Bus,
//! and it takes exactly that away again. A real service manager has it in tests/bench/package.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use fob_tests::fob::Left;
use fob_tests::house::House;
use fob_tests::program::built;
use rustix::process::{Pid, Signal, kill_process};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { left.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn everything(house: &House) -> Vec<PathBuf> {
    [files(&house.home().join("config")), files(&house.home().join("data"))].concat()
}

/// Whatever packages this machine has.
fn install(house: &House) -> Left {
    house.fob().args("install-user --force").ok().unwrap()
}

#[test]
fn what_is_installed_is_understood_by_systemd_and_taken_away_whole() {
    let house = House::build().unwrap();
    let before = everything(&house);
    let said = install(&house).stdout;
    assert!(said.contains("systemctl --user enable --now fobd.socket"), "nobody would start it: {said}");
    let units = house.home().join("config/systemd/user");
    let service = fs::read_to_string(units.join("fobd.service")).unwrap();
    let fobd = built("fobd").unwrap().canonicalize().unwrap();
    assert!(service.contains(&format!("\nExecStart={}\n", fobd.display())), "{service}");
    // Debian's systemd-analyze warns of `man:` pages that it does not find, and of nothing else.
    let mut verify = house.command("systemd-analyze");
    verify.args(["verify", "--user", "--man=no", "--recursive-errors=no"]);
    match verify.arg(units.join("fobd.socket")).arg(units.join("fobd.service")).output() {
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            let ours: Vec<&str> = words.lines().filter(|line| line.contains("fobd.")).collect();
            assert!(output.status.success() && ours.is_empty(), "{words}");
        }
        Err(error) => println!("skipped: no systemd-analyze ({error})"),
    }
    let again = house.fob().args("install-user --force").json().unwrap();
    assert_eq!(again["written"].as_array().map(Vec::len), Some(0), "{again}");
    house.fob().args("install-user --remove").ok().unwrap();
    assert_eq!(everything(&house), before);
}

#[test]
fn a_call_on_the_session_bus_starts_the_fobd_beside_fob() {
    let mut house = House::build().unwrap();
    install(&house);
    house.start_bus().unwrap();
    let bus = house.bus_address().unwrap().to_owned();
    let busctl = |line: &str| {
        let mut command = house.command("busctl");
        let output = command.arg(format!("--address={bus}")).args(line.split(' ')).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let status = busctl("call dev.fob.Fob1 /dev/fob/Fob1 dev.fob.Manager1 Status");
    assert!(status.contains("\"vault\" s \"none\""), "{status}");
    let bus_itself = "call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus";
    let pid = busctl(&format!("{bus_itself} GetConnectionUnixProcessID s dev.fob.Fob1"));
    let pid: i32 = pid.trim().trim_start_matches("u ").parse().unwrap();
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    assert_eq!(program, built("fobd").unwrap().canonicalize().unwrap());
}

/// A service manager that writes down what it is told.
fn manager(house: &House) -> PathBuf {
    let (folder, told) = (house.home().join("bin"), house.home().join("told"));
    fs::create_dir(&folder).unwrap();
    let systemctl = folder.join("systemctl");
    fs::write(&systemctl, format!("#!/bin/sh\necho \"$*\" >>'{}'\n", told.display())).unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(house.home().join("run/systemd")).unwrap();
    fs::write(house.home().join("run/systemd/private"), "").unwrap();
    told
}

#[test]
fn a_service_manager_that_is_there_hears_of_it() {
    let house = House::build().unwrap();
    let told = manager(&house);
    let call = |arguments: &[&str]| {
        let mut command: Command = house.command(built("fob").unwrap());
        let path = format!("{}:{}", house.home().join("bin").display(), std::env::var("PATH").unwrap());
        let output = command.arg("install-user").args(arguments).env("PATH", path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let words = fs::read_to_string(&told).unwrap_or_default();
        let _ = fs::remove_file(&told);
        words
    };
    assert_eq!(call(&["--force", "--dry-run"]), "");
    assert!(everything(&house).is_empty());
    assert_eq!(call(&["--force"]), "--user daemon-reload\n--user enable --now fobd.socket\n");
    // The loopback listener's units are installed where it lies beside `fob`, and never switched on.
    let listener = built("fob-loopback").is_ok_and(|program| program.exists());
    let units = if listener { " fob-loopback.service fob-loopback.socket" } else { "" };
    let words = call(&["--remove"]);
    assert_eq!(words, format!("--user disable --now fobd.service fobd.socket{units}\n--user daemon-reload\n"));
}
