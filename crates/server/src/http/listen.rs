//! The accept loop: time limits on headers, a bound on connections, a graceful end.

use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use super::patience::Patience;

/// Connections served at the same moment; others wait in the listener's queue.
const CONNECTIONS: usize = 4_096;
/// Connections in that queue, as far as the system allows: when the network comes back, a county's
/// devices come within the same second, and one that finds no room is not told so for a long time.
const WAITING: u32 = 4_096;
/// A request's head comes within this time, or the connection ends; also how long an idle one stays.
const HEAD: Duration = Duration::from_secs(30);
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
    serve_at_most(CONNECTIONS, listener, router, stop).await;
}

async fn serve_at_most(
    connections: usize,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(connections));
    tokio::pin!(stop);
    loop {
        let next = tokio::select! {
            next = accept(&listener, &permits) => next,
            () = &mut stop => break,
        };
        match next {
            Ok((stream, peer, permit)) => serve_connection(stream, peer, &router, &graceful, permit),
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
    drop(listener);
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

fn serve_connection(
    stream: TcpStream,
    peer: Peer,
    router: &Router,
    graceful: &GracefulShutdown,
    permit: OwnedSemaphorePermit,
) {
    let told = move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    };
    let service =
        TowerToHyperService::new(ServiceExt::<Request<Incoming>>::map_request(router.clone(), told));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connection =
        graceful.watch(http.serve_connection(TokioIo::new(Patience::new(stream, UNREAD)), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
        drop(permit);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

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
        serve_at_most(0, listener, Router::new(), std::future::ready(())).await;
    }
}
