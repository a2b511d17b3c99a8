//! The person asked through a process of its own: `fob-prompt`, started for one question and gone after it.
//!
//! It gets the question over a socket pair and nothing else: no argument says what is asked, no variable, no file. What it
//! says is believed only as far as it is an answer to this question. If it breaks, nothing is granted.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use fob_asking::{Answer, Question, Verdict, WireError, write_line};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout_at};

use super::line::{Line, Secrets};
use super::notice::Notices;
use super::program::Program;
use super::settings::Face;
use super::surroundings::Surroundings;
use super::{Judge, Prompter, Unasked, Wrong};
use crate::shield;

/// How long a prompt whose question is withdrawn may take to give a terminal back, before it is killed.
const FAREWELL: Duration = Duration::from_secs(1);

/// Asks through `fob-prompt`.
pub(crate) struct Process {
    program: Program,
    face: Face,
    surroundings: Surroundings,
    notices: Notices,
}

impl Process {
    /// That program, this face if it can be had, and what else the prompt needs to know of the session.
    pub(crate) const fn new(program: Program, face: Face, surroundings: Surroundings, notices: Notices) -> Self {
        Self { program, face, surroundings, notices }
    }

    async fn start(&self, question: &Question) -> Result<Asked, Unasked> {
        let Some(program) = self.program.path() else {
            tracing::warn!("nobody can be asked: fob-prompt does not lie beside fobd, or others may write it");
            return Err(Unasked::Nowhere);
        };
        let surroundings = self.surroundings.look().await;
        let mut command = Command::new(program);
        command.arg("--face").arg(self.face.word()).env_clear().envs(surroundings).current_dir("/");
        Asked::start(command, question).map_err(|error| {
            tracing::warn!(%error, "fob-prompt could not be started");
            Unasked::Broke
        })
    }
}

#[async_trait]
impl Prompter for Process {
    async fn ask(&self, question: &Question, judge: Option<&mut dyn Judge>) -> Result<Answer, Unasked> {
        if question.want.is_some() && judge.is_none() {
            tracing::error!("a secret was to be asked for that nobody judges");
            return Err(Unasked::Broke);
        }
        let deadline = Instant::now() + Duration::from_secs(question.waits);
        let mut asked = self.start(question).await?;
        asked.converse(question, judge, deadline).await
    }

    async fn touch(&self, product: &str, what: &str) -> Box<dyn Send> {
        self.notices.touch(product, what)
    }
}

/// A prompt that runs. Dropped, its question is withdrawn, and a moment later it is gone.
struct Asked {
    // The line goes first: that is how the prompt hears of it.
    line: Line,
    secrets: Secrets,
    _running: Running,
}

impl Asked {
    fn start(mut command: Command, question: &Question) -> Result<Self, WireError> {
        let (ours, theirs) = StdStream::pair()?;
        ours.set_nonblocking(true)?;
        // Before the process runs, so that it finds the question whole; the socket has room for the longest one.
        write_line(&mut &ours, question)?;
        let (from, to) = io::pipe()?;
        let from = OwnedFd::from(from);
        rustix::io::ioctl_fionbio(&from, true).map_err(io::Error::from)?;
        command.stdin(OwnedFd::from(theirs)).stdout(to).stderr(Stdio::inherit()).kill_on_drop(true);
        let child = command.spawn()?;
        // The ends that were handed over are the process's alone from here on, or its death would go unnoticed.
        drop(command);
        Ok(Self {
            line: Line::new(ours)?,
            secrets: Secrets::new(pipe::Receiver::from_owned_fd(from)?),
            _running: Running(Some(child)),
        })
    }

    async fn converse(
        &mut self,
        question: &Question,
        mut judge: Option<&mut dyn Judge>,
        deadline: Instant,
    ) -> Result<Answer, Unasked> {
        let _shield = question.want.as_ref().map(|_| shield::Secrets::held());
        loop {
            let answer =
                timeout_at(deadline, self.line.answer()).await.map_err(|_| Unasked::TimedOut)?.map_err(broke)?;
            match (answer, judge.as_deref_mut()) {
                (Answer::Nowhere, _) => return Err(Unasked::Nowhere),
                (answer, _) if !question.takes(&answer) => {
                    tracing::warn!("fob-prompt answered something that was not asked");
                    return Err(Unasked::Broke);
                }
                (Answer::Secret { .. }, Some(judge)) => {
                    let secret = timeout_at(deadline, self.secrets.next()).await.map_err(|_| Unasked::TimedOut)?;
                    match judge.judge(secret.map_err(broke)?).await {
                        Ok(()) => {
                            // Whether the prompt still hears it changes nothing about the secret.
                            let _ = self.line.say(&Verdict::Right);
                            return Ok(answer);
                        }
                        Err(Wrong::Again(words)) => self.line.say(&Verdict::Wrong { words }).map_err(broke)?,
                        Err(Wrong::Enough) => return Ok(Answer::Refused),
                    }
                }
                (answer, _) => return Ok(answer),
            }
        }
    }
}

fn broke(error: WireError) -> Unasked {
    tracing::warn!(%error, "fob-prompt broke");
    Unasked::Broke
}

/// The process. Dropped, it has a moment to end by itself; then it is killed, and in any case reaped.
struct Running(Option<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        let (Some(child), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) else { return };
        runtime.spawn(reap(child));
    }
}

async fn reap(mut child: Child) {
    if tokio::time::timeout(FAREWELL, child.wait()).await.is_ok() {
        return;
    }
    // It leads a session of its own, with whatever it has started in it.
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "a prompt could not be ended");
    }
}
