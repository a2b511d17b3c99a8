//! What a paired program may do. Written `otp:read:ID[,ID…]` and `webauthn:ORIGIN`, and read so strictly that there is one
//! way to write each: what a person was shown at the pairing is, letter by letter, what is compared with later.

use fob_vault::EntryId;
use fob_webauthn::Origin;

/// What goes before the accounts.
const CODES: &str = "otp:read:";
/// What goes before an origin.
const SITE: &str = "webauthn:";
/// Most scopes of a program. More than a person reads before saying yes.
const MOST: usize = 16;
/// Most accounts in all.
const MOST_ACCOUNTS: usize = 64;

/// What a paired program may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes {
    accounts: Vec<EntryId>,
    sites: Vec<Origin>,
}

/// Why a list of scopes is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeError {
    /// Nothing is asked for.
    #[error("a program that asks for no scope would be allowed nothing")]
    Nothing,
    /// More than anybody reads.
    #[error("a program has at most {MOST} scopes and {MOST_ACCOUNTS} accounts")]
    TooMany,
    /// No scope at all.
    #[error("a scope is otp:read: and ids of accounts, or webauthn: and an origin")]
    Unknown,
    /// An id that is none.
    #[error("otp:read: goes before ids of 32 small hexadecimal digits, with a comma between two")]
    Account,
    /// An origin that is none, or not as browsers write it.
    #[error("webauthn: goes before an origin as browsers write it, such as https://example.org")]
    Site,
    /// The same thing twice.
    #[error("an account or an origin is there twice")]
    Twice,
}

impl Scopes {
    /// Reads them.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub(crate) fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, ScopeError> {
        let mut scopes = Self { accounts: Vec::new(), sites: Vec::new() };
        match texts.len() {
            0 => return Err(ScopeError::Nothing),
            1..=MOST => {}
            _ => return Err(ScopeError::TooMany),
        }
        for text in texts {
            scopes.take(text.as_ref())?;
        }
        Ok(scopes)
    }

    fn take(&mut self, text: &str) -> Result<(), ScopeError> {
        if let Some(ids) = text.strip_prefix(CODES) {
            ids.split(',').try_for_each(|id| self.take_account(id))
        } else if let Some(origin) = text.strip_prefix(SITE) {
            self.take_site(origin)
        } else {
            Err(ScopeError::Unknown)
        }
    }

    fn take_account(&mut self, text: &str) -> Result<(), ScopeError> {
        let id: EntryId = text.parse().map_err(|_| ScopeError::Account)?;
        match () {
            // Capital digits would be a second way to write the same.
            () if id.to_string() != text => Err(ScopeError::Account),
            () if self.accounts.contains(&id) => Err(ScopeError::Twice),
            () if self.accounts.len() == MOST_ACCOUNTS => Err(ScopeError::TooMany),
            () => {
                self.accounts.push(id);
                Ok(())
            }
        }
    }

    fn take_site(&mut self, text: &str) -> Result<(), ScopeError> {
        let origin = Origin::parse(text).map_err(|_| ScopeError::Site)?;
        match () {
            () if origin.as_str() != text => Err(ScopeError::Site),
            () if self.sites.contains(&origin) => Err(ScopeError::Twice),
            () => {
                self.sites.push(origin);
                Ok(())
            }
        }
    }

    /// Whether codes of this account are among them.
    pub(crate) fn may_read(&self, account: EntryId) -> bool {
        self.accounts.contains(&account)
    }

    /// Whether security keys may be used for this origin.
    pub(crate) fn may_use(&self, origin: &Origin) -> bool {
        self.sites.contains(origin)
    }

    /// The accounts whose codes are among them.
    pub(crate) fn accounts(&self) -> &[EntryId] {
        &self.accounts
    }

    /// The origins for which security keys may be used.
    pub(crate) fn sites(&self) -> &[Origin] {
        &self.sites
    }

    /// The same as they are written.
    pub(crate) fn texts(&self) -> Vec<String> {
        let ids: Vec<_> = self.accounts.iter().map(ToString::to_string).collect();
        let codes = (!ids.is_empty()).then(|| format!("{CODES}{}", ids.join(",")));
        codes.into_iter().chain(self.sites.iter().map(|origin| format!("{SITE}{origin}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f";
    const OTHER: &str = "ffffffffffffffffffffffffffffffff";

    #[test]
    fn what_was_asked_for_is_all_that_is_allowed() {
        let scopes =
            Scopes::parse(&[format!("otp:read:{ONE}"), "webauthn:https://example.org:8443".to_owned()]).unwrap();
        assert!(scopes.may_read(ONE.parse().unwrap()) && !scopes.may_read(OTHER.parse().unwrap()));
        for (origin, expected) in [
            ("https://example.org:8443", true),
            ("https://example.org", false),
            ("https://www.example.org:8443", false),
            ("http://localhost:8443", false),
        ] {
            assert_eq!(scopes.may_use(&Origin::parse(origin).unwrap()), expected, "{origin}");
        }
    }

    #[test]
    fn there_is_one_way_to_write_a_scope() {
        use ScopeError::{Account, Nothing, Site, TooMany, Twice, Unknown};
        let capitals = format!("otp:read:{}", OTHER.to_uppercase());
        let twice = format!("otp:read:{ONE},{ONE}");
        let spaced = format!("otp:read:{ONE}, {OTHER}");
        let open = format!("otp:read:{ONE},");
        let sixty_five = (0..65).map(|id| format!("{id:032x}")).collect::<Vec<_>>().join(",");
        let many = format!("otp:read:{sixty_five}");
        for (case, texts, expected) in [
            ("nothing", vec![], Nothing),
            ("seventeen", vec!["webauthn:https://example.org"; 17], TooMany),
            ("sixty-five accounts", vec![many.as_str()], TooMany),
            ("an empty one", vec![""], Unknown),
            ("another right", vec!["otp:write:*"], Unknown),
            ("in capitals", vec!["OTP:read:*"], Unknown),
            ("a space before", vec![" webauthn:https://example.org"], Unknown),
            ("no account", vec!["otp:read:"], Account),
            ("every account", vec!["otp:read:*"], Account),
            ("a name", vec!["otp:read:GitHub"], Account),
            ("capital digits", vec![capitals.as_str()], Account),
            ("a space between", vec![spaced.as_str()], Account),
            ("a comma behind", vec![open.as_str()], Account),
            ("an account twice", vec![twice.as_str()], Twice),
            ("no site", vec!["webauthn:"], Site),
            ("every site", vec!["webauthn:*"], Site),
            ("an opaque one", vec!["webauthn:null"], Site),
            ("one without TLS", vec!["webauthn:http://example.org"], Site),
            ("one with a path", vec!["webauthn:https://example.org/"], Site),
            ("one with its scheme's port", vec!["webauthn:https://example.org:443"], Site),
            ("one in capitals", vec!["webauthn:https://Example.org"], Site),
            ("one in Unicode", vec!["webauthn:https://ex\u{e4}mple.org"], Site),
            ("a site twice", vec!["webauthn:https://example.org"; 2], Twice),
        ] {
            assert_eq!(Scopes::parse(&texts).unwrap_err(), expected, "{case}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_what_was_written(texts in prop::collection::vec(
            prop_oneof![
                ".{0,80}",
                "(otp:read:)?([0-9a-f]{32},?){0,4}",
                "webauthn:https?://[a-zA-Z0-9.:/-]{0,30}",
            ], 0..20)
        ) {
            if let Ok(scopes) = Scopes::parse(&texts) {
                let again = Scopes::parse(&scopes.texts()).unwrap();
                prop_assert_eq!(&again, &scopes);
                let length = |texts: &[String]| texts.concat().len();
                // Several lists of accounts become one; nothing else is lost or gained.
                prop_assert!(length(&scopes.texts()) <= length(&texts));
                for text in texts.iter().filter(|text| text.starts_with("webauthn:")) {
                    prop_assert!(scopes.texts().contains(text));
                }
            }
        }
    }
}
