//! What may come over a line, before zbus reads it: words of authentication that are lines of a bounded length, then
//! messages of a bounded size, so many at a time (`gate`).
//!
//! zbus believes a message's header about its size, up to the 128 MiB that D-Bus allows, and has that much memory ready
//! before the first byte of it is there; it also panics on a line end where none may be, and on a message that came
//! together with the last word of the authentication and brings fewer descriptors than it says. Neither comes to it.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use zbus::Message;
use zbus::connection::socket::{ReadHalf, Socket, Split, WriteHalf};
use zbus::fdo::ConnectionCredentials;

use super::gate::{Call, Gate, Room, SMALL};
use super::line::Line;

/// Most bytes of a message. The largest that fob knows are the ids of ten thousand accounts, and a request with several
/// hundred credentials.
const MESSAGE: usize = 512 * 1024;
/// Most bytes of a line of the authentication. The longest that means something has a user id in it.
const WORDS: usize = 256;
/// Most lines of the authentication. Nobody needs more than six.
const LINES: usize = 32;
/// How long a large message may be on its way, since it holds room that others may want.
const LARGE: Duration = Duration::from_secs(10);
/// Bytes before a message's header fields (D-Bus specification, "Message Format").
const HEAD: usize = 16;
/// The flag NO_REPLY_EXPECTED, in the third byte.
const NO_REPLY_EXPECTED: u8 = 1;

/// A line with everything before it that keeps it within bounds.
#[derive(Debug)]
pub(super) struct Bounded {
    reading: Reading,
    writing: Writing,
}

impl Bounded {
    /// The bounds of this gate on this line.
    pub(super) fn new(line: Line, gate: Arc<Gate>, room: Room) -> Self {
        let reading = Reading {
            line: Ahead { line: line.clone(), came: Vec::new() },
            gate: gate.clone(),
            room,
            words: Words::default(),
        };
        Self { reading, writing: Writing { line: Plain(line), gate } }
    }
}

impl Socket for Bounded {
    type ReadHalf = Reading;
    type WriteHalf = Writing;

    fn split(self) -> Split<Reading, Writing> {
        Split::new(self.reading, self.writing)
    }
}

/// The half that is read from.
#[derive(Debug)]
pub(super) struct Reading {
    line: Ahead,
    gate: Arc<Gate>,
    room: Room,
    words: Words,
}

impl Reading {
    /// The sixteen bytes that every message begins with; the descriptors that came with them wait in the line.
    async fn head(&mut self) -> io::Result<[u8; HEAD]> {
        let mut head = [0; HEAD];
        let mut there = 0;
        while let Some(rest) = head.get_mut(there..).filter(|rest| !rest.is_empty()) {
            let (read, descriptors) = self.line.line.read(rest).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            there += read;
            self.line.came.extend(descriptors);
        }
        Ok(head)
    }

    /// Takes so many bytes from the line and forgets them.
    async fn skip(&mut self, mut bytes: usize) -> io::Result<()> {
        self.line.came.clear();
        let mut buffer = [0; 4096];
        while bytes > 0 {
            let most = bytes.min(buffer.len());
            let (read, _) = self.line.line.read(buffer.get_mut(..most).unwrap_or_default()).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes -= read;
        }
        Ok(())
    }
}

#[async_trait]
impl ReadHalf for Reading {
    async fn receive_message(
        &mut self,
        number: u64,
        before: &mut Vec<u8>,
        descriptors: &mut Vec<OwnedFd>,
    ) -> zbus::Result<Message> {
        loop {
            let mut head = self.head().await?;
            let length = length(&head).ok_or(zbus::Error::ExcessData)?;
            if length > MESSAGE {
                tracing::debug!(length, "a message is too long");
                if self.gate.hangs_up() {
                    return Err(zbus::Error::ExcessData);
                }
                self.skip(length - HEAD).await?;
                continue;
            }
            let room = self.room.wait_for(length).await;
            // An answer may always be sent, and is how a call is known to be over: `Writing` swallows it again.
            let [_, _, flags, ..] = &mut head;
            let quiet = *flags & NO_REPLY_EXPECTED != 0;
            *flags &= !NO_REPLY_EXPECTED;
            before.extend_from_slice(&head);
            let reading = self.line.receive_message(number, before, descriptors);
            let message = if length > SMALL {
                let late = |_| io::Error::from(io::ErrorKind::TimedOut);
                tokio::time::timeout(LARGE, reading).await.map_err(late)??
            } else {
                reading.await?
            };
            if self.gate.enter(&message, quiet, room).await {
                return Ok(message);
            }
        }
    }

    /// A line of the authentication, or a part of one: never anything that comes after it.
    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        let seen = self.line.line.peek(buffer).await?;
        let seen = buffer.get(..seen).unwrap_or_default();
        let line = seen.iter().position(|byte| *byte == b'\n').map_or(seen.len(), |end| end + 1);
        let (read, descriptors) = self.line.line.read(buffer.get_mut(..line).unwrap_or_default()).await?;
        if !descriptors.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.words.hear(buffer.get(..read).unwrap_or_default())?;
        Ok((read, descriptors))
    }

    fn can_pass_unix_fd(&self) -> bool {
        true
    }

    async fn peer_credentials(&mut self) -> io::Result<ConnectionCredentials> {
        Ok(ConnectionCredentials::default().set_unix_user_id(self.line.line.uid()))
    }
}

/// The line with the descriptors that came with a message's head, for zbus to read the rest.
#[derive(Debug)]
struct Ahead {
    line: Line,
    came: Vec<OwnedFd>,
}

#[async_trait]
impl ReadHalf for Ahead {
    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        let (read, more) = self.line.read(buffer).await?;
        let mut descriptors = std::mem::take(&mut self.came);
        descriptors.extend(more);
        Ok((read, descriptors))
    }
}

/// The half that is written to.
#[derive(Debug)]
pub(super) struct Writing {
    line: Plain,
    gate: Arc<Gate>,
}

#[async_trait]
impl WriteHalf for Writing {
    async fn send_message(&mut self, message: &Message) -> zbus::Result<()> {
        // Held until it is written.
        let call = self.gate.leave(message);
        if call.as_ref().is_some_and(Call::is_quiet) {
            return Ok(());
        }
        self.line.send_message(message).await
    }

    async fn sendmsg(&mut self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
        self.line.sendmsg(bytes, descriptors).await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.line.close().await
    }

    fn can_pass_unix_fd(&self) -> bool {
        true
    }
}

/// The line as zbus writes to it.
#[derive(Debug)]
struct Plain(Line);

#[async_trait]
impl WriteHalf for Plain {
    async fn sendmsg(&mut self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
        self.0.write(bytes, descriptors).await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.0.hang_up()
    }
}

/// The lines of the authentication so far.
#[derive(Debug, Default)]
struct Words {
    lines: usize,
    /// Bytes of the line that has not ended yet, and the last of them.
    length: usize,
    last: u8,
}

impl Words {
    /// Hears a line, or a part of one.
    ///
    /// # Errors
    /// When a line is too long or does not end as lines do here, or there are too many.
    fn hear(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            self.length += 1;
            let ends = *byte == b'\n';
            if self.length > WORDS || (ends && self.last != b'\r') {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.last = *byte;
            if ends {
                self.lines += 1;
                self.length = 0;
            }
        }
        if self.lines > LINES { Err(io::ErrorKind::InvalidData.into()) } else { Ok(()) }
    }
}

/// How long the message is that begins like this, in bytes, as far as a `usize` goes; `None` if nothing begins so.
fn length(head: &[u8; HEAD]) -> Option<usize> {
    let number = |bytes: [u8; 4]| match head.first()? {
        b'l' => Some(u32::from_le_bytes(bytes)),
        b'B' => Some(u32::from_be_bytes(bytes)),
        _ => None,
    };
    let [_, _, _, _, a, b, c, d, _, _, _, _, e, f, g, h] = *head;
    let (body, fields) = (number([a, b, c, d])?, number([e, f, g, h])?);
    // The header ends at a multiple of eight.
    let fields = usize::try_from(fields).ok()?.checked_next_multiple_of(8)?;
    HEAD.checked_add(fields)?.checked_add(usize::try_from(body).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_as_long_as_its_head_says() {
        for message in [
            Message::method_call("/", "Do").build(&()).unwrap(),
            Message::method_call("/a/b", "Longer").destination("a.b").build(&("text", 7_u32)).unwrap(),
        ] {
            let head: [u8; HEAD] = message.data()[..HEAD].try_into().unwrap();
            assert_eq!(length(&head), Some(message.data().len()));
        }
        assert_eq!(length(&[b'x'; HEAD]), None);
        let mut most = [0xff; HEAD];
        most[0] = b'B';
        assert!(length(&most).is_none_or(|length| length > MESSAGE));
    }

    #[test]
    fn what_is_said_before_the_first_message_is_lines_and_few_of_them() {
        for (case, said, fine) in [
            ("a client", &b"\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"[..], true),
            ("a part of a line", b"\0AUTH EXTER", true),
            ("a line end and nothing before it", b"\n", false),
            ("a line end of another system", b"\0AUTH\n", false),
            ("no line end at all", &[b'A'; WORDS + 1], false),
            ("too many lines", &b"AUTH\r\n".repeat(LINES + 1), false),
        ] {
            assert_eq!(Words::default().hear(said).is_ok(), fine, "{case}");
            // The same a byte at a time.
            let mut words = Words::default();
            assert_eq!(said.iter().all(|byte| words.hear(&[*byte]).is_ok()), fine, "{case}");
        }
    }
}
