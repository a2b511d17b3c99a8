//! Which face a question gets. Facts in, an order out; the first that can be shown is shown.
//!
//! Whoever starts a program in a terminal of its own making can type there: a yes would be the asker's own. So questions go
//! to the screen, which the asker does not own. On its terminal only `fob` is asked about: for a secret, which the asker
//! would have to know, since that is where the person looks; and for a yes where there is no screen, as over ssh. A program
//! that runs `fob` in such a terminal can say that yes itself (docs/prompts.md).

use fob_asking::Question;

use crate::screen::Screen;
use crate::{asker, graphical, pinentry};

/// A face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// The window of `fob-prompt-gtk`.
    Graphical,
    /// The terminal of whoever asks.
    Terminal,
    /// pinentry, whichever this machine has.
    Pinentry,
}

/// What the settings say (`[prompt] face` in fobd.toml).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// What fits.
    Auto,
    /// This one or none.
    Graphical,
    /// This one or none.
    Pinentry,
    /// This one or none.
    Terminal,
}

impl Preference {
    /// By its word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "auto" => Some(Self::Auto),
            "graphical" => Some(Self::Graphical),
            "pinentry" => Some(Self::Pinentry),
            "terminal" => Some(Self::Terminal),
            _ => None,
        }
    }
}

/// What there is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// A display that may be drawn on.
    pub(crate) screen: bool,
    /// `fob-prompt-gtk` beside this program.
    pub(crate) graphical: bool,
    /// pinentry, where the system has its programs.
    pub(crate) pinentry: bool,
}

impl Facts {
    /// Looks.
    pub(crate) fn here(screen: Screen) -> Self {
        Self { screen: screen.is_there(), graphical: graphical::is_there(), pinentry: pinentry::is_there() }
    }
}

/// The faces to try, one after the other.
pub(crate) fn order(question: &Question, preference: Preference, facts: &Facts) -> Vec<Face> {
    let terminal = asker::terminal(question).is_some();
    let on_screen = [(Face::Graphical, facts.graphical), (Face::Pinentry, facts.pinentry)];
    let on_screen = on_screen.into_iter().filter(|(_, there)| facts.screen && *there).map(|(face, _)| face);
    let on_terminal = terminal.then_some(Face::Terminal);
    match preference {
        Preference::Graphical => on_screen.filter(|face| *face == Face::Graphical).collect(),
        Preference::Terminal => on_terminal.into_iter().collect(),
        // pinentry finds the screen or draws on the terminal, by itself.
        Preference::Pinentry => {
            (facts.pinentry && (facts.screen || terminal)).then_some(Face::Pinentry).into_iter().collect()
        }
        Preference::Auto if question.want.is_some() => on_terminal.into_iter().chain(on_screen).collect(),
        Preference::Auto => on_screen.chain(on_terminal).collect(),
    }
}

#[cfg(test)]
mod tests {
    use fob_asking::{Asker, Tier, Want, What};

    use super::*;

    fn question(tier: Tier, terminal: bool) -> Question {
        let asker = Asker { name: "it".into(), program: None, tier, why: None, door: "socket".into(), pid: Some(1) };
        let what = What::Code { issuer: "GitHub".into(), name: "ada".into(), site: None };
        let terminal = terminal.then(|| "/dev/pts/3".to_owned());
        Question {
            asker,
            what,
            choices: vec![],
            want: None,
            waits: 60,
            terminal,
            parent_window: String::new(),
            behind: 0,
        }
    }

    const ALL: Facts = Facts { screen: true, graphical: true, pinentry: true };
    const NO_SCREEN: Facts = Facts { screen: false, ..ALL };
    const NO_WINDOW: Facts = Facts { graphical: false, ..ALL };

    #[test]
    fn a_question_goes_to_where_the_person_looks() {
        use Face::{Graphical, Pinentry, Terminal};
        for (case, tier, terminal, facts, expected) in [
            ("fob in a terminal", Tier::Companion, true, ALL, &[Graphical, Pinentry, Terminal][..]),
            ("fob over ssh", Tier::Companion, true, NO_SCREEN, &[Terminal]),
            ("fob from a key binding", Tier::Companion, false, ALL, &[Graphical, Pinentry]),
            ("fob from cron", Tier::Companion, false, NO_SCREEN, &[]),
            ("a browser started in a terminal", Tier::Installed, true, ALL, &[Graphical, Pinentry]),
            ("the same without GTK", Tier::Installed, true, NO_WINDOW, &[Pinentry]),
            ("a script in a terminal", Tier::Script, true, ALL, &[Graphical, Pinentry]),
            ("a script over ssh", Tier::Script, true, NO_SCREEN, &[]),
        ] {
            assert_eq!(order(&question(tier, terminal), Preference::Auto, &facts), expected, "{case}");
        }
        for (case, facts, expected) in [
            ("a PIN for fob in a terminal", ALL, &[Terminal, Graphical, Pinentry][..]),
            ("a PIN for fob over ssh", NO_SCREEN, &[Terminal]),
        ] {
            let asked = Question { want: Some(Want::Passphrase), ..question(Tier::Companion, true) };
            assert_eq!(order(&asked, Preference::Auto, &facts), expected, "{case}");
        }
    }

    /// A script made a terminal, asked for a code in it, waited half a second and typed the yes.
    #[test]
    fn whoever_made_its_terminal_does_not_answer_there() {
        let others = [Tier::Installed, Tier::Script, Tier::Portal, Tier::Paired, Tier::Sandboxed, Tier::Weak];
        for tier in others {
            for preference in [Preference::Auto, Preference::Terminal, Preference::Pinentry] {
                for want in [None, Some(Want::Passphrase)] {
                    let asked = Question { want, ..question(tier, true) };
                    assert_eq!(order(&asked, preference, &NO_SCREEN), [], "{asked:?} {preference:?}");
                    assert!(!order(&asked, preference, &ALL).contains(&Face::Terminal), "{asked:?} {preference:?}");
                }
            }
        }
    }

    #[test]
    fn a_face_that_was_chosen_is_shown_or_none() {
        let asked = question(Tier::Companion, true);
        for (preference, facts, expected) in [
            (Preference::Graphical, ALL, &[Face::Graphical][..]),
            (Preference::Graphical, NO_WINDOW, &[]),
            (Preference::Graphical, NO_SCREEN, &[]),
            (Preference::Terminal, ALL, &[Face::Terminal]),
            (Preference::Pinentry, ALL, &[Face::Pinentry]),
            (Preference::Pinentry, NO_SCREEN, &[Face::Pinentry]),
            (Preference::Pinentry, Facts { pinentry: false, ..ALL }, &[]),
        ] {
            assert_eq!(order(&asked, preference, &facts), expected, "{preference:?} {facts:?}");
        }
        assert_eq!(order(&question(Tier::Companion, false), Preference::Pinentry, &NO_SCREEN), []);
    }
}
