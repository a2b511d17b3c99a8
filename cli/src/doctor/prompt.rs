//! fob's prompt: can fobd ask the person at all, and where?

use super::units::Manager;
use super::{Check, Machine};

const NAME: &str = "prompt";
const WAYLAND: &str = "WAYLAND_DISPLAY";
const X11: &str = "DISPLAY";

/// Where a screen is known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Screen {
    /// Nowhere.
    Nowhere,
    /// Here, but not to the service manager that starts fobd.
    HereAlone,
    /// Wherever fobd is started.
    Known,
}

/// What the environment here and the service manager's say.
pub(super) fn screen(manager: &Manager) -> Screen {
    let here = [WAYLAND, X11].iter().any(|name| std::env::var(name).is_ok_and(|value| names_a_screen(name, &value)));
    of(here, manager.environment().as_deref())
}

/// Whether this variable names a display that fob asks on. One with a host (`localhost:10`, from ssh) is none: nobody can
/// tell who listens there.
fn names_a_screen(name: &str, value: &str) -> bool {
    match name {
        WAYLAND => !value.is_empty(),
        X11 => value.starts_with(':') || value.starts_with("unix:"),
        _ => false,
    }
}

/// `there` is the service manager's environment, a line each; `None` without one.
fn of(here: bool, there: Option<&str>) -> Screen {
    let named = |line: &str| line.split_once('=').is_some_and(|(name, value)| names_a_screen(name, value));
    match (here, there) {
        (_, Some(there)) if there.lines().any(named) => Screen::Known,
        (true, None) => Screen::Known,
        (true, Some(_)) => Screen::HereAlone,
        (false, _) => Screen::Nowhere,
    }
}

/// One line.
pub(super) fn check(machine: &Machine, screen: Screen) -> Check {
    let beside = |name: &str| machine.programs.as_ref().is_some_and(|folder| folder.join(name).is_file());
    if !beside("fob-prompt") {
        let advice = "put fob-prompt into the folder with fob and fobd; until then programs that would be asked about are refused";
        return Check::warn(
            NAME,
            "there is no fob-prompt beside fob: nobody can be asked about other programs",
            advice,
        );
    }
    let (window, pinentry) = (beside("fob-prompt-gtk"), machine.pinentry.exists());
    match (screen, window, pinentry) {
        (Screen::HereAlone, ..) => {
            let advice = "tell it: `dbus-update-activation-environment --systemd DISPLAY WAYLAND_DISPLAY XAUTHORITY`; desktops do \
                          that when a session begins";
            Check::warn(NAME, "the service manager that starts fobd does not know of your screen", advice)
        }
        (Screen::Nowhere, ..) => {
            Check::ok(NAME, "there is no screen here: fob asks on its own terminal, and other programs are refused")
        }
        (Screen::Known, true, _) => Check::ok(NAME, "questions are asked in a window"),
        (Screen::Known, false, true) => Check::ok(NAME, "questions are asked by pinentry"),
        (Screen::Known, false, false) => {
            let advice = "install fob-prompt-gtk beside fob, or a graphical pinentry";
            Check::warn(NAME, "there is a screen, and nothing that could ask there: programs are refused", advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Outcome;
    use super::*;

    #[test]
    fn it_is_told_where_one_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let pinentry = folder.path().join("pinentry");
        let machine = Machine { programs: Some(folder.path().into()), pinentry: pinentry.clone(), ..Machine::this() };
        assert_eq!(check(&machine, Screen::Known).outcome, Outcome::Warn, "no fob-prompt");
        fs::write(folder.path().join("fob-prompt"), "").unwrap();
        assert_eq!(check(&machine, Screen::Known).outcome, Outcome::Warn, "neither window nor pinentry");
        assert!(check(&machine, Screen::Nowhere).message.contains("terminal"));
        fs::write(&pinentry, "").unwrap();
        assert!(check(&machine, Screen::Known).message.contains("pinentry"));
        fs::write(folder.path().join("fob-prompt-gtk"), "").unwrap();
        assert!(check(&machine, Screen::Known).message.contains("window"));
        assert_eq!(check(&machine, Screen::HereAlone).outcome, Outcome::Warn);
    }

    #[test]
    fn a_screen_counts_where_fobd_is_started() {
        for (here, there, expected) in [
            (true, Some("HOME=/home/ada\nWAYLAND_DISPLAY=wayland-0"), Screen::Known),
            (false, Some("DISPLAY=:0"), Screen::Known),
            (true, Some("HOME=/home/ada\nNO_DISPLAY=1"), Screen::HereAlone),
            (true, None, Screen::Known),
            (false, None, Screen::Nowhere),
            (false, Some(""), Screen::Nowhere),
            (false, Some("WAYLAND_DISPLAY=\nDISPLAY=localhost:10.0"), Screen::Nowhere),
            (true, Some("DISPLAY=localhost:10.0"), Screen::HereAlone),
        ] {
            assert_eq!(of(here, there), expected, "{here} {there:?}");
        }
    }
}
