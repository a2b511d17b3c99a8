//! Authenticator Plus: a ZIP archive under the password, in it a list of URIs.

use super::uri_list;
use crate::containers::zip::Archive;
use crate::source::Source;
use crate::{ImportError, Report};

/// What the archive holds.
pub(crate) const MEMBER: &str = "Accounts.txt";

pub(super) fn read(source: &Source<'_>, report: &mut Report) -> Result<(), ImportError> {
    let text = Archive::of(source)?.read(MEMBER, source)?;
    uri_list::read(&source.inner(&text), report)
}
