//! Somebody who answers in the server's place: a captive portal, a gateway, a wrong address.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use anyhow::Result;

/// Answers every request with the same bytes, for as long as the test runs.
pub struct Stranger {
    address: SocketAddr,
}

impl Stranger {
    /// Answers with these very bytes.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn saying(answer: Vec<u8>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asked may be gone; then nobody needs the answer.
                let _ = read_request(&stream).and_then(|()| (&stream).write_all(&answer));
            }
        });
        Ok(Self { address })
    }

    /// Answers with this status, content type and body.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn answering(status: &str, content_type: &str, body: &[u8]) -> Result<Self> {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n");
        Self::saying([head.as_bytes(), body].concat())
    }

    /// Takes the request and never says a word.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn silent() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            let mut kept = vec![];
            for stream in listener.incoming().flatten() {
                kept.push(stream);
            }
        });
        Ok(Self { address })
    }

    /// Where it waits.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Reads one request to its end: an answer before that could be taken for a broken connection.
fn read_request(stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut lines.take(length), &mut std::io::sink()).map(drop)
}
