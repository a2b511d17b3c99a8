use proptest::prelude::*;

use super::*;

fn account(kind: Kind) -> Account {
    Account {
        issuer: "Example".to_owned(),
        name: "ada".to_owned(),
        seed: Seed::new(b"12345678901234567890".to_vec()),
        algorithm: Algorithm::Sha1,
        digits: 6,
        kind,
    }
}

#[test]
fn an_account_that_gives_no_code_says_why() {
    let totp = |period, digits, seed: &[u8]| Account {
        seed: Seed::new(seed.to_vec()),
        digits,
        ..account(Kind::Totp { period })
    };
    for (case, account, expected) in [
        ("no digits", totp(30, 0, b"seed"), Err(Unusable::Digits(0))),
        ("eleven digits", totp(30, 11, b"seed"), Err(Unusable::Digits(11))),
        ("255 digits", totp(30, 255, b"seed"), Err(Unusable::Digits(255))),
        ("time stands still", totp(0, 6, b"seed"), Err(Unusable::PeriodZero)),
        ("no seed", totp(30, 6, b""), Err(Unusable::EmptySeed)),
        ("one digit", totp(30, 1, b"seed"), Ok(1)),
        ("ten digits", totp(30, 10, b"seed"), Ok(10)),
        ("a seed of one byte", totp(30, 6, b"s"), Ok(6)),
        ("an endless period", totp(u64::MAX, 6, b"seed"), Ok(6)),
    ] {
        let code = account.totp(UnixTime(59)).map(|timed| timed.code.expose().len());
        assert_eq!(code, expected, "{case}");
        assert_eq!(account.usable(), expected.map(|_| ()), "{case}");
    }
}

#[test]
fn time_asks_timed_accounts_and_counters_counted_ones() {
    let timed = account(Kind::Totp { period: 30 });
    let counted = account(Kind::Hotp { counter: 0 });
    assert_eq!(timed.hotp(0).unwrap_err(), Unusable::TimeBased);
    assert_eq!(counted.totp(UnixTime(0)).unwrap_err(), Unusable::CounterBased);
    assert_eq!(counted.next_totp(UnixTime(0)).unwrap_err(), Unusable::CounterBased);
}

#[test]
fn a_code_is_good_for_its_time_step() {
    let account = account(Kind::Totp { period: 30 });
    for (time, from, until) in [(0, 0, 30), (29, 0, 30), (30, 30, 60), (59, 30, 60)] {
        let timed = account.totp(UnixTime(time)).unwrap();
        assert_eq!((timed.valid_from.0, timed.valid_until.0), (from, until), "at {time}");
    }
    let next = account.next_totp(UnixTime(59)).unwrap();
    assert_eq!((next.valid_from.0, next.valid_until.0), (60, 90));
    assert_eq!(next.code.expose(), account.totp(UnixTime(60)).unwrap().code.expose());
}

#[test]
fn the_far_end_of_time_is_cut_short() {
    let account = account(Kind::Totp { period: 30 });
    let last = account.next_totp(UnixTime(u64::MAX)).unwrap();
    assert_eq!(last.valid_until.0, u64::MAX);
    assert!(last.valid_from.0 < u64::MAX);
}

#[test]
fn logs_see_neither_seed_nor_names() {
    let text = format!("{:?}", account(Kind::Totp { period: 30 }));
    assert_eq!(text, "Account { kind: Totp { period: 30 }, algorithm: Sha1, digits: 6, .. }");
}

fn any_algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)]
}

proptest! {
    /// totp-rs over RustCrypto against our truncation over ring.
    #[test]
    fn both_ways_to_a_code_agree(
        seed in proptest::collection::vec(any::<u8>(), 1..200),
        algorithm in any_algorithm(),
        digits in 1_u8..=9,
        period in 1_u64..=u64::MAX,
        time: u64,
    ) {
        let timed = Account { seed: Seed::new(seed), algorithm, digits, ..account(Kind::Totp { period }) };
        let theirs = timed.totp(UnixTime(time)).unwrap();
        let counted = Account { kind: Kind::Hotp { counter: 0 }, ..timed };
        let ours = counted.hotp(time / period).unwrap();
        prop_assert_eq!(theirs.code.expose(), ours.expose());
        prop_assert!((theirs.valid_from.0..=theirs.valid_until.0).contains(&time));
    }

    #[test]
    fn no_account_panics(
        seed in proptest::collection::vec(any::<u8>(), 0..40),
        algorithm in any_algorithm(),
        digits: u8,
        period in prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()],
        time in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
    ) {
        let timed = Account { seed: Seed::new(seed), algorithm, digits, ..account(Kind::Totp { period }) };
        let usable = timed.usable();
        prop_assert_eq!(timed.totp(UnixTime(time)).map(|_| ()), usable);
        prop_assert_eq!(timed.next_totp(UnixTime(time)).map(|_| ()), usable);
        let counted = Account { kind: Kind::Hotp { counter: time }, ..timed };
        prop_assert_eq!(counted.hotp(time).map(|_| ()), counted.usable());
    }
}
