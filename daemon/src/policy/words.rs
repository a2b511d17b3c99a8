//! Questions in words: who asks, and that nothing in a question can move a cursor, turn text around or fill a screen.

use fob_asking::{Asker, Question, Tier as Shown, Want, What};
use fob_otp::printable;

use crate::caller::{Caller, Tier};

/// Longest text in a question, in characters.
const LONGEST: usize = 256;

/// How long an answer is waited for at most, in seconds.
pub(crate) const PATIENCE: u64 = 60;

/// Who asks, as far as the caller itself tells.
pub(crate) fn asker(caller: &Caller) -> Asker {
    let program = caller.program.as_ref().map(|path| path.to_string_lossy().into_owned());
    let file =
        caller.program.as_ref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    let unnamed = || file.clone().unwrap_or_else(|| "a program".to_owned());
    let (name, tier, why) = match &caller.tier {
        Tier::Companion => (unnamed(), Shown::Companion, None),
        Tier::Installed(listing) => (listing.name.clone(), Shown::Installed, None),
        Tier::Portal(app) => (app.to_string(), Shown::Portal, None),
        Tier::Paired(id) => (id.to_string(), Shown::Paired, None),
        Tier::Script(why) => (unnamed(), Shown::Script, Some(why.to_string())),
        Tier::Sandboxed(says) => {
            (says.to_string(), Shown::Sandboxed, Some("it is in a sandbox, and only that says its name".to_owned()))
        }
        Tier::Weak(why) => (unnamed(), Shown::Weak, Some(why.to_string())),
        // Neither is ever asked about.
        Tier::Listener | Tier::Foreign => (unnamed(), Shown::Weak, None),
    };
    Asker { name, program, tier, why, door: caller.door.word().to_owned(), pid: caller.pid }
}

/// A question of this caller without choices.
pub(crate) fn question(caller: &Caller, what: What) -> Question {
    Question {
        asker: asker(caller),
        what,
        choices: Vec::new(),
        want: None,
        waits: PATIENCE,
        terminal: None,
        parent_window: String::new(),
        behind: 0,
    }
}

/// The same question with every text made harmless: [`shown`].
pub(crate) fn harmless(question: Question) -> Question {
    let Question { asker, what, choices, want, waits, terminal, parent_window, behind } = question;
    let asker = Asker {
        name: shown(&asker.name),
        program: asker.program.as_deref().map(shown),
        why: asker.why.as_deref().map(shown),
        door: shown(&asker.door),
        ..asker
    };
    let want = want.map(|want| match want {
        Want::Passphrase | Want::Digits | Want::Pin { .. } => want,
    });
    let (terminal, parent_window) = (terminal.as_deref().map(shown), shown(&parent_window));
    Question { asker, what: harmless_what(what), choices, want, waits, terminal, parent_window, behind }
}

fn harmless_what(what: What) -> What {
    let some = |text: Option<String>| text.as_deref().map(shown);
    let each = |texts: Vec<String>| texts.iter().map(|text| shown(text)).collect();
    match what {
        What::Code { issuer, name, site } => {
            What::Code { issuer: shown(&issuer), name: shown(&name), site: some(site) }
        }
        What::Sign { rp_id, origin, top_origin } => {
            What::Sign { rp_id: shown(&rp_id), origin: shown(&origin), top_origin: some(top_origin) }
        }
        What::Create { rp_id, origin, top_origin, user } => {
            let user = shown(&user);
            What::Create { rp_id: shown(&rp_id), origin: shown(&origin), top_origin: some(top_origin), user }
        }
        What::KeyCare { key, doing } => What::KeyCare { key: shown(&key), doing: shown(&doing) },
        What::Pin { key, rp_id } => What::Pin { key: shown(&key), rp_id: shown(&rp_id) },
        What::Attach { path } => What::Attach { path: shown(&path) },
        What::Pair { scopes, origin } => What::Pair { scopes: each(scopes), origin: some(origin) },
        What::Allow { program, origins } => What::Allow { program: shown(&program), origins: origins.map(each) },
    }
}

/// Text from outside as a question may show it: without control and bidirectional characters, and not longer than 256
/// characters, of which the last says that something was cut off.
pub(crate) fn shown(text: &str) -> String {
    let text = printable(text);
    match text.char_indices().nth(LONGEST) {
        None => text.into_owned(),
        Some(_) => text.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{Door, Why};
    use crate::tests::house::caller;

    const HOSTILE: &str = "\u{202e}moc.knab\u{1b}[2J\nbank.com\u{200b}\u{e0041}";

    /// As it is after `printable`: nothing that turns, moves or hides; a line end is a space.
    const TAMED: &str = "moc.knab[2J bank.com";

    #[test]
    fn no_text_of_a_question_can_move_a_cursor_or_fill_a_screen() {
        let hostile = || HOSTILE.to_owned();
        let some = || Some(hostile());
        for what in [
            What::Code { issuer: hostile(), name: hostile(), site: some() },
            What::Sign { rp_id: hostile(), origin: hostile(), top_origin: some() },
            What::Create { rp_id: hostile(), origin: hostile(), top_origin: some(), user: hostile() },
            What::KeyCare { key: hostile(), doing: hostile() },
            What::Pin { key: hostile(), rp_id: hostile() },
            What::Attach { path: hostile() },
            What::Pair { scopes: vec![hostile()], origin: some() },
            What::Allow { program: hostile(), origins: Some(vec![hostile()]) },
        ] {
            let tier = Tier::Sandboxed(HOSTILE.into());
            let caller = Caller { program: Some(HOSTILE.into()), ..caller(tier) };
            let terminal = some();
            let question = Question { terminal, parent_window: hostile(), ..question(&caller, what) };
            let json = serde_json::to_string(&harmless(question)).unwrap();
            assert!(json.contains(TAMED), "{json}");
            for character in ['\u{202e}', '\u{1b}', '\n', '\u{200b}', '\u{e0041}'] {
                let escaped = serde_json::to_string(&character).unwrap();
                assert!(!json.contains(escaped.trim_matches('"')), "{character:?} in {json}");
            }
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let long = "ä".repeat(10_000);
        let cut = shown(&long);
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.ends_with('…'));
        let fits = "ä".repeat(LONGEST);
        assert_eq!(shown(&fits), fits);
    }

    #[test]
    fn who_cannot_be_relied_on_is_shown_with_the_reason() {
        let caller = Caller {
            door: Door::SessionBus,
            program: Some("/usr/bin/python3.13".into()),
            ..caller(Tier::Script(Why::OtherProgram))
        };
        let asker = asker(&caller);
        assert_eq!((asker.name.as_str(), asker.door.as_str(), asker.pid), ("python3.13", "bus", Some(1)));
        assert_eq!((asker.tier, asker.why.as_deref()), (Shown::Script, Some("it is neither fob nor a listed program")));
        assert_eq!(asker.program.as_deref(), Some("/usr/bin/python3.13"));
    }
}
