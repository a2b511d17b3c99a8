//! What exports are packed in: archives, databases, serialised maps. Each knows nothing of accounts.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod java;
pub(crate) mod kdbx;
pub(crate) mod preferences;
pub(crate) mod protobuf;
pub(crate) mod sqlite;
pub(crate) mod zip;
