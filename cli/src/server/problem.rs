//! Refusals (RFC 9457) by their stable words, in a table: how fob ends, and what a person does next.

use serde_json::Value;

use crate::{Exit, Failure};

/// The failure that a problem means; `None` if it is no problem.
pub(super) fn failure(origin: &str, body: &Value) -> Option<Failure> {
    let text = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default();
    let word = text("type").rsplit('/').next().unwrap_or_default();
    let sentence = [text("detail"), text("title")].into_iter().find(|text| !text.is_empty())?;
    let (exit, hint) = of(word);
    let mut failure = Failure::new(exit, format!("{origin} says: {sentence}"));
    failure.word = word.to_owned();
    failure.hint = hint.map(str::to_owned);
    if word == "wrong-origin" {
        failure.causes.push(format!("signed for {}, expected {}", text("origin"), text("expected")));
    }
    Some(failure)
}

fn of(word: &str) -> (Exit, Option<&'static str>) {
    match word {
        "wrong-credentials" => (Exit::Denied, Some("look at the user name, and try again with the right password")),
        "wrong-code" => (Exit::Denied, Some("see whether this machine's clock is right: `fob doctor`")),
        "code-used" => (Exit::Denied, Some("wait for the next code, then try again")),
        "wrong-origin" => (Exit::Denied, Some("use the address that the server goes by")),
        "credential-refused" => (Exit::Denied, Some("use the key that is enrolled there")),
        "key-cloned" => (Exit::Denied, Some("remove this key at the server: somebody may have a copy of it")),
        "not-signed-in" | "step-up-required" => (Exit::Denied, Some("sign in again")),
        "cross-site" => (Exit::Denied, None),
        "locked-out" => (Exit::Blocked, Some("wait as long as it says; further tries make it longer")),
        "transaction-expired" => (Exit::TimedOut, Some("start again, and be done within ten minutes")),
        "request-timeout" => (Exit::TimedOut, Some("try again")),
        "username-taken" => (Exit::Failed, Some("choose another name, or leave out `--create` if it is yours")),
        "already-set-up" => (Exit::Failed, Some("use what is there, or remove it at the server first")),
        "weak-password" => (Exit::Failed, Some("choose a longer password that nobody else has")),
        "too-many" => (Exit::Failed, Some("remove one at the server first")),
        "busy" | "server-error" => (Exit::Failed, Some("try again later")),
        "not-found" | "method-not-allowed" => (Exit::Failed, Some("look at the address; is this a sign-in server?")),
        _ => (Exit::Failed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_is_told_in_the_servers_words() {
        let body = json!({"type": "/problems/locked-out", "title": "Locked", "detail": "Wait 30 seconds."});
        let failure = failure("https://id.example", &body).unwrap();
        assert_eq!((failure.exit, failure.word.as_str()), (Exit::Blocked, "locked-out"));
        assert_eq!(failure.message, "https://id.example says: Wait 30 seconds.");
    }

    #[test]
    fn what_has_no_sentence_is_no_problem() {
        for body in [json!(null), json!([]), json!({"type": "/problems/wrong-code"}), json!({"detail": 1})] {
            assert!(failure("https://id.example", &body).is_none(), "{body}");
        }
    }
}
