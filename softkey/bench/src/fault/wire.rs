//! A bad wire, between a key and its face: reports and time in, what really crosses out.

use std::collections::VecDeque;

use fob_ambient::Millis;
use fob_ctap::hid::{ChannelId, HidCommand, HidError, HidMessage, KeepaliveStatus, Packet, REPORT, Report};
use fob_softkey_control::{Direction, WireFault};

use super::{Countdown, MOST_FAULTS};

/// Distance between the keepalives of a key that stays busy, as a good key has it (§11.2.9.1.7).
const KEEPALIVE: Millis = Millis(100);

/// Most reports that a slow wire holds. What a key can send in a message fits many times.
const MOST_DELAYED: usize = 4_096;

/// What really happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WireStep {
    /// The key gets this report.
    ToKey(Report),
    /// The host gets these bytes, 64 or fewer.
    ToHost(Vec<u8>),
    /// The key is pulled out.
    Unplug,
}

/// The faults of one wire, and what it holds back.
#[derive(Debug, Default)]
pub(crate) struct WireFaults {
    rules: Vec<Rule>,
    delayed: VecDeque<(Millis, Vec<u8>)>,
    endless: Option<Endless>,
}

#[derive(Debug)]
struct Rule {
    fault: WireFault,
    countdown: Countdown,
    /// A report that waits for the one behind it.
    held: Option<Report>,
}

/// A key that stays busy.
#[derive(Debug)]
struct Endless {
    channel: ChannelId,
    status: u8,
    next: Millis,
}

/// What a rule makes of reports from the key, in order.
enum Sent {
    Report(Report),
    Short(Vec<u8>),
    Late(Report, Millis),
    Unplug,
}

impl WireFaults {
    /// Adds a fault; the older ones come first. False if there are too many already.
    pub(crate) fn add(&mut self, fault: WireFault, after: u32, times: Option<u32>) -> bool {
        if self.rules.len() >= MOST_FAULTS {
            return false;
        }
        let times = times.unwrap_or(if fault.lasts() { 0 } else { 1 });
        self.rules.push(Rule { fault, countdown: Countdown::new(after, times), held: None });
        true
    }

    /// Takes all back. What was held is lost.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The wire is new; faults that have not happened stay.
    pub(crate) fn replug(&mut self) {
        self.delayed.clear();
        self.endless = None;
        self.rules.iter_mut().for_each(|rule| rule.held = None);
    }

    /// How many are left.
    pub(crate) fn len(&self) -> usize {
        self.rules.len() + usize::from(self.endless.is_some())
    }

    /// A report comes from the host.
    pub(crate) fn host_sent(&mut self, report: Report) -> Vec<WireStep> {
        self.end_endless(&report);
        let mut steps = Vec::new();
        let mut reports = vec![report];
        for rule in &mut self.rules {
            reports = reports.into_iter().flat_map(|report| rule.host_sent(report, &mut steps)).collect();
        }
        self.forget_spent();
        steps.extend(reports.into_iter().map(WireStep::ToKey));
        steps
    }

    /// A report comes from the key.
    pub(crate) fn key_sent(&mut self, report: Report, now: Millis) -> Vec<WireStep> {
        if self.swallows(&report) {
            return Vec::new();
        }
        let mut sent = vec![Sent::Report(report)];
        for rule in &mut self.rules {
            sent = sent
                .into_iter()
                .flat_map(|one| match one {
                    Sent::Report(report) => rule.key_sent(report, now, &mut self.endless),
                    other => vec![other],
                })
                .collect();
        }
        self.forget_spent();
        let mut steps = Vec::new();
        for one in sent {
            match one {
                Sent::Report(report) => self.arrive(report.to_vec(), now, &mut steps),
                Sent::Short(bytes) => self.arrive(bytes, now, &mut steps),
                Sent::Late(report, due) => self.delay(report.to_vec(), due),
                Sent::Unplug => steps.push(WireStep::Unplug),
            }
        }
        steps
    }

    /// Time has passed: late reports arrive, a busy key says so.
    pub(crate) fn on_tick(&mut self, now: Millis) -> Vec<WireStep> {
        let mut steps = Vec::new();
        while let Some((_, bytes)) = self.delayed.pop_front_if(|(due, _)| *due <= now) {
            steps.push(WireStep::ToHost(bytes));
        }
        if let Some(endless) = self.endless.as_mut().filter(|endless| endless.next <= now) {
            endless.next = now.plus(KEEPALIVE);
            let keepalive = HidMessage::keepalive(endless.channel, KeepaliveStatus::from_byte(endless.status));
            steps.extend(keepalive.reports().map(|report| WireStep::ToHost(report.to_vec())));
        }
        steps
    }

    /// When [`WireFaults::on_tick`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let delayed = self.delayed.front().map(|(due, _)| *due);
        delayed.into_iter().chain(self.endless.as_ref().map(|endless| endless.next)).min()
    }

    /// Nothing overtakes what is late.
    fn arrive(&mut self, bytes: Vec<u8>, now: Millis, steps: &mut Vec<WireStep>) {
        match self.delayed.back() {
            Some((due, _)) => self.delay(bytes, (*due).max(now)),
            None => steps.push(WireStep::ToHost(bytes)),
        }
    }

    fn delay(&mut self, bytes: Vec<u8>, due: Millis) {
        let due = self.delayed.back().map_or(due, |(last, _)| due.max(*last));
        if self.delayed.len() < MOST_DELAYED {
            self.delayed.push_back((due, bytes));
        }
    }

    /// INIT gets a channel out of an endless wait: it is how a platform begins anew (§11.2.5.3).
    fn end_endless(&mut self, report: &Report) {
        if let Packet::First { channel, command: HidCommand::Init, .. } = Packet::parse(report) {
            self.endless.take_if(|endless| endless.channel == channel || channel == ChannelId::BROADCAST);
        }
    }

    /// Whether a busy key keeps this to itself: all it has for that channel.
    fn swallows(&self, report: &Report) -> bool {
        let channel = Packet::parse(report).channel();
        self.endless.as_ref().is_some_and(|endless| endless.channel == channel)
    }

    fn forget_spent(&mut self) {
        self.rules.retain(|rule| !rule.countdown.is_spent() || rule.held.is_some());
    }
}

impl Rule {
    fn host_sent(&mut self, report: Report, steps: &mut Vec<WireStep>) -> Vec<Report> {
        let to_key = |direction: &Direction| *direction == Direction::ToKey;
        match &self.fault {
            WireFault::Drop { direction } if to_key(direction) => self.dropped(report),
            WireFault::Duplicate { direction } if to_key(direction) => self.doubled(report),
            WireFault::Reorder { direction } if to_key(direction) => self.reordered(report),
            WireFault::Busy {} => match Packet::parse(&report) {
                Packet::First { command: HidCommand::Init | HidCommand::Cancel, .. } | Packet::Next { .. } => {
                    vec![report]
                }
                Packet::First { channel, .. } => {
                    if !self.countdown.fires() {
                        return vec![report];
                    }
                    let busy = HidMessage::error(channel, HidError::ChannelBusy);
                    steps.extend(busy.reports().map(|report| WireStep::ToHost(report.to_vec())));
                    Vec::new()
                }
            },
            _ => vec![report],
        }
    }

    fn key_sent(&mut self, report: Report, now: Millis, endless: &mut Option<Endless>) -> Vec<Sent> {
        let whole = |reports: Vec<Report>| reports.into_iter().map(Sent::Report).collect();
        match self.fault {
            WireFault::Drop { direction: Direction::ToHost } | WireFault::Silence {} => whole(self.dropped(report)),
            WireFault::Duplicate { direction: Direction::ToHost } => whole(self.doubled(report)),
            WireFault::Reorder { direction: Direction::ToHost } => whole(self.reordered(report)),
            WireFault::Truncate { length } if self.countdown.fires() => {
                vec![Sent::Short(report.iter().take(usize::from(length).min(REPORT - 1)).copied().collect())]
            }
            WireFault::Slow { ms } if self.countdown.fires() => vec![Sent::Late(report, now.plus(Millis(ms)))],
            WireFault::Keepalive { status } => self.kept_busy(report, status, now, endless),
            WireFault::WrongNonce {} => vec![Sent::Report(self.other_nonce(report))],
            WireFault::Foreign { channel } if self.countdown.fires() => {
                let foreign = HidMessage::new(ChannelId(channel), HidCommand::Cbor, vec![0x2e]);
                let foreign = foreign.ok().into_iter().flat_map(|message| message.reports().collect::<Vec<_>>());
                foreign.chain([report]).map(Sent::Report).collect()
            }
            WireFault::Unplug {} => self.unplugged(report),
            _ => vec![Sent::Report(report)],
        }
    }

    fn dropped(&mut self, report: Report) -> Vec<Report> {
        if self.countdown.fires() { Vec::new() } else { vec![report] }
    }

    fn doubled(&mut self, report: Report) -> Vec<Report> {
        if self.countdown.fires() { vec![report, report] } else { vec![report] }
    }

    fn reordered(&mut self, report: Report) -> Vec<Report> {
        match self.held.take() {
            Some(held) => vec![report, held],
            None if self.countdown.fires() => {
                self.held = Some(report);
                Vec::new()
            }
            None => vec![report],
        }
    }

    fn kept_busy(&mut self, report: Report, status: u8, now: Millis, endless: &mut Option<Endless>) -> Vec<Sent> {
        let Packet::First { channel, command: HidCommand::Cbor, .. } = Packet::parse(&report) else {
            return vec![Sent::Report(report)];
        };
        if endless.is_some() || !self.countdown.fires() {
            return vec![Sent::Report(report)];
        }
        *endless = Some(Endless { channel, status, next: now.plus(KEEPALIVE) });
        let keepalive = HidMessage::keepalive(channel, KeepaliveStatus::from_byte(status));
        keepalive.reports().map(Sent::Report).collect()
    }

    fn other_nonce(&mut self, mut report: Report) -> Report {
        let is_init = matches!(Packet::parse(&report), Packet::First { command: HidCommand::Init, .. });
        if is_init
            && self.countdown.fires()
            && let Some(byte) = report.get_mut(7)
        {
            *byte ^= 0xff;
        }
        report
    }

    /// With `after` 3 the third report still arrives; with 0 not even the first.
    fn unplugged(&mut self, report: Report) -> Vec<Sent> {
        let last = self.countdown.after() == 1;
        if last {
            self.countdown = Countdown::new(0, 1);
            self.countdown.fires();
            return vec![Sent::Report(report), Sent::Unplug];
        }
        if self.countdown.fires() { vec![Sent::Unplug] } else { vec![Sent::Report(report)] }
    }
}

#[cfg(test)]
mod tests;
