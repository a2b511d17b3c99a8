//! The clipboard of a Wayland compositor, through one of its data-control protocols: no window, no focus.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use wl_clipboard_rs::copy::{MimeType, Options, Source};

/// Offers the code until then, or until somebody else copies something. `said` hears how it began.
pub(super) fn offer(code: &str, until: Instant, said: impl Fn(Result<(), String>) -> io::Result<()>) -> io::Result<()> {
    let mut options = Options::new();
    // Sensitive: clipboard managers that keep a history are told to keep this out of it.
    options.foreground(true).sensitive(true);
    let offered = match options.prepare_copy(Source::Bytes(code.as_bytes().into()), MimeType::Text) {
        Ok(offered) => offered,
        Err(error) => return said(Err(error.to_string())),
    };
    said(Ok(()))?;
    let (ended, end) = mpsc::channel::<()>();
    // Serving knows no end but another copy, so at that time it is the whole process that ends.
    thread::Builder::new().spawn(move || {
        let _ended = ended;
        offered.serve()
    })?;
    let _ = end.recv_timeout(until.saturating_duration_since(Instant::now()));
    Ok(())
}
