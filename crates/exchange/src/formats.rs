//! One file for each format: what stands where, and what it means.

use crate::source::Source;
use crate::{Format, ImportError, Report};

pub(crate) mod aegis;
pub(crate) mod andotp;
pub(crate) mod authenticator_plus;
pub(crate) mod authy;
pub(crate) mod battlenet;
mod bitwarden;
mod bitwarden_encrypted;
mod duo;
mod ente;
mod fob_json;
mod freeotp;
mod freeotp2;
mod google;
mod keepass;
mod lastpass;
mod microsoft;
pub(crate) mod onepassword;
mod proton;
pub(crate) mod proton_pass;
pub(crate) mod raivo;
mod steam;
pub(crate) mod stratum;
pub(crate) mod totp_authenticator;
mod twofas;
mod uri_list;

/// Reads a file of a known format into the report.
pub(crate) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    match source.format {
        Format::UriList | Format::WinAuth | Format::Ente => uri_list::read(source, report),
        Format::FobJson => fob_json::read(source, report),
        Format::Aegis => aegis::read(source, report),
        Format::AegisHtml => aegis::read_page(source, report),
        Format::TwoFas => twofas::read(source, report),
        Format::AndOtp => andotp::read(source, report),
        Format::AndOtpEncrypted => andotp::read_encrypted(source, report),
        Format::AndOtpOld => andotp::read_old(source, report),
        Format::AuthenticatorPlus => authenticator_plus::read(source, report),
        Format::Authy => authy::read(source, report),
        Format::BattleNet => battlenet::read(source, report),
        Format::BitwardenJson => bitwarden::read(source, report),
        Format::BitwardenCsv => bitwarden::read_csv(source, report),
        Format::BitwardenEncrypted => bitwarden_encrypted::read(source, report),
        Format::Duo => duo::read(source, report),
        Format::EnteEncrypted => ente::read_encrypted(source, report),
        Format::EnteHtml => ente::read_page(source, report),
        Format::FreeOtp => freeotp::read_preferences(source, report),
        Format::FreeOtp2 => freeotp2::read(source, report),
        Format::FreeOtpPlus => freeotp::read(source, report),
        Format::GoogleSqlite => google::read_database(source, report),
        Format::GoogleMigration => google::read_migration(source, report),
        Format::KeePass => keepass::read(source, report),
        Format::LastPass => lastpass::read(source, report),
        Format::Microsoft => microsoft::read(source, report),
        Format::OnePassword => onepassword::read(source, report),
        Format::Proton => proton::read(source, report),
        Format::ProtonEncrypted => proton::read_encrypted(source, report),
        Format::ProtonPass => proton_pass::read(source, report),
        Format::Raivo => raivo::read(source, report),
        Format::Steam => steam::read(source, report),
        Format::Stratum => stratum::read(source, report),
        Format::StratumEncrypted => stratum::read_encrypted(source, report),
        Format::StratumSqlite => stratum::read_database(source, report),
        Format::TotpAuthenticator => totp_authenticator::read(source, report),
        Format::TotpAuthenticatorXml => totp_authenticator::read_preferences(source, report),
    }
}
