//! From an entry with its secrets to the body's CBOR. Nothing of it is copied but into the buffer, which never grows.

use fob_cbor::Map;
use fob_otp::RecoveryCode;
use zeroize::Zeroizing;

use super::Record;
use crate::borrowed::{Borrowed, Fields, Yes};

static NOTHING: Map = Map::new();

impl Record {
    /// The entry in canonical CBOR.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut fields = Fields::beside(self.other.0.as_map().unwrap_or(&NOTHING));
        self.put_account(&mut fields);
        self.put_extras(&mut fields);
        fields.put_if("resync", self.resync.then_some(Yes));
        fields.put_list("history", self.history.maps().iter().map(Borrowed::Kept));
        fields.to_bytes()
    }

    fn put_account<'a>(&'a self, fields: &mut Fields<'a>) {
        let account = &self.account;
        fields.put("id", self.id.bytes());
        fields.put("created", self.created.0);
        fields.put("modified", self.modified.0);
        fields.put("issuer", account.issuer.as_str());
        fields.put("name", account.name.as_str());
        fields.put("digits", u64::from(account.digits));
        fields.put("algorithm", account.algorithm.name());
        fields.put("kind", account.kind.name());
        fields.put("seed", account.seed.expose());
        fields.put_if("period", account.kind.period());
        fields.put_if("counter", account.kind.counter());
        fields.put_if("pin", account.kind.pin());
    }

    fn put_extras<'a>(&'a self, fields: &mut Fields<'a>) {
        let extras = &self.extras;
        fields.put_if("note", extras.note.as_ref().map(|note| note.expose()));
        fields.put_if("icon", extras.icon.as_deref());
        fields.put_if("favourite", extras.favourite.then_some(Yes));
        fields.put_list("tags", extras.tags.iter().map(|tag| Borrowed::Text(tag)));
        fields.put_list("sites", extras.sites.iter().map(|site| Borrowed::Text(site)));
        fields.put_list("recovery_codes", extras.recovery_codes.iter().map(|code| code_fields(code).into()));
    }
}

fn code_fields(code: &RecoveryCode) -> Fields<'_> {
    let mut fields = Fields::new();
    fields.put("code", code.code.expose());
    fields.put_if("used", code.used.map(|time| time.0));
    fields
}
