//! Posting bytes to the server, for the app's own window and for stories.

mod pinned;

#[cfg(any(target_os = "android", test))]
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use records::wire::MAX_COMPRESSED;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use shell::{NoAnswer, SILENCE_MS, patience_with};
use sync::ServerAddress;
use sync::address::Pin;
use sync::device::{CONTENT_TYPE as CBOR, Incoming, Outgoing, SIGNATURE_HEADER};

/// An HTTP client with patience for weak links: it gives up on silence, not on slowness.
#[derive(Clone)]
pub struct Transport {
    /// Trusts whom the system does.
    client: Client,
    /// Trusts the server of this pin alone: a device has one server, so that one is enough.
    pinned: Arc<Mutex<Option<(Pin, Client)>>>,
}

impl Transport {
    /// Sets the client up.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new() -> anyhow::Result<Self> {
        // Already installed when two transports live in one process, as in tests.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = going_nowhere_else(trusting_as_the_system(Client::builder())?).build()?;
        Ok(Self { client, pinned: Arc::default() })
    }

    /// Posts a request and reads the answer, at most one byte more than is allowed.
    ///
    /// # Errors
    /// When nobody answered; when the address has a pin and who answered is not known by it. Nothing of the request
    /// leaves before that is clear.
    pub async fn post(&self, server: &ServerAddress, outgoing: &Outgoing) -> Result<Incoming, NoAnswer> {
        let mut request = self
            .client_for(server)?
            .post(format!("{}{}", server.url, outgoing.path))
            .header(CONTENT_TYPE, CBOR)
            .header(ACCEPT_ENCODING, outgoing.accept_encoding)
            .body(outgoing.body.clone());
        if let Some(encoding) = outgoing.content_encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        if let Some(authorization) = outgoing.authorization() {
            request = request.header(AUTHORIZATION, authorization);
        }
        let sent = timely(patience_with(outgoing), request.send()).await;
        let is_stranger = |failed: &Failed| server.pin.is_some() && failed.is_of_a_certificate();
        let response = sent.map_err(|failed| match is_stranger(&failed) {
            true => NoAnswer::Stranger,
            false => NoAnswer::Unreachable,
        })?;
        read(response).await.map_err(|_| NoAnswer::Unreachable)
    }

    fn client_for(&self, server: &ServerAddress) -> Result<Client, NoAnswer> {
        let Some(pin) = server.pin else { return Ok(self.client.clone()) };
        let mut kept = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((known, client)) if *known == pin => Ok(client.clone()),
            _ => {
                let client = client_trusting(pin).map_err(|_| NoAnswer::Unreachable)?;
                *kept = Some((pin, client.clone()));
                Ok(client)
            }
        }
    }
}

/// Never without TLS, whatever the address says.
fn client_trusting(pin: Pin) -> anyhow::Result<Client> {
    let builder = Client::builder().tls_backend_preconfigured(pinned::trusting_only(pin)?).https_only(true);
    Ok(going_nowhere_else(builder).build()?)
}

fn going_nowhere_else(builder: ClientBuilder) -> ClientBuilder {
    builder
        .connect_timeout(Duration::from_secs(10))
        // A server never sends a device elsewhere; a login page would get the commits.
        .redirect(Policy::none())
        .no_proxy()
}

/// The system itself checks certificates.
#[cfg(not(target_os = "android"))]
fn trusting_as_the_system(builder: ClientBuilder) -> anyhow::Result<ClientBuilder> {
    Ok(builder)
}

/// Where Android keeps the certificates it trusts: those that are renewed by themselves (from 14 on), and those that
/// came with the system.
#[cfg(target_os = "android")]
const TRUSTED: [&str; 2] = ["/apex/com.android.conscrypt/cacerts", "/system/etc/security/cacerts"];

/// Android checks certificates in Java, which would have to be introduced to us first, or the first request ends the
/// app. So they are checked here, against what the system trusts. Without any, servers cannot be reached; the
/// app opens all the same.
#[cfg(target_os = "android")]
fn trusting_as_the_system(builder: ClientBuilder) -> anyhow::Result<ClientBuilder> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let trust = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(&TRUSTED.map(Path::new)))
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(trust))
}

/// The certificates in the first of these folders that has any. One that cannot be read spoils no other.
#[cfg(any(target_os = "android", test))]
fn roots(folders: &[&Path]) -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    let mut found =
        folders.iter().map(|folder| rustls_native_certs::load_certs_from_paths(None, Some(folder)).certs);
    roots.add_parsable_certificates(found.find(|certs| !certs.is_empty()).unwrap_or_default());
    roots
}

/// Why nothing came.
enum Failed {
    /// It took too long.
    Silent,
    /// The connection failed.
    Broken(reqwest::Error),
}

impl Failed {
    fn is_of_a_certificate(&self) -> bool {
        matches!(self, Self::Broken(error) if pinned::is_of_a_certificate(error))
    }
}

async fn timely<T>(limit_ms: u64, work: impl Future<Output = reqwest::Result<T>>) -> Result<T, Failed> {
    let done =
        tokio::time::timeout(Duration::from_millis(limit_ms), work).await.map_err(|_| Failed::Silent)?;
    done.map_err(Failed::Broken)
}

async fn read(mut response: Response) -> Result<Incoming, Failed> {
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

    /// A certificate that signs itself, valid until 2126; nobody has its key.
    const ROOT: &str = "\
-----BEGIN CERTIFICATE-----
MIIBiDCCAS2gAwIBAgIUYyiyA/ScIcxI9RLfPAGARp4MB8owCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNR3JpZHdhbGsgdGVzdDAgFw0yNjExMjMxMjM5NDNaGA8yMTI2
MTAzMDEyMzk0M1owGDEWMBQGA1UEAwwNR3JpZHdhbGsgdGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABCyZ/6Kuwg5/3nfvkJtg+TsEIQkFfmvD7rilzox9uizZ
P7gsx18u5bq4qOcQvOQguWLpJ96gaw/+vGEmIephfpSjUzBRMB0GA1UdDgQWBBQs
a//MXiouSoS62WnWNMTT9xG/wzAfBgNVHSMEGDAWgBQsa//MXiouSoS62WnWNMTT
9xG/wzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQD3I9CezFjy
1jMCcQ+NFDDEcjJDRKWkn3C9sW/TMI9qEAIhAIE4HMfpzx0UjpzFVHLe+3ihs2KI
vtcay2WZLyYdG6Jw
-----END CERTIFICATE-----";

    #[test]
    fn trust_is_read_from_the_first_folder_that_has_any() {
        let [none, empty, system] = [(); 3].map(|()| tempfile::TempDir::new().unwrap());
        let gone = none.path().join("gone");
        std::fs::write(empty.path().join("12345678.0"), "no certificate").unwrap();
        std::fs::write(system.path().join("87654321.0"), ROOT).unwrap();
        assert_eq!(roots(&[&gone, empty.path(), system.path()]).len(), 1);
        assert!(roots(&[&gone, empty.path()]).is_empty());
    }

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
        let server = ServerAddress { url: format!("http://{server}"), pin: None };
        let incoming = Transport::new().unwrap().post(&server, &outgoing).await.unwrap();
        answering.join().unwrap();
        assert_eq!(incoming.status, 307);
        assert_eq!(elsewhere.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        let fault = sync::device::read_sync_answer(&incoming, &[0; 16], &[0; 32]).unwrap_err();
        assert_eq!(fault.code(), "sync.not_gridwalk");
    }
}
