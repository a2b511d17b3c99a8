//! Secrets on their way out, and fob's own JSON on its way in.

use fob_bus::error::Result;
use fob_bus::types::{AddOptions, ExportInfo, FreshOptions, ImportOptions, RecoveryOptions, UriInfo};
use fob_bus::{ErrorKind, pipe};

use super::house::{House, PASSPHRASE, Visit, piped, taken};

const URI: &str = "otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQ&issuer=Example&algorithm=SHA1&digits=6&period=30";

async fn uri(visit: &Visit, query: &str, proof: &str, recovery: bool) -> Result<(UriInfo, String)> {
    let (uri, end) = pipe::awaiting().unwrap();
    let options = FreshOptions { recovery: Some(recovery), ids: None };
    let outcome = visit.otp().await.uri(query, piped(proof).into(), end.into(), options).await;
    // The pipe is looked at after a refusal too.
    let given = taken(uri).await;
    assert_eq!(outcome.is_err(), given.is_empty(), "a refusal came with {given:?}");
    outcome.map(|info| (info, given))
}

async fn export(visit: &Visit, proof: &str, ids: Option<Vec<String>>) -> Result<(ExportInfo, String)> {
    let (accounts, end) = pipe::awaiting().unwrap();
    let options = FreshOptions { recovery: None, ids };
    let outcome = visit.otp().await.export(piped(proof).into(), end.into(), options).await;
    let given = taken(accounts).await;
    assert_eq!(outcome.is_err(), given.is_empty(), "a refusal came with {given:?}");
    outcome.map(|info| (info, given))
}

async fn add(visit: &Visit, uri: &str) -> String {
    visit.otp().await.add(piped(uri).into(), AddOptions::default()).await.unwrap().id
}

fn kind<T: std::fmt::Debug>(outcome: Result<T>) -> ErrorKind {
    outcome.unwrap_err().kind
}

#[tokio::test]
async fn a_uri_leaves_only_after_the_passphrase_came_again() {
    let house = House::build();
    let visit = house.companion().await;
    let (code, end) = pipe::awaiting().unwrap();
    visit.manager().await.init(piped(PASSPHRASE).into(), end.into()).await.unwrap();
    let recovery = taken(code).await;
    let id = add(&visit, URI).await;
    let (info, given) = uri(&visit, "example", PASSPHRASE, false).await.unwrap();
    assert_eq!((given.as_str(), info.id.as_str(), info.lost.len()), (URI, id.as_str(), 0));
    assert_eq!(uri(&visit, "example", &recovery, true).await.unwrap().1, URI);
    assert_eq!(kind(uri(&visit, "example", "wrong", false).await), ErrorKind::WrongPassphrase);
    assert_eq!(kind(uri(&visit, "example", "", false).await), ErrorKind::InvalidInput);
    assert_eq!(kind(uri(&visit, "nobody", PASSPHRASE, false).await), ErrorKind::UnknownEntry);
    let options = RecoveryOptions::default();
    visit.otp().await.add_recovery_codes(&id, &id, piped("AAAA").into(), options).await.unwrap();
    let (info, _) = uri(&visit, "example", PASSPHRASE, false).await.unwrap();
    assert_eq!(info.lost, ["a URI has no place for its recovery codes"]);
    let stranger = house.stranger().await;
    assert_eq!(kind(uri(&stranger, "example", PASSPHRASE, false).await), ErrorKind::Denied);
    assert_eq!(kind(export(&stranger, PASSPHRASE, None).await), ErrorKind::Denied);
    visit.manager().await.lock().await.unwrap();
    assert_eq!(kind(uri(&visit, "example", PASSPHRASE, false).await), ErrorKind::Locked);
}

#[tokio::test]
async fn what_is_exported_can_be_imported_whole() {
    let house = House::build();
    let visit = house.unlocked().await;
    let options = AddOptions {
        tags: Some(vec!["work".to_owned()]),
        note: Some(piped("hush").into()),
        recovery_codes: Some(piped("AAAA\nBBBB").into()),
        site: Some("https://id.example".to_owned()),
        ..AddOptions::default()
    };
    visit.otp().await.add(piped(URI).into(), options).await.unwrap();
    let (_code, end) = pipe::awaiting().unwrap();
    visit.otp().await.take_recovery_code("example", end.into()).await.unwrap();
    let pinned = "otpauth://yaotp/Yandex:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY&pin=GUZDGOI";
    let second = add(&visit, pinned).await;
    assert_eq!(kind(export(&visit, "wrong", None).await), ErrorKind::WrongPassphrase);
    let (info, all) = export(&visit, PASSPHRASE, None).await.unwrap();
    assert_eq!((info.written, info.unreadable.len()), (2, 0));
    let (info, one) = export(&visit, PASSPHRASE, Some(vec![second])).await.unwrap();
    assert_eq!((info.written, one.contains("Example"), one.contains("5239")), (1, false, true));
    let unknown = Some(vec!["0".repeat(32)]);
    assert_eq!(kind(export(&visit, PASSPHRASE, unknown).await), ErrorKind::UnknownEntry);

    let other = House::build();
    let there = other.unlocked().await;
    let otp = there.otp().await;
    let dry = otp.import(piped(&all).into(), ImportOptions { dry_run: Some(true), ..ImportOptions::default() }).await;
    assert_eq!(dry.map(|report| (report.taken.len(), report.written)).unwrap(), (2, false));
    let report = otp.import(piped(&all).into(), ImportOptions::default()).await.unwrap();
    assert_eq!((report.taken.len(), report.duplicates.len(), report.written), (2, 0, true));
    assert_eq!(export(&there, PASSPHRASE, None).await.unwrap().1, all);
    let info = otp.find("example").await.unwrap();
    assert_eq!((info.recovery_codes, info.recovery_codes_used), (Some(1), Some(1)));
    assert_eq!(info.sites.unwrap(), ["https://id.example"]);
    let again = otp.import(piped(&all).into(), ImportOptions::default()).await.unwrap();
    assert_eq!((again.taken.len(), again.duplicates.len(), again.written), (0, 2, false));
}

#[tokio::test]
async fn odd_items_are_named_and_may_be_skipped() {
    let house = House::build();
    let visit = house.unlocked().await;
    let otp = visit.otp().await;
    let json = r#"[{"issuer": "good", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY"}, {"issuer": "bad", "secret": "0"}, 5,
                   {"issuer": "bound", "secret": "JBSWY3DPEHPK3PXP", "sites": ["ftp://example"]},
                   {"issuer": "odd", "type": "ocra", "secret": "MZXW6YTB"}]"#;
    let report = otp.import(piped(json).into(), ImportOptions::default()).await.unwrap();
    let refused: Vec<_> = report.refused.iter().map(|refused| refused.line).collect();
    assert_eq!((refused, report.written), (vec![2, 3, 4], false));
    assert_eq!(otp.list().await.unwrap().len(), 0);
    let options = ImportOptions { skip_refused: Some(true), ..ImportOptions::default() };
    let report = otp.import(piped(json).into(), options).await.unwrap();
    assert_eq!((report.taken.len(), report.refused.len(), report.written), (2, 3, true));
    assert_eq!(report.taken[1].warnings, ["it gives no code: its kind is ocra"]);
    let odd = otp.find("odd").await.unwrap();
    assert_eq!((odd.kind.as_str(), odd.unusable.as_deref()), ("ocra", Some("its kind is ocra")));
    assert_eq!(kind(uri(&visit, "odd", PASSPHRASE, false).await), ErrorKind::EntryUnusable);
    assert_eq!(export(&visit, PASSPHRASE, None).await.unwrap().0.written, 2, "and exported as it came");
    for nonsense in ["[", "[{]", "[1] 2"] {
        assert_eq!(kind(otp.import(piped(nonsense).into(), ImportOptions::default()).await), ErrorKind::InvalidInput);
    }
}
