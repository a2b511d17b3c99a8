//! The pipe that takes a secret which is used up by being taken. It is looked at before the vault is touched: what nobody
//! can read is not worth a code.

use std::os::fd::{AsFd, OwnedFd};

use fob_bus::CallError;
use fob_bus::pipe::PipeError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};

use crate::errors;

/// Whether a short secret can go into this end now: it is a pipe's end for writing, with room, and its reader is there.
/// The reader may still go away afterwards, as any program may crash with what it was given.
///
/// # Errors
/// [`fob_bus::ErrorKind::BadPipe`].
pub(super) fn looked_at(end: &OwnedFd) -> Result<(), CallError> {
    look(end).map_err(|error| errors::pipe(&error))
}

/// The end for writing is ready (POLLOUT) when a page fits into it, which is more than any code, and in error (POLLERR)
/// when no reader is left (pipe(7), poll(2)).
fn look(end: &OwnedFd) -> Result<(), PipeError> {
    if FileType::from_raw_mode(fstat(end)?.st_mode) != FileType::Fifo {
        return Err(PipeError::NotAPipe);
    }
    let mut ends = [PollFd::from_borrowed_fd(end.as_fd(), PollFlags::OUT)];
    poll(&mut ends, Some(&Timespec::default()))?;
    let [end] = ends;
    if end.revents().contains(PollFlags::ERR) {
        return Err(PipeError::Io(std::io::ErrorKind::BrokenPipe.into()));
    }
    if !end.revents().contains(PollFlags::OUT) {
        return Err(PipeError::Slow);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fob_bus::pipe::{SHORT, awaiting, put};

    use super::*;

    #[test]
    fn only_a_pipe_that_somebody_reads_is_worth_a_code() {
        let (reader, writer) = awaiting().unwrap();
        assert!(look(&writer).is_ok());
        assert!(look(&reader).is_err(), "the end for reading");
        while put(&writer, &[0; SHORT]).is_ok() {}
        assert!(matches!(look(&writer), Err(PipeError::Slow)), "a full pipe");
        drop(reader);
        assert!(matches!(look(&writer), Err(PipeError::Io(_))), "nobody reads");
        let file: OwnedFd = tempfile::tempfile().unwrap().into();
        assert!(matches!(look(&file), Err(PipeError::NotAPipe)));
    }
}
