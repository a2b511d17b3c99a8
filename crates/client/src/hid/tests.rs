//! The link and the waiting, over a device that is scripted.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use fob_ambient::{Clock, FakeClock, Millis, UnixTime};

use super::*;
use crate::{CancelToken, Link, LinkError, Report};

#[derive(Default)]
struct Script {
    reads: VecDeque<io::Result<Vec<u8>>>,
    write: Option<io::Result<usize>>,
    gone: bool,
}

impl Device for Script {
    fn write(&mut self, bytes: &[u8; OUTPUT]) -> io::Result<usize> {
        // Report number 0, then the report.
        assert_eq!(bytes[0], 0);
        assert!(bytes[1..].iter().all(|byte| *byte == 7));
        self.write.take().unwrap_or(Ok(bytes.len()))
    }

    fn read(&mut self, bytes: &mut [u8; INPUT], wait: Millis) -> io::Result<usize> {
        assert!(wait <= Millis(100));
        let read = self.reads.pop_front().unwrap_or(Ok(Vec::new()))?;
        bytes[..read.len()].copy_from_slice(&read);
        Ok(read.len())
    }

    fn is_gone(&self) -> bool {
        self.gone
    }
}

fn link(script: Script) -> HidLink {
    HidLink::new(Box::new(script))
}

const SENT: Report = [7; 64];

#[test]
fn a_report_is_written_behind_its_number_and_read_without_one() {
    let mut link = link(Script { reads: [Ok(vec![9; 64])].into(), ..Script::default() });
    link.send(&SENT).unwrap();
    assert_eq!(link.receive(Millis(60_000)).unwrap(), Some([9; 64]));
    assert_eq!(link.receive(Millis(60_000)).unwrap(), None);
}

#[test]
fn a_short_report_is_none() {
    let mut link = link(Script { reads: [Ok(vec![9; 8])].into(), ..Script::default() });
    assert_eq!(link.receive(Millis(5)).unwrap(), None);
}

#[test]
fn a_signal_in_a_read_is_survived_and_a_broken_node_is_not() {
    let failure = || Err(io::ErrorKind::Interrupted.into());
    let mut once = link(Script { reads: [failure(), Ok(vec![9; 64])].into(), ..Script::default() });
    assert_eq!(once.receive(Millis(5)).unwrap(), None);
    assert_eq!(once.receive(Millis(5)).unwrap(), Some([9; 64]));
    let mut always = link(Script { reads: (0..20).map(|_| failure()).collect(), ..Script::default() });
    let tries = (0..20).take_while(|_| always.receive(Millis(5)).is_ok()).count();
    assert_eq!(tries, 8);
    assert!(matches!(always.receive(Millis(5)), Err(LinkError::Io(_))));
}

#[test]
fn a_key_that_was_pulled_out_closes_the_link_at_once() {
    let failure = || io::Error::other("hid_read_timeout: unexpected poll error (device disconnected)");
    let mut gone = link(Script { reads: [Err(failure())].into(), gone: true, ..Script::default() });
    assert!(matches!(gone.receive(Millis(5)), Err(LinkError::Closed)));
    let mut gone = link(Script { write: Some(Err(failure())), gone: true, ..Script::default() });
    assert!(matches!(gone.send(&SENT), Err(LinkError::Closed)));
    let mut short = link(Script { write: Some(Ok(13)), ..Script::default() });
    assert!(matches!(short.send(&SENT), Err(LinkError::Io(_))));
}

/// Refuses with these, one after the other, then opens.
struct Refusing(Mutex<VecDeque<OpenError>>);

impl Opener for Refusing {
    fn open(&self, _: &Path) -> Result<Box<dyn Device>, OpenError> {
        match self.0.lock().unwrap().pop_front() {
            Some(error) => Err(error),
            None => Ok(Box::new(Script::default())),
        }
    }
}

/// Opens with a fake clock that every pause moves: the outcome, the pauses in milliseconds, how often "in use" came.
fn waited(errors: Vec<OpenError>, deadline: u64, cancelled: bool) -> (Result<HidLink, OpenError>, Vec<u64>, usize) {
    let opener = Refusing(Mutex::new(errors.into()));
    let clock = FakeClock::at(UnixTime(0));
    let cancel = CancelToken::new();
    if cancelled {
        cancel.cancel();
    }
    let (mut pauses, mut told) = (Vec::new(), 0);
    let mut states = |state| told += usize::from(state == KeyState::InUse);
    let mut watch = Watch { deadline: Millis(deadline), cancel: &cancel, states: &mut states };
    let mut pause = |length: Millis| {
        pauses.push(length.0);
        clock.advance(length);
    };
    let opened = open_patiently(&opener, Path::new("/dev/hidraw0"), &clock, &mut pause, &mut watch);
    assert!(clock.monotonic() <= Millis(deadline));
    (opened, pauses, told)
}

#[test]
fn a_node_in_use_is_waited_for_and_said_to_be() {
    let (opened, pauses, told) = waited(vec![OpenError::InUse, OpenError::InUse], 1_000, false);
    assert!(opened.is_ok());
    assert_eq!((pauses, told), (vec![50, 100], 2));
}

#[test]
fn the_waiting_ends_at_the_deadline() {
    let errors = (0..99).map(|_| OpenError::InUse).collect();
    let (opened, pauses, _) = waited(errors, 1_000, false);
    assert!(matches!(opened, Err(OpenError::InUse)));
    assert_eq!(pauses, [50, 100, 200, 400, 250]);
}

#[test]
fn other_causes_end_it_at_once() {
    assert!(
        matches!(waited(vec![OpenError::Denied], 1_000, false), (Err(OpenError::Denied), pauses, 0) if pauses.is_empty())
    );
    assert!(matches!(waited(vec![], 1_000, true), (Err(OpenError::Cancelled), _, 0)));
}
