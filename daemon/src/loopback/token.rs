//! The token of a paired program: `fob1_` and 256 random bits in base64url. The prefix lets scanners for leaked secrets know
//! it.
//!
//! The vault keeps its SHA-256 and no more. A slow hash is for what people choose: nobody tries 2^256 tokens, however fast
//! each try is, and a program's token is looked at before every call. So there is neither salt nor Argon2 here.

use std::fmt;
use std::os::fd::OwnedFd;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use fob_ambient::Rng;
use fob_bus::{CallError, ErrorKind, pipe};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::errors;

/// What every token begins with.
const PREFIX: &str = "fob1_";
/// Bytes of chance.
const LENGTH: usize = 32;

/// A token. Wiped on drop.
pub(crate) struct Token(Zeroizing<[u8; LENGTH]>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A fresh one.
    pub(crate) fn fresh(rng: &mut dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        rng.fill(&mut *bytes);
        Self(bytes)
    }

    /// Reads one as it is written; nothing else than that. Base64url without padding has one way to write 32 bytes: the
    /// decoder refuses bits that mean nothing.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let body = text.strip_prefix(PREFIX.as_bytes())?;
        let mut bytes = Zeroizing::new([0; LENGTH]);
        // One byte more would be another length, and `decode_mut` panics on any but the right one.
        if BASE64URL_NOPAD.decode_len(body.len()).ok()? != LENGTH {
            return None;
        }
        let length = BASE64URL_NOPAD.decode_mut(body, &mut *bytes).ok()?;
        (length == LENGTH).then_some(Self(bytes))
    }

    /// Reads one from a passed pipe. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::BadPipe`]; `None` for what is no token.
    pub(crate) fn read(end: &OwnedFd) -> Result<Option<Self>, CallError> {
        let bytes = pipe::take(end, PREFIX.len() + 64).map_err(|error| match error {
            pipe::PipeError::TooLong(_) => CallError::new(ErrorKind::Denied, super::NOT_PAIRED),
            error => errors::pipe(&error),
        })?;
        Ok(Self::parse(&bytes))
    }

    /// The same as it is written.
    pub(crate) fn expose(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + BASE64URL_NOPAD.encode_len(LENGTH)));
        text.push_str(PREFIX);
        BASE64URL_NOPAD.encode_append(&*self.0, &mut text);
        text
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> TokenHash {
        let digest = ring::digest::digest(&ring::digest::SHA256, &*self.0);
        let mut hash = [0; LENGTH];
        hash.copy_from_slice(digest.as_ref());
        TokenHash(hash)
    }
}

/// SHA-256 of a token's 32 bytes.
#[derive(Clone)]
pub(crate) struct TokenHash([u8; LENGTH]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

impl TokenHash {
    /// Whether it is the same, in a time that does not tell where they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// In hexadecimal digits.
    pub(crate) fn text(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Out of them.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use fob_ambient::SeededRng;
    use proptest::prelude::*;

    use super::*;

    /// Base64url of thirty-two zero bytes is forty-three times A (RFC 4648 section 5); their SHA-256 by `sha256sum`.
    #[test]
    fn a_token_is_written_as_base64url_and_kept_as_sha_256() {
        let text = format!("fob1_{}", "A".repeat(43));
        let token = Token::parse(text.as_bytes()).unwrap();
        assert_eq!(*token.expose(), text);
        assert_eq!(token.hash().text(), "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn a_token_is_written_in_one_way_only() {
        let whole = format!("fob1_{}", "A".repeat(43));
        for (case, text) in [
            ("nothing", String::new()),
            ("the prefix alone", "fob1_".to_owned()),
            ("another version", whole.replace("fob1", "fob2")),
            ("capitals in front", whole.replace("fob1", "FOB1")),
            ("a letter less", format!("fob1_{}", "A".repeat(42))),
            ("a letter more", format!("fob1_{}", "A".repeat(44))),
            ("bits behind the last byte", format!("fob1_{}B", "A".repeat(42))),
            ("padding", format!("{whole}=")),
            ("the other alphabet", format!("fob1_{}+", "A".repeat(42))),
            ("a line end", format!("{whole}\n")),
            ("a space before", format!(" {whole}")),
        ] {
            assert!(Token::parse(text.as_bytes()).is_none(), "{case}");
        }
    }

    #[test]
    fn two_tokens_are_never_the_same() {
        let mut rng = SeededRng::new(1);
        let (one, other) = (Token::fresh(&mut rng), Token::fresh(&mut rng));
        assert!(one.hash().is(&one.hash()) && !one.hash().is(&other.hash()));
        assert!(TokenHash::of_text(&one.hash().text()).unwrap().is(&one.hash()));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_is_what_was_written(
            text in prop_oneof![prop::collection::vec(any::<u8>(), 0..100), "(fob1_)?[A-Za-z0-9_-]{40,46}".prop_map(String::into_bytes)],
        ) {
            if let Some(token) = Token::parse(&text) {
                let written = token.expose();
                prop_assert_eq!(written.as_bytes(), &text[..]);
            }
        }
    }
}
