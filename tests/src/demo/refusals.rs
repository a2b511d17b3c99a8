//! What must not work, and what the server says to it.

use anyhow::{Context, ensure};
use serde_json::json;

use super::foreign::Relay;
use super::transcript::Transcript;
use super::{PASSWORD, PIN, USER, text};
use crate::house::House;
use crate::server::{Answer, Server};

/// A wrong code, a code used twice, and a sign-in that was led through another origin.
pub(super) fn all(house: &House, transcript: &mut Transcript, server: &Server) -> anyhow::Result<()> {
    transcript.chapter("What is refused");
    transcript.step("a wrong code", || {
        let transaction = server.password_step(USER, PASSWORD)?;
        let wrong = never_valid(house, server)?;
        let answer = server.post("sign-in/totp", None, &json!({ "transaction": transaction, "code": wrong }))?;
        refused(&answer, "wrong-code")
    })?;
    transcript.step("a code that was used before", || {
        let transaction = server.password_step(USER, PASSWORD)?;
        // Enrolment spent the code of that step and the sign-in this one or the next: whatever is shown now is spent.
        let code = shown(house, server, "")?;
        let answer = server.post("sign-in/totp", None, &json!({ "transaction": transaction, "code": code }))?;
        refused(&answer, "code-used")
    })?;
    transcript.step("a sign-in through a relay at a foreign origin", || {
        let relay = Relay::before(server)?;
        let call = house.fob().args("sign-in").arg(relay.origin()).args("--with key --user").arg(USER);
        let left = call.secret("--password-fd", PASSWORD).secret("--pin-fd", PIN).receive("--session-fd").run()?;
        ensure!(!left.status.success() && left.received.is_empty(), "the relay got in: {left:?}");
        refused(&relay.last_answer()?, "wrong-origin")
    })
}

/// The code that fob shows for the account at the server.
fn shown(house: &House, server: &Server, option: &str) -> anyhow::Result<String> {
    let query = format!("{}:{USER}", server.name()?);
    let answer = house.fob().args("otp code").arg(query).args(option).json()?;
    Ok(text(&answer, "code")?.to_owned())
}

/// A code that is right neither now nor in the next step.
fn never_valid(house: &House, server: &Server) -> anyhow::Result<&'static str> {
    let right = [shown(house, server, "")?, shown(house, server, "--next")?];
    let wrong = ["000000", "111111", "222222"].into_iter().find(|code| right.iter().all(|real| real != code));
    wrong.context("two codes cannot be three")
}

/// The server's refusal in its own words, if it is the expected one.
fn refused(answer: &Answer, problem: &str) -> anyhow::Result<((), String)> {
    ensure!(answer.status >= 400 && answer.problem() == problem, "expected {problem}, the server answered {answer:?}");
    Ok(((), format!("{} \"{}\"", answer.status, answer.text("detail"))))
}
