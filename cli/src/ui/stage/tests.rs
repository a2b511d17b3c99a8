//! The real terminal's side: this very test program once more, on a terminal of its own.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Command;

use ratatui::text::Line;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::*;

/// Says to this program that it is the one on the terminal.
const ACTING: &str = "FOB_TEST_STAGE";
const CODE: &str = "287082";
const LAST_WORDS: &str = "somebody pulled the rug away";

fn terminal() -> (OwnedFd, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    tcsetwinsize(&ours, Winsize { ws_row: 3, ws_col: 20, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(ptsname(&ours, Vec::new()).unwrap(), flags, Mode::empty()).unwrap();
    (ours, theirs)
}

/// A panic in the middle of a painted screen: what came to the terminal, and whether it is as it was before.
#[test]
fn a_panic_takes_everything_off_the_screen_before_it_says_why() {
    if std::env::var_os(ACTING).is_some() {
        act();
    }
    let (ours, theirs) = terminal();
    let before = tcgetattr(&theirs).unwrap().local_modes;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "ui::stage::tests::a_panic_takes_everything_off_the_screen_before_it_says_why",
            "--nocapture",
        ])
        .env(ACTING, "1")
        .env("RUST_BACKTRACE", "0")
        .stdin(theirs.try_clone().unwrap())
        .stdout(theirs.try_clone().unwrap())
        .stderr(theirs.try_clone().unwrap())
        .spawn()
        .unwrap();
    assert!(!child.wait().unwrap().success());
    let after = tcgetattr(&theirs).unwrap().local_modes;
    assert_eq!(after, before, "the terminal is raw no more");
    assert!(after.contains(LocalModes::ECHO | LocalModes::ICANON));
    drop(theirs);

    let text = all(ours);
    let (painted, rest) = text.split_once(CODE).expect("the code was painted");
    assert!(painted.contains("\u{1b}[?1049h") && painted.contains("\u{1b}[?7l"), "{text:?}");
    // xterm's control sequences: CUP and EL for each row, then the other screen is left.
    let (wiped, said) = rest.split_once("\u{1b}[?1049l").expect("the other screen was left");
    for row in 1..=3 {
        assert!(wiped.contains(&format!("\u{1b}[{row};1H\u{1b}[2K")), "{row}: {text:?}");
    }
    assert!(wiped.contains("\u{1b}[?7h") && !wiped.contains(LAST_WORDS), "{text:?}");
    assert!(said.contains("\u{1b}[?25h") && said.contains(LAST_WORDS) && !said.contains(CODE), "{text:?}");
}

/// Everything that was written; a terminal that nobody holds any more ends with an error.
fn all(ours: OwnedFd) -> String {
    let (mut ours, mut bytes, mut some) = (File::from(ours), Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = ours.read(&mut some) {
        bytes.extend_from_slice(&some[..length]);
    }
    String::from_utf8(bytes).unwrap()
}

fn act() -> ! {
    let mut stage = RealStage::new().unwrap();
    stage.enter().unwrap();
    stage.terminal().draw(|frame| frame.render_widget(Line::raw(CODE), frame.area())).unwrap();
    panic!("{LAST_WORDS}");
}
