//! Which ways to a clipboard are worth a try, and in which order: from the environment alone.

use std::env::var_os;
use std::fs::File;

/// What stands between us and the terminal, and wants the sequence put differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// Nothing.
    Nothing,
    /// tmux, which reads the sequence itself.
    Tmux,
    /// GNU screen, which passes on what is wrapped.
    Screen,
}

/// A way to a clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The compositor's data-control protocol.
    Wayland,
    /// An X selection.
    X11,
    /// A sequence to the terminal.
    Terminal(Between),
}

/// What is known about where we run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "facts, each by itself")]
pub struct Facts {
    /// WAYLAND_DISPLAY names a compositor.
    pub wayland: bool,
    /// DISPLAY names an X server.
    pub x11: bool,
    /// The person came by ssh.
    pub ssh: bool,
    /// There is a terminal to write to.
    pub terminal: bool,
    /// What stands between us and it.
    pub between: Between,
}

impl Facts {
    /// Of this process.
    #[must_use]
    pub fn here() -> Self {
        let set = |name| var_os(name).is_some_and(|value| !value.is_empty());
        let between = match () {
            () if set("TMUX") => Between::Tmux,
            () if set("STY") => Between::Screen,
            () => Between::Nothing,
        };
        Self {
            wayland: set("WAYLAND_DISPLAY"),
            x11: set("DISPLAY"),
            ssh: set("SSH_CONNECTION") || set("SSH_TTY"),
            terminal: File::options().write(true).open("/dev/tty").is_ok(),
            between,
        }
    }
}

/// The ways, the best first. Over ssh the desktop of the machine far away is nobody's: the person's own clipboard is
/// behind the terminal.
#[must_use]
pub fn ways(facts: &Facts) -> Vec<Way> {
    let terminal = facts.terminal.then_some(Way::Terminal(facts.between));
    let desktop = [facts.wayland.then_some(Way::Wayland), facts.x11.then_some(Way::X11)];
    let desktop = desktop.into_iter().flatten();
    match facts.ssh {
        true => terminal.into_iter().chain(desktop).collect(),
        false => desktop.chain(terminal).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persons_own_clipboard_comes_first() {
        let nothing = Facts { wayland: false, x11: false, ssh: false, terminal: false, between: Between::Nothing };
        let terminal = Way::Terminal(Between::Nothing);
        for (case, facts, expected) in [
            ("nowhere", nothing, &[][..]),
            ("a console", Facts { terminal: true, ..nothing }, &[terminal]),
            (
                "a Wayland desktop with Xwayland",
                Facts { wayland: true, x11: true, terminal: true, ..nothing },
                &[Way::Wayland, Way::X11, terminal],
            ),
            ("an X desktop, from a launcher", Facts { x11: true, ..nothing }, &[Way::X11]),
            ("ssh -X", Facts { x11: true, ssh: true, terminal: true, ..nothing }, &[terminal, Way::X11]),
            ("ssh -X without a terminal", Facts { x11: true, ssh: true, ..nothing }, &[Way::X11]),
            (
                "tmux over ssh",
                Facts { ssh: true, terminal: true, between: Between::Tmux, ..nothing },
                &[Way::Terminal(Between::Tmux)],
            ),
        ] {
            assert_eq!(ways(&facts), expected, "{case}");
        }
    }
}
