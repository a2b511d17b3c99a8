//! Refusals as pages, and what each word of the API means: `/problems/WORD`.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use super::{Frame, page};
use crate::app::App;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    title: &'a str,
    text: &'a str,
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/problems/{word}", get(meaning))
}

/// A refusal as a page of its own.
pub(crate) fn problem_page(app: &App, problem: &Problem) -> Response {
    let (_, _, title) = problem.class();
    let text = problem.detail();
    page(&ProblemPage { frame: Frame::new(app, None), title, text: &text }, Some(problem))
}

/// The meaning of a word, from the table of the API's contract.
async fn meaning(State(app): State<App>, Path(word): Path<String>) -> Result<Response, Problem> {
    let (title, text) = look_up(include_str!("../../../docs/signin-api.md"), &word).ok_or(Problem::NotFound)?;
    let title = title.replace('-', " ");
    Ok(page(&ProblemPage { frame: Frame::new(&app, None), title: &title, text: &format!("Refused: {text}.") }, None))
}

/// The row `| \`WORD\` | status | when | … |` of a Markdown table.
fn look_up<'a>(contract: &'a str, word: &'a str) -> Option<(&'a str, String)> {
    contract.lines().find_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let found = cells.next()?.strip_suffix('`')?;
        let when = cells.nth(1)?;
        (found == word).then(|| (word, when.replace('`', "")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::UnixTime;
    use crate::lockout::{Kind, Locked};
    use crate::password::Weakness;

    #[test]
    fn every_word_of_the_server_stands_in_the_contract_with_its_status() {
        let contract = include_str!("../../../docs/signin-api.md");
        let problems = [
            Problem::invalid("x"),
            Problem::NotSignedIn,
            Problem::WrongCredentials,
            Problem::WrongCode(Kind::Totp),
            Problem::CodeUsed(Kind::Totp),
            Problem::WrongOrigin { signed_for: String::new(), expected: String::new() },
            Problem::CredentialRefused("x"),
            Problem::KeyCloned,
            Problem::StepUpRequired { max_age: 600 },
            Problem::CrossSite,
            Problem::NotFound,
            Problem::MethodNotAllowed,
            Problem::RequestTimeout,
            Problem::UsernameTaken,
            Problem::AlreadySetUp("x"),
            Problem::TransactionExpired,
            Problem::TooLarge,
            Problem::UnsupportedMediaType,
            Problem::WeakPassword(Weakness::Short),
            Problem::TooMany(1),
            Problem::LockedOut(Kind::Totp, Locked::until(UnixTime(1), UnixTime(0))),
            Problem::Server,
            Problem::Busy,
            Problem::FobRefused("x".into()),
            Problem::FobUnreachable,
        ];
        for problem in &problems {
            let (status, word, _) = problem.class();
            assert!(contract.contains(&format!("\n| `{word}` | {} | ", status.as_u16())), "{word} {status}");
            assert!(look_up(contract, word).is_some(), "{word}");
        }
        let rows = contract.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, problems.len(), "the contract has words that the server does not");
    }
}
