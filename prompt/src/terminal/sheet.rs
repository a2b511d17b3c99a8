//! The question as lines of text for a terminal of some width: plain characters, no colours, no cursor that moves.

use fob_asking::{Question, Words};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The widest that is read with ease, and the narrowest that is reckoned with, in columns.
const WIDEST: usize = 100;
const NARROWEST: usize = 20;
/// What stands in front of everything.
const RULE: &str = "---- fob asks ";

/// All of it, without the line that is typed in.
pub(crate) fn sheet(words: &Words, question: &Question, columns: usize) -> String {
    let columns = columns.clamp(NARROWEST, WIDEST);
    let mut out = String::from("\n");
    out.push_str(RULE);
    out.push_str(&"-".repeat(columns.saturating_sub(RULE.width())));
    out.push('\n');
    put(&mut out, &words.title, 0, columns);
    let site = words.site.as_ref().map(|site| ("Site", site.domain.as_str()));
    let lines = words.lines.iter().map(|line| (line.label, line.text.as_str()));
    let facts: Vec<_> =
        site.into_iter().filter(|_| !words.lines.iter().any(|line| line.label == "Site")).chain(lines).collect();
    let margin = facts.iter().map(|(label, _)| label.width()).max().unwrap_or(0) + 4;
    for (label, text) in facts {
        out.push_str("  ");
        out.push_str(label);
        out.push_str(&" ".repeat(margin - 2 - label.width()));
        put(&mut out, text, margin, columns);
    }
    if let Some(warning) = &words.warning {
        out.push_str("! ");
        put(&mut out, warning, 2, columns);
    }
    for button in
        words.choices.iter().map(|offer| offer.button).chain([words.refuse]).filter(|_| !words.choices.is_empty())
    {
        out.push_str("  ");
        out.push(button.mnemonic);
        out.push_str("  ");
        put(&mut out, button.label, 5, columns);
    }
    if let Some(note) = words.secret.as_ref().and_then(|secret| secret.note.as_deref()) {
        put(&mut out, note, 0, columns);
    }
    let waits = Words::deadline(question.waits);
    let waits = words.behind.as_ref().map_or_else(|| waits.clone(), |behind| format!("{waits} {behind}"));
    put(&mut out, &waits, 0, columns);
    out
}

/// Writes a text behind what stands in this line, in further lines where it is too long for one.
fn put(out: &mut String, text: &str, margin: usize, columns: usize) {
    let room = columns.saturating_sub(margin).max(2);
    let mut left = room;
    for (place, word) in text.split(' ').enumerate() {
        let width = word.width();
        if place > 0 {
            if width < left {
                out.push(' ');
                left -= 1;
            } else {
                new_line(out, margin);
                left = room;
            }
        }
        if width <= left {
            out.push_str(word);
            left -= width;
            continue;
        }
        // Longer than a line.
        for character in word.chars() {
            let width = character.width().unwrap_or(0);
            if width > left {
                new_line(out, margin);
                left = room;
            }
            out.push(character);
            left = left.saturating_sub(width);
        }
    }
    out.push('\n');
}

fn new_line(out: &mut String, margin: usize) {
    out.push('\n');
    out.push_str(&" ".repeat(margin));
}

#[cfg(test)]
mod tests {
    use fob_asking::{Asker, Choice, Tier, What};

    use super::*;

    fn question(name: &str) -> Question {
        let asker = Asker {
            name: name.into(),
            program: Some("/usr/lib/firefox/firefox".into()),
            tier: Tier::Installed,
            why: None,
            door: "bus".into(),
            pid: Some(4711),
        };
        let what = What::Sign { rp_id: "example.org".into(), origin: "https://example.org".into(), top_origin: None };
        let choices = vec![Choice::Once, Choice::UntilLock];
        Question {
            asker,
            what,
            choices,
            want: None,
            waits: 60,
            terminal: None,
            parent_window: String::new(),
            behind: 1,
        }
    }

    fn shown(name: &str, columns: usize) -> String {
        let question = question(name);
        sheet(&Words::of(&question), &question, columns)
    }

    #[test]
    fn it_looks_like_this() {
        let expected = "
---- fob asks --------------------------------------------------
Sign in at example.org?
  Site      example.org
  Asked by  Firefox
  Program   /usr/lib/firefox/firefox (process 4711)
  Which is  an installed program that is listed
  Through   the session bus
  o  Allow once
  u  Allow until the vault locks
  n  No
Withdrawn in 60 seconds. 1 more question waits.
";
        assert_eq!(shown("Firefox", 64), expected);
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        for columns in [0, 1, 20, 24, 40, 80, 500] {
            for name in [
                "Firefox",
                "一个非常长的名字一个非常长的名字一个非常长的名字",
                &"A".repeat(300),
                "a b c d e f g h i j k l m n o p",
            ] {
                for line in shown(name, columns).lines() {
                    assert!(line.width() <= columns.clamp(NARROWEST, WIDEST), "{columns} columns: {line:?}");
                }
            }
        }
    }

    #[derive(serde::Deserialize)]
    struct Names {
        name: Vec<Hostile>,
    }

    #[derive(serde::Deserialize)]
    struct Hostile {
        case: String,
        text: String,
        #[serde(default)]
        times: usize,
    }

    /// The table of hostile names: none makes a line of its own, moves anything, or reaches another line's place.
    #[test]
    fn hostile_names_stay_behind_their_label() {
        let names: Names = toml::from_str(include_str!("../../../tests/vectors/hostile-names.toml")).unwrap();
        for Hostile { case, text, times } in names.name {
            let shown = shown(&text.repeat(times.max(1)), 80);
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{case}: {shown:?}");
            let title = shown.lines().filter(|line| line.starts_with("Sign in at example.org?")).count();
            assert_eq!(title, 1, "{case}");
            let labelled = |line: &&str| line.starts_with("  Asked by  ");
            assert_eq!(shown.lines().filter(labelled).count(), 1, "{case}");
            // Every other line is fob's, or goes on behind the margin.
            let ours = [
                "",
                "----",
                "Sign in",
                "  Site ",
                "  Asked by ",
                "  Program ",
                "  Which is ",
                "  Through ",
                "  o  ",
                "  u  ",
                "  n  ",
                "Withdrawn",
                "            ",
            ];
            for line in shown.lines() {
                assert!(
                    ours.iter().skip(1).any(|start| line.starts_with(start)) || line.is_empty(),
                    "{case}: {line:?}"
                );
            }
        }
    }
}
