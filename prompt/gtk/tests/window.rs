//! The window on a screen of its own, seen through the accessibility tree and worked by keyboard and mouse. What is tested
//! stands in `window.py`, a function each; GTK's side of the accessibility bus has its reader in Python.

use std::path::Path;
use std::process::Command;

/// Debian's own, which has the bindings of libatspi; another Python would not find them.
const PYTHON: &str = "/usr/bin/python3";
/// Names that others chose to deceive.
const HOSTILE_NAMES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/hostile-names.toml");
/// Besides that Python.
const TOOLS: [&str; 3] = ["/usr/bin/Xvfb", "/usr/bin/dbus-daemon", "/usr/bin/xdotool"];

fn passes(case: &str, arguments: &[&str]) {
    if !is_desk_there() {
        assert!(std::env::var_os("FOB_JUDGES").is_none(), "FOB_JUDGES is set, and there is no desk for a window");
        eprintln!("skipped: no xvfb, dbus, xdotool, at-spi2-core, python3-gi or gir1.2-atspi-2.0");
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window.py");
    let output = Command::new(PYTHON)
        .args(["-B", script, case, env!("CARGO_BIN_EXE_fob-prompt-gtk")])
        .args(arguments)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("a program that was found starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn is_desk_there() -> bool {
    let bindings = "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi";
    let python = Command::new(PYTHON).args(["-c", bindings]).output();
    let has_bus = Path::new("/usr/share/dbus-1/services/org.a11y.Bus.service").exists();
    has_bus && TOOLS.iter().all(|tool| Path::new(tool).exists()) && python.is_ok_and(|output| output.status.success())
}

macro_rules! cases {
    ($($case:ident $(($argument:expr))?,)*) => {
        $(
            #[test]
            fn $case() {
                passes(stringify!($case), &[$($argument)?]);
            }
        )*
    };
}

cases! {
    every_kind_of_question_is_read_out_and_answered_by_the_accessibility_tree,
    a_fact_is_described_by_its_label_and_an_entry_by_its_note,
    the_keyboard_answers_only_where_the_person_went,
    nothing_counts_before_it_was_shown_and_focused_for_half_a_second,
    focus_move_and_size_start_the_half_second_again,
    whoever_goes_on_typing_has_not_answered,
    a_secret_reaches_the_pipe_and_nothing_else,
    a_secret_is_edited_as_any_text,
    six_digits_and_enter_are_one_try,
    it_goes_when_the_question_is_withdrawn_and_says_nothing,
    hostile_names_are_shown_as_text(HOSTILE_NAMES),
    large_text_on_a_small_screen_leaves_nothing_out_of_reach,
    it_works_where_no_memory_is_writable_and_executable,
}

#[test]
fn no_case_of_the_script_is_forgotten_here() {
    let script = include_str!("window.py");
    let there = script.lines().filter_map(|line| line.strip_prefix("def ")?.split_once("(program"));
    let here = include_str!("window.rs");
    let forgotten: Vec<_> = there.map(|(case, _)| case).filter(|case| !here.contains(&format!("    {case}"))).collect();
    assert_eq!(forgotten, [""; 0]);
}
