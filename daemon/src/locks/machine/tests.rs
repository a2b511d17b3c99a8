//! The rules, event by event.

use super::*;

const NONE: Delays = Delays::NONE;
const BOTH: Delays = Delays { sleep: true, shutdown: true };
const SLEEP: Delays = Delays { sleep: true, shutdown: false };
const SHUTDOWN: Delays = Delays { sleep: false, shutdown: true };

/// The machine after these events.
fn after(switches: Switches, events: &[Event]) -> Machine {
    let mut machine = Machine::new(switches);
    for event in events {
        machine.on(*event);
    }
    machine
}

const OPENED: [Event; 3] = [Event::LogindThere, Event::Secrets(true), Event::Vault(Vault::Open)];

fn open(switches: Switches) -> Machine {
    after(switches, &OPENED)
}

#[test]
fn inhibitors_are_held_while_there_are_secrets_and_logind() {
    let mut machine = Machine::new(Switches::default());
    for (event, expected) in [
        (Event::Secrets(true), vec![]),
        (Event::LogindThere, vec![Action::Hold(BOTH)]),
        (Event::Vault(Vault::Open), vec![]),
        (Event::Vault(Vault::Closed), vec![]),
        (Event::Secrets(false), vec![Action::Hold(NONE)]),
        (Event::Secrets(false), vec![]),
        (Event::Secrets(true), vec![Action::Hold(BOTH)]),
        // Restarted: those of the former logind are worth nothing.
        (Event::LogindGone, vec![Action::Hold(NONE)]),
        (Event::LogindThere, vec![Action::Hold(BOTH)]),
    ] {
        assert_eq!(machine.on(event), expected, "{event:?}");
    }
}

#[test]
fn a_suspend_bars_and_locks_and_lets_go_when_the_last_secret_is_wiped() {
    let mut machine = open(Switches::default());
    for (event, expected) in [
        (Event::Sleep(true), vec![Action::EndRequests, Action::Bar, Action::Lock(Cause::Suspend)]),
        (Event::Vault(Vault::Closed), vec![]),
        (Event::Secrets(false), vec![Action::Hold(NONE)]),
        // An unlock that begins meanwhile is refused by the bar; logind would give no inhibitor for it.
        (Event::Secrets(true), vec![]),
        (Event::Secrets(false), vec![]),
        (Event::Sleep(false), vec![Action::Unbar]),
        (Event::Secrets(true), vec![Action::Hold(BOTH)]),
    ] {
        assert_eq!(machine.on(event), expected, "{event:?}");
    }
}

/// An unlock that is under way has not opened anything yet, and must be thrown away all the same.
#[test]
fn every_lock_locks_a_vault_that_is_not_open_too() {
    let on = Switches { screen_saver: Switch::Soft, screen_off: Switch::Full, ..Switches::default() };
    for (event, cause) in [
        (Event::Sleep(true), Cause::Suspend),
        (Event::Shutdown(true), Cause::Shutdown),
        (Event::SessionLocked, Cause::SessionLock),
        (Event::Sessions(0), Cause::LastSession),
        (Event::ScreenSaver, Cause::ScreenSaver),
        (Event::ScreenOff, Cause::ScreenOff),
        (Event::Deaf, Cause::Deaf),
    ] {
        let mut machine = after(on.clone(), &[Event::LogindThere, Event::Sessions(1)]);
        assert!(machine.on(event).contains(&Action::Lock(cause)), "{event:?}");
    }
}

#[test]
fn a_lock_that_is_switched_off_does_not_lock() {
    let off = Switches {
        suspend: false,
        shutdown: false,
        session_lock: Switch::Off,
        last_session: false,
        ..Switches::default()
    };
    for (event, expected) in [
        // Keys are let go before a sleep whatever the vault does.
        (Event::Sleep(true), vec![Action::EndRequests]),
        (Event::Shutdown(true), vec![]),
        (Event::SessionLocked, vec![]),
        (Event::Sessions(0), vec![]),
        (Event::ScreenSaver, vec![]),
        (Event::ScreenOff, vec![]),
        (Event::Deaf, vec![]),
    ] {
        let mut machine = open(off.clone());
        assert_eq!(machine.held, NONE);
        machine.on(Event::Sessions(1));
        assert_eq!(machine.on(event), expected, "{event:?}");
    }
}

#[test]
fn a_soft_switch_locks_softly_what_is_open() {
    let soft = Switches {
        session_lock: Switch::Soft,
        screen_saver: Switch::Soft,
        screen_off: Switch::Soft,
        ..Switches::default()
    };
    for (event, cause) in [
        (Event::SessionLocked, Cause::SessionLock),
        (Event::ScreenSaver, Cause::ScreenSaver),
        (Event::ScreenOff, Cause::ScreenOff),
    ] {
        assert_eq!(open(soft.clone()).on(event), [Action::SoftLock(cause)], "{event:?}");
    }
}

#[test]
fn a_suspend_makes_a_soft_lock_a_full_one_even_when_it_locks_nothing_else() {
    let off = Switches { suspend: false, shutdown: false, ..Switches::default() };
    let mut machine = open(off);
    assert_eq!(machine.on(Event::Vault(Vault::Soft)), [Action::Hold(SLEEP)]);
    assert_eq!(machine.on(Event::Sleep(true)), [Action::EndRequests, Action::Lock(Cause::Suspend)]);
    assert_eq!(machine.on(Event::Vault(Vault::Closed)), [Action::Hold(NONE)]);
    assert_eq!(machine.on(Event::Sleep(false)), [], "it was never barred");
}

/// The lid is closed, the machine goes to sleep, and then the desktop locks its session: a soft lock that came of this
/// would outlive the suspend, since `PrepareForSleep` has been already.
#[test]
fn a_soft_lock_that_comes_after_the_sleep_began_is_a_full_one() {
    let soft = Switches {
        suspend: false,
        shutdown: false,
        session_lock: Switch::Soft,
        screen_saver: Switch::Soft,
        screen_off: Switch::Soft,
        ..Switches::default()
    };
    for (event, cause) in [
        (Event::SessionLocked, Cause::SessionLock),
        (Event::ScreenSaver, Cause::ScreenSaver),
        (Event::ScreenOff, Cause::ScreenOff),
        // `fob lock --soft`, or a soft lock that was under way.
        (Event::Vault(Vault::Soft), Cause::Suspend),
    ] {
        let mut machine = open(soft.clone());
        assert_eq!(machine.on(Event::Sleep(true)), [Action::EndRequests], "the open vault is left open");
        assert_eq!(machine.on(event), [Action::Lock(cause)], "{event:?}");
    }
    let mut machine = open(soft.clone());
    machine.on(Event::Shutdown(true));
    assert_eq!(machine.on(Event::SessionLocked), [Action::Lock(Cause::SessionLock)]);
    let mut machine = open(soft);
    machine.on(Event::Sleep(true));
    machine.on(Event::Sleep(false));
    assert_eq!(machine.on(Event::SessionLocked), [Action::SoftLock(Cause::SessionLock)], "it is awake again");
}

#[test]
fn only_the_end_of_the_last_session_locks() {
    let mut machine = open(Switches::default());
    for (now, locks) in [(0, false), (1, false), (2, false), (1, false), (0, true), (0, false), (1, false), (0, true)] {
        let expected = if locks { vec![Action::Lock(Cause::LastSession)] } else { vec![] };
        assert_eq!(machine.on(Event::Sessions(now)), expected, "{now}");
    }
}

#[test]
fn a_sleep_that_is_over_does_not_unbar_a_machine_that_goes_down() {
    let mut machine = open(Switches::default());
    machine.on(Event::Sleep(true));
    machine.on(Event::Shutdown(true));
    assert_eq!(machine.on(Event::Sleep(false)), []);
    assert_eq!(machine.on(Event::Shutdown(false)), [Action::Unbar]);
    assert_eq!(machine.on(Event::Shutdown(false)), []);
}

/// Nobody would ever say that the machine is awake again.
#[test]
fn a_logind_that_dies_before_the_machine_is_awake_leaves_no_vault_barred() {
    for event in [Event::LogindGone, Event::Deaf] {
        let mut machine = open(Switches::default());
        machine.on(Event::Sleep(true));
        assert_eq!(machine.on(event).first(), Some(&Action::Unbar), "{event:?}");
    }
}

#[test]
fn secrets_that_come_while_the_sleep_begins_get_their_inhibitor_when_it_is_over() {
    let mut machine = after(Switches::default(), &[Event::LogindThere, Event::Sleep(true)]);
    assert_eq!(machine.on(Event::Secrets(true)), []);
    assert_eq!(machine.on(Event::Sleep(false)), [Action::Unbar, Action::Hold(BOTH)]);
}

#[test]
fn a_refused_inhibitor_is_asked_for_once_more_each() {
    let mut machine = open(Switches::default());
    for (event, expected) in [
        (Event::Refused(SLEEP), vec![Action::AskAgain(SLEEP)]),
        (Event::Refused(SHUTDOWN), vec![Action::AskAgain(SHUTDOWN)]),
        // No is no, or fobd and logind would keep each other busy.
        (Event::Refused(SLEEP), vec![]),
        (Event::Refused(SHUTDOWN), vec![]),
        (Event::SessionLocked, vec![Action::Lock(Cause::SessionLock)]),
        // Until the next unlock.
        (Event::Secrets(false), vec![Action::Hold(NONE)]),
        (Event::Secrets(true), vec![Action::Hold(BOTH)]),
        (Event::Refused(SLEEP), vec![Action::AskAgain(SLEEP)]),
        // A new logind is another one.
        (Event::LogindGone, vec![Action::Hold(NONE)]),
        (Event::LogindThere, vec![Action::Hold(BOTH)]),
        (Event::Refused(SLEEP), vec![Action::AskAgain(SLEEP)]),
    ] {
        assert_eq!(machine.on(event), expected, "{event:?}");
    }
}

/// logind gives none for what has begun. The vault stays open here, so no unlock would ask for it again.
#[test]
fn an_inhibitor_that_was_refused_because_of_a_shutdown_is_asked_for_when_that_is_called_off() {
    let quiet = Switches { suspend: false, ..Switches::default() };
    for refusals in 1..=2 {
        let mut machine = after(quiet.clone(), &[Event::LogindThere, Event::Vault(Vault::Open), Event::Secrets(true)]);
        assert_eq!(machine.held, SHUTDOWN);
        // The first may come before the word that it has begun, and its second ask was too late all the same.
        if refusals == 2 {
            assert_eq!(machine.on(Event::Refused(SHUTDOWN)), [Action::AskAgain(SHUTDOWN)]);
        }
        machine.on(Event::Sleep(true));
        assert_eq!(machine.on(Event::Refused(SHUTDOWN)), []);
        assert_eq!(machine.on(Event::Sleep(false)), [Action::AskAgain(SHUTDOWN)], "{refusals}");
        assert_eq!(machine.on(Event::Sleep(false)), [], "{refusals}");
    }
}
