//! A vault, three accounts as sites hand them out, and their codes beside oathtool's.

use anyhow::ensure;

use super::transcript::Transcript;
use super::{VAULT_PASSPHRASE, number, same, text};
use crate::house::House;
use crate::oathtool;

/// 80 bits, lower case and in groups, as many sites still print it.
const GROUPED: &str = "jbsw y3dp ehpk 3pxp";
/// 64 bytes for SHA-512: the seed of RFC 6238 appendix B.
const LONG: &str =
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA=";
/// The seed of RFC 4226 appendix D.
const COUNTED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Makes the vault, fills it, and compares every code.
pub(super) fn keep_and_show(house: &House, transcript: &mut Transcript) -> anyhow::Result<()> {
    transcript.chapter("One-time codes");
    transcript.step("a vault with a passphrase", || {
        let recovery = house.make_vault(VAULT_PASSPHRASE)?;
        ensure!(!recovery.is_empty(), "no recovery code was given");
        ensure!(house.vault().is_file(), "no vault file was written");
        Ok(((), "sealed, and a recovery code was given once".to_owned()))
    })?;
    for (what, uri) in [
        (
            "an 80-bit secret in lower case with spaces",
            format!("otpauth://totp/Example:ada?secret={}&issuer=Example", GROUPED.replace(' ', "%20")),
        ),
        (
            "an 8-digit SHA-512 account",
            format!(
                "otpauth://totp/Bank:ada?secret={}&issuer=Bank&algorithm=SHA512&digits=8",
                LONG.trim_end_matches('=')
            ),
        ),
        ("a counter-based account", format!("otpauth://hotp/Door:ada?secret={COUNTED}&issuer=Door&counter=1")),
    ] {
        transcript.step(&format!("added {what}"), || {
            house.fob().args("otp add").stdin(&uri).ok()?;
            Ok(((), "kept".to_owned()))
        })?;
    }
    timed(house, transcript, "Example", &GROUPED.replace(' ', ""), "SHA1", 6)?;
    timed(house, transcript, "Bank", LONG, "SHA512", 8)?;
    counted(house, transcript, 1)?;
    counted(house, transcript, 2)
}

/// A TOTP code, judged for the very step that fob names.
fn timed(
    house: &House,
    transcript: &mut Transcript,
    name: &str,
    secret: &str,
    algorithm: &str,
    digits: u64,
) -> anyhow::Result<()> {
    transcript.step(&format!("code for {name}"), || {
        let answer = house.fob().args("otp code").arg(name).json()?;
        let theirs = oathtool::totp(secret, algorithm, digits, 30, number(&answer, "valid_from")?)?;
        same(name, text(&answer, "code")?, &theirs)?;
        Ok(((), format!("{theirs}, the same as oathtool's")))
    })
}

/// The next HOTP code; the counter must have moved by one.
fn counted(house: &House, transcript: &mut Transcript, counter: u64) -> anyhow::Result<()> {
    transcript.step(&format!("code for Door, counter {counter}"), || {
        let left = house.fob().args("otp code Door --raw").ok()?;
        let theirs = oathtool::hotp(COUNTED, 6, counter)?;
        same("Door", left.stdout.trim_end(), &theirs)?;
        Ok(((), format!("{theirs}, the same as oathtool's")))
    })
}
