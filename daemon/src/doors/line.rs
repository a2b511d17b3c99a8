//! The line to one caller: its socket as zbus reads and writes it.
//!
//! zbus would take a plain socket, but looks up the caller's user and groups then, on a thread of its own and through
//! the name service (a directory server, for some), for each connection. Who calls is known here already (`caller`), so
//! this line answers that question at once. It also takes no more descriptors with a message than fob's calls need.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use async_trait::async_trait;
use rustix::io::{IoSlice, IoSliceMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, recvmsg, sendmsg,
    shutdown,
};
use tokio::io::Interest;
use tokio::net::UnixStream;
use zbus::connection::socket::{ReadHalf, Socket, Split, WriteHalf};
use zbus::fdo::ConnectionCredentials;

/// Most descriptors that come with one message. The kernel closes what does not fit.
const DESCRIPTORS: usize = 8;

/// A line, and whose process is at the other end.
#[derive(Debug, Clone)]
pub(super) struct Line {
    stream: Arc<UnixStream>,
    uid: u32,
}

impl Line {
    /// The line over an accepted connection; `uid` is what the kernel says about the other end.
    pub(super) fn new(stream: UnixStream, uid: u32) -> Self {
        Self { stream: Arc::new(stream), uid }
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

impl Socket for Line {
    type ReadHalf = Self;
    type WriteHalf = Self;

    fn split(self) -> Split<Self, Self> {
        Split::new(self.clone(), self)
    }
}

#[async_trait]
impl ReadHalf for Line {
    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        self.stream.async_io(Interest::READABLE, || self.receive(buffer)).await
    }

    fn can_pass_unix_fd(&self) -> bool {
        true
    }

    async fn peer_credentials(&mut self) -> io::Result<ConnectionCredentials> {
        Ok(ConnectionCredentials::default().set_unix_user_id(self.uid))
    }
}

#[async_trait]
impl WriteHalf for Line {
    async fn sendmsg(&mut self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
        // fobd passes none: what leaves as a secret goes into the caller's own pipes.
        if !descriptors.is_empty() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.stream.async_io(Interest::WRITABLE, || self.send(bytes)).await
    }

    async fn close(&mut self) -> io::Result<()> {
        Ok(shutdown(&self.stream, Shutdown::Both)?)
    }

    fn can_pass_unix_fd(&self) -> bool {
        true
    }
}
