//! As much HTTP/1.1 as the tests need on loopback, over the standard library: one exchange a connection.
//!
//! A whole HTTP crate would do it too. But tests and the program share one build of each crate, and asking the SDK's for a
//! server as well would compile the SDK twice.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request or a response: its first line, its headers as they stood, and its body without transfer coding.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// `POST /path HTTP/1.1`, `HTTP/1.1 200 OK`.
    pub start: String,
    /// Names as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// A message with these headers and this body.
    pub fn new(start: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { start: start.to_owned(), headers, body: body.into() }
    }

    /// A header's value, its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A part of the first line: a request's method and target, a response's version and status.
    pub fn word(&self, index: usize) -> &str {
        self.start.split(' ').nth(index).unwrap_or_default()
    }

    /// A response's status.
    pub fn status(&self) -> Option<u16> {
        self.word(1).parse().ok()
    }

    /// Reads one message; none where the other side has closed without sending one. Whether a message without a length
    /// ends with the connection (a response) or has no body (a request) follows from its first line.
    pub fn read(stream: &TcpStream) -> io::Result<Option<Self>> {
        Self::read_part(stream, true)
    }

    fn read_part(stream: &TcpStream, has_body: bool) -> io::Result<Option<Self>> {
        let mut reader = BufReader::new(stream);
        let mut message = Self { start: line(&mut reader)?, ..Self::default() };
        if message.start.is_empty() {
            return Ok(None);
        }
        loop {
            let line = line(&mut reader)?;
            let Some((name, value)) = line.split_once(':') else { break };
            message.headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        if !has_body {
            return Ok(Some(message));
        }
        if message.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if message.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            loop {
                let size = line(&mut reader)?;
                let size = size.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
                let start = message.body.len();
                message.body.resize(start + size, 0);
                reader.read_exact(&mut message.body[start..])?;
                let _end = line(&mut reader)?;
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = message.header("content-length") {
            message.body.resize(length.parse().map_err(io::Error::other)?, 0);
            reader.read_exact(&mut message.body)?;
        } else if message.start.starts_with("HTTP/") {
            reader.read_to_end(&mut message.body)?;
        }
        Ok(Some(message))
    }

    /// Writes it as the only message of its connection in this direction.
    pub fn write(&self, stream: &TcpStream) -> io::Result<()> {
        self.write_part(stream, self.body.len())
    }

    /// The same with so much of its body only, while it says that there is more.
    pub fn write_part(&self, mut stream: &TcpStream, length: usize) -> io::Result<()> {
        stream.write_all(&[self.head().as_bytes(), &self.body[..length]].concat())
    }

    /// The same in ten pieces, over so long.
    pub fn write_slowly(&self, mut stream: &TcpStream, time: Duration) -> io::Result<()> {
        stream.write_all(self.head().as_bytes())?;
        for piece in self.body.chunks(self.body.len().div_ceil(10).max(1)) {
            std::thread::sleep(time / 10);
            stream.write_all(piece)?;
        }
        Ok(())
    }

    fn head(&self) -> String {
        let mut text = format!("{}\r\n", self.start);
        let framing = ["connection", "content-length", "transfer-encoding", "expect"];
        for (name, value) in self.headers.iter().filter(|(name, _)| !framing.contains(&&*name.to_ascii_lowercase())) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", self.body.len()));
        text
    }

    /// Sends a request and gives back its response.
    pub fn send(&self, to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        self.write(&stream)?;
        Self::read_part(&stream, self.word(0) != "HEAD")?.ok_or_else(|| io::Error::other("closed without an answer"))
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}
