//! Vault and accounts through the doors.

use fob_bus::ErrorKind;
use fob_bus::pipe;
use fob_bus::types::{AddOptions, CodeInfo, CodeOptions, ImportOptions};
use futures_util::StreamExt;

use super::house::{House, PASSPHRASE, Visit, piped, taken};

/// The secret of RFC 4226 appendix D and RFC 6238 appendix B, "12345678901234567890", in Base32.
const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn totp() -> String {
    format!("otpauth://totp/Example:ada?secret={RFC_SECRET}&digits=8")
}

fn hotp() -> String {
    format!("otpauth://hotp/Counter:ada?secret={RFC_SECRET}&counter=0")
}

async fn add(visit: &Visit, uri: &str) -> fob_bus::types::Added {
    visit.otp().await.add(piped(uri).into(), AddOptions::default()).await.unwrap()
}

async fn code(visit: &Visit, query: &str, next: bool) -> fob_bus::error::Result<(CodeInfo, String)> {
    let (code, end) = pipe::awaiting().unwrap();
    let info =
        visit.otp().await.code(query, CodeOptions { next: Some(next), ..CodeOptions::default() }, end.into()).await?;
    Ok((info, taken(code).await))
}

fn kind<T: std::fmt::Debug>(outcome: fob_bus::error::Result<T>) -> ErrorKind {
    outcome.unwrap_err().kind
}

#[tokio::test]
async fn a_code_by_time_is_the_one_of_the_rfc_and_comes_with_its_life() {
    let house = House::build();
    let visit = house.unlocked().await;
    add(&visit, &totp()).await;
    // RFC 6238 appendix B: at 59 seconds 94287082. The next step's is that of counter 2 in RFC 4226 appendix D,
    // truncated value 137359152.
    let (info, now) = code(&visit, "example", false).await.unwrap();
    assert_eq!((now.as_str(), info.valid_from, info.valid_until), ("94287082", Some(30), Some(60)));
    let (info, next) = code(&visit, "example:ada", true).await.unwrap();
    assert_eq!((next.as_str(), info.valid_from, info.valid_until), ("37359152", Some(60), Some(90)));
}

#[tokio::test]
async fn a_code_by_counter_is_given_once() {
    let house = House::build();
    let visit = house.unlocked().await;
    add(&visit, &hotp()).await;
    // RFC 4226 appendix D.
    for (counter, expected) in ["755224", "287082", "359152"].into_iter().enumerate() {
        let (info, given) = code(&visit, "counter", false).await.unwrap();
        assert_eq!((given.as_str(), info.counter), (expected, Some(counter as u64)));
    }
    assert_eq!(kind(code(&visit, "counter", true).await), ErrorKind::InvalidInput);
    assert_eq!(visit.otp().await.find("counter").await.unwrap().counter, Some(3));
    // Not by a daemon's memory: the counter is in the file.
    visit.manager().await.lock().await.unwrap();
    visit.manager().await.unlock(piped(PASSPHRASE).into(), false).await.unwrap();
    assert_eq!(code(&visit, "counter", false).await.unwrap().1, "969429");
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_named() {
    let house = House::build();
    let visit = house.unlocked().await;
    let otp = visit.otp().await;
    add(&visit, &totp()).await;
    add(&visit, &hotp()).await;
    assert_eq!(kind(otp.find("nobody").await), ErrorKind::UnknownEntry);
    let ambiguous = otp.find("ada").await.unwrap_err();
    assert_eq!(ambiguous.kind, ErrorKind::AmbiguousEntry);
    assert_eq!(ambiguous.details.candidates.unwrap(), ["Example:ada", "Counter:ada"]);
    assert_eq!(
        kind(otp.add(piped(&totp()).into(), AddOptions::default()).await),
        ErrorKind::InvalidInput,
        "twice the same codes"
    );
    assert_eq!(kind(otp.add(piped("mailto:ada").into(), AddOptions::default()).await), ErrorKind::InvalidInput);
    let file: std::os::fd::OwnedFd = tempfile::tempfile().unwrap().into();
    assert_eq!(kind(otp.add(file.into(), AddOptions::default()).await), ErrorKind::BadPipe);
    let id = otp.find("example").await.unwrap().id;
    assert_eq!(kind(otp.remove("example", "another id").await), ErrorKind::InvalidInput);
    otp.remove("example", &id).await.unwrap();
    assert_eq!(otp.list().await.unwrap().len(), 1);
}

/// Candidates that read the same could not be told apart by whoever has to name one.
#[tokio::test]
async fn accounts_of_one_name_are_offered_with_their_ids() {
    let house = House::build();
    let visit = house.unlocked().await;
    let otp = visit.otp().await;
    for uri in [
        "otpauth://totp/Twin:eve?secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp/Twin:eve?secret=GEZDGNBVGY3TQOJQ",
        "otpauth://totp/Other:eve?secret=MFRGGZDFMZTWQ2LK",
    ] {
        add(&visit, uri).await;
    }
    let ids: Vec<String> = otp.list().await.unwrap().into_iter().map(|entry| entry.id).collect();
    let ambiguous = otp.find("eve").await.unwrap_err();
    let expected = [format!("Twin:eve (id {})", ids[0]), format!("Twin:eve (id {})", ids[1]), "Other:eve".to_owned()];
    assert_eq!(ambiguous.details.candidates.unwrap(), expected);
    assert_eq!(otp.find(&ids[1]).await.unwrap().id, ids[1]);
}

#[tokio::test]
async fn a_list_is_taken_whole_or_not_at_all() {
    let house = House::build();
    let visit = house.unlocked().await;
    let otp = visit.otp().await;
    add(&visit, &totp()).await;
    let twice = format!("{}\n# a word\n{}\n{}\n", totp(), hotp(), hotp());
    let bad = format!("{twice}otpauth://totp/x?secret=1\n");
    let report = otp.import(piped(&bad).into(), ImportOptions::default()).await.unwrap();
    assert_eq!((report.written, report.refused.len(), report.refused[0].line), (false, 1, 5));
    let dry = otp
        .import(piped(&twice).into(), ImportOptions { dry_run: Some(true), ..ImportOptions::default() })
        .await
        .unwrap();
    assert_eq!((dry.written, dry.taken.len(), dry.duplicates.len()), (false, 1, 2));
    assert_eq!(otp.list().await.unwrap().len(), 1);
    let report = otp.import(piped(&twice).into(), ImportOptions::default()).await.unwrap();
    assert_eq!((report.written, report.taken[0].id.len(), report.duplicates.len()), (true, 32, 2));
    assert_eq!(otp.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn locked_says_so_and_everybody_hears_of_it() {
    let house = House::build();
    let visit = house.companion().await;
    let manager = visit.manager().await;
    assert_eq!(manager.status().await.unwrap().vault, "none");
    assert_eq!(kind(visit.otp().await.list().await), ErrorKind::NoVault);
    let mut changes = manager.receive_vault_changed().await.unwrap();
    let other = house.unlocked().await;
    let heard = changes.next().await.unwrap();
    assert_eq!(heard.args().unwrap().state, "unlocked");
    assert_eq!(manager.status().await.unwrap().entries, Some(0));
    other.manager().await.lock().await.unwrap();
    let heard = changes.next().await.unwrap();
    assert_eq!(heard.args().unwrap().state, "locked");
    assert_eq!(kind(visit.otp().await.list().await), ErrorKind::Locked);
    assert_eq!(kind(code(&visit, "x", false).await), ErrorKind::Locked);
    assert_eq!(manager.status().await.unwrap().vault, "locked");
}

#[tokio::test]
async fn a_vault_is_made_once_and_opened_by_passphrase_or_recovery_code() {
    let house = House::build();
    let visit = house.companion().await;
    let manager = visit.manager().await;
    let (code, end) = pipe::awaiting().unwrap();
    manager.init(piped(PASSPHRASE).into(), end.into()).await.unwrap();
    let recovery = taken(code).await;
    manager.lock().await.unwrap();
    let (_code, end) = pipe::awaiting().unwrap();
    assert_eq!(kind(manager.init(piped("another").into(), end.into()).await), ErrorKind::VaultExists);
    assert_eq!(kind(manager.unlock(piped("wrong").into(), false).await), ErrorKind::WrongPassphrase);
    assert_eq!(manager.status().await.unwrap().vault, "locked");
    manager.unlock(piped(&format!("{recovery}\n")).into(), true).await.unwrap();
    assert_eq!(manager.status().await.unwrap().vault, "unlocked");
}

#[tokio::test]
async fn a_vault_whose_recovery_code_nobody_took_is_not_made() {
    let house = House::build();
    let visit = house.companion().await;
    let (code, end) = pipe::awaiting().unwrap();
    drop(code);
    assert_eq!(kind(visit.manager().await.init(piped(PASSPHRASE).into(), end.into()).await), ErrorKind::BadPipe);
    assert_eq!(visit.manager().await.status().await.unwrap().vault, "none");
    house.unlocked().await;
}
