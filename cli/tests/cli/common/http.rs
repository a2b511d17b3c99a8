//! A server of a test's own: one closure answers everything, on a free port of loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What came: method and path, and the body.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) line: String,
    pub(crate) body: String,
}

/// A running server. Its thread ends with the test's process.
pub(crate) struct Http {
    pub(crate) origin: String,
    came: Arc<Mutex<Vec<Came>>>,
}

/// An answer with status, one header and body.
pub(crate) fn answer(status: u16, header: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{header}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> String {
    answer(status, "Content-Type: application/json", &body.to_string())
}

impl Http {
    /// Serves; the closure gets the origin, and the request.
    pub(crate) fn serve(answer: impl Fn(&str, &Came) -> String + Send + 'static) -> Self {
        Self::serve_at("127.0.0.1", answer).unwrap()
    }

    /// The same at this address of loopback, if the machine has it.
    pub(crate) fn serve_at(host: &str, answer: impl Fn(&str, &Came) -> String + Send + 'static) -> Option<Self> {
        let listener = TcpListener::bind((host, 0)).ok()?;
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let (name, diary) = (origin.clone(), Arc::clone(&came));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else { continue };
                diary.lock().unwrap().push(request.clone());
                let _ = (&stream).write_all(answer(&name, &request).as_bytes());
            }
        });
        Some(Self { origin, came })
    }

    /// The lines of all requests.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.came.lock().unwrap().iter().map(|came| came.line.clone()).collect()
    }

    /// The body of the first request with this line.
    pub(crate) fn body(&self, line: &str) -> String {
        self.came.lock().unwrap().iter().find(|came| came.line == line).unwrap().body.clone()
    }
}

fn read(stream: &TcpStream) -> Option<Came> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim_end().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Some(Came { line, body: String::from_utf8(body).ok()? })
}
