use std::sync::Arc;

use super::*;

/// Ids are one byte many times over.
fn entry(id: u8, modified: u64, name: &str) -> Value {
    let mut map = Map::new();
    map.insert("id", [id; 16]);
    map.insert("created", 1_u64);
    map.insert("modified", modified);
    map.insert("issuer", "Example");
    map.insert("name", name);
    map.insert("digits", 6_u64);
    map.insert("algorithm", "SHA1");
    map.insert("kind", "totp");
    map.insert("period", 30_u64);
    map.insert("seed", [id; 20]);
    Value::Map(map)
}

fn with(mut entry: Value, name: &str, value: impl Into<Value>) -> Value {
    set(&mut entry, name, value);
    entry
}

fn hotp(id: u8, modified: u64, counter: u64) -> Value {
    let mut entry = with(with(entry(id, modified, "door"), "kind", "hotp"), "counter", counter);
    if let Value::Map(map) = &mut entry {
        map.remove(&Value::from("period"));
    }
    entry
}

fn trace(id: u8, time: u64) -> Value {
    let mut map = Map::new();
    map.insert("id", [id; 16]);
    map.insert("time", time);
    Value::Map(map)
}

fn body(entries: Vec<Value>, removed: Vec<Value>) -> Plain {
    let mut map = Map::new();
    map.insert("entries", entries);
    map.insert("removed", removed);
    Plain(Wiped(Value::Map(map)))
}

const NOW: UnixTime = UnixTime(1_000);

/// Fresh ids count down from 255.
fn merged(ours: &mut Plain, theirs: Plain) -> (Vec<Outcome>, MergeReport) {
    let mut next = 0xff;
    let report = merge(ours, theirs, NOW, || {
        next -= 1;
        EntryId::from([next + 1; 16])
    });
    (report.entries.iter().map(|merged| merged.outcome).collect(), report)
}

fn id_of(byte: u8) -> EntryId {
    EntryId::from([byte; 16])
}

#[test]
fn the_state_that_was_changed_last_wins_on_either_side() {
    let shared = entry(1, 10, "ada");
    for (case, ours, theirs, expected, outcome) in [
        ("theirs is newer", shared.clone(), entry(1, 20, "ada l."), entry(1, 20, "ada l."), Some(Outcome::Updated)),
        ("ours is newer", entry(1, 20, "ada l."), shared.clone(), entry(1, 20, "ada l."), Some(Outcome::Kept)),
        ("both are the same", shared.clone(), shared.clone(), shared.clone(), None),
    ] {
        let mut plain = body(vec![ours], vec![]);
        let (outcomes, report) = merged(&mut plain, body(vec![theirs], vec![]));
        assert_eq!(plain.list("entries"), [expected], "{case}");
        assert_eq!(outcomes, outcome.into_iter().collect::<Vec<_>>(), "{case}");
        assert_eq!(report.same, usize::from(outcome.is_none()), "{case}");
    }
}

#[test]
fn what_cannot_be_decided_is_kept_twice() {
    let ours = entry(1, 10, "ada");
    for (case, theirs) in [
        ("two names of one second", entry(1, 10, "ada l.")),
        ("two seeds, theirs is newer", with(entry(1, 20, "ada"), "seed", [9; 20])),
        ("two seeds, ours is newer", with(entry(1, 5, "ada"), "seed", [9; 20])),
    ] {
        let mut plain = body(vec![ours.clone()], vec![]);
        let (outcomes, report) = merged(&mut plain, body(vec![theirs.clone()], vec![]));
        assert_eq!(outcomes, [Outcome::KeptBoth(id_of(0xff))], "{case}");
        assert_eq!(plain.list("entries"), [ours.clone(), with(theirs, "id", [0xff; 16])], "{case}");
        assert!(report.changed(), "{case}");
    }
}

#[test]
fn a_counter_never_goes_back() {
    for (case, ours, theirs, counter, modified) in [
        ("theirs is newer and behind", hotp(1, 10, 9), hotp(1, 20, 5), 9, 20),
        ("theirs is newer and ahead", hotp(1, 10, 5), hotp(1, 20, 9), 9, 20),
        ("ours is newer and behind", hotp(1, 20, 5), hotp(1, 10, 9), 9, 20),
        ("of one second, theirs is ahead", hotp(1, 10, 5), hotp(1, 10, 9), 9, 10),
        ("of one second, ours is ahead", hotp(1, 10, 9), hotp(1, 10, 5), 9, 10),
        ("under another id, theirs is ahead", hotp(1, 10, 5), with(hotp(2, 10, 9), "seed", [1; 20]), 9, 10),
        ("under another id, ours is ahead", hotp(1, 10, 9), with(hotp(2, 10, 5), "seed", [1; 20]), 9, 10),
    ] {
        let mut plain = body(vec![ours], vec![]);
        merged(&mut plain, body(vec![theirs], vec![]));
        assert_eq!(plain.list("entries"), [hotp(1, modified, counter)], "{case}");
    }
}

#[test]
fn a_removal_wins_over_an_older_state_and_not_over_a_newer_one() {
    for (case, ours, theirs, left, outcomes) in [
        (
            "they removed it",
            body(vec![entry(1, 10, "a")], vec![]),
            body(vec![], vec![trace(1, 20)]),
            0,
            vec![Outcome::Removed],
        ),
        ("we changed it since", body(vec![entry(1, 30, "a")], vec![]), body(vec![], vec![trace(1, 20)]), 1, vec![]),
        (
            "we removed it",
            body(vec![], vec![trace(1, 20)]),
            body(vec![entry(1, 10, "a")], vec![]),
            0,
            vec![Outcome::StaysRemoved],
        ),
        (
            "they changed it since",
            body(vec![], vec![trace(1, 20)]),
            body(vec![entry(1, 30, "a")], vec![]),
            1,
            vec![Outcome::Added],
        ),
        ("both removed it", body(vec![], vec![trace(1, 20)]), body(vec![], vec![trace(1, 30)]), 0, vec![]),
    ] {
        let mut plain = ours;
        assert_eq!(merged(&mut plain, theirs).0, outcomes, "{case}");
        assert_eq!(plain.list("entries").len(), left, "{case}");
        let [trace] = plain.list("removed") else { panic!("{case}: one trace") };
        assert!(number(trace, "time") >= 20, "{case}");
    }
}

/// A machine whose clock stands in another century says that it removed everything.
#[test]
fn what_a_removal_of_theirs_takes_away_lies_in_the_bin() {
    let mut plain = body(vec![entry(1, 10, "a"), entry(2, 10, "b"), entry(3, 10, "c")], vec![]);
    let (outcomes, _) = merged(&mut plain, body(vec![], vec![trace(1, u64::MAX), trace(3, u64::MAX)]));
    assert_eq!(outcomes, [Outcome::Removed, Outcome::Removed]);
    assert_eq!(plain.list("entries"), [entry(2, 10, "b")]);
    let mut merged = plain.into_body(Arc::new(crate::memory::tests::key()));
    let binned: Vec<_> = merged.bin().removed().iter().map(|removed| (removed.entry.id, removed.time)).collect();
    assert_eq!(binned, [(id_of(1), NOW), (id_of(3), NOW)]);
    for (id, name) in [(1, "a"), (3, "c")] {
        let bytes = fob_cbor::encode(&entry(id, 10, name));
        let again = crate::entry::Found::of(&bytes).unwrap().entry(merged.memory()).unwrap();
        assert!(merged.restore(id_of(id), again).is_some());
    }
    let names: Vec<_> = merged.entries().iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"], "each to where it stood");
}

#[test]
fn an_entry_that_gives_the_same_codes_is_not_taken_twice() {
    let ours = || body(vec![entry(1, 10, "ada")], vec![]);
    let twin = with(entry(2, 99, "ada at work"), "seed", [1; 20]);
    let mut plain = ours();
    assert_eq!(merged(&mut plain, body(vec![twin.clone()], vec![])).0, [Outcome::Duplicate(id_of(1))]);
    assert_eq!(plain.list("entries"), ours().list("entries"));
    for (name, value) in [("digits", 8_u64), ("period", 60_u64)] {
        let mut plain = ours();
        let other = with(twin.clone(), name, value);
        assert_eq!(merged(&mut plain, body(vec![other], vec![])).0, [Outcome::Added], "another {name}");
    }
    let empty = |id| with(entry(id, 1, "none"), "seed", Vec::<u8>::new());
    let mut plain = body(vec![empty(1)], vec![]);
    assert_eq!(merged(&mut plain, body(vec![empty(2)], vec![])).0, [Outcome::Added], "no seed is nobody's seed");
}

#[test]
fn entries_of_a_later_fob_are_carried_along() {
    let odd = |name: &str| {
        let mut map = Map::new();
        map.insert("kind", "telepathy");
        map.insert("name", name);
        Value::Map(map)
    };
    let later = with(entry(2, 5, "bob"), "aura", "blue");
    let mut plain = body(vec![odd("a")], vec![]);
    let (outcomes, report) = merged(&mut plain, body(vec![odd("a"), odd("b"), later.clone()], vec![]));
    assert_eq!((outcomes, report.same), (vec![Outcome::Added, Outcome::Added], 1));
    assert_eq!(plain.list("entries"), [odd("a"), odd("b"), later]);
}

/// Whoever merges first, both machines hold the same codes in the end.
#[test]
fn two_machines_that_merge_with_each_other_agree() {
    let left = || body(vec![entry(1, 10, "a"), entry(2, 50, "b, changed here"), hotp(3, 10, 7)], vec![trace(4, 60)]);
    let right = || {
        body(
            vec![
                entry(1, 40, "a, changed there"),
                entry(2, 20, "b"),
                hotp(3, 30, 4),
                entry(4, 15, "d"),
                entry(5, 5, "e"),
            ],
            vec![],
        )
    };
    let contents = |plain: &Plain| {
        let mut entries: Vec<_> =
            plain.list("entries").iter().map(|entry| (id(entry), text(entry, "name"), counter(entry))).collect();
        entries.sort();
        entries
    };
    let (mut here, mut there) = (left(), right());
    merged(&mut here, right());
    merged(&mut there, left());
    assert_eq!(contents(&here), contents(&there));
    let names: Vec<_> = contents(&here).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["a, changed there", "b, changed here", "door", "e"]);
    let (again, _) = merged(&mut here, there);
    assert!(again.is_empty(), "a second time nothing is left to do");
}
