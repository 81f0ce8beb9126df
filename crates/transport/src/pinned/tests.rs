use std::net::SocketAddr;
use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use shell::NoAnswer;
use sync::ServerAddress;
use sync::device::{Incoming, Outgoing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::Transport;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// An authority, as a server makes one.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self { params, key: KeyPair::generate().unwrap() }
    }

    fn pin(&self) -> Pin {
        digest(&self.key.subject_public_key_info())
    }

    fn certificate(&self) -> CertificateDer<'static> {
        self.params.self_signed(&self.key).unwrap().der().clone()
    }

    fn signs(&self, leaf: &CertificateParams, key: &KeyPair) -> CertificateDer<'static> {
        leaf.signed_by(key, &Issuer::from_params(&self.params, &self.key)).unwrap().der().clone()
    }
}

/// A certificate for an address, that counts from and until so many days from now.
fn leaf(name: &str, days: (i64, i64)) -> CertificateParams {
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    #[expect(clippy::disallowed_methods, reason = "a device goes by the real time here")]
    let now = SystemTime::now();
    let day = |days: i64| {
        let away = std::time::Duration::from_secs(days.unsigned_abs() * 24 * 60 * 60);
        if days < 0 { now - away } else { now + away }
    };
    (leaf.not_before, leaf.not_after) = (day(days.0).into(), day(days.1).into());
    leaf
}

/// Answers one request with this certificate; what was heard of the request.
async fn server(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![];
        if let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
            let mut buffer = [0; 1024];
            while !heard.ends_with(b"commits") {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return heard,
                    Ok(read) => heard.extend_from_slice(&buffer[..read]),
                }
            }
            stream.write_all(ANSWER).await.unwrap();
            stream.shutdown().await.unwrap();
        }
        heard
    });
    (address, heard)
}

fn outgoing() -> Outgoing {
    Outgoing {
        path: "/sync",
        content_encoding: None,
        accept_encoding: "gzip",
        token: Some(vec![7; 32]),
        body: b"commits".to_vec(),
    }
}

async fn posted(address: SocketAddr, pin: Option<Pin>) -> Result<Incoming, NoAnswer> {
    let server = ServerAddress { url: format!("https://{address}"), pin };
    Transport::new().unwrap().post(&server, &outgoing()).await
}

#[tokio::test]
async fn the_server_of_the_authority_is_believed_and_nobody_else_hears_a_word() {
    const GOOD: (i64, i64) = (-2, 90);
    let (ours, other, key) = (Authority::new(), Authority::new(), KeyPair::generate().unwrap());
    let signed = |by: &Authority, name, days| by.signs(&leaf(name, days), &key);
    let itself = leaf("127.0.0.1", GOOD).self_signed(&key).unwrap().der().clone();
    // Signed by somebody who may not sign, with the certificate of ours behind it.
    let mut authority_as_leaf = leaf("127.0.0.1", GOOD);
    authority_as_leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let below = Authority { params: leaf("127.0.0.1", GOOD), key: KeyPair::generate().unwrap() };
    let of_ours = ours.signs(&below.params, &below.key);
    let (us, them) = (ours.certificate(), other.certificate());
    for (case, chain, is_believed) in [
        ("ours", vec![signed(&ours, "127.0.0.1", GOOD), us.clone()], true),
        ("ours, others before it", vec![signed(&ours, "127.0.0.1", GOOD), them.clone(), us.clone()], true),
        ("ours, the authority left out", vec![signed(&ours, "127.0.0.1", GOOD)], false),
        ("of another authority", vec![signed(&other, "127.0.0.1", GOOD), them.clone()], false),
        ("of another one, ours behind it", vec![signed(&other, "127.0.0.1", GOOD), us.clone()], false),
        ("of another one, both behind it", vec![signed(&other, "127.0.0.1", GOOD), them, us.clone()], false),
        ("for another address", vec![signed(&ours, "127.0.0.2", GOOD), us.clone()], false),
        ("for a name", vec![signed(&ours, "grid.example", GOOD), us.clone()], false),
        ("expired", vec![signed(&ours, "127.0.0.1", (-90, -1)), us.clone()], false),
        ("not yet", vec![signed(&ours, "127.0.0.1", (1, 90)), us.clone()], false),
        ("signed by itself", vec![itself.clone()], false),
        ("signed by itself, ours behind it", vec![itself, us.clone()], false),
        ("signed by a server of ours", vec![signed(&below, "127.0.0.1", GOOD), of_ours, us.clone()], false),
        ("an authority itself", vec![ours.signs(&authority_as_leaf, &key), us.clone()], false),
    ] {
        let (address, heard) = server(chain, &key).await;
        let answer = posted(address, Some(ours.pin())).await;
        let heard = heard.await.unwrap();
        match is_believed {
            true => assert_eq!(answer.map(|answer| answer.body), Ok(b"ok".to_vec()), "{case}"),
            false => {
                assert_eq!(answer.unwrap_err(), NoAnswer::Stranger, "{case}");
                assert!(heard.is_empty(), "{case}: {}", String::from_utf8_lossy(&heard));
            }
        }
    }
}

#[tokio::test]
async fn a_copied_certificate_is_worth_nothing_without_its_key() {
    let (ours, key, thief) = (Authority::new(), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let chain = vec![ours.signs(&leaf("127.0.0.1", (-2, 90)), &key), ours.certificate()];
    let provider = rustls::crypto::ring::default_provider();
    let signer = provider.key_provider.load_private_key(PrivateKeyDer::Pkcs8(thief.serialize_der().into()));
    // Straight from its parts: rustls itself would see that they do not fit.
    let stolen = rustls::sign::CertifiedKey::new(chain, signer.unwrap());
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(stolen)));
    for versions in ["1.3", "1.2"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config.clone()));
        let shaken = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            acceptor.accept(stream).await.is_ok()
        });
        let mut client = trusting_only(ours.pin()).unwrap();
        if versions == "1.2" {
            let only = ClientConfig::builder_with_provider(client.crypto_provider().clone());
            client = only
                .with_protocol_versions(&[&rustls::version::TLS12])
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(OfAuthority {
                    pin: ours.pin(),
                    provider: Arc::new(rustls::crypto::ring::default_provider()),
                }))
                .with_no_client_auth();
        }
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let failed = tokio_rustls::TlsConnector::from(Arc::new(client)).connect(name, stream).await;
        assert!(is_of_a_certificate(&failed.unwrap_err()), "{versions}");
        assert!(!shaken.await.unwrap(), "{versions}");
    }
}

#[tokio::test]
async fn without_a_pin_an_authority_of_ones_own_is_nobody() {
    let (ours, key) = (Authority::new(), KeyPair::generate().unwrap());
    let chain = vec![ours.signs(&leaf("127.0.0.1", (-2, 90)), &key), ours.certificate()];
    let (address, heard) = server(chain, &key).await;
    assert_eq!(posted(address, None).await.unwrap_err(), NoAnswer::Unreachable);
    assert!(heard.await.unwrap().is_empty());
}

#[tokio::test]
async fn a_pin_means_tls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = ServerAddress { url, pin: Some([7; 32]) };
    let answer = Transport::new().unwrap().post(&server, &outgoing()).await;
    assert_eq!(answer.unwrap_err(), NoAnswer::Unreachable);
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}

#[tokio::test]
async fn another_pin_is_another_client() {
    let (ours, other, key) = (Authority::new(), Authority::new(), KeyPair::generate().unwrap());
    let transport = Transport::new().unwrap();
    for (authority, pin, is_believed) in
        [(&ours, ours.pin(), true), (&other, ours.pin(), false), (&other, other.pin(), true)]
    {
        let chain = vec![authority.signs(&leaf("127.0.0.1", (-2, 90)), &key), authority.certificate()];
        let (address, _heard) = server(chain, &key).await;
        let server = ServerAddress { url: format!("https://{address}"), pin: Some(pin) };
        assert_eq!(transport.post(&server, &outgoing()).await.is_ok(), is_believed);
    }
}

#[test]
fn a_length_of_der_is_written_in_as_few_bytes_as_it_takes() {
    for (length, head) in [
        (0, &[0x30, 0][..]),
        (0x7f, &[0x30, 0x7f]),
        (0x80, &[0x30, 0x81, 0x80]),
        (0xff, &[0x30, 0x81, 0xff]),
        (0x100, &[0x30, 0x82, 1, 0]),
    ] {
        let whole = sequence(&vec![5; length]);
        assert_eq!((&whole[..head.len()], whole.len()), (head, head.len() + length));
    }
}
