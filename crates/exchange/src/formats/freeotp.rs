//! FreeOTP 1's and FreeOTP+'s Android preferences, one JSON text for each token, and FreeOTP+'s JSON export, a list of
//! the same objects. Secrets are lists of Java's signed bytes.

use fob_otp::Seed;
use serde::Deserialize;

use crate::containers::preferences::Preferences;
use crate::draft::Draft;
use crate::json::{self, Field, JavaBytes, List};
use crate::source::Source;
use crate::{CodeKind, ImportError, Lost, Record, Refusal, Report};

/// The order of tokens, among them.
const ORDER: &str = "tokenOrder";

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Token {
    algo: Field,
    counter: Field,
    digits: Field,
    period: Field,
    issuer_ext: Field,
    issuer_int: Field,
    issuer_alt: Field,
    label: Field,
    label_alt: Field,
    #[serde(rename = "type")]
    kind: Field,
    secret: JavaBytes,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    tokens: List<Token>,
}

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let file: File = json::read(source)?;
    for token in &file.tokens.0 {
        token.take(Seed::new(token.secret.0.to_vec()), report);
    }
    lagging(report);
    Ok(())
}

pub(super) fn read_preferences(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let preferences = Preferences::read(source)?;
    for (name, value) in preferences.iter().filter(|(name, _)| *name != ORDER) {
        match json::read_text::<Token>(value, source) {
            Ok(token) => token.take(Seed::new(token.secret.0.to_vec()), report),
            Err(_) => report.take(name, Err(Refusal::Encoding("list of bytes"))),
        }
    }
    lagging(report);
    Ok(())
}

/// Version 1 and FreeOTP+ store one less than the counters that other programs show for the same tokens.
fn lagging(report: &mut Report) {
    let counted: Vec<_> = report
        .records
        .iter()
        .filter(|record| matches!(record.kind, CodeKind::Hotp { .. }))
        .map(Record::label)
        .collect();
    counted.into_iter().for_each(|label| report.lost(label, Lost::CounterLags));
}

impl Token {
    /// Takes the token with this secret.
    pub(super) fn take(&self, seed: Seed, report: &mut Report) {
        let record = self.record(seed);
        let label = record.as_ref().map_or_else(|_| self.label.text().to_owned(), Record::label);
        report.take(label, record);
    }

    fn record(&self, seed: Seed) -> Result<Record, Refusal> {
        if seed.expose().is_empty() {
            return Err(Refusal::NoSecret);
        }
        // What the person renamed it to, the label's issuer, the URI's.
        let issuers = [&self.issuer_alt, &self.issuer_ext, &self.issuer_int];
        let draft = Draft {
            kind: self.kind.text(),
            issuer: issuers.into_iter().find_map(Field::some).unwrap_or(""),
            account: self.label_alt.some().unwrap_or(self.label.text()),
            algorithm: self.algo.text(),
            digits: self.digits.text(),
            period: self.period.text(),
            counter: self.counter.text(),
            ..Draft::default()
        };
        draft.record_of(seed)
    }
}
