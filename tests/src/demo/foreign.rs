//! A relay at another origin: what a phishing page is made of. It hands every request on to the real server and every
//! answer back with its own origin in place of the server's, so that the person, the password and the key are real, and
//! only the origin is not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context;

use crate::server::{Answer, Server};

/// Most bytes of a body that is handed on; the server itself takes no more.
const LONGEST_BODY: u64 = 64 * 1024;

/// A running relay. Its thread waits for connections until the program ends.
pub(super) struct Relay {
    origin: String,
    last: Arc<Mutex<Option<Answer>>>,
}

impl Relay {
    /// Starts one before this server, on a free port of loopback.
    pub(super) fn before(server: &Server) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        let last = Arc::default();
        let phisher = Phisher { origin: origin.clone(), server: server.clone(), last: Arc::clone(&last) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A victim that hangs up is no reason for a phisher to stop.
                let _ = phisher.relay(stream);
            }
        });
        Ok(Self { origin, last })
    }

    /// Where the victim is led.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// What the server said last.
    pub(super) fn last_answer(&self) -> anyhow::Result<Answer> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.take().context("nobody came by")
    }
}

/// Who stands in the middle.
struct Phisher {
    origin: String,
    server: Server,
    last: Arc<Mutex<Option<Answer>>>,
}

impl Phisher {
    /// One connection, request by request until it is closed.
    fn relay(&self, mut stream: TcpStream) -> anyhow::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        while let Some(request) = read(&mut reader)? {
            let answer = self.server.relayed(&request.method, &request.path, &request.body)?;
            let body = answer.body.to_string().replace(self.server.origin(), &self.origin);
            let kind = if answer.status < 400 { "application/json" } else { "application/problem+json" };
            let (status, length) = (answer.status, body.len());
            write!(
                stream,
                "HTTP/1.1 {status} Relayed\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
            )?;
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        }
        Ok(())
    }
}

struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
}

/// The next request; none at the end of the connection.
fn read(reader: &mut BufReader<TcpStream>) -> anyhow::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().context("no method")?.to_owned(), words.next().context("no path")?.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<u64>()?.min(LONGEST_BODY);
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(Some(Request { method, path, body }))
}
