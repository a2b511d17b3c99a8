use super::*;

fn entry(id: u8, name: &str) -> Map {
    let mut map = Map::new();
    map.insert("id", [id; 16]);
    map.insert("created", 1_u64);
    map.insert("modified", 2_u64);
    map.insert("issuer", "Example");
    map.insert("name", name);
    map.insert("digits", 6_u64);
    map.insert("algorithm", "SHA1");
    map.insert("kind", "totp");
    map.insert("period", 30_u64);
    map.insert("seed", b"12345678901234567890");
    map
}

fn body(change: impl FnOnce(&mut Map)) -> Vec<u8> {
    let mut map = Map::new();
    map.insert("entries", vec![Value::Map(entry(1, "one")), Value::Map(entry(2, "two"))]);
    map.insert("labels", Map::new());
    map.insert("removed", Vec::<Value>::new());
    change(&mut map);
    let mut bytes = fob_cbor::encode(&Value::Map(map));
    bytes.resize(bytes.len().next_multiple_of(STEP), 0);
    bytes
}

fn names(body: &Body) -> Vec<&str> {
    body.entries().iter().map(|entry| entry.account.name.as_str()).collect()
}

#[test]
fn what_is_written_is_what_was_read_with_all_that_a_later_fob_added() {
    let mut odd = entry(3, "three");
    odd.insert("kind", "telepathy");
    let mut trace = Map::new();
    trace.insert("id", [9; 16]);
    trace.insert("time", 5_u64);
    trace.insert("by", "a later fob");
    let mut labels = Map::new();
    labels.insert([8; 16], "paper in the drawer");
    let bytes = body(|map| {
        map.insert("entries", vec![Value::Map(entry(1, "one")), Value::Map(odd)]);
        map.insert("removed", vec![Value::Map(trace)]);
        map.insert("labels", labels);
        map.insert("grants", vec![Value::from("kept")]);
    });
    let read = Body::from_bytes(&bytes).unwrap();
    assert_eq!(
        (names(&read), read.unreadable().len(), read.label(&[8; 16])),
        (vec!["one"], 1, Some("paper in the drawer"))
    );
    assert_eq!(*read.to_bytes(), bytes);
}

#[test]
fn one_odd_entry_keeps_no_other_out() {
    let bytes = body(|map| {
        let twin = Value::Map(entry(1, "the same id"));
        map.insert("entries", vec![Value::Map(entry(1, "one")), Value::Null, twin, Value::Map(entry(2, "two"))]);
    });
    let read = Body::from_bytes(&bytes).unwrap();
    assert_eq!(names(&read), ["one", "two"]);
    let reasons: Vec<_> = read.unreadable().iter().map(|odd| odd.reason.as_str()).collect();
    assert_eq!(reasons, ["it is no map", "another entry has its id"]);
}

#[test]
fn what_is_no_body_is_not_read_in_part() {
    let good = body(|_| ());
    let changed = |change: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        bytes
    };
    for (case, bytes) in [
        ("nothing", vec![]),
        ("only padding", vec![0; STEP]),
        ("not padded", changed(|bytes| bytes.truncate(STEP - 1))),
        ("something behind the padding", changed(|bytes| bytes[STEP - 1] = 1)),
        ("entries of another type", body(|map| drop(map.insert("entries", "none")))),
        ("no map", fob_cbor::encode(&Value::Bytes(vec![0; STEP - 3]))),
    ] {
        assert!(Body::from_bytes(&bytes).is_none(), "{case}");
    }
    assert!(Body::from_bytes(&good).is_some());
}

#[test]
fn a_body_without_extras_is_a_body() {
    for (case, bytes) in [
        ("nothing in it", body(|map| *map = Map::new())),
        ("labels of another type", body(|map| drop(map.insert("labels", Value::Null)))),
        ("traces of another type", body(|map| drop(map.insert("removed", 5_u64)))),
    ] {
        assert!(Body::from_bytes(&bytes).is_some(), "{case}");
    }
}

#[test]
fn changes_are_taken_back_to_the_byte() {
    let bytes = body(|_| ());
    let mut read = Body::from_bytes(&bytes).unwrap();
    let (place, entry) = read.remove(Removed { id: EntryId::from([1; 16]), time: UnixTime(9) }).unwrap();
    assert_eq!((names(&read), read.place(EntryId::from([2; 16]))), (vec!["two"], Some(0)));
    read.put_back(place, entry);
    assert_eq!((names(&read), read.place(EntryId::from([2; 16]))), (vec!["one", "two"], Some(1)));
    assert_eq!(*read.to_bytes(), bytes);
}
