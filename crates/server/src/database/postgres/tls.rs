//! The way to a PostgreSQL on another machine: TLS, and a certificate that this machine trusts and that
//! names the host. The trusted ones are the system's, or those in the file that `SSL_CERT_FILE` names.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::load_native_certs;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::unreachable_database;
use crate::fault::ServerFault;

/// What connects, trusting as this machine does.
///
/// # Errors
/// When this machine trusts nobody.
pub(super) fn connector() -> Result<MakeRustlsConnect, ServerFault> {
    let found = load_native_certs();
    let mut roots = RootCertStore::empty();
    let (known, _) = roots.add_parsable_certificates(found.certs);
    match (known, found.errors.first()) {
        (0, Some(error)) => Err(unreachable_database(error)),
        _ => trusting(roots),
    }
}

fn trusting(roots: RootCertStore) -> Result<MakeRustlsConnect, ServerFault> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unreachable_database(&error))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use rustls::ServerConfig;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_postgres::Config;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// Made for these tests, for `localhost`, and trusted by nobody else: `openssl req -x509 -newkey ec
    /// -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost`.
    const CERTIFICATE: &[u8] = include_bytes!("../../../fixtures/tls/cert.pem");
    const KEY: &[u8] = include_bytes!("../../../fixtures/tls/key.pem");

    fn certificate() -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(CERTIFICATE).unwrap()
    }

    /// A database server that is asked for TLS: it says yes or no, and reads one message. What it read.
    async fn heard(mut stream: TcpStream, has_tls: bool) -> Vec<u8> {
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).await.unwrap();
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47], "the first it hears is that");
        stream.write_all(if has_tls { b"S" } else { b"N" }).await.unwrap();
        let mut message = vec![0; 512];
        let read = match has_tls {
            true => {
                let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                    .with_safe_default_protocol_versions()
                    .unwrap()
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate()], PrivateKeyDer::from_pem_slice(KEY).unwrap());
                let accepted = TlsAcceptor::from(Arc::new(config.unwrap())).accept(stream).await;
                let Ok(mut encrypted) = accepted else { return vec![] };
                encrypted.read(&mut message).await.unwrap_or(0)
            }
            false => stream.read(&mut message).await.unwrap_or(0),
        };
        message.truncate(read);
        message
    }

    /// What a server hears of somebody who says `sslmode=require`.
    fn said_to(host: &str, has_tls: bool, trusted: &[CertificateDer<'static>]) -> Vec<u8> {
        let mut roots = RootCertStore::empty();
        trusted.iter().for_each(|one| roots.add(one.clone()).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let address =
                format!("postgres://grid:geheim@{host}:{port}/walk?hostaddr=127.0.0.1&sslmode=require");
            let config: Config = address.parse().unwrap();
            let connects = config.connect(trusting(roots).unwrap());
            let hears = async { heard(listener.accept().await.unwrap().0, has_tls).await };
            let (connected, heard) = tokio::join!(connects, hears);
            assert!(connected.is_err(), "it answers nothing more");
            heard
        })
    }

    /// | host | has TLS | trusted | hears who wants in |
    #[test]
    fn only_a_server_that_proves_its_name_hears_anything() {
        let own = [certificate()];
        for (host, has_tls, trusted, is_told) in [
            ("localhost", true, &own[..], true),
            ("localhost", true, &[], false),
            ("elsewhere", true, &own, false),
            ("localhost", false, &own, false),
        ] {
            let heard = said_to(host, has_tls, trusted);
            assert_eq!(heard.windows(4).any(|word| word == b"grid"), is_told, "{host} {has_tls}");
            assert!(is_told || heard.is_empty(), "{heard:?}");
        }
    }
}
