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

/// With a key for its memory.
fn read_body(bytes: &[u8]) -> Option<Body> {
    let body = Body::from_bytes(bytes, Arc::new(crate::memory::tests::key()));
    assert_eq!(body.is_some(), Body::is_one(bytes), "the two ways to look at a body agree");
    assert!(body.as_ref().is_none_or(Body::is_readable), "what was read can be written");
    body
}

fn names(body: &Body) -> Vec<&str> {
    body.entries().iter().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn what_is_written_is_what_was_read_with_all_that_a_later_fob_added() {
    let mut odd = entry(3, "three");
    odd.insert("seed", "telepathy");
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
    let read = read_body(&bytes).unwrap();
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
    let read = read_body(&bytes).unwrap();
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
        assert!(read_body(&bytes).is_none(), "{case}");
    }
    assert!(read_body(&good).is_some());
}

#[test]
fn a_body_without_extras_is_a_body() {
    for (case, bytes) in [
        ("nothing in it", body(|map| *map = Map::new())),
        ("labels of another type", body(|map| drop(map.insert("labels", Value::Null)))),
        ("traces of another type", body(|map| drop(map.insert("removed", 5_u64)))),
    ] {
        assert!(read_body(&bytes).is_some(), "{case}");
    }
}

#[test]
fn changes_are_taken_back_to_the_byte() {
    let bytes = body(|_| ());
    let mut read = read_body(&bytes).unwrap();
    let (one, two) = (EntryId::from([1; 16]), EntryId::from([2; 16]));
    assert!(read.remove(one, UnixTime(9)) && !read.remove(one, UnixTime(9)));
    assert_eq!((names(&read), read.place(two), bin(&read)), (vec!["two"], Some(0), vec!["one"]));
    let removed = read.to_bytes();
    let same = Found::of(&fob_cbor::encode(&Value::Map(entry(1, "one")))).unwrap().entry(read.memory()).unwrap();
    let restored = read.restore(one, same).unwrap();
    assert_eq!((names(&read), read.place(two), bin(&read)), (vec!["one", "two"], Some(1), vec![]));
    assert_eq!(*read.to_bytes(), bytes, "as if nothing had happened");
    read.throw_back(restored);
    assert_eq!(*read.to_bytes(), *removed);
    read.put_back();
    assert_eq!((names(&read), read.place(two)), (vec!["one", "two"], Some(1)));
    assert_eq!(*read.to_bytes(), bytes);
}

fn bin(body: &Body) -> Vec<&str> {
    body.bin().removed().iter().map(|removed| removed.entry.name.as_str()).collect()
}

fn thrown(id: u8, time: u64) -> Map {
    let mut map = Map::new();
    map.insert("time", time);
    map.insert("place", 1_u64);
    map.insert("entry", entry(id, &id.to_string()));
    map
}

#[test]
fn a_bin_is_read_with_all_that_a_later_fob_has_thrown_into_it() {
    let mut by = thrown(3, 5);
    by.insert("by", "a later fob");
    let mut nowhere = thrown(4, 6);
    nowhere.remove(&Value::from("entry"));
    let mut unreadable = thrown(5, 7);
    unreadable.insert("entry", "gone");
    let bytes = body(|map| {
        let bin = [by, nowhere, unreadable].map(Value::Map);
        map.insert("bin", [&bin[..], &[Value::Null]].concat());
    });
    let mut read = read_body(&bytes).unwrap();
    assert_eq!((names(&read), bin(&read)), (vec!["one", "two"], vec!["3"]));
    assert_eq!(*read.to_bytes(), bytes);
    // What cannot be read is never forgotten, what can goes in its time.
    read.bin_mut().forget(UnixTime(u64::MAX));
    assert_eq!((bin(&read).len(), read_body(&read.to_bytes()).unwrap().to_bytes()), (0, read.to_bytes()));
    let odd = body(|map| drop(map.insert("bin", "of another type")));
    assert_eq!(*read_body(&odd).unwrap().to_bytes(), odd);
}

#[test]
fn the_bin_forgets_what_is_too_old_and_the_oldest_of_too_many() {
    const DAY: u64 = 24 * 60 * 60;
    let mut read = read_body(&body(|map| {
        let bin = (10..=130).map(|id| Value::Map(thrown(id, u64::from(id) * DAY))).collect::<Vec<_>>();
        map.insert("bin", bin);
    }))
    .unwrap();
    assert_eq!(read.bin().removed().len(), 121);
    read.bin_mut().forget(UnixTime(40 * DAY - 1));
    assert_eq!(bin(&read).len(), 100, "the oldest of too many");
    read.bin_mut().forget(UnixTime(100 * DAY));
    assert_eq!(bin(&read), (71..=130).map(|id| id.to_string()).collect::<Vec<_>>(), "thirty days");
}

/// Arrays inside one another.
fn nested(levels: usize) -> Value {
    (1..levels).fold(Value::Array(Vec::new()), |inner, _| Value::Array(vec![inner]))
}

#[test]
fn what_a_later_fob_adds_may_be_as_deep_as_a_body_wherever_it_stands() {
    type Put = fn(&mut Map, Value);
    let places: [(&str, usize, Put); 7] = [
        ("in the body", 1, |map, deep| drop(map.insert("new", deep))),
        ("among traces", 2, |map, deep| drop(map.insert("removed", vec![deep]))),
        ("as an entry", 2, |map, deep| drop(map.insert("entries", vec![deep]))),
        ("in an entry", 3, |map, deep| {
            let mut entry = entry(1, "one");
            entry.insert("new", deep);
            map.insert("entries", vec![Value::Map(entry)]);
        }),
        ("in the bin", 1, |map, deep| drop(map.insert("bin", vec![deep]))),
        ("beside what was thrown", 2, |map, deep| {
            let mut thrown = thrown(3, 5);
            thrown.insert("new", deep);
            map.insert("bin", vec![Value::Map(thrown)]);
        }),
        ("in what was thrown", 3, |map, deep| {
            let (mut thrown, mut entry) = (thrown(3, 5), entry(3, "three"));
            entry.insert("new", deep);
            thrown.insert("entry", entry);
            map.insert("bin", vec![Value::Map(thrown)]);
        }),
    ];
    for (place, above, put) in places {
        let deepest = body(|map| put(map, nested(DEPTH - above)));
        assert_eq!(*read_body(&deepest).expect(place).to_bytes(), deepest, "{place}");
        assert!(read_body(&body(|map| put(map, nested(DEPTH - above + 1)))).is_none(), "{place}");
    }
}

#[test]
fn a_body_that_says_it_has_more_than_it_has_is_none_and_costs_nothing() {
    for (case, start) in [
        ("entries without end", &b"\xa1\x67entries\x9b\xff\xff\xff\xff\xff\xff\xff\xff"[..]),
        ("a bin without end", b"\xa1\x63bin\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("members without end", b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("keys out of order", b"\xa2\x67entries\x80\x63bin\x80"),
        ("a key twice", b"\xa2\x63bin\x80\x63bin\x80"),
        ("a key of an entry twice", b"\xa1\x67entries\x81\xa2\x62id\xf6\x62id\xf6"),
        ("a text that is none", b"\xa1\x67entries\x81\xa1\x62id\x61\xff"),
    ] {
        let mut bytes = start.to_vec();
        bytes.resize(STEP, 0);
        assert!(read_body(&bytes).is_none(), "{case}");
    }
}

/// It lies one level deeper in the bin than among the others, and a bin that could not be read kept the whole vault shut.
#[test]
fn the_deepest_entry_that_a_body_can_have_can_be_removed() {
    let mut deep = entry(1, "one");
    deep.insert("new", nested(DEPTH - 3));
    let bytes = body(|map| drop(map.insert("entries", vec![Value::Map(deep)])));
    let mut read = read_body(&bytes).unwrap();
    assert!(read.remove(EntryId::from([1; 16]), UnixTime(9)));
    let removed = read.to_bytes();
    let again = read_body(&removed).expect("a removed entry keeps no vault shut");
    assert_eq!((names(&again), bin(&again)), (vec![], vec!["one"]));
    assert_eq!(*again.to_bytes(), *removed);
}

#[test]
fn what_nobody_can_read_can_be_discarded_and_brought_back() {
    let without_seed = |id: u8| {
        let mut odd = entry(id, "odd");
        odd.remove(&Value::from("seed"));
        Value::Map(odd)
    };
    let bytes = body(|map| {
        let twin = Value::Map(entry(1, "the same id"));
        map.insert("entries", vec![Value::Map(entry(1, "one")), without_seed(3), twin, Value::Null, without_seed(4)]);
    });
    let mut read = read_body(&bytes).unwrap();
    let ids = [1, 3, 4, 5].map(|id| EntryId::from([id; 16]));
    let before = read.to_bytes();
    let discarded = read.discard(&ids, UnixTime(9));
    assert_eq!(discarded.len(), 2);
    let left: Vec<_> = read.unreadable().iter().map(|odd| odd.reason.as_str()).collect();
    assert_eq!((names(&read), left), (vec!["one"], vec!["another entry has its id", "it is no map"]));
    let again = read_body(&read.to_bytes()).unwrap();
    assert_eq!((again.unreadable().len(), again.traces().0.as_array().map(<[Value]>::len)), (2, Some(2)));
    read.bring_back(discarded);
    assert_eq!(*read.to_bytes(), *before);
}

#[test]
fn a_body_that_would_not_be_read_again_is_known_before_it_is_written() {
    let mut read = read_body(&body(|_| ())).unwrap();
    read.labels.insert("too deep", nested(DEPTH));
    assert!(!read.is_readable() && !Body::is_one(&read.to_bytes()));
}
