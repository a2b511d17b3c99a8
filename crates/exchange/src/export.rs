//! Files for other programs.
//!
//! What a target has no place for is named, never dropped in silence; what it cannot express at all is left out and
//! named with its reason.

use fob_ambient::{Rng, UnixTime};
use fob_otp::MAX_URI;
use zeroize::Zeroizing;

use crate::{CodeKind, Password, Record};

mod aegis;
mod json;
mod migration;
mod twofas;

/// A kind of file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// fob's own list of accounts: everything that a record holds.
    Json,
    /// `otpauth://` URIs, one a line.
    UriList,
    /// Aegis' vault in clear.
    Aegis,
    /// Aegis' vault under a password.
    AegisEncrypted,
    /// 2FAS, schema 4, in clear.
    TwoFas,
    /// `otpauth-migration://` URIs for Google Authenticator, one a line, each fit for one QR picture.
    GoogleMigration,
}

/// Every target with its name on the command line.
const TARGETS: [(&str, Target); 6] = [
    ("json", Target::Json),
    ("uri", Target::UriList),
    ("aegis", Target::Aegis),
    ("aegis-encrypted", Target::AegisEncrypted),
    ("2fas", Target::TwoFas),
    ("google", Target::GoogleMigration),
];

impl Target {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        TARGETS.iter().find(|(_, target)| *target == self).map_or("", |(name, _)| name)
    }

    /// The target of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
    }

    /// Whether it is written under a password; else everybody who reads the file has the codes.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        matches!(self, Self::AegisEncrypted)
    }

    /// Every name, for help and completion.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TARGETS.iter().map(|(name, _)| *name)
    }
}

/// A file that was written, in memory.
pub struct Exported {
    /// Its bytes, wiped on drop.
    pub bytes: Zeroizing<Vec<u8>>,
    /// How many accounts are in it.
    pub written: usize,
    /// What the file has no place for, account by account.
    pub changed: Vec<NotWritten>,
    /// Accounts that are not in it.
    pub refused: Vec<NotWritten>,
}

/// Something that is not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotWritten {
    /// Whose, as text from outside.
    pub entry: String,
    /// What or why, as the end of a sentence about it.
    pub what: &'static str,
}

/// Why no file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// An encrypted target without a password, or with an empty one.
    #[error("an encrypted file needs a password")]
    NoPassword,
}

/// Writes the records as a file of that kind. `now` stands in files that say when they were written.
///
/// # Errors
/// [`TargetError`]; what single records lost stands in the result.
pub fn write(
    records: &[Record],
    target: Target,
    password: Option<&Password>,
    rng: &mut dyn Rng,
    now: UnixTime,
) -> Result<Exported, TargetError> {
    let mut sheet = Sheet::default();
    let bytes = match target {
        Target::Json => json::write(&sheet.admit(records, |_| None, &[]), now),
        Target::UriList => uri_list(&sheet.admit(records, has_uri, UNSAID)),
        Target::Aegis => aegis::write(&sheet.admit(records, aegis::refuses, aegis::UNSAID), rng),
        Target::AegisEncrypted => {
            let password = password.filter(|password| !password.expose().is_empty()).ok_or(TargetError::NoPassword)?;
            let admitted = sheet.admit(records, aegis::refuses, aegis::UNSAID);
            aegis::write_encrypted(&admitted, password, rng)
        }
        Target::TwoFas => twofas::write(&sheet.admit(records, twofas::refuses, twofas::UNSAID), rng, now),
        Target::GoogleMigration => migration::write(&sheet.admit(records, migration::refuses, UNSAID), rng),
    };
    Ok(Exported { bytes, written: sheet.written, changed: sheet.changed, refused: sheet.refused })
}

/// Parts of a record that not every file has a place for.
#[derive(Clone, Copy)]
enum Part {
    Notes,
    Tags,
    /// 2FAS puts an account into one group.
    FurtherTags,
    Favourite,
    Icon,
    RecoveryCodes,
    /// mOTP's URI has no place for the PIN.
    MotpPin,
}

/// What URIs do not say.
const UNSAID: &[Part] = &[Part::Notes, Part::Tags, Part::Favourite, Part::Icon, Part::RecoveryCodes, Part::MotpPin];

impl Part {
    fn lost(self, record: &Record) -> Option<&'static str> {
        let (there, what) = match self {
            Self::Notes => (!record.notes.is_empty(), "the file has no place for its notes"),
            Self::Tags => (!record.tags.is_empty(), "the file has no place for its tags"),
            Self::FurtherTags => (record.tags.len() > 1, "the file has a place for the first of its tags only"),
            Self::Favourite => (record.favourite, "the file has no place for its mark as a favourite"),
            Self::Icon => (record.icon.is_some(), "the file has no place for its icon"),
            Self::RecoveryCodes => (!record.recovery_codes.is_empty(), "the file has no place for its recovery codes"),
            Self::MotpPin => {
                let has_pin = matches!(record.kind, CodeKind::Motp { pin: Some(_), .. });
                (has_pin, "the file has no place for its PIN")
            }
        };
        there.then_some(what)
    }
}

/// What becomes of the records on the way into a file.
#[derive(Default)]
struct Sheet {
    written: usize,
    changed: Vec<NotWritten>,
    refused: Vec<NotWritten>,
}

impl Sheet {
    /// The records that the file can express; the others and what is lost are written down.
    fn admit<'a>(
        &mut self,
        records: &'a [Record],
        refuses: fn(&Record) -> Option<&'static str>,
        unsaid: &[Part],
    ) -> Vec<&'a Record> {
        let mut admitted = Vec::with_capacity(records.len());
        for record in records {
            if let Some(what) = refuses(record) {
                self.refused.push(NotWritten { entry: record.label(), what });
                continue;
            }
            let lost = unsaid.iter().filter_map(|part| part.lost(record));
            self.changed.extend(lost.map(|what| NotWritten { entry: record.label(), what }));
            admitted.push(record);
        }
        self.written = admitted.len();
        admitted
    }
}

fn has_uri(record: &Record) -> Option<&'static str> {
    match crate::uri::write(record) {
        None => Some("there is no URI for its kind"),
        Some(uri) => (uri.len() > MAX_URI).then_some("its names are too long for a URI"),
    }
}

fn uri_list(records: &[&Record]) -> Zeroizing<Vec<u8>> {
    let lines: Vec<_> = records.iter().filter_map(|record| crate::uri::write(record)).collect();
    let length = lines.iter().map(|line| line.len() + 1).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    for line in &lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

/// Room for the JSON of these records, so that no half-grown copy stays in memory.
fn room(records: &[&Record]) -> usize {
    let of = |record: &&Record| {
        let texts = record.issuer.len() + record.account.len() + record.notes.len();
        let tags: usize = record.tags.iter().map(String::len).sum();
        768 + 6 * (texts + tags) + 2 * record.secret.expose().len()
    };
    1024 + records.iter().map(of).sum::<usize>()
}

/// A random UUID (RFC 9562 section 5.4).
fn uuid(rng: &mut dyn Rng) -> String {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{number:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

/// JSON into a buffer that is wiped on drop.
fn to_json(value: &impl serde::Serialize, room: usize, pretty: bool) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let written = match pretty {
        true => serde_json::to_writer_pretty(&mut *bytes, value),
        false => serde_json::to_writer(&mut *bytes, value),
    };
    written.expect("texts and numbers are JSON, and a Vec takes everything");
    bytes
}
