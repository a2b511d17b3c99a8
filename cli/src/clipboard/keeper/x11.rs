//! The clipboard of an X server: the owner of the selection CLIPBOARD answers whoever pastes (ICCCM 2.0 section 2). Own
//! code, since the crates that do it hand what they hold to the clipboard manager when they end.

use std::error::Error;
use std::io;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt, CreateWindowAux, EventMask, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME, NONE};

x11rb::atom_manager! {
    /// The names of the game.
    Atoms: AtomsCookie {
        CLIPBOARD,
        TARGETS,
        UTF8_STRING,
        TEXT,
        TEXT_PLAIN: b"text/plain",
        TEXT_PLAIN_UTF8: b"text/plain;charset=utf-8",
        // Clipboard managers that keep a history leave out what has this target with the content `secret`.
        HINT: b"x-kde-passwordManagerHint",
    }
}

/// The failure of an X server, of whatever kind.
type Broken = Box<dyn Error + Send + Sync>;

/// Offers the code until then, or until somebody else copies something. `said` hears how it began.
pub(super) fn offer(code: &str, until: Instant, said: impl Fn(Result<(), String>) -> io::Result<()>) -> io::Result<()> {
    match Owner::new(code) {
        Ok(owner) => {
            said(Ok(()))?;
            owner.serve(until).map_err(io::Error::other)
        }
        Err(error) => said(Err(error.to_string())),
    }
}

/// The owner of the selection. When it ends the server has none.
struct Owner<'a> {
    connection: RustConnection,
    atoms: Atoms,
    window: Window,
    code: &'a str,
}

impl<'a> Owner<'a> {
    fn new(code: &'a str) -> Result<Self, Broken> {
        let (connection, screen) = x11rb::connect(None)?;
        let atoms = Atoms::new(&connection)?.reply()?;
        let root = connection.setup().roots.get(screen).ok_or("the X server has no such screen")?.root;
        let window = connection.generate_id()?;
        // Never shown: a selection has to belong to a window.
        let (kind, looks) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        connection.create_window(COPY_DEPTH_FROM_PARENT, window, root, 0, 0, 1, 1, 0, kind, 0, &looks)?.check()?;
        connection.set_selection_owner(window, atoms.CLIPBOARD, CURRENT_TIME)?.check()?;
        let owner = connection.get_selection_owner(atoms.CLIPBOARD)?.reply()?.owner;
        if owner != window {
            return Err("another program took the clipboard at the same moment".into());
        }
        Ok(Self { connection, atoms, window, code })
    }

    fn serve(&self, until: Instant) -> Result<(), Broken> {
        loop {
            while let Some(event) = self.connection.poll_for_event()? {
                match event {
                    Event::SelectionRequest(request) => self.answer(&request)?,
                    Event::SelectionClear(cleared) if cleared.owner == self.window => return Ok(()),
                    _ => {}
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let left = Timespec::try_from(left)?;
            let mut waiting = [PollFd::new(self.connection.stream(), PollFlags::IN)];
            match poll(&mut waiting, Some(&left)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes what is asked for where it is asked for, and says so. Clients of old name no property (section 2.2).
    fn answer(&self, request: &SelectionRequestEvent) -> Result<(), Broken> {
        let property = if request.property == NONE { request.target } else { request.property };
        let given = self.give(request.requestor, property, request.target)?;
        let answer = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: if given { property } else { NONE },
        };
        self.connection.send_event(false, request.requestor, EventMask::NO_EVENT, answer)?;
        self.connection.flush()?;
        Ok(())
    }

    fn give(&self, to: Window, property: Atom, target: Atom) -> Result<bool, Broken> {
        let atoms = &self.atoms;
        let texts = [atoms.UTF8_STRING, AtomEnum::STRING.into(), atoms.TEXT, atoms.TEXT_PLAIN, atoms.TEXT_PLAIN_UTF8];
        let replace = PropMode::REPLACE;
        if target == atoms.TARGETS {
            let targets = [&[atoms.TARGETS][..], &texts, &[atoms.HINT]].concat();
            self.connection.change_property32(replace, to, property, AtomEnum::ATOM, &targets)?;
        } else if target == atoms.HINT {
            self.connection.change_property8(replace, to, property, target, b"secret")?;
        } else if texts.contains(&target) {
            // A code has letters and digits only, which are the same in all of these.
            let kind = if target == atoms.TEXT { atoms.UTF8_STRING } else { target };
            self.connection.change_property8(replace, to, property, kind, self.code.as_bytes())?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}
