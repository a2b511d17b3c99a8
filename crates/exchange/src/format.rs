//! The formats that are read, as a table.

/// A kind of file. Several belong to one program where its files share nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `otpauth://` URIs, one a line.
    UriList,
    /// fob's own list of accounts, as `convert --to json` writes it.
    FobJson,
    /// Aegis' vault, plain or encrypted.
    Aegis,
    /// Aegis' page to be printed.
    AegisHtml,
    /// 2FAS, schema 1 to 4, plain or encrypted.
    TwoFas,
    /// andOTP in clear.
    AndOtp,
    /// andOTP, encrypted with a derived key.
    AndOtpEncrypted,
    /// andOTP before 0.6.3, encrypted with the password's hash.
    AndOtpOld,
    /// Authenticator Plus.
    AuthenticatorPlus,
    /// Authy's preferences.
    Authy,
    /// Battle.net's preferences.
    BattleNet,
    /// Bitwarden and Bitwarden Authenticator, JSON in clear.
    BitwardenJson,
    /// Bitwarden and Bitwarden Authenticator, CSV.
    BitwardenCsv,
    /// Bitwarden, JSON under a password of its own.
    BitwardenEncrypted,
    /// Duo.
    Duo,
    /// Ente Auth in clear.
    Ente,
    /// Ente Auth, encrypted.
    EnteEncrypted,
    /// Ente Auth's page to be printed.
    EnteHtml,
    /// FreeOTP 1's preferences, and FreeOTP+'s.
    FreeOtp,
    /// FreeOTP 2's backup.
    FreeOtp2,
    /// FreeOTP+'s JSON.
    FreeOtpPlus,
    /// Google Authenticator's database.
    GoogleSqlite,
    /// Google Authenticator's export, one or several `otpauth-migration://` URIs.
    GoogleMigration,
    /// KeePass and KeePassXC, KDBX 4.
    KeePass,
    /// LastPass Authenticator.
    LastPass,
    /// Microsoft Authenticator's database.
    Microsoft,
    /// 1Password, 1PUX.
    OnePassword,
    /// Proton Authenticator in clear.
    Proton,
    /// Proton Authenticator, encrypted.
    ProtonEncrypted,
    /// Proton Pass.
    ProtonPass,
    /// Raivo OTP.
    Raivo,
    /// Steam's own file.
    Steam,
    /// Stratum, or Authenticator Pro, in clear.
    Stratum,
    /// Stratum, or Authenticator Pro, encrypted, either way.
    StratumEncrypted,
    /// Stratum's database.
    StratumSqlite,
    /// TOTP Authenticator's backup.
    TotpAuthenticator,
    /// TOTP Authenticator's preferences.
    TotpAuthenticatorXml,
    /// WinAuth, which writes a URI list.
    WinAuth,
}

/// What is known of a format.
#[derive(Debug, Clone, Copy)]
pub struct FormatInfo {
    /// Which.
    pub format: Format,
    /// Its name on the command line.
    pub name: &'static str,
    /// The program that writes it.
    pub program: &'static str,
    /// What kind of file it is.
    pub file: &'static str,
    /// `None` where files that the program itself wrote have been read; else what stood in for them.
    pub unproven: Option<&'static str>,
}

const FROM_SOURCE: Option<&str> = Some("tested with a file assembled after the program's source");
const FROM_DOCS: Option<&str> = Some("tested with a file assembled after its documentation");

const fn row(
    format: Format,
    name: &'static str,
    program: &'static str,
    file: &'static str,
    unproven: Option<&'static str>,
) -> FormatInfo {
    FormatInfo { format, name, program, file, unproven }
}

/// Every format that is read, in the order of their names.
pub const FORMATS: &[FormatInfo] = &[
    row(Format::OnePassword, "1password", "1Password", "1PUX archive", FROM_DOCS),
    row(Format::TwoFas, "2fas", "2FAS", "backup, schema 1 to 4, plain or encrypted", None),
    row(Format::Aegis, "aegis", "Aegis", "vault export, plain or encrypted", None),
    row(Format::AegisHtml, "aegis-html", "Aegis", "page to be printed", FROM_SOURCE),
    row(Format::AndOtp, "andotp", "andOTP", "plain backup", None),
    row(Format::AndOtpEncrypted, "andotp-encrypted", "andOTP", "encrypted backup", None),
    row(Format::AndOtpOld, "andotp-old", "andOTP", "encrypted backup before version 0.6.3", None),
    row(Format::AuthenticatorPlus, "authenticator-plus", "Authenticator Plus", "encrypted archive", None),
    row(Format::Authy, "authy", "Authy", "Android preferences, plain or encrypted", None),
    row(Format::BattleNet, "battlenet", "Battle.net", "Android preferences", None),
    row(Format::BitwardenJson, "bitwarden", "Bitwarden", "JSON export, of the Authenticator too", None),
    row(Format::BitwardenCsv, "bitwarden-csv", "Bitwarden", "CSV export, of the Authenticator too", None),
    row(Format::BitwardenEncrypted, "bitwarden-encrypted", "Bitwarden", "password-protected JSON export", FROM_SOURCE),
    row(Format::Duo, "duo", "Duo Mobile", "account list", None),
    row(Format::Ente, "ente", "Ente Auth", "plain export", None),
    row(Format::EnteEncrypted, "ente-encrypted", "Ente Auth", "encrypted export", FROM_SOURCE),
    row(Format::EnteHtml, "ente-html", "Ente Auth", "page to be printed", FROM_SOURCE),
    row(Format::FreeOtp, "freeotp", "FreeOTP", "Android preferences, of FreeOTP+ too", None),
    row(Format::FreeOtp2, "freeotp-2", "FreeOTP", "backup of version 2", None),
    row(Format::FreeOtpPlus, "freeotp-plus", "FreeOTP+", "JSON export", None),
    row(Format::GoogleMigration, "google", "Google Authenticator", "otpauth-migration:// URIs", FROM_SOURCE),
    row(Format::GoogleSqlite, "google-sqlite", "Google Authenticator", "Android database", None),
    row(Format::FobJson, "json", "fob", "list of accounts", None),
    row(Format::KeePass, "keepass", "KeePass", "KDBX 4 database, of KeePassXC too", None),
    row(Format::LastPass, "lastpass", "LastPass Authenticator", "JSON export", FROM_SOURCE),
    row(Format::Microsoft, "microsoft", "Microsoft Authenticator", "Android database", None),
    row(Format::Proton, "proton", "Proton Authenticator", "plain export", None),
    row(Format::ProtonEncrypted, "proton-encrypted", "Proton Authenticator", "encrypted export", FROM_SOURCE),
    row(Format::ProtonPass, "proton-pass", "Proton Pass", "JSON export or archive", FROM_SOURCE),
    row(Format::Raivo, "raivo", "Raivo OTP", "archive, or the JSON in it", FROM_SOURCE),
    row(Format::Steam, "steam", "Steam", "steamguard file", None),
    row(Format::Stratum, "stratum", "Stratum", "plain backup", None),
    row(Format::StratumEncrypted, "stratum-encrypted", "Stratum", "encrypted backup, new or legacy", None),
    row(Format::StratumSqlite, "stratum-sqlite", "Stratum", "Android database", None),
    row(Format::TotpAuthenticator, "totp-authenticator", "TOTP Authenticator", "encrypted backup", None),
    row(Format::TotpAuthenticatorXml, "totp-authenticator-xml", "TOTP Authenticator", "Android preferences", None),
    row(Format::UriList, "uri", "many programs", "otpauth:// URIs, one a line", None),
    row(Format::WinAuth, "winauth", "WinAuth", "otpauth:// URIs, one a line", None),
];

impl Format {
    /// What is known of it.
    #[must_use]
    pub fn info(self) -> &'static FormatInfo {
        FORMATS.iter().find(|info| info.format == self).expect("a test looks for each format in the table")
    }

    /// The program that writes it.
    #[must_use]
    pub fn program(self) -> &'static str {
        self.info().program
    }

    /// The format of this name on the command line.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        FORMATS.iter().find(|info| info.name == name).map(|info| info.format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `WinAuth` is the last one of the enumeration.
    #[test]
    fn each_format_stands_in_the_table_once_in_the_order_of_names() {
        assert_eq!(FORMATS.len(), Format::WinAuth as usize + 1);
        assert!(FORMATS.windows(2).all(|pair| pair[0].name < pair[1].name), "sorted, so no name twice");
        for info in FORMATS {
            assert_eq!(Format::from_name(info.name), Some(info.format));
            assert_eq!(FORMATS.iter().filter(|other| other.format == info.format).count(), 1, "{}", info.name);
        }
    }
}
