//! Who is let through by what, until when, and what comes back from the shelf.

use std::sync::Arc;

use fob_ambient::SeededRng;

use super::*;
use crate::tests::house::caller;

const NOW: Moment = Moment { wall: UnixTime(1_000_000), boot: Millis(50_000) };
const RUN: &str = "this run";
const ORIGIN: &str = "https://example.org";

fn later(seconds: u64) -> Moment {
    Moment { wall: UnixTime(NOW.wall.0 + seconds), boot: NOW.boot.plus(Millis(seconds * 1_000)) }
}

fn firefox() -> Holder {
    Holder::Program("/usr/lib/firefox-esr/firefox-esr".into())
}

const fn about(kind: Kind, site: Option<&str>) -> About<'_> {
    About { kind, site, origin: Some(ORIGIN) }
}

fn grant(number: u64, choice: Choice) -> Grant {
    Grant {
        id: GrantId(number),
        holder: firefox(),
        door: Door::Socket,
        kind: Kind::Sign,
        site: Some(Zeroizing::new("example.org".into())),
        origin: Some(Zeroizing::new(ORIGIN.into())),
        lasts: Life::of(choice, NOW).unwrap(),
        given: NOW.wall,
    }
}

#[test]
fn a_grant_is_for_one_program_one_door_one_kind_and_one_site() {
    let mut grants = Grants::default();
    assert!(grants.add(grant(7, Choice::Always), NOW));
    let chromium = Holder::Program("/usr/bin/chromium".into());
    let app = Holder::App { id: "/usr/lib/firefox-esr/firefox-esr".into(), portal: String::new() };
    for (case, holder, door, kind, site, expected) in [
        ("the same", &firefox(), Door::Socket, Kind::Sign, Some("example.org"), true),
        ("another program", &chromium, Door::Socket, Kind::Sign, Some("example.org"), false),
        ("an application that calls itself so", &app, Door::Socket, Kind::Sign, Some("example.org"), false),
        ("another door", &firefox(), Door::SessionBus, Kind::Sign, Some("example.org"), false),
        ("another kind", &firefox(), Door::Socket, Kind::Create, Some("example.org"), false),
        ("another site", &firefox(), Door::Socket, Kind::Sign, Some("login.example.org"), false),
        ("no site", &firefox(), Door::Socket, Kind::Sign, None, false),
    ] {
        assert_eq!(grants.find(holder, door, about(kind, site), NOW).is_some(), expected, "{case}");
    }
    // An RP ID is every page's below it; the person has read the name of one of them.
    let login = About { origin: Some("https://login.example.org"), ..about(Kind::Sign, Some("example.org")) };
    assert_eq!(grants.find(&firefox(), Door::Socket, login, NOW), None);
}

#[test]
fn eight_hours_end_on_the_wall_or_since_the_start_whichever_is_first() {
    let mut grants = Grants::default();
    grants.add(grant(1, Choice::EightHours), NOW);
    let found = |now| grants.find(&firefox(), Door::Socket, about(Kind::Sign, Some("example.org")), now).is_some();
    assert!(found(later(8 * 3_600 - 1)));
    assert!(!found(later(8 * 3_600)));
    assert!(!found(Moment { wall: NOW.wall, ..later(8 * 3_600) }), "the clock was set back");
    assert!(!found(Moment { boot: NOW.boot, ..later(8 * 3_600) }), "the clock was set forward");
    assert_eq!(grants.all(later(8 * 3_600)).count(), 0);
}

#[test]
fn a_new_answer_takes_the_place_of_the_old_one_and_there_are_never_more_than_a_thousand() {
    let mut grants = Grants::default();
    grants.add(grant(1, Choice::Always), NOW);
    grants.add(grant(2, Choice::UntilLock), NOW);
    assert_eq!(grants.all(NOW).map(|grant| grant.id).collect::<Vec<_>>(), [GrantId(2)]);
    for number in 0..2_000 {
        let site = Some(Zeroizing::new(format!("{number}.example")));
        grants.add(Grant { site, ..plain(number) }, NOW);
    }
    assert_eq!(grants.all(NOW).count(), MOST);
}

fn app(portal: &str) -> Holder {
    Holder::App { id: "org.example.App".into(), portal: portal.into() }
}

/// Two portals once shared what was granted to an application of one id, and to forget one of them took nothing back.
#[test]
fn an_application_is_one_portals() {
    let mut grants = Grants::default();
    grants.add(Grant { holder: app("/opt/portal"), ..plain(1) }, NOW);
    let found = |grants: &Grants, portal: &str| {
        grants.find(&app(portal), Door::Socket, about(Kind::Sign, Some("example.org")), NOW).is_some()
    };
    assert!(found(&grants, "/opt/portal") && !found(&grants, "/opt/other"));
    assert_eq!(grants.revoke(|grant| grant.holder.is_of("org.example.App")), 0);
    assert_eq!(grants.revoke(|grant| grant.holder.is_of("/opt/portal")), 1);
}

fn plain(number: u64) -> Grant {
    grant(number + 10, Choice::Always)
}

#[test]
fn what_is_revoked_is_gone() {
    let mut grants = Grants::default();
    grants.add(grant(1, Choice::UntilLock), NOW);
    assert_eq!(grants.revoke(|grant| grant.id == GrantId(2)), 0);
    assert_eq!(grants.revoke(|grant| grant.id == GrantId(1)), 1);
    grants.add(grant(3, Choice::Always), NOW);
    assert!(grants.has(GrantId(3)));
    assert_eq!(grants.revoke(|_| true), 1);
    assert!(!grants.has(GrantId(3)));
}

#[test]
fn what_outlives_a_lock_comes_back_and_nothing_else() {
    let mut grants = Grants::default();
    for (number, choice) in [(1, Choice::UntilLock), (2, Choice::EightHours), (3, Choice::Always)] {
        grants.add(Grant { site: Some(Zeroizing::new(format!("{number}.example"))), ..grant(number, choice) }, NOW);
    }
    let shelf = grants.to_shelf(RUN).unwrap();
    let ids = |run| Grants::from_shelf(&shelf, run).list.iter().map(|grant| grant.id.0).collect::<Vec<_>>();
    assert_eq!(ids(RUN), [2, 3]);
    assert_eq!(ids("another fobd"), [3]);
    let again = Grants::from_shelf(&shelf, RUN);
    assert_eq!(again.list, grants.list[1..]);
}

/// The form is a promise: these bytes were written by hand.
#[test]
fn the_shelf_is_read_as_it_is_written_down() {
    let text = r#"{"version":1,"grants":[
        {"id":"00000000000000ff","holder":"portal","name":"org.example.App","portal":"/opt/portal","door":"bus","kind":"code",
         "site":"3f","lasts":"always","given":17,"later":"field"},
        {"id":"1","from":"a later fob"},
        {"id":"00000000000000fe","holder":"installed","name":"/x","door":"socket","kind":"code","lasts":"always","given":1},
        {"id":"00000000000000fc","holder":"portal","name":"org.example.App","door":"bus","kind":"code","site":"3f",
         "lasts":"always","given":17},
        {"id":"00000000000000fb","holder":"installed","name":"/x","door":"socket","kind":"sign","site":"example.org",
         "lasts":"always","given":17},
        {"id":"00000000000000fa","holder":"installed","name":"/x","door":"socket","kind":"key-care",
         "lasts":"always","given":17},
        {"id":"00000000000000fd","holder":"companion","name":"tty","door":"socket","kind":"key-care","lasts":"always","given":1}
    ]}"#;
    let grants = Grants::from_shelf(text.as_bytes(), RUN);
    let [grant] = grants.list.as_slice() else { panic!("{:?}", grants.list) };
    assert_eq!((grant.id, grant.given, grant.lasts), (GrantId(255), UnixTime(17), Life::Always));
    assert_eq!((&grant.holder, grant.door), (&app("/opt/portal"), Door::SessionBus));
    assert_eq!((grant.kind, grant.site()), (Kind::Code, Some("3f")));
    let written = String::from_utf8(grants.to_shelf(RUN).unwrap().to_vec()).unwrap();
    assert!(written.contains("a later fob"), "what is not understood stays: {written}");
}

#[test]
fn nonsense_lets_nobody_through() {
    for text in ["", "[]", "{}", "null", r#"{"version":2,"grants":[]}"#, r#"{"version":1,"grants":{}}"#, "\u{0}"] {
        let grants = Grants::from_shelf(text.as_bytes(), RUN);
        assert!(grants.list.is_empty() && grants.to_shelf(RUN).is_none(), "{text}");
    }
}

#[test]
fn only_who_can_be_known_again_holds_anything() {
    use crate::caller::{ListedBy, Listing, Origins, Why};
    let listing = Listing {
        name: "Firefox".into(),
        path: "/usr/bin/firefox".into(),
        origins: Origins::Any,
        portal: false,
        by: ListedBy::Vendor,
    };
    for (tier, expected) in [
        (Tier::Installed(Arc::new(listing)), Some("/usr/bin/firefox")),
        (Tier::Portal("org.example.App".into()), Some("org.example.App")),
        (Tier::Paired("paired-01020304".into()), Some("paired-01020304")),
        (Tier::Companion, None),
        (Tier::Listener, None),
        (Tier::Script(Why::OtherProgram), None),
        (Tier::Sandboxed("snap".into()), None),
        (Tier::Weak(Why::Unseen), None),
        (Tier::Foreign, None),
    ] {
        let caller = caller(tier);
        let holder = Holder::of(&caller);
        assert_eq!(holder.as_ref().map(Holder::name), expected, "{:?}", caller.tier);
    }
}

#[test]
fn an_id_is_sixteen_digits() {
    let id = new_id(&mut SeededRng::new(1));
    assert_eq!(id.to_string().parse(), Ok(id));
    for text in ["", "1", "+0000000000000ff", "00000000000000FF", "00000000000000ff0", "zzzzzzzzzzzzzzzz"] {
        assert_eq!(text.parse::<GrantId>(), Err(()), "{text}");
    }
}
