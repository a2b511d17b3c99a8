//! Bearer secrets: session tokens and transactions. 256 random bits; only their hashes reach the database.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ring::digest;
use zeroize::Zeroizing;

use crate::ambient::Ambient;

/// Characters of 32 bytes in base64url.
const LENGTH: usize = 43;

/// What a client holds. Wiped on drop.
pub(crate) struct Token(Zeroizing<String>);

/// What the database holds: SHA-256 of the token. With 256 random bits there is nothing to guess, so no slow hash.
pub(crate) type TokenHash = Vec<u8>;

impl Token {
    /// A fresh one.
    pub(crate) fn random(ambient: &Ambient) -> Self {
        let bytes = Zeroizing::new(ambient.bytes::<32>());
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(&*bytes)))
    }

    /// What a client sent, if it could be a token at all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (text.len() == LENGTH && BASE64URL_NOPAD.decode(text.as_bytes()).is_ok())
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// For the one answer that hands it to the client.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What the database may know of it.
    pub(crate) fn hash(&self) -> TokenHash {
        digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(..)")
    }
}

/// A name for something in a list: 120 random bits, no secret.
pub(crate) fn public_id(ambient: &Ambient) -> String {
    BASE64URL_NOPAD.encode(&ambient.bytes::<15>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_itself_and_nothing_else_does() {
        let token = Token::random(&Ambient::system());
        assert_eq!(Token::parse(token.expose()).unwrap().hash(), token.hash());
        assert_ne!(Token::random(&Ambient::system()).hash(), token.hash());
        for bad in ["", "short", &"=".repeat(LENGTH), &"A".repeat(LENGTH + 1)] {
            assert!(Token::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{token:?}"), "Token(..)");
    }
}
