//! Posting bytes to the server.

use std::time::Duration;

use records::wire::MAX_COMPRESSED;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use shell::{SILENCE_MS, Unreachable, patience_with};
use sync::device::{CONTENT_TYPE as CBOR, Incoming, Outgoing, SIGNATURE_HEADER};

/// An HTTP client with patience for weak links: it gives up on silence, not on slowness.
#[derive(Clone)]
pub struct Transport {
    client: Client,
}

impl Transport {
    /// Sets the client up.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new() -> anyhow::Result<Self> {
        // Already installed when two transports live in one process, as in tests.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            // A server never sends a device elsewhere; a login page would get the commits.
            .redirect(Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client })
    }

    /// Posts a request and reads the answer, at most one byte more than is allowed.
    pub async fn post(&self, server: &str, outgoing: &Outgoing) -> Result<Incoming, Unreachable> {
        let mut request = self
            .client
            .post(format!("{server}{}", outgoing.path))
            .header(CONTENT_TYPE, CBOR)
            .header(ACCEPT_ENCODING, outgoing.accept_encoding)
            .body(outgoing.body.clone());
        if let Some(encoding) = outgoing.content_encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        if let Some(authorization) = outgoing.authorization() {
            request = request.header(AUTHORIZATION, authorization);
        }
        read(timely(patience_with(outgoing), request.send()).await?).await
    }
}

async fn timely<T>(limit_ms: u64, work: impl Future<Output = reqwest::Result<T>>) -> Result<T, Unreachable> {
    let done = tokio::time::timeout(Duration::from_millis(limit_ms), work).await.map_err(|_| Unreachable)?;
    done.map_err(|_| Unreachable)
}

async fn read(mut response: Response) -> Result<Incoming, Unreachable> {
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let mut incoming = Incoming {
        status: response.status().as_u16(),
        content_type: header("content-type"),
        content_encoding: header("content-encoding"),
        signature: header(SIGNATURE_HEADER),
        body: Vec::new(),
    };
    while let Some(chunk) = timely(SILENCE_MS, response.chunk()).await? {
        let room = (MAX_COMPRESSED + 1).saturating_sub(incoming.body.len());
        incoming.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if room <= chunk.len() {
            break;
        }
    }
    Ok(incoming)
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn nobody_is_followed_elsewhere() {
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let portal = TcpListener::bind("127.0.0.1:0").unwrap();
        let (server, other) = (portal.local_addr().unwrap(), elsewhere.local_addr().unwrap());
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = portal.accept().unwrap();
            let mut asked = vec![];
            while !asked.ends_with(b"commits") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                asked.push(byte[0]);
            }
            let head = format!(
                "HTTP/1.1 307 x\r\nLocation: http://{other}/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
        });
        let outgoing = Outgoing {
            path: "/sync",
            content_encoding: None,
            accept_encoding: "gzip",
            token: Some(vec![7; 32]),
            body: b"commits".to_vec(),
        };
        let incoming = Transport::new().unwrap().post(&format!("http://{server}"), &outgoing).await.unwrap();
        answering.join().unwrap();
        assert_eq!(incoming.status, 307);
        assert_eq!(elsewhere.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        let fault = sync::device::read_sync_answer(&incoming, &[0; 16], &[0; 32]).unwrap_err();
        assert_eq!(fault.code(), "sync.not_gridwalk");
    }
}
