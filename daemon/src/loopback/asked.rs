//! What a program asks to be paired for, and how the person is asked.

use fob_ambient::UnixTime;
use fob_asking::{Asker, Choice, Question, Tier, Want, What};
use fob_bus::types::{PairOptions, door};
use fob_bus::{CallError, ErrorKind};
use fob_otp::printable;
use fob_vault::{EntryId, UnlockedVault};
use fob_webauthn::Origin;

use super::kept::Client;
use super::scope::Scopes;
use super::token::TokenHash;

/// Most characters of a name.
const LONGEST_NAME: usize = 64;
/// Most characters of a text in an error.
const LONGEST_TEXT: usize = 256;

/// A wish to be paired, looked at.
#[derive(Debug)]
pub(super) struct Asked {
    name: String,
    scopes: Scopes,
    origin: Option<Origin>,
    /// The user that the program runs as.
    pub(super) uid: u32,
}

impl Asked {
    /// Looks at it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`].
    pub(super) fn parse(options: &PairOptions) -> Result<Self, CallError> {
        let invalid = |message: String| CallError::new(ErrorKind::InvalidInput, message);
        let name = printable(options.name.trim()).into_owned();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(invalid(format!("a program's name has 1 to {LONGEST_NAME} characters that can be seen")));
        }
        let scopes = Scopes::parse(&options.scopes).map_err(|error| invalid(error.to_string()))?;
        let origin = options.origin.as_deref().map(written).transpose()?;
        Ok(Self { name, scopes, origin, uid: options.uid })
    }

    /// An account that it names and the vault does not have.
    pub(super) fn missing(&self, vault: &UnlockedVault) -> Option<EntryId> {
        self.scopes.accounts().iter().copied().find(|id| vault.entry(*id).is_none())
    }

    /// The user that it runs as is another than fobd's.
    pub(super) fn is_foreign(&self) -> bool {
        self.uid != rustix::process::geteuid().as_raw()
    }

    /// What it wants, in words, one each. The person reads of an account that is not there, since whoever asks must not
    /// learn that it is not.
    pub(super) fn words(&self, vault: &UnlockedVault) -> Vec<String> {
        let account = |id| match vault.entry(id) {
            Some(entry) => short(&format!("get one-time codes of {}", crate::otp::label(&entry.issuer, &entry.name))),
            None => format!("get one-time codes of an account that this vault does not have ({id})"),
        };
        let site = |origin| short(&format!("register and sign in at {origin} with a security key"));
        let accounts = self.scopes.accounts().iter().map(|id| account(*id));
        accounts.chain(self.scopes.sites().iter().map(site)).collect()
    }

    /// The question that wants the digits, for a program that nobody vouches for.
    pub(super) fn question(&self, words: Vec<String>) -> Question {
        let mut why = "its name is what it says of itself".to_owned();
        if self.is_foreign() {
            why.push_str(&format!(", and it runs as another user of this machine ({})", self.uid));
        }
        Question { want: Some(Want::Digits), ..self.plain(words, Tier::Weak, why) }
    }

    /// The question of whoever sets the program up with `fob`.
    pub(super) fn question_of_fob(&self, words: Vec<String>) -> Question {
        let why = format!("`fob client pair` was told this name, and that it runs as user {}", self.uid);
        Question { choices: vec![Choice::Always], ..self.plain(words, Tier::Weak, why) }
    }

    fn plain(&self, scopes: Vec<String>, tier: Tier, why: String) -> Question {
        let asker = Asker {
            name: self.name.clone(),
            program: None,
            tier,
            why: Some(why),
            door: door::LOOPBACK.to_owned(),
            pid: None,
        };
        Question {
            asker,
            what: What::Pair { scopes, origin: self.origin.as_ref().map(ToString::to_string) },
            choices: Vec::new(),
            want: None,
            waits: crate::policy::PATIENCE,
            terminal: None,
            parent_window: String::new(),
            behind: 0,
        }
    }

    /// The same for the diary.
    pub(super) fn in_the_diary(&self) -> String {
        format!("{}: {}", self.name, self.scopes.texts().join(" "))
    }

    /// The program, once it is paired.
    pub(super) fn client(&self, id: String, token: TokenHash, since: UnixTime) -> Client {
        let (name, scopes, origin) = (self.name.clone(), self.scopes.clone(), self.origin.clone());
        Client { id, name, scopes, origin, uid: self.uid, since, token }
    }
}

/// An origin as browsers write it: it is compared letter by letter with the `Origin` of requests.
fn written(text: &str) -> Result<Origin, CallError> {
    let origin = Origin::parse(text).ok().filter(|origin| origin.as_str() == text);
    origin.ok_or_else(|| {
        let message = format!("{} is no origin as browsers write it, such as https://example.org", printable(text));
        CallError::new(ErrorKind::InvalidInput, short(&message))
    })
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(name: &str, origin: Option<&str>) -> PairOptions {
        let scopes = vec!["webauthn:https://example.org".to_owned()];
        PairOptions { name: name.to_owned(), scopes, origin: origin.map(str::to_owned), uid: 4_000_000 }
    }

    #[test]
    fn names_and_origins_are_looked_at_before_anybody_sees_them() {
        let long = "n".repeat(65);
        for (name, origin, fits) in [
            ("Intranet", None, true),
            ("Intranet", Some("https://example.org"), true),
            ("Intranet", Some("http://localhost:8080"), true),
            ("", None, false),
            (" \u{202e}\u{7} ", None, false),
            (&long, None, false),
            ("Intranet", Some("null"), false),
            ("Intranet", Some("*"), false),
            ("Intranet", Some("http://example.org"), false),
            ("Intranet", Some("https://example.org/"), false),
        ] {
            assert_eq!(Asked::parse(&options(name, origin)).is_ok(), fits, "{name:?} {origin:?}");
        }
    }

    #[test]
    fn a_question_says_what_is_known_about_the_asker_and_no_more() {
        let asked = Asked::parse(&options("Fire\u{202e}fox\n", None)).unwrap();
        let question = asked.question(vec!["a".to_owned()]);
        assert_eq!((question.asker.name.as_str(), question.asker.tier), ("Firefox", Tier::Weak));
        assert!(question.asker.why.unwrap().contains("4000000"));
        assert_eq!((question.want, question.choices), (Some(Want::Digits), Vec::new()));
    }
}
