//! The one way to the prompt: the line before it, how long an answer is waited for, and what takes a question away.
//!
//! Whoever asks for a program that may go away meanwhile wraps this into [`Owner::while_there`]: dropping it takes the
//! question off the screen.
//!
//! [`Owner::while_there`]: crate::guest::Owner::while_there

use std::time::Duration;

use fob_asking::{Answer, Question};
use fob_bus::{CallError, ErrorKind};
use tokio::time::Instant;

use super::line::{Came, Place, TooMany, Who};
use super::words::{self, PATIENCE};
use crate::caller::{Caller, Tier};
use crate::daemon::Daemon;
use crate::prompt::{Judge, Unasked};

/// What somebody is told whom the person refused, whatever it was that it asked for.
const REFUSED: &str = "the person did not allow it";

/// The refusal that a no ends in, and everything else that a program without leave must not tell from a no.
pub(crate) fn unheard() -> CallError {
    CallError::new(ErrorKind::Denied, REFUSED)
}

/// Less time than this is none: nobody reads a question and answers it.
const LEAST: Duration = Duration::from_secs(3);

/// Asks the person. The answer is a yes: one of the question's choices, or the secret that it wants and `judge` has had.
///
/// # Errors
/// [`ErrorKind::Denied`] for a no, and where there is nobody to ask; [`ErrorKind::TimedOut`]; [`ErrorKind::TooManyRequests`]
/// from the line; [`ErrorKind::Locked`] when the vault was locked meanwhile.
pub(crate) async fn ask(
    daemon: &Daemon,
    caller: &Caller,
    question: Question,
    judge: Option<&mut dyn Judge>,
) -> Result<Answer, CallError> {
    let answer = ask_unless(daemon, caller, question, judge, &|| false).await?;
    Ok(answer.expect("nothing makes the question superfluous"))
}

/// The same, unless the question has become superfluous before it is shown: then there is no answer.
///
/// # Errors
/// As [`ask`].
pub(super) async fn ask_unless(
    daemon: &Daemon,
    caller: &Caller,
    question: Question,
    judge: Option<&mut dyn Judge>,
    superfluous: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Answer>, CallError> {
    let epoch = daemon.vault.epoch();
    let mut seat = Seat::take(daemon, caller)?;
    let asking = show(daemon, caller, question, judge, superfluous, &mut seat);
    let answer = tokio::select! {
        biased;
        () = daemon.vault.locked_since(epoch) => None,
        answer = asking => Some(answer),
    };
    let Some(answer) = answer else {
        seat.came = Came::Nothing;
        return Err(CallError::new(ErrorKind::Locked, "the vault was locked while the person was asked"));
    };
    answer
}

async fn show(
    daemon: &Daemon,
    caller: &Caller,
    mut question: Question,
    judge: Option<&mut dyn Judge>,
    superfluous: &(dyn Fn() -> bool + Sync),
    seat: &mut Seat<'_>,
) -> Result<Option<Answer>, CallError> {
    let deadline = Instant::now() + Duration::from_secs(question.waits.min(PATIENCE));
    let timed_out = || CallError::from_error(ErrorKind::TimedOut, &Unasked::TimedOut);
    let turn = tokio::time::timeout_at(deadline, daemon.consent.turn.lock()).await;
    let _turn = turn.map_err(|_| timed_out())?;
    if superfluous() {
        return Ok(None);
    }
    let left = deadline.duration_since(Instant::now());
    if left < LEAST {
        return Err(timed_out());
    }
    seat.may_be_shown()?;
    question.waits = left.as_secs();
    question.behind = seat.behind();
    if question.terminal.is_none() && may_be_asked_there(&caller.tier) {
        question.terminal = caller.terminal_soon().await.map(|path| path.to_string_lossy().into_owned());
    }
    let question = words::harmless(question);
    seat.came = Came::Back;
    let answer = tokio::time::timeout_at(deadline, daemon.prompter.ask(&question, judge)).await;
    let answer = fitting(&question, answer.unwrap_or(Err(Unasked::TimedOut)));
    seat.came = if answer.is_ok() { Came::Yes } else { Came::No };
    answer.map(Some)
}

/// Whether a question may be put on the terminal of whoever asks. Who makes a terminal can read what is typed there, and
/// type: a program that runs in one of a script's making would be answered by the script.
const fn may_be_asked_there(tier: &Tier) -> bool {
    matches!(tier, Tier::Companion)
}

/// The answer, if it is one to this question.
fn fitting(question: &Question, answer: Result<Answer, Unasked>) -> Result<Answer, CallError> {
    match answer {
        Ok(answer @ (Answer::Granted { .. } | Answer::Secret { .. })) if question.takes(&answer) => Ok(answer),
        Ok(Answer::Refused) => Err(unheard()),
        Ok(Answer::Nowhere) => Err(CallError::from_error(ErrorKind::Denied, &Unasked::Nowhere)),
        Ok(Answer::Granted { .. } | Answer::Secret { .. }) => {
            Err(CallError::from_error(ErrorKind::Denied, &Unasked::Broke))
        }
        Err(why @ Unasked::TimedOut) => Err(CallError::from_error(ErrorKind::TimedOut, &why)),
        Err(why @ (Unasked::Nowhere | Unasked::Broke)) => Err(CallError::from_error(ErrorKind::Denied, &why)),
    }
}

/// A place in the line, until it is dropped.
struct Seat<'a> {
    daemon: &'a Daemon,
    place: Place,
    who: Who,
    /// What has become of the question so far.
    came: Came,
}

impl<'a> Seat<'a> {
    fn take(daemon: &'a Daemon, caller: &Caller) -> Result<Self, CallError> {
        let who = Who::of(caller);
        let place = daemon.consent.line().join(&who, daemon.clock.boottime()).map_err(|why| too_many(&why))?;
        Ok(Self { daemon, place, who, came: Came::Nothing })
    }

    fn may_be_shown(&self) -> Result<(), CallError> {
        let may = self.daemon.consent.line().may_be_shown(&self.who, self.daemon.clock.boottime());
        may.map_err(|why| too_many(&why))
    }

    fn behind(&self) -> u32 {
        self.daemon.consent.line().behind(self.place)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.daemon.consent.line().leave(self.place, self.came, self.daemon.clock.boottime());
    }
}

fn too_many(why: &TooMany) -> CallError {
    CallError::from_error(ErrorKind::TooManyRequests, why)
}

impl Who {
    /// Whom this caller counts as, together with every other process of its program. Companions are told apart by their
    /// process: whoever has several terminals has several of them. Whoever cannot be seen is one caller with all the others:
    /// a process is quickly forked. A stranger is never the program that it says it is: it must not silence that one.
    pub(crate) fn of(caller: &Caller) -> Self {
        let Caller { uid, pid, program, tier, .. } = caller;
        let stranger = matches!(tier, Tier::Script(_) | Tier::Sandboxed(_) | Tier::Weak(_) | Tier::Foreign);
        let program = program.as_ref().map_or_else(|| "unseen".to_owned(), |path| path.display().to_string());
        let name = match (tier, pid) {
            (Tier::Portal(app), _) => format!("{uid} application {app} of {program}"),
            (Tier::Paired(id), _) => format!("{uid} paired {id}"),
            // The listener asks for programs that are not known yet: those of one user count together.
            (Tier::Listener, _) => format!("{uid} pairing"),
            (Tier::Companion, Some(pid)) => format!("{uid} process {pid}"),
            _ if stranger => format!("{uid} stranger {program}"),
            _ => format!("{uid} program {program}"),
        };
        Self { name, stranger }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::caller::Why;
    use crate::tests::house::caller;

    /// A script asked for a code in a terminal that it had made itself, waited half a second and typed the yes.
    #[test]
    fn nobody_but_fob_is_asked_on_its_own_terminal() {
        let portal = Tier::Portal(Arc::from("org.example.A"));
        for tier in [Tier::Script(Why::OtherProgram), Tier::Weak(Why::Unseen), Tier::Foreign, portal] {
            assert!(!may_be_asked_there(&tier), "{tier:?}");
        }
        assert!(may_be_asked_there(&Tier::Companion));
    }

    #[test]
    fn a_programs_processes_count_as_one_caller_and_companions_one_by_one() {
        let script = |pid| Who::of(&Caller { pid: Some(pid), ..caller(Tier::Script(Why::OtherProgram)) });
        assert_eq!(script(7), script(8));
        let companion = |pid| Who::of(&Caller { pid: Some(pid), ..caller(Tier::Companion) });
        assert_ne!(companion(7), companion(8));
        // A process that was not seen was once a caller of its own, and forked where it was silenced.
        let unseen = |pid| Who::of(&Caller { pid: Some(pid), program: None, ..caller(Tier::Weak(Why::Unseen)) });
        assert_eq!(unseen(7), unseen(8));
        assert!(unseen(7).stranger && script(7).stranger && !companion(7).stranger);
        assert_ne!(unseen(7), script(7));
        let app = |id: &str| Who::of(&caller(Tier::Portal(Arc::from(id))));
        assert_ne!(app("org.example.A"), app("org.example.B"));
        let other =
            Caller { program: Some("/opt/other-portal".into()), ..caller(Tier::Portal(Arc::from("org.example.A"))) };
        assert_ne!(app("org.example.A"), Who::of(&other));
        let pairing = |uid| Who::of(&Caller { uid, ..caller(Tier::Listener) });
        assert_ne!(pairing(1000), pairing(1001), "one user's programs do not have another's silenced");
    }
}
