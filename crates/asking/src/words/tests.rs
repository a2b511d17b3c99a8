//! What is shown for each kind of question, and that nothing hostile gets through.

use super::*;
use crate::{Asker, LONGEST_TEXT, Tier};

fn asker() -> Asker {
    Asker {
        name: "Firefox".into(),
        program: Some("/usr/lib/firefox/firefox".into()),
        tier: Tier::Installed,
        why: None,
        door: "socket".into(),
        pid: Some(4711),
    }
}

fn question(what: What) -> Question {
    Question {
        asker: asker(),
        what,
        choices: vec![Choice::Once, Choice::UntilLock, Choice::EightHours, Choice::Always],
        want: None,
        waits: 60,
        terminal: None,
        parent_window: String::new(),
        behind: 0,
    }
}

fn sign(rp_id: &str, origin: &str, top_origin: Option<&str>) -> Question {
    let top_origin = top_origin.map(str::to_owned);
    question(What::Sign { rp_id: rp_id.into(), origin: origin.into(), top_origin })
}

/// One of each kind, with this text wherever there is text from outside.
fn everything(text: &str) -> Vec<Question> {
    let t = || text.to_owned();
    let whats = [
        What::Code { issuer: t(), name: t(), site: Some(t()) },
        What::Code { issuer: t(), name: String::new(), site: None },
        What::Sign { rp_id: t(), origin: t(), top_origin: Some(t()) },
        What::Create { rp_id: t(), origin: t(), top_origin: None, user: t() },
        What::KeyCare { key: t(), doing: t() },
        What::Pin { key: t(), rp_id: t() },
        What::Attach { path: t() },
        What::Pair { scopes: vec![t(), t()], origin: Some(t()) },
        What::Allow { program: t(), origins: Some(vec![t()]) },
        What::Allow { program: t(), origins: None },
    ];
    let asker = Asker { name: t(), program: Some(t()), tier: Tier::Script, why: Some(t()), door: t(), pid: None };
    let wants = [None, Some(Want::Passphrase), Some(Want::Pin { retries: 1, wrong: true }), Some(Want::Digits)];
    let mut all = Vec::new();
    for what in whats {
        for want in wants.clone() {
            all.push(Question { asker: asker.clone(), want, terminal: Some(t()), ..question(what.clone()) });
        }
    }
    all
}

fn texts(words: &Words) -> Vec<&str> {
    let mut texts = vec![words.title.as_str()];
    texts.extend(words.lines.iter().map(|line| line.text.as_str()));
    texts.extend(words.warning.as_deref());
    texts.extend(words.secret.iter().filter_map(|secret| secret.note.as_deref()));
    if let Some(site) = &words.site {
        texts.extend([site.domain.as_str(), site.host.as_str()]);
        texts.extend(site.unicode.as_deref());
    }
    texts
}

fn line<'a>(words: &'a Words, label: &str) -> Option<&'a str> {
    words.lines.iter().find(|line| line.label == label).map(|line| line.text.as_str())
}

#[test]
fn a_sign_in_says_where_who_and_how() {
    let words = Words::of(&sign("example.org", "https://login.example.org", None));
    assert_eq!(words.title, "Sign in at example.org?");
    assert_eq!(words.site.as_ref().unwrap().domain, "example.org");
    for (label, text) in [
        ("On the page", "login.example.org"),
        ("Asked by", "Firefox"),
        ("Program", "/usr/lib/firefox/firefox (process 4711)"),
        ("Which is", "an installed program that is listed"),
        ("Through", "fob's own socket"),
    ] {
        assert_eq!(line(&words, label), Some(text));
    }
    assert_eq!((words.warning, words.behind), (None, None));
}

#[test]
fn a_frame_of_another_site_is_a_warning() {
    let words = Words::of(&sign("pay.example", "https://pay.example", Some("https://shop.example")));
    assert_eq!(words.warning.as_deref(), Some("This is a part of a page of shop.example, which is another site."));
    assert_eq!(line(&words, "Inside"), Some("shop.example"));
    let own = Words::of(&sign("pay.example", "https://a.pay.example", Some("https://b.pay.example")));
    assert_eq!(own.warning, None);
}

#[test]
fn who_is_not_known_for_certain_is_a_warning_with_its_reason() {
    for (tier, warned) in [
        (Tier::Companion, false),
        (Tier::Installed, false),
        (Tier::Portal, false),
        (Tier::Paired, false),
        (Tier::Script, true),
        (Tier::Sandboxed, true),
        (Tier::Weak, true),
    ] {
        let asker = Asker { tier, why: Some("it is not fob".into()), ..asker() };
        let words = Words::of(&Question { asker, ..sign("example.org", "https://example.org", None) });
        assert_eq!(words.warning.is_some_and(|warning| warning.contains("it is not fob")), warned, "{tier:?}");
    }
}

#[test]
fn every_answer_has_a_letter_of_its_own_that_stands_in_its_label() {
    for question in everything("x") {
        let words = Words::of(&question);
        let buttons = words.choices.iter().map(|offer| offer.button).chain([words.refuse]);
        let mut letters: Vec<_> = buttons.map(|button| (button.mnemonic, button.label)).collect();
        letters.extend(words.secret.iter().map(|secret| (secret.mnemonic, secret.label)));
        for (letter, label) in &letters {
            assert!(label.to_lowercase().contains(*letter), "{letter} is not in {label}");
        }
        let mut alone: Vec<_> = letters.iter().map(|(letter, _)| letter).collect();
        alone.sort_unstable();
        alone.dedup();
        assert_eq!(alone.len(), letters.len(), "{letters:?}");
    }
}

#[test]
fn choices_come_shortest_first_whatever_order_they_travelled_in() {
    let mixed = vec![Choice::Always, Choice::Once, Choice::Always, Choice::UntilLock];
    let words = Words::of(&Question { choices: mixed, ..sign("example.org", "https://example.org", None) });
    let order: Vec<_> = words.choices.iter().map(|offer| offer.choice).collect();
    assert_eq!(order, [Choice::Once, Choice::UntilLock, Choice::Always]);
}

#[test]
fn numbers_are_told_as_people_count() {
    for (seconds, words) in
        [(0, "now"), (1, "in 1 second."), (60, "60 seconds"), (119, "119 seconds"), (600, "10 minutes")]
    {
        assert!(Words::deadline(seconds).contains(words), "{seconds}");
    }
    let behind = |behind| Words::of(&Question { behind, ..sign("a.example", "https://a.example", None) }).behind;
    assert_eq!(behind(1).as_deref(), Some("1 more question waits."));
    assert_eq!(behind(7).as_deref(), Some("7 more questions wait."));
    let scopes = (0..30).map(|n| format!("s{n}")).collect();
    let words = Words::of(&question(What::Pair { scopes, origin: None }));
    assert!(line(&words, "It may").unwrap().ends_with("s11, and 18 more"));
}

#[derive(serde::Deserialize)]
struct Names {
    name: Vec<Hostile>,
}

#[derive(serde::Deserialize)]
struct Hostile {
    case: String,
    text: String,
    #[serde(default = "one")]
    times: usize,
    shown: String,
    #[serde(default = "one")]
    shown_times: usize,
    #[serde(default)]
    end: String,
}

const fn one() -> usize {
    1
}

#[test]
fn hostile_names_are_shown_as_the_table_says() {
    let table = include_str!("../../../../tests/vectors/hostile-names.toml");
    let names: Names = toml::from_str(table).unwrap();
    for name in names.name {
        let shown = name.shown.repeat(name.shown_times) + &name.end;
        assert_eq!(harmless(&name.text.repeat(name.times)), shown, "{}", name.case);
    }
}

#[test]
fn no_hostile_name_gets_into_any_part_of_any_question() {
    let table = include_str!("../../../../tests/vectors/hostile-names.toml");
    let names: Names = toml::from_str(table).unwrap();
    for name in names.name {
        for question in everything(&name.text.repeat(name.times)) {
            let words = Words::of(&question);
            for text in texts(&words) {
                let bad = |c: char| {
                    c.is_control()
                        || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                };
                assert!(!text.contains(bad), "{}: {text:?}", name.case);
                assert!(text.chars().count() <= 3 * LONGEST_TEXT, "{}: {} characters", name.case, text.chars().count());
            }
            let is_ascii = words.site.is_none_or(|site| site.domain.is_ascii() && site.host.is_ascii());
            assert!(is_ascii, "{}", name.case);
        }
    }
}
