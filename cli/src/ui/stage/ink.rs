//! What is on its way to the terminal. Codes are in it, so nothing of it stays behind: a buffer of the standard library
//! would keep what it held.

use std::fs::File;
use std::io::{self, Write};

use zeroize::{Zeroize, Zeroizing};

/// Bytes that wait for the next flush. A whole screen is some kilobytes.
const ROOM: usize = 16 * 1024;

/// Standard output, with a buffer that is wiped when it is written.
pub struct Ink {
    waiting: Zeroizing<Vec<u8>>,
    to: File,
}

impl Ink {
    /// For standard output.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self::upon(rustix::stdio::stdout().try_clone_to_owned()?.into()))
    }

    fn upon(to: File) -> Self {
        Self { waiting: Zeroizing::new(Vec::with_capacity(ROOM)), to }
    }
}

impl Write for Ink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // It never grows: that would leave a copy where it was.
        if self.waiting.len() == ROOM {
            self.flush()?;
        }
        let taken = bytes.len().min(ROOM - self.waiting.len());
        self.waiting.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.waiting);
        self.waiting.zeroize();
        written
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn all_of_it_comes_out_in_order_and_nothing_stays() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let text: Vec<u8> = (0..3 * ROOM).map(|number| u8::try_from(number % 251).unwrap()).collect();
        let mut ink = Ink::upon(writer.into());
        let (sent, place) = (text.clone(), ink.waiting.as_ptr().addr());
        let sending = std::thread::spawn(move || {
            ink.write_all(&sent).unwrap();
            ink.flush().unwrap();
            (ink.waiting.len(), ink.waiting.as_ptr().addr() == place)
        });
        let mut came = vec![0; text.len()];
        File::from(reader).read_exact(&mut came).unwrap();
        assert!(came == text);
        assert_eq!(sending.join().unwrap(), (0, true), "empty, and still where it was");
    }
}
