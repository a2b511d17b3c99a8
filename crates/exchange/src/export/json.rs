//! fob's own list of accounts, as the rest of fob writes it.

use fob_ambient::UnixTime;
use fob_otp::{Item, write_json};
use zeroize::Zeroizing;

use crate::Record;

pub(super) fn write(records: &[&Record], now: UnixTime) -> Zeroizing<Vec<u8>> {
    let items: Vec<Item> = records.iter().map(|record| record.to_item(now)).collect();
    write_json(items.iter().map(|item| (&item.account, &item.extras)))
}
