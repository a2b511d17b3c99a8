//! One-time codes as a person uses them: kept, shown, locked away, and never lost.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use fob_tests::fob::Left;
use fob_tests::house::House;
use fob_tests::oathtool;
use fob_tests::program::built;
use rustix::process::Signal;
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery staple";
const SECRET: &str = "JBSWY3DPEHPK3PXP";

/// A house with an unlocked, empty vault.
fn house() -> House {
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    house.make_vault(PASSPHRASE).unwrap();
    house
}

fn add(house: &House, uri: &str) -> Value {
    house.fob().args("otp add").stdin(uri).json().unwrap()
}

fn code(house: &House, query: &str) -> Left {
    house.fob().args("otp code --raw").arg(query).run().unwrap()
}

#[test]
fn a_locked_vault_gives_nothing_away_and_opens_again() {
    let house = house();
    add(&house, &format!("otpauth://totp/Example:ada?secret={SECRET}&issuer=Example"));
    house.fob().args("lock").ok().unwrap();
    for command in ["otp list", "otp code Example", "otp remove Example --yes", "otp list --json"] {
        let left = house.fob().args(command).run().unwrap();
        assert_eq!(left.status.code(), Some(3), "{command}: {left:?}");
        assert!(left.stderr.contains("locked") && left.stderr.contains("fob unlock"), "{command}: {left:?}");
        assert!(!format!("{left:?}").contains("ada"), "{command} shows an account: {left:?}");
    }
    house.fob().args("unlock").secret("--passphrase-fd", PASSPHRASE).ok().unwrap();
    assert_eq!(code(&house, "Example").stdout.trim().len(), 6);
}

#[test]
fn the_recovery_code_opens_the_vault() {
    let mut house = House::build().unwrap();
    house.start_daemon(&[]).unwrap();
    let recovery = house.make_vault(PASSPHRASE).unwrap();
    house.fob().args("lock").ok().unwrap();
    house.fob().args("unlock").secret("--recovery-fd", &recovery).ok().unwrap();
    assert_eq!(house.fob().args("status").json().unwrap()["vault"], "unlocked");
}

/// Shells without pipes of their own make named ones; `fob` opened the descriptor again by its name, and that waits for a
/// writer who has gone.
#[test]
fn a_secret_comes_through_a_named_pipe_whose_writer_is_through() {
    let house = house();
    house.fob().args("lock").ok().unwrap();
    let script =
        r#"mkfifo -m 600 pipe && { printf %s "$1" >pipe & } && exec timeout 20 "$2" unlock --passphrase-fd 7 7<pipe"#;
    let fob = built("fob").unwrap();
    let status = house.command("sh").args(["-c", script, "sh", PASSPHRASE]).arg(fob).status().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn a_query_that_fits_two_accounts_names_both() {
    let house = house();
    for (name, secret) in [("ada", SECRET), ("grace", "GEZDGNBVGY3TQOJQ")] {
        add(&house, &format!("otpauth://totp/Example:{name}?secret={secret}&issuer=Example"));
    }
    let left = code(&house, "Example");
    assert_eq!(left.status.code(), Some(1), "{left:?}");
    assert!(left.stderr.contains("Example:ada") && left.stderr.contains("Example:grace"), "{left:?}");
    assert_eq!(code(&house, "Example:grace").status.code(), Some(0));
    let left = code(&house, "nobody");
    assert_eq!(left.status.code(), Some(1), "{left:?}");
    assert!(left.stderr.contains("fob otp list"), "no way on: {left:?}");
}

#[test]
fn the_next_code_is_the_one_that_follows() {
    let house = house();
    add(&house, &format!("otpauth://totp/Example:ada?secret={SECRET}&issuer=Example"));
    let next = house.fob().args("otp code Example --next").json().unwrap();
    let from = next["valid_from"].as_u64().unwrap();
    assert_eq!(next["code"], oathtool::totp(SECRET, "SHA1", 6, 30, from).unwrap());
    assert_eq!(next["valid_until"].as_u64(), Some(from + 30));
}

#[test]
fn a_counter_outlives_kill_9_right_after_its_code() {
    let mut house = house();
    add(&house, "otpauth://hotp/Door:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Door&counter=0");
    for counter in 0..3 {
        assert_eq!(
            code(&house, "Door").stdout.trim(),
            oathtool::hotp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 6, counter).unwrap(),
            "counter {counter}"
        );
        house.daemon().unwrap().end(Signal::KILL).unwrap();
        house.start_daemon(&[]).unwrap();
        house.fob().args("unlock").secret("--passphrase-fd", PASSPHRASE).ok().unwrap();
    }
}

#[test]
fn an_import_is_all_or_nothing() {
    let house = house();
    let list = house.home().join("list.txt");
    let good = format!("otpauth://totp/One:ada?secret={SECRET}&issuer=One\n\n# a remark\n");
    std::fs::write(&list, format!("{good}otpauth://totp/Two:ada?secret=!!!\n")).unwrap();
    let left = house.fob().args("otp import").arg(list.to_string_lossy()).run().unwrap();
    assert_eq!(left.status.code(), Some(1), "{left:?}");
    assert!(left.stderr.contains("line 4") || left.stdout.contains("line 4"), "which line was it? {left:?}");
    assert_eq!(house.fob().args("status").json().unwrap()["entries"], 0);

    std::fs::write(&list, good).unwrap();
    house.fob().args("otp import --dry-run").arg(list.to_string_lossy()).ok().unwrap();
    assert_eq!(house.fob().args("status").json().unwrap()["entries"], 0, "a dry run changed the vault");
    house.fob().args("otp import").arg(list.to_string_lossy()).ok().unwrap();
    assert_eq!(house.fob().args("status").json().unwrap()["entries"], 1);
    // Once more: it is there already.
    let again = house.fob().args("otp import").arg(list.to_string_lossy()).json().unwrap();
    assert_eq!(again["duplicates"].as_array().map(Vec::len), Some(1), "{again}");
    assert_eq!(house.fob().args("status").json().unwrap()["entries"], 1);
}

#[test]
fn a_removed_account_is_gone() {
    let house = house();
    add(&house, &format!("otpauth://totp/Example:ada?secret={SECRET}&issuer=Example"));
    // Nobody at a terminal to ask, and no --yes: nothing happens.
    let left = house.fob().args("otp remove Example").run().unwrap();
    assert_eq!(left.status.code(), Some(2), "{left:?}");
    assert_eq!(code(&house, "Example").status.code(), Some(0));
    house.fob().args("otp remove Example --yes").ok().unwrap();
    assert_eq!(code(&house, "Example").status.code(), Some(1));
}

#[test]
fn a_short_idle_time_locks() {
    let mut house = House::build().unwrap();
    house.start_daemon(&["--idle-lock", "1"]).unwrap();
    house.make_vault(PASSPHRASE).unwrap();
    let state = || house.fob().args("status").json().unwrap()["vault"].as_str().unwrap().to_owned();
    let start = std::time::Instant::now();
    // A look at the status is no use of the vault, so looking does not keep it open.
    while state() != "locked" {
        assert!(start.elapsed().as_secs() < 30, "it never locked");
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
}
