//! The list of accounts in JSON, as it goes between the command line and the daemon.

use fob_ambient::UnixTime;
use fob_otp::{Item, JsonItem, read_json, write_json};

const NOW: UnixTime = UnixTime(1_700_000_000);

/// A list is refused, or what it has is written and read again.
pub fn account_list(data: &[u8]) {
    let Ok(list) = read_json(data, NOW) else { return };
    let items: Vec<Item> = list.into_iter().filter_map(taken).collect();
    let anew = written(&items);
    let again = read_json(&anew, NOW).expect("refused what it wrote");
    let again: Vec<Item> = again.into_iter().filter_map(taken).collect();
    assert_eq!(again.len(), items.len());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&written(&again)), text(&anew));
}

fn taken(item: JsonItem) -> Option<Item> {
    item.outcome.ok().map(|(item, _)| item)
}

fn written(items: &[Item]) -> Vec<u8> {
    write_json(items.iter().map(|item| (&item.account, &item.extras))).to_vec()
}
