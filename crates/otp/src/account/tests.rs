use proptest::prelude::*;

use super::*;
use crate::SecretText;

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

fn pin() -> Option<SecretText> {
    Some(SecretText::new("1234".to_owned()))
}

#[test]
fn each_kind_has_its_own_conditions() {
    let of = |kind: Kind, change: fn(&mut Account)| {
        let mut account = account(kind);
        (account.digits, account.algorithm) = (account.kind.usual_digits(), account.kind.usual_algorithm());
        account.seed = Seed::new(b"0123456789abcdef".to_vec());
        change(&mut account);
        account
    };
    let steam = || Kind::Steam { period: 30 };
    let motp = |pin| Kind::Motp { period: 10, pin };
    let yandex = |pin| Kind::Yandex { period: 30, pin };
    let wanted = |wanted, found: &str| Err(Unusable::OtherAlgorithm { wanted, found: found.to_owned() });
    for (case, account, expected) in [
        ("Steam", of(steam(), |_| ()), Ok(())),
        ("Steam with no letters", of(steam(), |a| a.digits = 0), Err(Unusable::SteamLetters(0))),
        ("Steam with six letters", of(steam(), |a| a.digits = 6), Ok(())),
        ("Steam with seven letters", of(steam(), |a| a.digits = 7), Err(Unusable::SteamLetters(7))),
        ("Steam with another hash", of(steam(), |a| a.algorithm = Algorithm::Sha256), wanted("SHA1", "SHA256")),
        ("Steam in a standing time", of(Kind::Steam { period: 0 }, |_| ()), Err(Unusable::PeriodZero)),
        ("mOTP", of(motp(pin()), |_| ()), Ok(())),
        ("mOTP without its PIN", of(motp(None), |_| ()), Err(Unusable::PinMissing)),
        ("mOTP with another hash", of(motp(pin()), |a| a.algorithm = Algorithm::Sha1), wanted("MD5", "SHA1")),
        ("mOTP with eleven digits", of(motp(pin()), |a| a.digits = 11), Err(Unusable::Digits(11))),
        ("Yandex", of(yandex(pin()), |_| ()), Ok(())),
        ("Yandex, typed", of(yandex(pin()), |a| a.seed = Seed::new(vec![1; 26])), Ok(())),
        (
            "Yandex, a byte lost",
            of(yandex(pin()), |a| a.seed = Seed::new(vec![1; 15])),
            Err(Unusable::YandexSecret(15)),
        ),
        ("Yandex without its PIN", of(yandex(None), |_| ()), Err(Unusable::PinMissing)),
        ("Yandex with another hash", of(yandex(pin()), |a| a.algorithm = Algorithm::Md5), wanted("SHA256", "MD5")),
        (
            "a hash that nobody knows",
            of(Kind::Totp { period: 30 }, |a| a.algorithm = Algorithm::Other("GOST".to_owned())),
            Err(Unusable::Algorithm("GOST".to_owned())),
        ),
        (
            "a kind that nobody knows",
            of(Kind::Other { name: "OCRA".to_owned() }, |_| ()),
            Err(Unusable::Kind("OCRA".to_owned())),
        ),
    ] {
        assert_eq!(account.usable(), expected, "{case}");
        assert_eq!(account.totp(UnixTime(59)).map(|_| ()), expected, "{case}");
    }
}

#[test]
fn the_same_codes_are_known_by_all_that_makes_them() {
    let motp = |pin| Account { algorithm: Algorithm::Md5, ..account(Kind::Motp { period: 10, pin }) };
    let counted = |counter| account(Kind::Hotp { counter });
    let timed = || account(Kind::Totp { period: 30 });
    for (case, one, other, same) in [
        ("another name", timed(), Account { name: "bob".to_owned(), ..timed() }, true),
        ("another counter", counted(0), counted(9), true),
        ("a PIN that is known here only", motp(pin()), motp(None), true),
        ("another period", timed(), account(Kind::Totp { period: 60 }), false),
        ("another kind", timed(), account(Kind::Steam { period: 30 }), false),
        ("another length", timed(), Account { digits: 8, ..timed() }, false),
        ("another hash", timed(), Account { algorithm: Algorithm::Sha256, ..timed() }, false),
        ("another seed", timed(), Account { seed: Seed::new(b"other".to_vec()), ..timed() }, false),
    ] {
        assert_eq!(one.gives_the_codes_of(&other), same, "{case}");
        assert_eq!(other.gives_the_codes_of(&one), same, "{case}");
        assert!(one.duplicate().gives_the_codes_of(&one), "{case}");
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

/// Those that totp-rs has too.
fn common_algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)]
}

fn any_algorithm() -> impl Strategy<Value = Algorithm> {
    let further = prop_oneof![
        Just(Algorithm::Sha224),
        Just(Algorithm::Sha384),
        Just(Algorithm::Md5),
        ".{0,4}".prop_map(Algorithm::Other),
    ];
    prop_oneof![common_algorithm(), further]
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let period = || prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()];
    let pin = || proptest::option::of("[0-9]{0,6}".prop_map(SecretText::new));
    prop_oneof![
        period().prop_map(|period| Kind::Totp { period }),
        any::<u64>().prop_map(|counter| Kind::Hotp { counter }),
        period().prop_map(|period| Kind::Steam { period }),
        (period(), pin()).prop_map(|(period, pin)| Kind::Motp { period, pin }),
        (period(), pin()).prop_map(|(period, pin)| Kind::Yandex { period, pin }),
        ".{0,4}".prop_map(|name| Kind::Other { name }),
    ]
}

proptest! {
    /// totp-rs over RustCrypto against our truncation over ring.
    #[test]
    fn both_ways_to_a_code_agree(
        seed in proptest::collection::vec(any::<u8>(), 1..200),
        algorithm in common_algorithm(),
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
        seed in prop_oneof![proptest::collection::vec(any::<u8>(), 0..40), proptest::collection::vec(any::<u8>(), 16)],
        algorithm in any_algorithm(),
        digits in prop_oneof![any::<u8>(), 0_u8..=11],
        kind in any_kind(),
        time in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
    ) {
        let any = Account { seed: Seed::new(seed), algorithm, digits, ..account(kind) };
        let usable = any.usable();
        let counted = matches!(any.kind, Kind::Hotp { .. });
        let timed = if counted { usable.clone().and(Err(Unusable::CounterBased)) } else { usable.clone() };
        prop_assert_eq!(any.totp(UnixTime(time)).map(|_| ()), timed.clone());
        prop_assert_eq!(any.next_totp(UnixTime(time)).map(|_| ()), timed);
        let by_counter = if counted { usable.clone() } else { usable.clone().and(Err(Unusable::TimeBased)) };
        prop_assert_eq!(any.hotp(time).map(|code| code.expose().len()), by_counter.map(|()| usize::from(digits)));
        prop_assert_eq!(any.warnings().iter().any(|w| matches!(w, crate::Warning::GivesNoCode(_))), usable.is_err());
    }
}
