//! What GTK does not tell of a window under X11: that it was moved. fob listens on a connection of its own; any client may
//! select such events of any window. The parent window is set here too.
//!
//! Left out on purpose: what lies over the window. GTK's windows have an alpha channel, so the server redirects them and calls
//! them unobscured for ever; whoever may draw over them under X11 may draw prompts too (THREAT_MODEL.md). Under Wayland none
//! of this is needed or possible: a client never learns where it is, and nobody but the person moves it.

use std::os::fd::AsRawFd;

use gtk4::glib::{ControlFlow, IOCondition};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, PropMode, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// Why a window cannot be watched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum X11Error {
    /// No connection.
    #[error("the X server cannot be reached")]
    Connect(#[from] x11rb::errors::ConnectError),
    /// It broke.
    #[error("the connection to the X server broke")]
    Connection(#[from] x11rb::errors::ConnectionError),
    /// The server refused.
    #[error("the X server refused")]
    Reply(#[from] x11rb::errors::ReplyError),
}

/// One window, seen from a connection of our own.
#[derive(Debug)]
pub(crate) struct Watched {
    connection: RustConnection,
    window: Window,
    root: Window,
}

impl Watched {
    /// Selects the events of `window`.
    ///
    /// # Errors
    /// [`X11Error`].
    pub(crate) fn new(window: Window) -> Result<Self, X11Error> {
        let (connection, screen) = x11rb::connect(None)?;
        let root = connection.setup().roots.get(screen).map_or(x11rb::NONE, |screen| screen.root);
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        connection.change_window_attributes(window, &events)?.check()?;
        Ok(Self { connection, window, root })
    }

    /// Says whose window this one belongs to. A window that is not there is as good as none.
    ///
    /// # Errors
    /// [`X11Error`].
    pub(crate) fn belongs_to(&self, parent: Window) -> Result<(), X11Error> {
        self.connection.get_window_attributes(parent)?.reply()?;
        let (property, kind) = (AtomEnum::WM_TRANSIENT_FOR, AtomEnum::WINDOW);
        self.connection.change_property32(PropMode::REPLACE, self.window, property, kind, &[parent])?.check()?;
        Ok(())
    }

    /// Calls `moved` whenever the window has another place, for as long as the program runs.
    pub(crate) fn on_move(self, moved: impl Fn() + 'static) {
        let mut last = self.place();
        let descriptor = self.connection.stream().as_raw_fd();
        glib_unix::unix_fd_add_local(descriptor, IOCondition::IN | IOCondition::HUP, move |_, _| {
            let Ok(happened) = self.take_events() else {
                // Without the server there is no window either.
                return ControlFlow::Break;
            };
            let place = if happened { self.place() } else { last };
            if place != last {
                last = place;
                moved();
            }
            ControlFlow::Continue
        });
    }

    /// Whether there were any.
    fn take_events(&self) -> Result<bool, X11Error> {
        let mut happened = false;
        while self.connection.poll_for_event()?.is_some() {
            happened = true;
        }
        Ok(happened)
    }

    /// Where it is on the screen: its own coordinates are those in the frame around it.
    fn place(&self) -> Option<(i16, i16)> {
        let place = self.connection.translate_coordinates(self.window, self.root, 0, 0).ok()?.reply().ok()?;
        Some((place.dst_x, place.dst_y))
    }
}
