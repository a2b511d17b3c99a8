//! The table, over every tier and everything that can be wanted.

use std::sync::Arc;

use fob_webauthn::Origin;

use super::super::{Kind, Site};
use super::*;
use crate::caller::{ListedBy, Listing, Why};
use crate::tests::house::caller;

const ORIGIN: &str = "https://example.org";
const OTHER: &str = "https://other.example";
const ENTRY: &str = "3f000000000000000000000000000000";

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn listing(origins: Origins, portal: bool) -> Tier {
    let (name, path, by) = ("Web".into(), "/usr/bin/web".into(), ListedBy::Vendor);
    Tier::Installed(Arc::new(Listing { name, path, origins, portal, by }))
}

fn these(origins: &[&str]) -> Origins {
    Origins::These(origins.iter().map(|&origin| origin.to_owned()).collect())
}

fn want(kind: Kind) -> Want {
    let site = Site { rp_id: "example.org".into(), origin: origin(ORIGIN), top_origin: None };
    match kind {
        Kind::Code => Want::Code(ENTRY.parse().ok()),
        Kind::Sign => Want::Sign(site),
        Kind::Create => Want::Create(site),
        Kind::KeyCare => Want::KeyCare("0a0b0c0d".into()),
        Kind::SetPin => Want::SetPin,
        Kind::Attach => Want::Attach,
    }
}

fn facts(tier: &Tier) -> Facts<'_> {
    let origins = match tier {
        Tier::Installed(listing) => Some(&listing.origins),
        _ => None,
    };
    Facts {
        tier,
        door: Door::Socket,
        origins,
        scopes: None,
        companions: Companions::Free,
        foreground: false,
        open: true,
    }
}

/// Code, sign, create, key care, set a PIN, attach.
fn row(facts: &Facts<'_>) -> [Rule; 6] {
    Kind::ALL.map(|kind| rule(facts, &want(kind)))
}

#[test]
fn every_tier_gets_what_the_design_says_and_no_more() {
    use Rule::{Ask, Never};
    let (free, ask) = (Rule::Free(Free::Companion), Ask(ONCE));
    let never = |no| [Never(no); 6];
    let stranger = [ask, Never(No::Origin), Never(No::Origin), ask, ask, ask];
    for (case, tier, expected) in [
        ("a companion", Tier::Companion, [free; 6]),
        ("the listener", Tier::Listener, never(No::Listener)),
        ("a browser", listing(Origins::Any, false), [Ask(ALWAYS), Ask(ALWAYS), Ask(ALWAYS), Ask(UNTIL_LOCK), ask, ask]),
        (
            "a program of this site",
            listing(these(&[ORIGIN]), false),
            [Ask(ALWAYS), Ask(ALWAYS), Ask(ALWAYS), Ask(UNTIL_LOCK), ask, ask],
        ),
        (
            "a program of another site",
            listing(these(&[OTHER]), false),
            [Ask(ALWAYS), Never(No::OtherOrigin), Never(No::OtherOrigin), Ask(UNTIL_LOCK), ask, ask],
        ),
        (
            "a program of no site",
            listing(these(&[]), false),
            [Ask(ALWAYS), Never(No::Origin), Never(No::Origin), Ask(UNTIL_LOCK), ask, ask],
        ),
        ("a portal that does not say for whom", listing(Origins::Any, true), [ask; 6]),
        ("a script", Tier::Script(Why::OtherProgram), stranger),
        ("a sandbox", Tier::Sandboxed("snap".into()), stranger),
        ("somebody unseen", Tier::Weak(Why::Unseen), stranger),
        ("somebody of another user", Tier::Foreign, never(No::Foreign)),
        ("somebody with a token of no pairing", Tier::Paired("x".into()), never(No::Scope)),
    ] {
        assert_eq!(row(&facts(&tier)), expected, "{case}");
    }
}

#[test]
fn an_application_names_the_origins_of_its_portal() {
    let tier = Tier::Portal("org.example.App".into());
    let site = these(&[ORIGIN]);
    let facts = Facts { origins: Some(&site), ..facts(&tier) };
    assert_eq!(rule(&facts, &want(Kind::Sign)), Rule::Ask(ALWAYS));
    assert_eq!(rule(&Facts { origins: None, ..facts }, &want(Kind::Sign)), Rule::Never(No::Origin));
}

#[test]
fn a_frame_of_another_site_needs_both_origins() {
    let tier = listing(these(&[ORIGIN]), false);
    let framed = |top: &str| {
        let top_origin = Some(origin(top));
        Want::Sign(Site { rp_id: "example.org".into(), origin: origin(ORIGIN), top_origin })
    };
    assert_eq!(rule(&facts(&tier), &framed(ORIGIN)), Rule::Ask(ALWAYS));
    assert_eq!(rule(&facts(&tier), &framed(OTHER)), Rule::Never(No::OtherOrigin));
}

/// The question shows the page around the frame. A grant once stood for every page around it, so that a yes at one site
/// let its frame sign on any other.
#[test]
fn a_frame_on_another_sites_page_is_asked_about_each_time() {
    let top_origin = Some(origin(OTHER));
    let framed = Want::Sign(Site { rp_id: "example.org".into(), origin: origin(ORIGIN), top_origin });
    assert_eq!(rule(&facts(&listing(Origins::Any, false)), &framed), Rule::Ask(ONCE));
    let paired = Tier::Paired("x".into());
    let scopes = Scopes::parse(&["webauthn:https://example.org", "webauthn:https://other.example"]).unwrap();
    assert_eq!(rule(&Facts { scopes: Some(&scopes), ..facts(&paired) }, &framed), Rule::Ask(ONCE));
}

#[test]
fn on_the_bus_nothing_outlives_a_lock_and_in_a_locked_vault_nothing_is_remembered() {
    for tier in [listing(Origins::Any, false), Tier::Portal("org.example.App".into())] {
        let any = Origins::Any;
        for kind in [Kind::Code, Kind::Sign, Kind::Create, Kind::KeyCare] {
            let facts = Facts { origins: Some(&any), ..facts(&tier) };
            let bus = Facts { door: Door::SessionBus, ..facts };
            let locked = Facts { open: false, ..facts };
            assert_eq!(rule(&bus, &want(kind)), Rule::Ask(UNTIL_LOCK), "{kind:?}");
            assert_eq!(rule(&locked, &want(kind)), Rule::Ask(ONCE), "{kind:?}");
        }
    }
    let paired = Tier::Paired("x".into());
    let scopes = Scopes::parse(&["webauthn:https://example.org"]).unwrap();
    let locked = Facts { scopes: Some(&scopes), open: false, ..facts(&paired) };
    assert_eq!(rule(&locked, &want(Kind::Sign)), Rule::Ask(ONCE));
}

#[test]
fn words_that_name_no_account_are_asked_about_once_like_any_other() {
    for tier in [listing(Origins::Any, false), Tier::Script(Why::OtherProgram)] {
        assert_eq!(rule(&facts(&tier), &Want::Code(None)), Rule::Ask(ONCE));
    }
}

#[test]
fn a_paired_program_gets_what_it_was_paired_for() {
    let tier = Tier::Paired("x".into());
    let scopes = Scopes::parse(&[&format!("otp:read:{ENTRY}"), "webauthn:https://example.org"]).unwrap();
    let facts = Facts { scopes: Some(&scopes), ..facts(&tier) };
    let no = Rule::Never(No::Scope);
    assert_eq!(row(&facts), [Rule::Free(Free::Scope), Rule::Ask(ALWAYS), Rule::Ask(ALWAYS), no, no, no]);
    assert_eq!(rule(&facts, &Want::Code(ENTRY.replace('3', "4").parse().ok())), no);
    assert_eq!(rule(&facts, &Want::Code(None)), no);
    let other = Scopes::parse(&["webauthn:https://other.example"]).unwrap();
    assert_eq!(row(&Facts { scopes: Some(&other), ..facts }), [no; 6]);
}

#[test]
fn the_settings_say_how_much_fob_may_do_without_a_word() {
    let tier = Tier::Companion;
    let free = Rule::Free(Free::Companion);
    let (once, until_lock) = (Rule::Ask(ONCE), Rule::Ask(UNTIL_LOCK));
    for (companions, foreground, open, expected) in [
        (Companions::Free, false, false, [free; 6]),
        (Companions::PerTerminal, true, true, [until_lock, free, free, until_lock, once, free]),
        (Companions::PerTerminal, false, true, [until_lock, once, once, until_lock, once, free]),
        (Companions::PerTerminal, true, false, [once, free, free, once, once, free]),
        (Companions::Ask, true, true, [once, free, free, once, once, free]),
        (Companions::Ask, false, true, [once, once, once, once, once, free]),
    ] {
        let facts = Facts { companions, foreground, open, ..facts(&tier) };
        assert_eq!(row(&facts), expected, "{companions:?} {foreground} {open}");
    }
}

const ALL: [Operation; 8] = [
    Operation::Status,
    Operation::Vault,
    Operation::Accounts,
    Operation::Code,
    Operation::Keys,
    Operation::Ceremony,
    Operation::Policy,
    Operation::Loopback,
];

fn busctl(tier: Tier) -> Caller {
    Caller { program: Some("/usr/bin/\u{202e}busctl".into()), ..caller(tier) }
}

#[test]
fn the_gate_turns_away_who_can_never_be_let_in() {
    use Operation::{Accounts, Ceremony, Code, Keys, Loopback, Policy, Status, Vault};
    for (case, tier, open) in [
        ("a companion", Tier::Companion, &[Status, Vault, Accounts, Code, Keys, Ceremony, Policy][..]),
        ("the listener", Tier::Listener, &[Status, Loopback]),
        ("a browser", listing(Origins::Any, false), &[Status, Code, Keys, Ceremony]),
        ("an application", Tier::Portal("x".into()), &[Status, Code, Keys, Ceremony]),
        ("a paired program", Tier::Paired("x".into()), &[Status, Code, Ceremony]),
        ("a script", Tier::Script(Why::OtherProgram), &[Status, Code, Keys]),
        ("a sandbox", Tier::Sandboxed("x".into()), &[Status, Code, Keys]),
        ("somebody unseen", Tier::Weak(Why::Unseen), &[Status, Code, Keys]),
        ("somebody of another user", Tier::Foreign, &[]),
    ] {
        let caller = busctl(tier);
        for operation in ALL {
            let passed = gate(&caller, operation);
            assert_eq!(passed.is_ok(), open.contains(&operation), "{case} {operation:?}");
            assert!(passed.err().is_none_or(|error| error.kind == ErrorKind::Denied));
        }
    }
}

/// Who passes the gate and is then told "never" learns more than who does not.
#[test]
fn the_gate_lets_in_whoever_the_table_could_answer() {
    for tier in
        [Tier::Companion, Tier::Script(Why::OtherProgram), Tier::Weak(Why::Unseen), Tier::Listener, Tier::Foreign]
    {
        for kind in Kind::ALL {
            let operation = match kind {
                Kind::Code => Operation::Code,
                Kind::Sign | Kind::Create => Operation::Ceremony,
                Kind::KeyCare | Kind::SetPin | Kind::Attach => Operation::Keys,
            };
            let never = matches!(rule(&facts(&tier), &want(kind)), Rule::Never(_));
            assert_eq!(gate(&busctl(tier.clone()), operation).is_err(), never, "{tier:?} {kind:?}");
        }
    }
}

#[test]
fn a_refusal_names_program_and_reason_and_nothing_that_moves_a_cursor() {
    let refusal = gate(&busctl(Tier::Script(Why::OtherFolder)), Operation::Vault).unwrap_err();
    assert_eq!(refusal.message, "/usr/bin/busctl may not do this: it does not lie beside the running fobd");
}
