//! Items of a body where they lie: looked at as often as needed, copied only into what they become.

use fob_cbor::{AnyKeys, Cursor, DecodeError, Key, Limits, Map, ReadError, Value};

use super::BIN_DEPTH;
use crate::EntryId;
use crate::wipe::Wiped;

/// A whole item, stepped over once: canonical, no deeper than a body may be.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a>(&'a [u8]);

/// A member of a map that is kept as it is: key and value.
pub(crate) type Member<'a> = (Key<'a>, Item<'a>);

impl<'a> Item<'a> {
    /// Steps over the item that begins here, which has at most `depth` levels.
    pub(crate) fn take(cursor: &mut Cursor<'a>, depth: usize) -> Result<Self, DecodeError> {
        cursor.item(depth).map(Self)
    }

    /// As it lies there.
    pub(crate) const fn raw(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn number(self) -> Option<u64> {
        Cursor::new(self.0).unsigned().ok()
    }

    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        Cursor::new(self.0).bytes().ok()
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        Cursor::new(self.0).text().ok()
    }

    pub(crate) fn id(self) -> Option<EntryId> {
        self.bytes()?.try_into().ok().map(<[u8; 16]>::into)
    }

    /// Whether it is a yes.
    pub(crate) fn yes(self) -> Option<()> {
        Cursor::new(self.0).boolean().ok()?.then_some(())
    }

    /// The items of a list that is not empty, read one by one; none if there is one that `read` does not read.
    pub(crate) fn list<T>(self, mut read: impl FnMut(&mut Cursor<'a>) -> Option<T>) -> Option<Vec<T>> {
        let mut cursor = Cursor::new(self.0);
        let count = cursor.array().ok()?;
        if count == 0 { None } else { (0..count).map(|_| read(&mut cursor)).collect() }
    }

    /// The values of a map.
    pub(crate) fn map(self) -> Map {
        match self.value() {
            Value::Map(map) => map,
            _ => Map::new(),
        }
    }

    /// The item as a value of its own.
    pub(crate) fn value(self) -> Value {
        fob_cbor::decode(self.0, Limits::deep(BIN_DEPTH)).expect("what a cursor steps over, the decoder takes")
    }
}

/// Hands every member of the map that begins here to `take`: its key, and the cursor before its value. The map may have
/// `depth` levels, its own included.
pub(crate) fn members<'a>(
    cursor: &mut Cursor<'a>,
    depth: usize,
    mut take: impl FnMut(Key<'a>, &mut Cursor<'a>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut keys: AnyKeys<'a> = cursor.map()?;
    while let Some(key) = keys.next(cursor, depth.saturating_sub(1))? {
        take(key, cursor)?;
    }
    Ok(())
}

/// The item that begins here, and what `read` reads if it is a map.
pub(crate) fn with_map<'a, T>(
    cursor: &mut Cursor<'a>,
    depth: usize,
    read: impl FnOnce(&mut Cursor<'a>, usize) -> Result<T, ReadError>,
) -> Result<(Option<T>, Item<'a>), ReadError> {
    if is_map(cursor) {
        let (parts, whole) = cursor.spanned(|cursor| read(cursor, depth))?;
        return Ok((Some(parts), Item(whole)));
    }
    Ok((None, Item::take(cursor, depth)?))
}

/// Whether a list begins here.
pub(crate) fn is_list(cursor: &Cursor<'_>) -> bool {
    cursor.clone().array().is_ok()
}

/// Whether a map begins here.
pub(crate) fn is_map(cursor: &Cursor<'_>) -> bool {
    cursor.clone().map::<u64>().is_ok()
}

/// Members that are kept, as a map.
pub(crate) fn kept<'a>(members: impl IntoIterator<Item = Member<'a>>) -> Wiped {
    let mut map = Map::new();
    for (key, value) in members {
        match key {
            Key::Text(name) => map.insert(name, value.value()),
            Key::Other(bytes) => map.insert(Item(bytes).value(), value.value()),
        };
    }
    Wiped(Value::Map(map))
}
