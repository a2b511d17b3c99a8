//! The doors: fobd's own socket and the session bus. Behind both stand the same objects.

mod activation;
mod conversation;
mod gate;
mod keeper;
mod line;
mod reading;
mod seats;
mod session_bus;
mod socket;

pub(crate) use activation::tell_ready;
pub(crate) use gate::Room;
pub(crate) use keeper::ARGUMENT as HOLD_SOCKET;
pub use keeper::hold_socket;
pub(crate) use session_bus::SessionBus;
pub(crate) use socket::{ListenError, Listening};

#[cfg(test)]
pub(crate) use conversation::serve;
#[cfg(test)]
pub(crate) use socket::over;
