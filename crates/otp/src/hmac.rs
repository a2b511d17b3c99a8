//! Keyed hashes: ring where it has the function, RustCrypto for SHA-224 and MD5.
//!
//! The keyed state lives on the stack for the length of a call; ring does not wipe it.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use ring::hmac as ring_hmac;
use sha2::Sha224;
use zeroize::Zeroizing;

use crate::Algorithm;

/// The tag of a message; `None` for a function that fob does not know.
pub(crate) fn tag(algorithm: &Algorithm, key: &[u8], message: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let ring_name = match algorithm {
        // RFC 4226 is built on it, and HMAC does not need the collision resistance that SHA-1 has lost.
        Algorithm::Sha1 => ring_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => ring_hmac::HMAC_SHA256,
        Algorithm::Sha384 => ring_hmac::HMAC_SHA384,
        Algorithm::Sha512 => ring_hmac::HMAC_SHA512,
        Algorithm::Sha224 => return Some(of_rust_crypto::<Hmac<Sha224>>(key, message)),
        Algorithm::Md5 => return Some(of_rust_crypto::<Hmac<Md5>>(key, message)),
        Algorithm::Other(_) => return None,
    };
    let tag = ring_hmac::sign(&ring_hmac::Key::new(ring_name, key), message);
    Some(Zeroizing::new(tag.as_ref().to_vec()))
}

fn of_rust_crypto<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length (RFC 2104 section 3)");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// RFC 2202 section 2 (MD5) and RFC 4231 section 4.3 (SHA-2), test case 2 of both; SHA-1 from RFC 2202 section 3.
    #[test]
    fn tags_are_those_of_the_rfcs() {
        for (algorithm, expected) in [
            (Algorithm::Md5, "750c783e6ab0b503eaa86e310a5db738"),
            (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Algorithm::Sha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            (Algorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Algorithm::Sha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
        ] {
            let tag = tag(&algorithm, b"Jefe", b"what do ya want for nothing?").unwrap();
            assert_eq!(HEXLOWER.encode(&tag), expected, "{algorithm:?}");
        }
        assert!(tag(&Algorithm::Other("GOST".to_owned()), b"", b"").is_none());
    }
}
