//! Posting bytes to the server.

use std::time::Duration;

use records::wire::MAX_COMPRESSED;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, Response};
use sync::device::{CONTENT_TYPE as CBOR, Incoming, Outgoing, SIGNATURE_HEADER};

/// An HTTP client with patience for weak links: it gives up on silence, not on slowness.
#[derive(Clone)]
pub struct Transport {
    client: Client,
}

/// Nobody answered: no network, no server, or silence. Everything is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable;

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
            .read_timeout(Duration::from_secs(30))
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
        read(request.send().await.map_err(|_| Unreachable)?).await
    }
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
    while let Some(chunk) = response.chunk().await.map_err(|_| Unreachable)? {
        let room = (MAX_COMPRESSED + 1).saturating_sub(incoming.body.len());
        incoming.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if room <= chunk.len() {
            break;
        }
    }
    Ok(incoming)
}
