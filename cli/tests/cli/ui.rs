//! `fob otp ui`: the loop between keys, daemon, clock and paint. How the screen looks is tested beside the code.

use std::io;
use std::sync::{Arc, Mutex};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use fob::clipboard::Place;
use fob::ui::draw::Palette;
use fob::ui::stage::Stage;
use fob::{Exit, Failure};
use fob_bus::{CallError, ErrorKind};
use futures_util::StreamExt;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::common::daemon::{CODE, FakeDaemon, NEXT_CODE};
use super::common::{FakeClipboard, with};

/// A stage that notes when it is taken and given back, and what was painted last.
struct FakeStage {
    terminal: Terminal<TestBackend>,
    /// The window's size once it was looked at so often.
    becomes: Option<(u32, u16, u16)>,
    played: Arc<Mutex<Vec<&'static str>>>,
}

impl Stage for FakeStage {
    type Backend = TestBackend;

    fn terminal(&mut self) -> &mut Terminal<TestBackend> {
        if let Some((looks, width, height)) = &mut self.becomes {
            *looks = looks.saturating_sub(1);
            if *looks == 0 {
                self.terminal.backend_mut().resize(*width, *height);
            }
        }
        &mut self.terminal
    }

    fn enter(&mut self) -> io::Result<()> {
        self.played.lock().unwrap().push("enter");
        Ok(())
    }

    fn wipe(&mut self) {
        self.played.lock().unwrap().push("wipe");
        for _ in 0..2 {
            self.terminal.swap_buffers();
        }
    }

    fn leave(&mut self) {
        self.played.lock().unwrap().push("leave");
    }
}

/// What was on the screen at the end, and what happened to the stage.
struct Seen {
    outcome: Result<(), Failure>,
    screen: String,
    played: Vec<&'static str>,
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// Plays these keys; when they are through the terminal hangs up.
async fn play(daemon: &Arc<FakeDaemon>, clipboard: &FakeClipboard, typed: &[&'static str], keys: &[Event]) -> Seen {
    play_in(None, daemon, clipboard, typed, keys).await
}

/// The same in a window that becomes another one.
async fn play_in(
    becomes: Option<(u32, u16, u16)>,
    daemon: &Arc<FakeDaemon>,
    clipboard: &FakeClipboard,
    typed: &[&'static str],
    keys: &[Event],
) -> Seen {
    let played = Arc::default();
    let terminal = Terminal::new(TestBackend::new(60, 8)).unwrap();
    let mut stage = FakeStage { terminal, becomes, played: Arc::clone(&played) };
    let mut world = with(daemon).clipboard(clipboard).typed(typed).world();
    let left = Mutex::new(keys.iter().cloned());
    let left = &left;
    let events = move || {
        futures_util::stream::poll_fn(move |_| std::task::Poll::Ready(left.lock().unwrap().next().map(Ok)))
            .boxed_local()
    };
    let outcome = fob::ui::run::run(&mut world, &mut stage, Palette::Plain, events).await;
    let played = played.lock().unwrap().clone();
    Seen { outcome, screen: stage.terminal.backend().to_string(), played }
}

#[tokio::test]
async fn a_code_is_revealed_and_copied() {
    let daemon = FakeDaemon::new();
    let clipboard = FakeClipboard::of(Place::X11);
    let seen = play(&daemon, &clipboard, &[], &[key(KeyCode::Char('e')), key(KeyCode::Tab)]).await;
    assert!(seen.outcome.is_ok() && seen.screen.contains(CODE) && seen.screen.contains("next: "), "{}", seen.screen);
    let seen = play(&daemon, &clipboard, &[], &[key(KeyCode::Enter)]).await;
    assert!(seen.screen.contains("Copied for 19 s: Example:ada") && !seen.screen.contains(CODE), "{}", seen.screen);
    assert_eq!(*clipboard.copied.lock().unwrap(), [(CODE.to_owned(), 19)]);
    assert!(!seen.screen.contains(NEXT_CODE));
    let nowhere = play(&daemon, &FakeClipboard::default(), &[], &[key(KeyCode::Enter)]).await;
    assert!(nowhere.screen.contains("there is no clipboard that takes the code"), "{}", nowhere.screen);
}

/// A code once stood in what one can scroll back to, after its window had become very small.
#[tokio::test]
async fn a_window_of_another_size_is_wiped_first_and_a_small_one_shows_nothing() {
    let keys = [key(KeyCode::Char('e')), key(KeyCode::Tab), Event::Resize(1, 1)];
    for (size, shows) in [((40, 5), true), ((19, 8), false), ((60, 3), false), ((1, 1), false)] {
        let becomes = Some((5, size.0, size.1));
        let seen = play_in(becomes, &FakeDaemon::new(), &FakeClipboard::default(), &[], &keys).await;
        assert_eq!(seen.played, ["enter", "wipe"], "{size:?}");
        assert_eq!(seen.screen.contains(CODE), shows, "{size:?}: {}", seen.screen);
        assert_eq!(seen.screen.contains("Example"), shows, "{size:?}: {}", seen.screen);
    }
}

#[tokio::test]
async fn a_lock_clears_the_screen_and_enter_opens_the_vault_again() {
    let daemon = FakeDaemon::new();
    let clipboard = FakeClipboard::default();
    let lock = Event::Key(KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL));
    let seen = play(&daemon, &clipboard, &[], &[key(KeyCode::Tab), lock.clone()]).await;
    assert!(seen.screen.contains("The vault is locked.") && !seen.screen.contains("Example"), "{}", seen.screen);
    daemon.facts().calls.clear();
    let seen = play(&daemon, &clipboard, &["correct horse"], &[lock, key(KeyCode::Enter)]).await;
    assert!(seen.screen.contains("Example:ada"), "{}", seen.screen);
    assert_eq!(seen.played, ["enter", "leave", "enter"]);
    assert_eq!(daemon.facts().secrets, ["correct horse"]);
}

#[tokio::test]
async fn a_vault_that_locks_by_itself_clears_the_screen_at_the_next_code() {
    let daemon = FakeDaemon::new();
    let clipboard = FakeClipboard::default();
    let seen = play(&daemon, &clipboard, &[], &[]).await;
    assert!(seen.screen.contains("Example:ada"));
    // The list comes, then the code is refused.
    let daemon = FakeDaemon::new();
    let refusing = Arc::clone(&daemon);
    let keys = [key(KeyCode::Char('a')), key(KeyCode::Tab)];
    let seen = {
        refusing.facts().locks_after = Some(1);
        play(&daemon, &clipboard, &[], &keys).await
    };
    assert!(seen.screen.contains("The vault is locked."), "{}", seen.screen);
}

#[tokio::test]
async fn without_a_terminal_or_an_open_vault_there_is_no_screen() {
    let daemon = FakeDaemon::new();
    for line in ["otp ui", "otp ui --json"] {
        assert_eq!(with(&daemon).run(line).await.exit, Exit::Usage, "{line}");
    }
    daemon.refuse(CallError::new(ErrorKind::NoVault, "there is no vault"));
    let seen = play(&daemon, &FakeClipboard::default(), &[], &[]).await;
    assert!(seen.outcome.is_err());
    assert!(seen.played.is_empty(), "the terminal was not taken for nothing");
}
