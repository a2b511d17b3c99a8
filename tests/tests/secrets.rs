//! No secret in a diary or an output, however loudly everything is told to write.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use fob_tests::house::House;

const PASSPHRASE: &str = "correct horse battery staple";
const PASSWORD: &str = "a password of ada lovelace 1843";
const PIN: &str = "84629173";
const SECRET: &str = "JBSWY3DPEHPK3PXP";

#[test]
fn nothing_secret_is_written_down() {
    let mut house = House::build().unwrap();
    house.have_everything_written_down();
    house.start_bus().unwrap();
    house.start_daemon(&[]).unwrap();
    let server = house.start_server().unwrap();
    let key = house.start_softkey("key", &["--ram", "--touch", "allow"]).unwrap();
    let mut said = Vec::new();
    let mut keep = |left: fob_tests::fob::Left| {
        said.push(format!("{}{}", left.stdout, left.stderr));
        left
    };

    let made =
        keep(house.fob().args("init").secret("--passphrase-fd", PASSPHRASE).receive("--recovery-fd").ok().unwrap());
    keep(
        house
            .fob()
            .args("otp add")
            .stdin(&format!("otpauth://totp/Example:ada?secret={SECRET}&digits=8"))
            .ok()
            .unwrap(),
    );
    keep(house.fob().args("otp list --json").ok().unwrap());
    keep(house.fob().args("lock").ok().unwrap());
    keep(house.fob().args("unlock").secret("--passphrase-fd", "a wrong passphrase").run().unwrap());
    keep(house.fob().args("unlock").secret("--passphrase-fd", PASSPHRASE).ok().unwrap());
    keep(house.fob().args("key attach").arg(key.to_string_lossy()).ok().unwrap());
    keep(house.fob().args("key pin set").secret("--pin-fd", PIN).ok().unwrap());
    for options in ["--create", "--passkey", "--code"] {
        let call = house.fob().args("enroll").arg(server.origin()).args("--user ada").args(options);
        keep(call.secret("--password-fd", PASSWORD).secret("--pin-fd", PIN).ok().unwrap());
    }
    let call = house.fob().args("sign-in").arg(server.origin()).args("--user ada --with code");
    let session = keep(call.secret("--password-fd", PASSWORD).receive("--session-fd").ok().unwrap()).received;
    // Whoever asks for a code is shown it, so this one is not kept with the rest.
    let code = house.fob().args("otp code Example --raw").ok().unwrap().stdout;

    for (program, diary) in house.diaries_by_name() {
        let loud = diary.contains("TRACE") || diary.contains("DEBUG") || program == "dbus-daemon";
        assert!(loud, "{program} did not write down all it can, so nothing is known about it");
    }
    let all = said.concat() + &house.diaries();
    let secrets = [
        PASSPHRASE,
        "a wrong passphrase",
        PASSWORD,
        PIN,
        SECRET,
        &SECRET.to_lowercase(),
        made.received.trim(),
        session.trim(),
        code.trim(),
    ];
    for secret in secrets {
        assert!(secret.len() >= 6, "a secret is missing from the test");
        assert!(!all.contains(secret), "a secret was written down: {}", around(&all, secret));
    }
}

/// The line it stands in, for whoever has to find it.
fn around<'a>(all: &'a str, secret: &str) -> &'a str {
    all.lines().find(|line| line.contains(secret)).unwrap_or_default()
}
