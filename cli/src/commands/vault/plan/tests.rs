use super::*;

fn slot(kind: &str, login: bool) -> SlotInfo {
    let id = Some(format!("id-of-{kind}"));
    SlotInfo { id, kind: kind.to_owned(), opens_with_login: login, ..SlotInfo::default() }
}

fn all() -> Vec<SlotInfo> {
    vec![
        slot("passphrase", false),
        slot("recovery", false),
        slot("key", false),
        slot("secret-service", true),
        slot("tpm2", false),
        slot("iris", false),
    ]
}

fn fates(plan: &Plan<'_>) -> Vec<Fate> {
    plan.ways.iter().map(|(_, fate)| *fate).collect()
}

#[test]
fn what_can_be_shown_is_for_the_person_to_say() {
    let slots = all();
    let mut plan = Plan::new(&slots, &[], Policy::Any);
    assert_eq!(fates(&plan), [Fate::Typed, Fate::Renewed, Fate::Open, Fate::Open, Fate::Open, Fate::Goes]);
    plan.settle(|slot| Ok::<_, ()>(slot.kind != "tpm2")).unwrap();
    assert_eq!(fates(&plan), [Fate::Typed, Fate::Renewed, Fate::Stays, Fate::Stays, Fate::Goes, Fate::Goes]);
    assert_eq!(plan.kept(), ["id-of-key", "id-of-secret-service"]);
    assert!(plan.keeps_login() && plan.takes_away() && plan.opens());
}

#[test]
fn what_was_named_goes_whatever_it_is() {
    let slots = all();
    let mut plan = Plan::new(&slots, &[&slots[2]], Policy::Any);
    plan.settle(|_| Ok::<_, ()>(true)).unwrap();
    assert_eq!(plan.ways[2].1, Fate::Goes);
    assert_eq!(plan.kept(), ["id-of-secret-service", "id-of-tpm2"]);
}

#[test]
fn passphrase_and_key_leaves_nothing_but_keys() {
    let slots = all();
    let mut plan = Plan::new(&slots, &[], Policy::Both);
    assert_eq!(fates(&plan), [Fate::Goes, Fate::Renewed, Fate::Open, Fate::Goes, Fate::Goes, Fate::Goes]);
    plan.settle(|_| Ok::<_, ()>(false)).unwrap();
    assert!(!plan.opens(), "nothing would open it but the recovery code");
}

#[test]
fn a_vault_that_has_only_what_every_vault_has_needs_no_word() {
    let slots = &all()[..2];
    let plan = Plan::new(slots, &[], Policy::Any);
    assert!(!plan.is_worth_a_word() && !plan.takes_away());
    // Only one of two passphrases can be typed.
    let slots = [slot("passphrase", false), slot("passphrase", false)];
    assert!(Plan::new(&slots, &[], Policy::Any).takes_away());
}
