//! The device side of a USB gadget, /dev/hidgN: to the host on the other end of the cable this is a USB security key.
//!
//! Whoever sets the gadget up (configfs, `functions/hid.*`) gives it protocol 0, subclass 0, report_length 64 and the
//! report descriptor of `kernel`; `docs/softkey.md` has the commands. Unplugging is the gadget's affair: with its folder
//! known (`--gadget`), its UDC is unbound and bound again, which to the host is the cable; else the key only falls
//! silent.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use fob_ctap::hid::{REPORT, Report};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::OFlags;

use super::TURN;

/// Most reports that wait for a host: the longest message has 129, and a host that fetches none has gone away.
const MOST_WAITING: usize = 512;

/// An open gadget.
#[derive(Debug)]
pub(crate) struct GadgetFace {
    node: File,
    /// Reports that the host has not fetched yet: it takes one at a time, at its own pace.
    waiting: VecDeque<Vec<u8>>,
    /// No host is there, or it has gone: the node would be readable for ever and give nothing.
    gone: bool,
}

/// The cable of a gadget: its folder in configfs, and the controller that it was bound to.
#[derive(Debug, Clone)]
pub(crate) struct Cable {
    udc: PathBuf,
    controller: String,
}

impl Cable {
    /// The cable of a gadget that is plugged in.
    pub(crate) fn of(gadget: &Path) -> anyhow::Result<Self> {
        let udc = gadget.join("UDC");
        let controller = fs::read_to_string(&udc).with_context(|| format!("cannot read {}", udc.display()))?;
        let controller = controller.trim().to_owned();
        anyhow::ensure!(!controller.is_empty(), "the gadget {} is bound to no controller", gadget.display());
        Ok(Self { udc, controller })
    }

    /// Out: the host sees the key go, and the node vanishes.
    pub(crate) fn pull(&self) -> anyhow::Result<()> {
        fs::write(&self.udc, "\n").with_context(|| format!("cannot unbind {}", self.udc.display()))
    }

    /// In again.
    pub(crate) fn insert(&self) -> anyhow::Result<()> {
        fs::write(&self.udc, &self.controller).with_context(|| format!("cannot bind {}", self.udc.display()))
    }
}

impl GadgetFace {
    /// Opens the node.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let node = options.open(path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { node, waiting: VecDeque::new(), gone: false })
    }

    pub(super) fn interests(&self) -> Vec<PollFd<'_>> {
        let wanted = match (self.gone, self.waiting.is_empty()) {
            (true, _) => PollFlags::empty(),
            (false, true) => PollFlags::IN,
            (false, false) => PollFlags::IN | PollFlags::OUT,
        };
        vec![PollFd::new(&self.node, wanted)]
    }

    pub(super) fn receive(&mut self) -> Vec<Report> {
        self.flush();
        (0..TURN).map_while(|_| self.report()).flatten().collect()
    }

    /// The next report; inner none for what is none, outer none when nothing is there.
    fn report(&mut self) -> Option<Option<Report>> {
        let mut bytes = [0; REPORT];
        match self.node.read(&mut bytes) {
            Ok(REPORT) => Some(Some(bytes)),
            Ok(0) => None,
            Ok(_) => Some(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Some(None),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => {
                tracing::warn!(%error, "the gadget is gone");
                self.gone = true;
                None
            }
        }
    }

    pub(super) fn send(&mut self, report: &[u8]) {
        if self.waiting.len() == MOST_WAITING {
            tracing::debug!("the host fetches nothing: a report is lost");
            return;
        }
        self.waiting.push_back(report.to_vec());
        self.flush();
    }

    /// Hands over what the host takes now.
    fn flush(&mut self) {
        while let Some(report) = self.waiting.front() {
            match self.node.write(report) {
                Ok(_) => drop(self.waiting.pop_front()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    tracing::debug!(%error, lost = self.waiting.len(), "the host is gone");
                    self.waiting.clear();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};

    use super::*;

    /// On a real gadget a reply of more than one report lost all but the first: the host had not fetched it yet.
    #[test]
    fn a_long_reply_waits_for_a_host_that_takes_its_time() {
        let (host, key) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
        // Room for one page of reports.
        fcntl_setpipe_size(&key, 4096).unwrap();
        let mut face = GadgetFace { node: key.into(), waiting: VecDeque::new(), gone: false };
        let reports: Vec<_> = (0..129).map(|number| [number; REPORT]).collect();
        reports.iter().for_each(|report| face.send(report));
        let mut host = File::from(host);
        let mut fetched = Vec::new();
        while fetched.len() < reports.len() {
            let mut report = [0; REPORT];
            host.read_exact(&mut report).unwrap();
            fetched.push(report);
            face.flush();
        }
        assert_eq!(fetched, reports);
        assert!(face.waiting.is_empty());
    }
}
