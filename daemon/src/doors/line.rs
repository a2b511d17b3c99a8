//! The line to the other end of a connection: a unix socket, read and written in bytes and descriptors.
//!
//! zbus would take a plain socket, but looks up the caller's user and groups then, on a thread of its own and through
//! the name service (a directory server, for some), for each connection. Who calls is known here already (`caller`), so
//! this line answers that question at once. It also takes no more descriptors with a message than fob's calls need, and
//! does not wait for ever for somebody who does not read. What may come over it is `reading`'s matter.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::{IoSlice, IoSliceMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, recv, recvmsg,
    sendmsg, shutdown,
};
use tokio::io::Interest;
use tokio::net::UnixStream;

/// Most descriptors that come with one message. The kernel closes what does not fit.
const DESCRIPTORS: usize = 8;
/// How long the other end may leave everything unread before it is hung up on. A program that is stopped in a debugger
/// for longer has to connect again.
const UNREAD: Duration = Duration::from_secs(30);

/// A line, and whose process is at the other end.
#[derive(Debug, Clone)]
pub(super) struct Line {
    stream: Arc<UnixStream>,
    uid: u32,
}

impl Line {
    /// The line over a connected socket; `uid` is what the kernel says about the other end.
    pub(super) fn new(stream: UnixStream, uid: u32) -> Self {
        Self { stream: Arc::new(stream), uid }
    }

    /// Whose process is at the other end.
    pub(super) const fn uid(&self) -> u32 {
        self.uid
    }

    /// Reads what is there, at most as much as `buffer` holds, with the descriptors that came with it.
    pub(super) async fn read(&self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        self.stream.async_io(Interest::READABLE, || self.receive(buffer)).await
    }

    /// Looks at what is there and leaves it there.
    pub(super) async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let look = || Ok(recv(&self.stream, &mut *buffer, RecvFlags::PEEK)?.0);
        self.stream.async_io(Interest::READABLE, look).await
    }

    /// Writes as much as there is room for.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::TimedOut`] when the other end read nothing for [`UNREAD`]: then the line is down.
    pub(super) async fn write(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
        // fobd passes none: what leaves as a secret goes into the caller's own pipes.
        if !descriptors.is_empty() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let writing = self.stream.async_io(Interest::WRITABLE, || self.send(bytes));
        match tokio::time::timeout(UNREAD, writing).await {
            Ok(written) => written,
            Err(_) => {
                self.hang_up()?;
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }

    /// Ends it for both sides.
    pub(super) fn hang_up(&self) -> io::Result<()> {
        Ok(shutdown(&self.stream, Shutdown::Both)?)
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let message = recvmsg(&self.stream, &mut [IoSliceMut::new(buffer)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
        let descriptors = ancillary.drain().filter_map(|part| match part {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        });
        Ok((message.bytes, descriptors.flatten().collect()))
    }

    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let nothing = &mut SendAncillaryBuffer::default();
        Ok(sendmsg(&self.stream, &[IoSlice::new(bytes)], nothing, SendFlags::NOSIGNAL)?)
    }
}
