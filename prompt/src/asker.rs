//! Whether whoever asks still has its terminal in the foreground. fobd has looked; it is looked at again before the
//! terminal is touched and before an answer counts, since a shell may have taken it back by then.

use fob_asking::{Question, Tier};

/// Fields of /proc/PID/stat behind the program's name (proc_pid_stat(5): fields 5, 7 and 8).
const GROUP: usize = 2;
const TERMINAL: usize = 4;
const FOREGROUND: usize = 5;

/// The terminal that a question may be put on: fob's, and no other program's. Who makes a terminal can type into it.
pub(crate) fn terminal(question: &Question) -> Option<&str> {
    question.terminal.as_deref().filter(|_| question.asker.tier == Tier::Companion)
}

/// Whether the process with this id is in the foreground of the terminal with this device number.
pub(crate) fn is_in_the_foreground(pid: i32, terminal: u64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| says_so(&stat, terminal))
}

fn says_so(stat: &str, terminal: u64) -> bool {
    // The name stands in parentheses and may have some of its own.
    let Some((_, fields)) = stat.rsplit_once(')') else { return false };
    let field = |place| fields.split_whitespace().nth(place).and_then(|field| field.parse::<i64>().ok());
    let group = field(GROUP);
    let of = field(TERMINAL).and_then(|number| i32::try_from(number).ok()).map(i32::cast_unsigned);
    group.is_some_and(|group| group > 0) && group == field(FOREGROUND) && of == packed(terminal)
}

/// A device number as the kernel writes it there: the major number in bits 8 to 19, the minor one around it.
fn packed(device: u64) -> Option<u32> {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    (major < 1 << 12 && minor < 1 << 20).then_some(minor & 0xff | major << 8 | (minor & !0xff) << 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_foreground_is_read_as_the_kernel_writes_it() {
        // /dev/pts/3 is device 136:3.
        let pts = rustix::fs::makedev(136, 3);
        for (stat, expected) in [
            ("42 (fob) S 40 42 40 34819 42 4194304 1", true),
            ("42 (a) S 1 2 3) S 40 42 40 34819 42 4194304 1", true),
            ("42 (fob) S 40 42 40 34819 40 4194304 1", false),
            ("42 (fob) S 40 42 40 34820 42 4194304 1", false),
            ("42 (fob) S 40 42 40 0 -1 4194304 1", false),
            ("42 (fob) S 40 -1 40 34819 -1 4194304 1", false),
            ("42 (fob) S 40", false),
            ("", false),
        ] {
            assert_eq!(says_so(stat, pts), expected, "{stat}");
        }
    }

    #[test]
    fn numbers_of_many_terminals_are_packed_as_the_kernel_does() {
        for (major, minor, expected) in [(136, 3, 34_819), (4, 1, 1_025), (136, 300, 1_083_436), (136, 256, 1_083_392)]
        {
            assert_eq!(packed(rustix::fs::makedev(major, minor)), Some(expected), "{major}:{minor}");
        }
    }

    #[test]
    fn a_process_without_a_terminal_has_none_in_the_foreground() {
        assert!(!is_in_the_foreground(1, rustix::fs::makedev(136, 3)));
        assert!(!is_in_the_foreground(-1, 0));
    }
}
