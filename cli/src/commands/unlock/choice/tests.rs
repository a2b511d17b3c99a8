use super::*;

fn way(kind: &str) -> WayInfo {
    WayInfo { kind: kind.to_owned(), slot: Some(format!("id-of-{kind}")), ..WayInfo::default() }
}

fn keyring() -> WayInfo {
    WayInfo { opens_with_login: true, ..way("secret-service") }
}

fn tpm(pin: bool) -> WayInfo {
    WayInfo { opens_with_login: !pin, pin, ..way("tpm2") }
}

fn broken(way: WayInfo) -> WayInfo {
    WayInfo { problem: Some("it is not here".to_owned()), ..way }
}

fn by_itself_of(kind: &'static str) -> Attempt {
    Attempt::ByItself { kind, slot: format!("id-of-{kind}") }
}

fn passphrase_or(or: &[&'static str]) -> Attempt {
    Attempt::Passphrase { or: or.to_vec() }
}

#[test]
fn without_a_wish_what_asks_least_comes_first() {
    let quick = Attempt::QuickPin { retries: None, or_else: true };
    for (case, ways, expected) in [
        ("nothing but a passphrase", vec![way("passphrase"), way("recovery")], vec![passphrase_or(&[])]),
        ("nothing is said", vec![], vec![passphrase_or(&[])]),
        ("a key as well", vec![way("passphrase"), way("key")], vec![passphrase_or(&["--key"])]),
        ("a key that is not here", vec![way("passphrase"), broken(way("key"))], vec![passphrase_or(&[])]),
        ("a TPM with a PIN", vec![way("passphrase"), way("key"), tpm(true)], vec![passphrase_or(&["--key", "--tpm"])]),
        (
            "what opens with the login",
            vec![way("passphrase"), keyring(), tpm(false)],
            vec![by_itself_of("secret-service"), by_itself_of("tpm2"), passphrase_or(&[])],
        ),
        ("a keyring that is not here", vec![way("passphrase"), broken(keyring())], vec![passphrase_or(&[])]),
        ("both together", vec![way("passphrase-and-key"), way("recovery")], vec![Attempt::PassphraseAndKey]),
        (
            "a soft lock",
            vec![way("quick-pin"), way("passphrase"), keyring()],
            vec![quick.clone(), by_itself_of("secret-service"), passphrase_or(&[])],
        ),
        ("something of a later fob", vec![way("iris"), way("passphrase")], vec![passphrase_or(&[])]),
    ] {
        assert_eq!(order(Wish::Anything, &ways).unwrap(), expected, "{case}");
        assert!(expected.last().unwrap().is_final(), "{case}");
    }
}

#[test]
fn a_wish_is_followed_or_refused_with_the_reason() {
    let both = [way("passphrase-and-key"), way("recovery")];
    let any = [way("passphrase"), way("key"), keyring(), tpm(true)];
    for (wish, ways, expected) in [
        (Wish::Key, &any[..], Ok(Attempt::Asked("key"))),
        (Wish::Key, &both, Ok(Attempt::PassphraseAndKey)),
        (Wish::Key, &any[..1], Err(Exit::Failed)),
        (Wish::Keyring, &any, Ok(Attempt::Asked("secret-service"))),
        (Wish::Keyring, &both, Err(Exit::Failed)),
        (Wish::Tpm, &any, Ok(Attempt::Asked("tpm2"))),
        (Wish::Tpm, &both, Err(Exit::Failed)),
        (Wish::QuickPin, &[way("quick-pin")], Ok(Attempt::QuickPin { retries: None, or_else: false })),
        (Wish::QuickPin, &any, Err(Exit::Locked)),
        (Wish::Passphrase, &both, Ok(Attempt::PassphraseAndKey)),
        (Wish::Recovery, &[], Ok(Attempt::Recovery)),
    ] {
        let found = order(wish, ways).map_err(|failure| failure.exit);
        assert_eq!(found, expected.map(|one| vec![one]), "{wish:?}");
    }
}

#[test]
fn what_cannot_be_used_here_says_why() {
    for (wish, ways, word) in [
        (Wish::Tpm, vec![broken(tpm(true))], "NoTpm"),
        (Wish::Keyring, vec![broken(keyring())], "NoKeyring"),
        (Wish::Key, vec![broken(way("key")), broken(way("key"))], "NoKey"),
    ] {
        let failure = order(wish, &ways).unwrap_err();
        assert_eq!((failure.word.as_str(), failure.message.as_str()), (word, "it is not here"), "{wish:?}");
    }
    assert!(order(Wish::Key, &[broken(way("key")), way("key")]).is_ok());
}
