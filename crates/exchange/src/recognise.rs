//! Which format a file has, by its content.

use crate::containers::{java, kdbx, preferences::Preferences, sqlite, sqlite::Database, zip, zip::Archive};
use crate::json::{self, TopKeys};
use crate::source::Source;
use crate::{Format, ImportError, encoding, formats};

/// Says which format a file has. A name never decides alone: it only tells andOTP's old backups, which look like
/// noise, from noise.
///
/// # Errors
/// [`ImportError::NotRecognised`], or what kept an archive, a database or an XML file from being looked into.
pub fn recognise(bytes: &[u8], file_name: Option<&str>) -> Result<Format, ImportError> {
    // Until it is known which, errors name the container's most likely program.
    if bytes.starts_with(sqlite::MAGIC) {
        return database(&Source::of(bytes, Format::GoogleSqlite, None)?);
    }
    if bytes.starts_with(zip::MAGIC) {
        return archive(&Source::of(bytes, Format::AuthenticatorPlus, None)?);
    }
    if let Some(format) = formats::stratum::marked(bytes) {
        return Ok(format);
    }
    let magics = [(kdbx::MAGIC, Format::KeePass), (java::MAGIC, Format::FreeOtp2)];
    if let Some((_, format)) = magics.into_iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Ok(format);
    }
    match Source::of(bytes, Format::UriList, None)?.text() {
        Ok(text) => text_format(text, bytes),
        Err(ImportError::Utf16) => Err(ImportError::Utf16),
        Err(_) => binary(bytes, file_name),
    }
}

fn text_format(text: &str, bytes: &[u8]) -> Result<Format, ImportError> {
    let text = text.trim_start();
    let format = match text.bytes().next() {
        Some(b'{' | b'[') => {
            if json::depth(bytes) > json::MAX_DEPTH {
                return Err(ImportError::TooDeep);
            }
            json_format(&json::top_keys(text), text)
        }
        Some(b'<') if starts_with_page(text) => page(text),
        Some(b'<') => return xml(&Source::of(bytes, Format::FreeOtp, None)?),
        _ => lines(text),
    };
    format.ok_or(ImportError::NotRecognised)
}

fn database(source: &Source<'_>) -> Result<Format, ImportError> {
    let database = Database::open(source)?;
    let known = [
        ("accounts", &["oath_secret_key", "account_type"][..], Format::Microsoft),
        ("accounts", &["email", "secret", "counter", "type"], Format::GoogleSqlite),
        ("authenticator", &["type", "issuer", "username", "secret"], Format::StratumSqlite),
    ];
    let found = known.into_iter().find(|(table, columns, _)| database.has(table, columns));
    found.map(|(_, _, format)| format).ok_or(ImportError::NotRecognised)
}

fn archive(source: &Source<'_>) -> Result<Format, ImportError> {
    let archive = Archive::of(source)?;
    let known = [
        (formats::authenticator_plus::MEMBER, Format::AuthenticatorPlus),
        (formats::raivo::MEMBER, Format::Raivo),
        (formats::onepassword::MEMBER, Format::OnePassword),
        (formats::proton_pass::MEMBER, Format::ProtonPass),
    ];
    let found = known.into_iter().find(|(member, _)| archive.has(member));
    found.map(|(_, format)| format).ok_or(ImportError::NotRecognised)
}

fn json_format(keys: &TopKeys, text: &str) -> Option<Format> {
    let has = |names| keys.has_all(names);
    if keys.list {
        return match () {
            () if has(&["otpGenerator"]) => Some(Format::Duo),
            () if has(&["secret", "kind", "timer"]) => Some(Format::Raivo),
            () if has(&["secret", "account", "issuer", "type"]) && !keys.has("label") => Some(Format::FobJson),
            () if has(&["secret", "label"]) => Some(Format::AndOtp),
            () => None,
        };
    }
    match () {
        () if has(&["header", "db"]) => Some(Format::Aegis),
        () if keys.has("servicesEncrypted") || has(&["services", "schemaVersion"]) => Some(Format::TwoFas),
        () if has(&["kdfParams", "encryptedData"]) => Some(Format::EnteEncrypted),
        () if has(&["encrypted", "data"]) || has(&["encrypted", "encKeyValidation_DO_NOT_EDIT"]) => {
            Some(Format::BitwardenEncrypted)
        }
        () if has(&["encrypted", "items"]) => Some(Format::BitwardenJson),
        () if has(&["Authenticators"]) => Some(Format::Stratum),
        () if has(&["tokens", "tokenOrder"]) => Some(Format::FreeOtpPlus),
        () if has(&["version", "salt", "content"]) => Some(Format::ProtonEncrypted),
        () if has(&["version", "entries"]) => Some(Format::Proton),
        () if has(&["vaults", "version"]) => Some(Format::ProtonPass),
        () if has(&["deviceId", "accounts"]) || has(&["accounts", "folders"]) => Some(Format::LastPass),
        () if keys.has("shared_secret") || (keys.has("accounts") && text.contains("\"shared_secret\"")) => {
            Some(Format::Steam)
        }
        () => None,
    }
}

fn starts_with_page(text: &str) -> bool {
    let start = text.get(..64.min(text.len())).unwrap_or_default().to_ascii_lowercase();
    start.starts_with("<html") || start.starts_with("<!doctype html")
}

fn page(text: &str) -> Option<Format> {
    match () {
        () if text.contains("class=\"otp-entry\"") => Some(Format::EnteHtml),
        () if text.contains("<th>UUID</th>") => Some(Format::AegisHtml),
        () => None,
    }
}

fn xml(source: &Source<'_>) -> Result<Format, ImportError> {
    let preferences = Preferences::read(source)?;
    let known = [
        (formats::authy::KEYS.as_slice(), Format::Authy),
        (&[formats::battlenet::SECRET], Format::BattleNet),
        (&[formats::totp_authenticator::PREFERENCE], Format::TotpAuthenticatorXml),
    ];
    let found = known.into_iter().find(|(names, _)| names.iter().any(|name| preferences.get(name).is_some()));
    let freeotp = || preferences.iter().any(|(name, value)| name == "tokenOrder" || value.contains("\"issuerExt\""));
    let format = found.map(|(_, format)| format);
    format.or_else(|| freeotp().then_some(Format::FreeOtp)).ok_or(ImportError::NotRecognised)
}

/// A list of URIs, a table, or one word of Base64.
fn lines(text: &str) -> Option<Format> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let starts = |prefix: &str| first.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match () {
        () if starts("otpauth-migration://") => Some(Format::GoogleMigration),
        () if starts("otpauth://") && text.contains("codeDisplay=") => Some(Format::Ente),
        () if ["otpauth://", "apple-otpauth://", "steam://", "motp://"].iter().any(|scheme| starts(scheme)) => {
            Some(Format::UriList)
        }
        () if first.split(',').any(|column| column.trim_matches('"') == "login_totp") => Some(Format::BitwardenCsv),
        () => formats::totp_authenticator::looks_like_backup(text).then_some(Format::TotpAuthenticator),
    }
}

fn binary(bytes: &[u8], file_name: Option<&str>) -> Result<Format, ImportError> {
    let named = |name: &str| name.to_ascii_lowercase().contains("otp_accounts") || name.ends_with(".aes");
    match () {
        () if formats::andotp::looks_encrypted(bytes) => Ok(Format::AndOtpEncrypted),
        () if file_name.is_some_and(named) => Ok(Format::AndOtpOld),
        () => Err(ImportError::NotRecognised),
    }
}

/// Whether a text is nothing but Base64 of whole AES blocks.
pub(crate) fn is_blocks_in_base64(text: &str) -> bool {
    let text = text.trim();
    let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    letters && encoding::base64(text).is_some_and(|bytes| bytes.len() >= 32 && bytes.len().is_multiple_of(16))
}
