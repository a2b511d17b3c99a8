//! Installing and removing in a home of a test's own, with a service manager that notes what it is told.

use std::cell::RefCell;
use std::fs;

use super::*;

/// A service manager that notes what it is told, and fails at one thing.
#[derive(Default)]
struct Fake {
    absent: bool,
    fails_at: &'static str,
    told: RefCell<Vec<String>>,
}

impl UserManager for Fake {
    fn is_there(&self) -> bool {
        !self.absent
    }

    fn tell(&self, arguments: &[&str]) -> Result<(), Failure> {
        self.told.borrow_mut().push(arguments.join(" "));
        if arguments.first() == Some(&self.fails_at) { Err(Failure::new(Exit::Failed, "no")) } else { Ok(()) }
    }
}

/// A home, and a folder with two programs.
fn home() -> (tempfile::TempDir, Places) {
    let home = tempfile::tempdir().unwrap();
    let programs = home.path().join("programs");
    fs::create_dir(&programs).unwrap();
    fs::write(programs.join("fobd"), "").unwrap();
    let places = Places {
        config: home.path().join(".config"),
        data: home.path().join(".local/share"),
        programs,
        units: vec![home.path().join("usr/units")],
        rules: vec![home.path().join("usr/rules")],
    };
    (home, places)
}

fn args() -> InstallUser {
    InstallUser { dry_run: false, remove: false, force: false, udev_rule: false }
}

#[test]
fn it_is_installed_and_switched_on_once_and_a_second_time_changes_nothing() {
    let (_home, places) = home();
    let manager = Fake::default();
    let (first, failure) = install(&places, &manager, &args()).unwrap();
    assert!(failure.is_none() && first.unchanged.is_empty());
    assert_eq!(*manager.told.borrow(), ["daemon-reload", "enable --now fobd.socket"]);
    let unit = fs::read_to_string(places.config.join("systemd/user/fobd.service")).unwrap();
    assert!(unit.contains(&format!("\nExecStart={}\n", places.programs.join("fobd").display())), "{unit}");
    let (second, _) = install(&places, &manager, &args()).unwrap();
    assert_eq!((second.written.len(), second.unchanged.len()), (0, first.written.len()));
    assert!(second.words().contains("as it should be already"), "{}", second.words());
}

#[test]
fn an_older_unit_of_ours_is_replaced_and_the_daemon_begins_anew() {
    let (_home, mut places) = home();
    install(&places, &Fake::default(), &args()).unwrap();
    let moved = places.programs.with_file_name("elsewhere");
    fs::rename(&places.programs, &moved).unwrap();
    places.programs = moved;
    let manager = Fake::default();
    let (again, _) = install(&places, &manager, &args()).unwrap();
    // Completions and pages name no path.
    let names: Vec<_> = again.written.iter().filter_map(|path| path.file_name()).collect();
    assert_eq!(names, ["fobd.service", "dev.fob.Fob1.service"]);
    assert_eq!(manager.told.borrow().last().map(String::as_str), Some("try-restart fobd.service"));
}

#[test]
fn where_a_package_has_installed_it_nothing_is_done_unless_one_insists() {
    let (home, places) = home();
    fs::create_dir_all(home.path().join("usr/units")).unwrap();
    fs::write(home.path().join("usr/units/fobd.service"), "").unwrap();
    let refused = install(&places, &Fake::default(), &args()).unwrap_err();
    assert!(refused.message.contains("a package has installed fob"), "{refused}");
    assert!(!places.config.exists());
    assert!(install(&places, &Fake::default(), &InstallUser { force: true, ..args() }).is_ok());
}

#[test]
fn without_a_service_manager_the_person_is_told_what_to_type() {
    let (home, places) = home();
    let (answer, _) = install(&places, &Fake { absent: true, ..Fake::default() }, &args()).unwrap();
    let commands: Vec<_> = answer.to_do.iter().map(|to_do| to_do.command.as_str()).collect();
    assert_eq!(commands, ["systemctl --user daemon-reload && systemctl --user enable --now fobd.socket", RULE_COMMAND]);
    fs::create_dir_all(home.path().join("usr/rules")).unwrap();
    fs::write(home.path().join("usr/rules/60-fido-id.rules"), "").unwrap();
    let (answer, _) = install(&places, &Fake::default(), &args()).unwrap();
    assert!(answer.to_do.is_empty(), "{answer:?}");
}

#[test]
fn a_manager_that_fails_is_told_beside_the_answer() {
    let (_home, places) = home();
    let (answer, failure) = install(&places, &Fake { fails_at: "enable", ..Fake::default() }, &args()).unwrap();
    assert!(failure.is_some() && places.config.join("systemd/user/fobd.socket").exists());
    assert_eq!(answer.told, ["systemctl --user daemon-reload"]);
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_it_would() {
    let (_home, places) = home();
    let manager = Fake::default();
    let dry = InstallUser { dry_run: true, ..args() };
    let (answer, _) = install(&places, &manager, &dry).unwrap();
    assert!(!places.config.exists() && !places.data.exists() && manager.told.borrow().is_empty());
    assert!(answer.words().starts_with("Would write:\n"), "{}", answer.words());
    install(&places, &manager, &args()).unwrap();
    manager.told.borrow_mut().clear();
    let (answer, _) = remove(&places, &manager, true).unwrap();
    assert!(manager.told.borrow().is_empty() && answer.removed.iter().all(|path| path.exists()));
}

#[test]
fn exactly_its_own_files_are_taken_away() {
    let (_home, places) = home();
    let manager = Fake::default();
    install(&places, &manager, &args()).unwrap();
    // Others' files beside them, one in the place of ours; a page of an older edition; what `enable` has made.
    let units = places.config.join("systemd/user");
    fs::write(units.join("mine.service"), "[Unit]").unwrap();
    fs::write(units.join("fobd.service"), "[Unit]\nDescription=by hand\n").unwrap();
    let pages = places.data.join("man/man1");
    fs::write(pages.join("fobar.1"), "another program's").unwrap();
    fs::copy(pages.join("fob.1"), pages.join("fob-former.1")).unwrap();
    fs::create_dir(units.join("sockets.target.wants")).unwrap();
    std::os::unix::fs::symlink(units.join("fobd.socket"), units.join("sockets.target.wants/fobd.socket")).unwrap();
    manager.told.borrow_mut().clear();
    let (answer, _) = remove(&places, &manager, false).unwrap();
    assert_eq!(*manager.told.borrow(), ["disable --now fobd.socket", "daemon-reload"]);
    assert_eq!(answer.left, [units.join("fobd.service")]);
    let mut stay = Vec::new();
    let mut folders = vec![places.config.clone(), places.data.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { stay.push(path) }
        }
    }
    stay.sort();
    assert_eq!(stay, [units.join("fobd.service"), units.join("mine.service"), pages.join("fobar.1")]);
    assert!(!units.join("sockets.target.wants/fobd.socket").is_symlink());
    let (nothing, _) = remove(&places, &manager, false).unwrap();
    assert!(nothing.removed.is_empty());
}

#[test]
fn the_loopback_listener_gets_its_units_where_it_is_and_nobody_switches_it_on() {
    let (_home, places) = home();
    fs::write(places.programs.join("fob-loopback"), "").unwrap();
    let manager = Fake::default();
    install(&places, &manager, &args()).unwrap();
    let socket = places.config.join("systemd/user/fob-loopback.socket");
    assert!(socket.exists() && !manager.told.borrow().iter().any(|line| line.contains("loopback")));
    // Taken away although the program has gone meanwhile.
    fs::remove_file(places.programs.join("fob-loopback")).unwrap();
    manager.told.borrow_mut().clear();
    remove(&places, &manager, false).unwrap();
    let units = "fobd.service fobd.socket fob-loopback.service fob-loopback.socket";
    assert_eq!(manager.told.borrow()[0], format!("disable --now {units}"));
    assert!(!socket.exists());
}

#[test]
fn a_file_of_somebody_elses_stops_it_before_it_begins() {
    let (_home, places) = home();
    let units = places.config.join("systemd/user");
    fs::create_dir_all(&units).unwrap();
    fs::write(units.join("fobd.socket"), "[Socket]\n").unwrap();
    let refused = install(&places, &Fake::default(), &InstallUser { force: true, ..args() }).unwrap_err();
    assert!(refused.message.contains("not from `fob install-user`"), "{refused}");
    assert!(!places.data.exists() && !units.join("fobd.service").exists());
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let (home, places) = home();
    fs::create_dir(home.path().join("elsewhere")).unwrap();
    fs::create_dir(&places.config).unwrap();
    std::os::unix::fs::symlink(home.path().join("elsewhere"), places.config.join("systemd")).unwrap();
    let refused = install(&places, &Fake::default(), &args()).unwrap_err();
    assert!(refused.message.contains("symbolic link"), "{refused}");
    assert_eq!(fs::read_dir(home.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn programs_that_others_can_change_are_not_installed() {
    use std::os::unix::fs::PermissionsExt;
    let (_home, places) = home();
    fs::set_permissions(&places.programs, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(install(&places, &Fake::default(), &args()).unwrap_err().message.contains("others can write"));
    fs::set_permissions(&places.programs, fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(places.programs.join("fobd")).unwrap();
    assert!(install(&places, &Fake::default(), &args()).unwrap_err().message.contains("no fobd beside fob"));
}
