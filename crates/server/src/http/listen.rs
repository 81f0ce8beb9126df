//! The accept loop: time limits on handshakes and headers, bounds on connections in all and by address, a graceful end.

use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::map_response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::crowd::{Crowd, Place};
use super::headers;
use super::patience::Patience;

/// Connections served at the same moment; others wait in the listener's queue.
const CONNECTIONS: usize = 4_096;
/// Connections from one address: a station's devices come from one, a county's from more than eight.
const FROM_ONE: usize = 512;
/// Connections in that queue, as far as the system allows: when the network comes back, a county's
/// devices come within the same second, and one that finds no room is not told so for a long time.
const WAITING: u32 = 4_096;
/// A request's head comes within this time, or the connection ends; also how long an idle one stays.
const HEAD: Duration = Duration::from_secs(30);
/// The same for the handshake of TLS before it.
const HANDSHAKE: Duration = HEAD;
/// An answer of which nobody takes a byte for this long is given up.
const UNREAD: Duration = Duration::from_secs(60);
/// Rounds under way when the server stops have this long to end.
const ENDING: Duration = Duration::from_secs(10);
/// Room to breathe when the system has no more sockets to give.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Whoever has one address of IPv6 has the 64 bits behind it as well.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// Listens at an address.
///
/// # Errors
/// When the address is taken, or none of this machine's.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was just ended may begin again at once. Elsewhere this would share the address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Serves until `stop` resolves, then lets the rounds under way end.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    serve_within(Limits::default(), None, listener, router, stop).await;
}

/// The same, by TLS alone.
pub async fn serve_tls(
    listener: TcpListener,
    tls: TlsAcceptor,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    serve_within(Limits::default(), Some(tls), listener, router, stop).await;
}

/// What nobody can take more of.
#[derive(Clone, Copy)]
struct Limits {
    connections: usize,
    from_one: usize,
    /// Addresses that may have all of them: behind a proxy on this machine everybody comes from here.
    is_exempt: fn(&IpAddr) -> bool,
    handshake: Duration,
    unread: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            from_one: FROM_ONE,
            is_exempt: IpAddr::is_loopback,
            handshake: HANDSHAKE,
            unread: UNREAD,
        }
    }
}

async fn serve_within(
    limits: Limits,
    tls: Option<TlsAcceptor>,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let router = match tls {
        None => router,
        Some(_) => router.layer(map_response(headers::by_tls_alone)),
    };
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(limits.connections));
    let crowd = Crowd::default();
    // Dropped when the server stops: whoever has not even shaken hands by then has nothing to lose.
    let (stopping, not_stopping) = watch::channel(());
    tokio::pin!(stop);
    loop {
        let next = tokio::select! {
            next = accept(&listener, &permits) => next,
            () = &mut stop => break,
        };
        match next {
            Ok((stream, peer, permit)) => {
                let is_exempt = (limits.is_exempt)(&peer.0);
                let place = if is_exempt { None } else { crowd.join(peer.0, limits.from_one) };
                if place.is_none() && !is_exempt {
                    tracing::debug!("too many connections come from one address");
                    continue;
                }
                let (router, watcher) = (router.clone(), graceful.watcher());
                let connection = Connection { peer, router, watcher, permit, place };
                let stream = Patience::new(stream, limits.unread);
                match tls.clone() {
                    None => drop(tokio::spawn(connection.serve(stream))),
                    Some(tls) => {
                        let shaken = shaken(tls, stream, limits.handshake, not_stopping.clone());
                        tokio::spawn(async move {
                            if let Some(stream) = shaken.await {
                                connection.serve(stream).await;
                            }
                        });
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    drop((listener, stopping));
    if tokio::time::timeout(ENDING, graceful.shutdown()).await.is_err() {
        tracing::warn!("some rounds were cut off");
    }
}

/// The next connection, once there is room for one more.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, Peer(address.ip().to_canonical()), permit))
}

/// A stream whose other end has shaken hands in time; `None` for everybody else.
async fn shaken<S: AsyncRead + AsyncWrite + Unpin>(
    tls: TlsAcceptor,
    stream: S,
    limit: Duration,
    mut not_stopping: watch::Receiver<()>,
) -> Option<tokio_rustls::server::TlsStream<S>> {
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(limit, tls.accept(stream)) => shaken,
        // The sender never sends: this is its end.
        _ = not_stopping.changed() => return None,
    };
    match shaken {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!("a handshake took too long");
            None
        }
    }
}

/// One connection and what it takes up while it lasts.
struct Connection {
    peer: Peer,
    router: Router,
    watcher: Watcher,
    permit: OwnedSemaphorePermit,
    place: Option<Place>,
}

impl Connection {
    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let Self { peer, router, watcher, permit, place } = self;
        let told = move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request
        };
        let service = TowerToHyperService::new(ServiceExt::<Request<Incoming>>::map_request(router, told));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let connection = watcher.watch(http.serve_connection(TokioIo::new(stream), service));
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
        drop((permit, place));
    }
}

#[cfg(test)]
mod tests;
