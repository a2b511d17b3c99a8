//! fob's prompt: can fobd ask the person at all, and where?

use super::units::Manager;
use super::{Check, Machine};

const NAME: &str = "prompt";
/// What names a display.
const DISPLAYS: [&str; 2] = ["WAYLAND_DISPLAY", "DISPLAY"];

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
    let here = DISPLAYS.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    of(here, manager.environment().as_deref())
}

/// `there` is the service manager's environment, a line each; `None` without one.
fn of(here: bool, there: Option<&str>) -> Screen {
    let named =
        |line: &str| DISPLAYS.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
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
            Check::ok(NAME, "there is no screen here: questions are asked on the terminal that asks")
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
        ] {
            assert_eq!(of(here, there), expected, "{here} {there:?}");
        }
    }
}
