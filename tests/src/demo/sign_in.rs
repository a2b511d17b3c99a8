//! An account at the server, the key enrolled there, and three ways in, each confirmed by the server's own account of it.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::transcript::Transcript;
use super::{PASSWORD, PIN, USER, text};
use crate::fob::Fob;
use crate::house::House;
use crate::server::Server;

/// Attaches the key, enrols it, and signs in with key, code and passkey.
pub(super) fn with_everything(
    house: &House,
    transcript: &mut Transcript,
    server: &Server,
    key: &Path,
) -> anyhow::Result<()> {
    transcript.chapter("Enrolment and sign-in");
    transcript.step("fob key attach", || {
        let answer = house.fob().args("key attach").arg(key.to_string_lossy()).json()?;
        let id = text(&answer, "id")?.to_owned();
        Ok(((), format!("key {id}")))
    })?;
    transcript.step("fob key pin set", || {
        house.fob().args("key pin set").secret("--pin-fd", PIN).ok()?;
        let info = house.fob().args("key info").json()?;
        ensure!(info.get("pin_set").and_then(Value::as_bool) == Some(true), "the key says it has no PIN: {info}");
        Ok(((), "the key says it has one".to_owned()))
    })?;
    transcript.step("fob enroll: an account with a password, the key as second factor", || {
        let call = at(house.fob().args("enroll"), server).args("--create --name demo-key");
        call.secret("--password-fd", PASSWORD).secret("--pin-fd", PIN).ok()?;
        Ok(((), "attestation verified by webauthn-rs".to_owned()))
    })?;
    ways_in(house, transcript, server)
}

/// Password and key, password and code, passkey alone.
fn ways_in(house: &House, transcript: &mut Transcript, server: &Server) -> anyhow::Result<()> {
    transcript.step("fob sign-in: password and key", || {
        let call = at(house.fob().args("sign-in"), server).args("--with key").secret("--password-fd", PASSWORD);
        confirm(server, call.secret("--pin-fd", PIN), &["password", "security-key"])
    })?;
    transcript.step("fob enroll --code: a seed from the server into the vault", || {
        let call = at(house.fob().args("enroll"), server).args("--code").secret("--password-fd", PASSWORD);
        call.secret("--pin-fd", PIN).ok()?;
        Ok(((), "the server took a code from the vault".to_owned()))
    })?;
    transcript.step("fob sign-in: password and one-time code", || {
        let call = at(house.fob().args("sign-in"), server).args("--with code").secret("--password-fd", PASSWORD);
        confirm(server, call, &["password", "totp"])
    })?;
    transcript.step("fob enroll --passkey", || {
        let call = at(house.fob().args("enroll"), server).args("--passkey --name demo-passkey");
        call.secret("--password-fd", PASSWORD).secret("--pin-fd", PIN).ok()?;
        Ok(((), "attestation verified by webauthn-rs".to_owned()))
    })?;
    transcript.step("fob sign-in: passkey alone", || {
        let call = house.fob().args("sign-in").arg(server.origin()).args("--passkey").secret("--pin-fd", PIN);
        confirm(server, call, &["passkey"])
    })
}

/// The URL and the user of the demo's account.
fn at<'h>(call: Fob<'h>, server: &Server) -> Fob<'h> {
    call.arg(server.origin()).arg("--user").arg(USER)
}

/// Signs in, and asks the server with the new session how it thinks that happened.
fn confirm(server: &Server, call: Fob<'_>, expected: &[&str]) -> anyhow::Result<((), String)> {
    let session = call.receive("--session-fd").ok()?.received;
    let answer = server.get("account", session.trim())?;
    ensure!(answer.status == 200 && answer.text("username") == USER, "the session is not {USER}'s: {answer:?}");
    let means: Vec<&str> = answer
        .body
        .get("signed_in_with")
        .and_then(Value::as_array)
        .context("the server does not say how the session was signed in")?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    ensure!(means == expected, "the server says {means:?}, expected {expected:?}");
    Ok(((), format!("the server confirms {}", means.join(" + "))))
}
