//! The message in Google Authenticator's pictures, in its envelope of Base64 and percent-escapes.

use data_encoding::BASE64;
use fob_exchange::{Format, ImportError, import};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::importers::holds;

/// A message is damaged, or gives accounts that can be written and read again.
pub fn google_migration(data: &[u8]) {
    let message = BASE64.encode(data);
    let uri = format!("otpauth-migration://offline?data={}", utf8_percent_encode(&message, NON_ALPHANUMERIC));
    match import(uri.as_bytes(), None, None, None) {
        Ok(report) => holds(&report),
        Err(error) => {
            let expected = matches!(
                error,
                ImportError::Damaged { format: Format::GoogleMigration, .. } | ImportError::TooManyEntries
            );
            assert!(expected, "{error}");
        }
    }
}
