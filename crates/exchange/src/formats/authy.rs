//! Authy's Android preferences: a JSON list in a string. Secrets of other sites are in clear, or encrypted one by one
//! with AES-CBC under PBKDF2-SHA-1 of the backup password; Authy's own tokens have hexadecimal seeds, seven digits and
//! a period of ten seconds. The algorithm is always SHA-1.

use fob_otp::Seed;
use ring::pbkdf2::PBKDF2_HMAC_SHA1;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::containers::preferences::Preferences;
use crate::draft::{Draft, without_issuer};
use crate::json::{self, Field, List};
use crate::sealed::{BLOCK, open_cbc, pbkdf2};
use crate::source::Source;
use crate::{ImportError, Lost, Record, Refusal, Report, encoding};

/// Names of the strings: other sites' tokens, Authy's own.
pub(crate) const KEYS: [&str; 2] = ["com.authy.storage.tokens.authenticator.key", "com.authy.storage.tokens.authy.key"];

/// Iterations that the app fixed, where an entry names none.
const ITERATIONS: u64 = 1000;
/// Most work for one file: a thousand accounts with the app's hundred thousand iterations of later years.
const MOST_ITERATIONS: u64 = 5_000_000;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Token {
    decrypted_secret: Field,
    encrypted_secret: Field,
    secret_seed: Field,
    salt: Field,
    #[serde(rename = "key_derivation_iterations", alias = "kdfIterations")]
    iterations: Field,
    digits: Field,
    original_issuer: Field,
    original_name: Field,
    name: Field,
    account_type: Field,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let preferences = Preferences::read(source)?;
    let (mut spent, mut opened, mut sealed) = (0, 0, 0);
    for list in KEYS.iter().filter_map(|key| preferences.get(key)) {
        let tokens: List<Token> = json::read_text(list, source)?;
        for token in &tokens.0 {
            let seed = match token.encrypted_secret.some().filter(|_| token.decrypted_secret.some().is_none()) {
                Some(text) => {
                    let seed = token.open(text, source, &mut spent)?;
                    sealed += 1;
                    opened += usize::from(seed.is_ok());
                    seed
                }
                None => token.seed(),
            };
            let record = seed.and_then(|seed| token.record(seed));
            let label = record.as_ref().map_or_else(|_| token.name.text().to_owned(), Record::label);
            report.take(label, record);
        }
    }
    if sealed > 0 && opened == 0 {
        return Err(source.wrong_password());
    }
    if !report.records.is_empty() {
        report.all_lost(Lost::Algorithm);
        report.all_lost(Lost::Period);
    }
    Ok(())
}

impl Token {
    fn seed(&self) -> Result<Seed, Refusal> {
        match (self.decrypted_secret.some(), self.secret_seed.some()) {
            (Some(secret), _) => Ok(Seed::from_base32(secret)?),
            (None, Some(seed)) => {
                let bytes = encoding::hex(seed).ok_or(Refusal::Encoding("hexadecimal text"))?;
                Ok(Seed::new(bytes.to_vec()))
            }
            (None, None) => Err(Refusal::NoSecret),
        }
    }

    /// Decrypts the secret; the outer error ends the import, the inner one only this entry.
    fn open(&self, text: &str, source: &Source<'_>, spent: &mut u64) -> Result<Result<Seed, Refusal>, ImportError> {
        let password = source.password()?;
        let Ok(iterations) = self.iterations.number("number of iterations") else {
            return Ok(Err(Refusal::Number("number of iterations")));
        };
        let iterations = iterations.unwrap_or(ITERATIONS);
        *spent = iterations.saturating_add(*spent);
        if *spent > MOST_ITERATIONS {
            return Err(ImportError::KdfOutOfBounds { what: "iterations", asked: *spent, most: MOST_ITERATIONS });
        }
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2(PBKDF2_HMAC_SHA1, iterations, self.salt.text().as_bytes(), password, key.as_mut())?;
        let plain = encoding::base64(text).and_then(|sealed| open_cbc(&key, &[0; BLOCK], &sealed));
        let secret = plain.as_deref().and_then(|plain| std::str::from_utf8(plain).ok());
        Ok(secret.ok_or(Refusal::Sealed).and_then(|secret| Ok(Seed::from_base32(secret)?)))
    }

    fn record(&self, seed: Seed) -> Result<Record, Refusal> {
        let own = self.secret_seed.some().is_some();
        let (original, name) = (self.original_name.text(), self.name.text());
        let from_name = original.split_once(':').or_else(|| name.split_once(" - ")).map(|(issuer, _)| issuer);
        let issuer = self.original_issuer.some().or(from_name).unwrap_or(self.account_type.text());
        let account = if original.contains(':') { original } else { name };
        let account = without_issuer(account, issuer);
        let account = account.strip_prefix(issuer).and_then(|rest| rest.strip_prefix(" - ")).unwrap_or(account);
        let period = if own { "10" } else { "" };
        let digits = self.digits.some().unwrap_or(if own { "7" } else { "" });
        Draft { issuer, account, digits, period, ..Draft::default() }.record_of(seed)
    }
}
