//! A person for tests: answers questions from a script, and remembers what was asked.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fob_asking::{Answer, Choice, Question};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::prompt::{Judge, Prompter, Unasked, Wrong};

/// What the person does about a question.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Says yes, for so long.
    Says(Choice),
    /// Says no.
    Refuses,
    /// Types these, one after the other, until one is right.
    Types(Vec<&'static str>),
    /// Looks at it for ever.
    Hesitates,
    /// Is not there.
    Nowhere,
}

/// The person.
#[derive(Debug)]
pub(crate) struct Person {
    script: Mutex<VecDeque<Does>>,
    /// Does this when the script has come to its end.
    then: Does,
    asked: Mutex<Vec<Question>>,
    /// How many questions were asked.
    count: watch::Sender<usize>,
    /// Questions that are shown, and notices.
    pub(crate) shown: Arc<AtomicUsize>,
    pub(crate) notices: Arc<AtomicUsize>,
    /// What was said to secrets.
    pub(crate) words: Mutex<Vec<String>>,
}

/// Counts for as long as something is shown.
struct Shown(Arc<AtomicUsize>);

impl Shown {
    fn now(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Person {
    /// Does these things one after the other, and then nothing any more: another question fails the test.
    pub(crate) fn who(script: impl IntoIterator<Item = Does>) -> Arc<Self> {
        Self::then(script, Does::Nowhere)
    }

    /// The same, and afterwards always this.
    pub(crate) fn then(script: impl IntoIterator<Item = Does>, then: Does) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script.into_iter().collect()),
            then,
            asked: Mutex::default(),
            count: watch::Sender::new(0),
            shown: Arc::default(),
            notices: Arc::default(),
            words: Mutex::default(),
        })
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until so many questions were asked.
    pub(crate) async fn was_asked(&self, times: usize) {
        self.count.subscribe().wait_for(|count| *count >= times).await.unwrap();
    }

    /// Waits until nothing is shown.
    pub(crate) async fn sees_nothing(&self) {
        while self.shown.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }

    async fn types(&self, secrets: Vec<&'static str>, judge: Option<&mut dyn Judge>) -> Result<Answer, Unasked> {
        let judge = judge.expect("a secret is wanted, so somebody judges it");
        for secret in secrets {
            match judge.judge(Zeroizing::new(secret.to_owned())).await {
                Ok(()) => return Ok(Answer::Secret { choice: None }),
                Err(Wrong::Again(words)) => self.words.lock().unwrap().push(words),
                Err(Wrong::Enough) => return Ok(Answer::Refused),
            }
        }
        Ok(Answer::Refused)
    }
}

#[async_trait]
impl Prompter for Person {
    async fn ask(&self, question: &Question, judge: Option<&mut dyn Judge>) -> Result<Answer, Unasked> {
        let _shown = Shown::now(&self.shown);
        assert_eq!(self.shown.load(Ordering::SeqCst), 1, "one question at a time");
        self.asked.lock().unwrap().push(question.clone());
        self.count.send_modify(|count| *count += 1);
        let does = self.script.lock().unwrap().pop_front().unwrap_or_else(|| self.then.clone());
        match does {
            Does::Says(choice) => Ok(Answer::Granted { choice }),
            Does::Refuses => Ok(Answer::Refused),
            Does::Types(secrets) => self.types(secrets, judge).await,
            Does::Hesitates => std::future::pending().await,
            Does::Nowhere => Err(Unasked::Nowhere),
        }
    }

    async fn touch(&self, _: &str, _: &str) -> Box<dyn Send> {
        Box::new(Shown::now(&self.notices))
    }
}
