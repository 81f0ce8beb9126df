use axum::Extension;
use axum::routing::get;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::tls::{Certificate, Tls};

/// When the certificates of these tests count, ms since 1970 UTC.
fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the client goes by the real time")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A server by TLS that is told to stop by the sender.
struct Served {
    address: SocketAddr,
    folder: TempDir,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

fn served(limits: Limits, router: Router) -> Served {
    let folder = TempDir::new().unwrap();
    let own = Certificate::Own { folder: folder.path().to_owned(), names: vec!["127.0.0.1".to_owned()] };
    let tls = Tls::begin(own, now_ms()).unwrap();
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (address, (stop, stopped)) = (listener.local_addr().unwrap(), oneshot::channel());
    let stopped = async { drop(stopped.await) };
    let ended = tokio::spawn(serve_within(limits, Some(tls.acceptor()), listener, router, stopped));
    Served { address, folder, stop, ended }
}

async fn connected(served: &Served) -> TlsStream<TcpStream> {
    let authority = CertificateDer::from_pem_file(served.folder.path().join("authority.crt")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(served.address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn by_tls_requests_are_answered_and_know_where_they_come_from() {
    let from = |Extension(Peer(from)): Extension<Peer>| async move { from.to_string() };
    let served = served(Limits::default(), Router::new().route("/", get(from)));
    let mut stream = connected(&served).await;
    stream.write_all(ASK).await.unwrap();
    let mut answer = vec![];
    while !answer.ends_with(b"127.0.0.1") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    let said = String::from_utf8_lossy(&answer);
    assert!(said.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{said}");
    // Whoever rests between two requests holds nobody up.
    served.stop.send(()).unwrap();
    served.ended.await.unwrap();
    assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0, "it was closed as it should be");
}

#[tokio::test]
async fn who_does_not_shake_hands_in_time_is_dropped() {
    let limits = Limits { connections: 1, handshake: Duration::from_millis(300), ..Limits::default() };
    let served = served(limits, Router::new());
    for said in [&b""[..], b"\x16\x03\x01", ASK] {
        let mut silent = TcpStream::connect(served.address).await.unwrap();
        silent.write_all(said).await.unwrap();
        // What comes may be an alert; then nothing.
        let mut heard = vec![];
        let _ = silent.read_to_end(&mut heard).await;
        assert!(!heard.starts_with(b"HTTP"), "{heard:?}");
    }
    drop(connected(&served).await);
}

/// The beginning of a handshake, as a client says it that knows nothing newer than this version (RFC 5246, 7.4.1.2).
fn hello(version: [u8; 2]) -> Vec<u8> {
    let with_length = |body: Vec<u8>| [&u16::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat();
    // ECDHE_ECDSA and ECDHE_RSA with AES_128_GCM_SHA256, and with AES_128_CBC_SHA as older versions know them.
    let suites = with_length(vec![0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x09, 0xc0, 0x13]);
    let extension = |kind: u8, body: Vec<u8>| [&[0, kind][..], &with_length(body)].concat();
    let groups = extension(10, with_length(vec![0, 0x1d, 0, 0x17]));
    let points = extension(11, vec![1, 0]);
    let signatures = extension(13, with_length(vec![4, 3, 8, 4]));
    let extensions = with_length([groups, points, signatures].concat());
    let body = [&version[..], &[7; 32], &[0], &suites, &[1, 0], &extensions].concat();
    let handshake = [&[1, 0][..], &with_length(body)].concat();
    [&[0x16, 3, 1][..], &with_length(handshake)].concat()
}

#[tokio::test]
async fn older_versions_of_tls_are_refused() {
    let served = served(Limits::default(), Router::new());
    // An alert has the type 21, a handshake 22; 70 says that the version is too old (RFC 8446, 6.2).
    for (version, kind, alert) in
        [([3, 1], 21, Some([2, 70])), ([3, 2], 21, Some([2, 70])), ([3, 3], 22, None)]
    {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(&hello(version)).await.unwrap();
        let mut heard = [0; 7];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard[0], kind, "{version:?} {heard:?}");
        assert!(alert.is_none_or(|alert| heard[5..] == alert), "{version:?} {heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_handshake() {
    let served = served(Limits { connections: 1, ..Limits::default() }, Router::new());
    let mut silent = TcpStream::connect(served.address).await.unwrap();
    let _waiting = TcpStream::connect(served.address).await.unwrap();
    silent.write_all(b"\x16\x03\x01").await.unwrap();
    served.stop.send(()).unwrap();
    tokio::time::timeout(ENDING / 2, served.ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_round_under_way_ends_before_the_server_does() {
    let (asked, mut heard) = tokio::sync::mpsc::channel::<()>(1);
    let (answer, may_answer) = watch::channel(false);
    let slow = move || async move {
        asked.send(()).await.unwrap();
        may_answer.clone().wait_for(|may| *may).await.unwrap();
        "done"
    };
    let served = served(Limits::default(), Router::new().route("/", get(slow)));
    let mut stream = connected(&served).await;
    stream.write_all(ASK).await.unwrap();
    heard.recv().await.unwrap();
    served.stop.send(()).unwrap();
    answer.send(true).unwrap();
    let mut said = vec![];
    stream.read_to_end(&mut said).await.unwrap();
    assert!(said.ends_with(b"done"), "{}", String::from_utf8_lossy(&said));
    served.ended.await.unwrap();
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_loses_the_connection_by_tls_too() {
    let much = || async { vec![7_u8; 64 << 20] };
    let limits = Limits { connections: 1, unread: Duration::from_millis(50), ..Limits::default() };
    let served = served(limits, Router::new().route("/", get(much)));
    let mut asleep = connected(&served).await;
    asleep.write_all(ASK).await.unwrap();
    // There is room for one: this one is served only once the first was given up.
    let mut other = connected(&served).await;
    other.write_all(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(other.read(&mut [0; 99]).await.unwrap() > 0);
    let mut taken = vec![];
    let _ = asleep.read_to_end(&mut taken).await;
    assert!(taken.len() < 64 << 20, "not all of it was sent");
}

#[tokio::test]
async fn hundreds_that_come_at_once_wait_for_their_turn() {
    // As many as any system lets wait; nobody accepts them.
    let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    let most = most.and_then(|text| text.trim().parse().ok()).unwrap_or(128_usize);
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let coming = (0..most.min(500)).map(|_| TcpStream::connect(address));
    let came = futures_util::future::join_all(coming).await;
    assert!(came.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_server_without_room_for_another_connection_hears_that_it_is_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = Limits { connections: 0, ..Limits::default() };
    serve_within(limits, None, listener, Router::new(), std::future::ready(())).await;
}

async fn from(source: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    stream.write_all(ASK).await.unwrap();
    stream
}

/// Whether the server answers, rather than closing.
async fn is_answered(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 999]).await, Ok(1..))
}

fn from_one(most: usize, is_exempt: fn(&IpAddr) -> bool) -> SocketAddr {
    let limits = Limits { from_one: most, is_exempt, ..Limits::default() };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    tokio::spawn(serve_within(limits, None, listener, Router::new(), std::future::pending()));
    address
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_address_takes_no_more_than_its_places_and_gets_them_back() {
    let server = from_one(2, |_| false);
    let mut first = from("127.0.0.1", server).await;
    let mut second = from("127.0.0.1", server).await;
    assert!(is_answered(&mut first).await && is_answered(&mut second).await);
    assert!(!is_answered(&mut from("127.0.0.1", server).await).await);
    assert!(is_answered(&mut from("127.0.0.2", server).await).await, "others have theirs");
    drop(first);
    // The server hears of it a moment later.
    while !is_answered(&mut from("127.0.0.1", server).await).await {}
}

#[tokio::test]
async fn behind_a_proxy_here_nobody_is_counted() {
    let server = from_one(1, Limits::default().is_exempt);
    let mut standing = vec![];
    for _ in 0..20 {
        let mut stream = from("127.0.0.1", server).await;
        assert!(is_answered(&mut stream).await);
        standing.push(stream);
    }
}
