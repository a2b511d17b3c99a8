//! What follows from what the person does: decided here, done in `app`. Knows no widget, no clock and no line.

use fob_asking::{Answer, Choice, SecretWords, Verdict, Words};

/// How far the dialogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The person may answer.
    Asking,
    /// fobd looks at the secret.
    Checking,
    /// There is nothing more to say.
    Over,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Nothing,
    /// Say this and end.
    Say(Answer),
    /// Hand the secret over, say this, and wait for the verdict.
    Tell(Answer),
    /// Move the focus into the entry: the secret is missing.
    AskForSecret,
    /// Move the focus to the answers: the secret is there, how long it counts is not.
    AskForChoice,
    /// Show these words and let the person try again.
    Again(String),
    /// End.
    End,
}

/// One question's dialogue.
#[derive(Debug)]
pub(crate) struct Dialogue {
    stage: Stage,
    choices: Vec<Choice>,
    wanted: Wanted,
}

/// The secret that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    /// Whatever its owner made it.
    Anything,
    /// Exactly so many digits.
    Digits(usize),
}

impl Dialogue {
    /// The dialogue that offers what is shown.
    pub(crate) fn of(words: &Words) -> Self {
        let wanted = match &words.secret {
            None => Wanted::Nothing,
            Some(SecretWords { digits: None, .. }) => Wanted::Anything,
            Some(SecretWords { digits: Some(length), .. }) => Wanted::Digits(*length),
        };
        Self::new(words.choices.iter().map(|offer| offer.choice).collect(), wanted)
    }

    fn new(choices: Vec<Choice>, wanted: Wanted) -> Self {
        Self { stage: Stage::Asking, choices, wanted }
    }

    /// How far it is.
    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    /// A button was pressed: of an answer, or the one that hands over a secret alone.
    pub(crate) fn agree(&mut self, choice: Option<Choice>, secret: &str) -> Step {
        if self.stage != Stage::Asking || choice.is_some_and(|choice| !self.choices.contains(&choice)) {
            return Step::Nothing;
        }
        match (self.wanted, choice) {
            (Wanted::Nothing, None) => Step::Nothing,
            (Wanted::Nothing, Some(choice)) => {
                self.stage = Stage::Over;
                Step::Say(Answer::Granted { choice })
            }
            (wanted, _) if !wanted.is_whole(secret) => Step::AskForSecret,
            (_, choice) => {
                self.stage = Stage::Checking;
                Step::Tell(Answer::Secret { choice })
            }
        }
    }

    /// Enter was pressed in the entry. Typing a secret and pressing Enter is meant, so it answers where there is but one
    /// answer besides no; where there are several, it only moves on to them.
    pub(crate) fn enter(&mut self, secret: &str) -> Step {
        match *self.choices.as_slice() {
            [] => self.agree(None, secret),
            [choice] => self.agree(Some(choice), secret),
            _ if self.stage != Stage::Asking => Step::Nothing,
            _ if !self.wanted.is_whole(secret) => Step::AskForSecret,
            _ => Step::AskForChoice,
        }
    }

    /// The person said no, or closed the window.
    pub(crate) fn refuse(&mut self) -> Step {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Over => Step::Nothing,
            Stage::Asking | Stage::Checking => Step::Say(Answer::Refused),
        }
    }

    /// fobd has looked at the secret. A verdict that nobody waits for is as odd as a line that breaks: it ends the
    /// dialogue, and nothing was said.
    pub(crate) fn judged(&mut self, verdict: Verdict) -> Step {
        match (self.stage, verdict) {
            (Stage::Checking, Verdict::Wrong { words }) => {
                self.stage = Stage::Asking;
                Step::Again(words)
            }
            _ => self.withdrawn(),
        }
    }

    /// fobd took the question back.
    pub(crate) fn withdrawn(&mut self) -> Step {
        self.stage = Stage::Over;
        Step::End
    }
}

impl Wanted {
    /// Whether it can be the secret at all. Digits get one try only, so fewer or more of them are no try.
    fn is_whole(self, secret: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Anything => !secret.is_empty(),
            Self::Digits(length) => secret.len() == length && secret.bytes().all(|byte| byte.is_ascii_digit()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_answers_with_its_own_choice_and_no_other() {
        let mut dialogue = Dialogue::new(vec![Choice::Once, Choice::Always], Wanted::Nothing);
        assert_eq!(dialogue.agree(Some(Choice::EightHours), ""), Step::Nothing, "it was not offered");
        assert_eq!(dialogue.agree(None, ""), Step::Nothing);
        assert_eq!(dialogue.agree(Some(Choice::Always), ""), Step::Say(Answer::Granted { choice: Choice::Always }));
        assert_eq!(dialogue.agree(Some(Choice::Once), ""), Step::Nothing, "it is over");
        assert_eq!(dialogue.refuse(), Step::Nothing, "it is over");
    }

    #[test]
    fn a_secret_goes_with_its_choice_and_comes_back_when_it_is_wrong() {
        let mut dialogue = Dialogue::new(vec![Choice::Once], Wanted::Anything);
        assert_eq!(dialogue.agree(Some(Choice::Once), ""), Step::AskForSecret);
        let told = Step::Tell(Answer::Secret { choice: Some(Choice::Once) });
        assert_eq!(dialogue.agree(Some(Choice::Once), "pw"), told);
        assert_eq!(dialogue.agree(Some(Choice::Once), "pw"), Step::Nothing, "fobd looks at the first");
        let words = "That is not it.".to_owned();
        assert_eq!(dialogue.judged(Verdict::Wrong { words: words.clone() }), Step::Again(words));
        assert_eq!(dialogue.agree(Some(Choice::Once), "pw2"), told);
        assert_eq!(dialogue.judged(Verdict::Right), Step::End);
        assert_eq!(dialogue.stage(), Stage::Over);
    }

    #[test]
    fn enter_in_the_entry_answers_only_where_one_answer_is_possible() {
        let tell = |choice| Step::Tell(Answer::Secret { choice });
        let several = vec![Choice::Once, Choice::UntilLock];
        let cases = [
            ("the secret alone", vec![], Wanted::Anything, "pw", tell(None)),
            ("one answer", vec![Choice::Once], Wanted::Anything, "pw", tell(Some(Choice::Once))),
            ("several answers", several.clone(), Wanted::Anything, "pw", Step::AskForChoice),
            ("several answers, nothing typed", several, Wanted::Anything, "", Step::AskForSecret),
            ("nothing typed", vec![], Wanted::Anything, "", Step::AskForSecret),
            ("five digits", vec![], Wanted::Digits(6), "12345", Step::AskForSecret),
            ("six letters", vec![], Wanted::Digits(6), "12345a", Step::AskForSecret),
            ("digits of another script", vec![], Wanted::Digits(6), "١٢٣", Step::AskForSecret),
            ("six digits", vec![], Wanted::Digits(6), "012345", tell(None)),
        ];
        for (case, choices, wanted, typed, expected) in cases {
            assert_eq!(Dialogue::new(choices, wanted).enter(typed), expected, "{case}");
        }
    }

    #[test]
    fn no_is_said_once_and_also_while_a_secret_is_looked_at() {
        let mut dialogue = Dialogue::new(vec![], Wanted::Anything);
        assert_eq!(dialogue.enter("pw"), Step::Tell(Answer::Secret { choice: None }));
        assert_eq!(dialogue.refuse(), Step::Say(Answer::Refused));
        assert_eq!(dialogue.refuse(), Step::Nothing);
    }

    #[test]
    fn a_verdict_that_nobody_waits_for_ends_it_without_an_answer() {
        let mut dialogue = Dialogue::new(vec![Choice::Once], Wanted::Nothing);
        assert_eq!(dialogue.judged(Verdict::Wrong { words: String::new() }), Step::End);
        assert_eq!(dialogue.agree(Some(Choice::Once), ""), Step::Nothing);
    }
}
