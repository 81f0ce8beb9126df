//! A road that counts what passes over it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

/// What passed so far, heads of HTTP included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Bytes to the server.
    pub sent: usize,
    /// Bytes from it.
    pub received: usize,
    /// Requests.
    pub requests: usize,
}

impl Passed {
    /// What passed since then.
    pub fn since(self, before: Self) -> Self {
        Self {
            sent: self.sent - before.sent,
            received: self.received - before.received,
            requests: self.requests - before.requests,
        }
    }
}

#[derive(Default)]
struct Counters {
    sent: AtomicUsize,
    received: AtomicUsize,
    requests: AtomicUsize,
}

/// A TCP proxy with an address of its own.
pub struct CountedRoad {
    /// What a device takes for the server's address.
    pub address: SocketAddr,
    counters: Arc<Counters>,
}

impl CountedRoad {
    /// A road to this address.
    pub fn to(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let road = Self { address: listener.local_addr()?, counters: Arc::default() };
        let counters = road.counters.clone();
        thread::spawn(move || {
            for device in listener.incoming().flatten() {
                // A server that is gone answers nobody.
                let _ = carry(device, server, &counters);
            }
        });
        Ok(road)
    }

    /// What passed so far.
    pub fn passed(&self) -> Passed {
        let read = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let Counters { sent, received, requests } = &*self.counters;
        Passed { sent: read(sent), received: read(received), requests: read(requests) }
    }
}

fn carry(device: TcpStream, server: SocketAddr, counters: &Arc<Counters>) -> Result<()> {
    let server = TcpStream::connect(server)?;
    device.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_device, from_server) = (device.try_clone()?, server.try_clone()?);
    let (out, back) = (counters.clone(), counters.clone());
    thread::spawn(move || {
        pour(from_device, server, |bytes| {
            out.sent.fetch_add(bytes.len(), Ordering::Relaxed);
            out.requests.fetch_add(heads_in(bytes), Ordering::Relaxed);
        });
    });
    thread::spawn(move || {
        pour(from_server, device, |bytes| {
            back.received.fetch_add(bytes.len(), Ordering::Relaxed);
        });
    });
    Ok(())
}

fn pour(mut from: TcpStream, mut to: TcpStream, mut count: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Either side may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}

fn heads_in(bytes: &[u8]) -> usize {
    const LINE: &[u8] = b" HTTP/1.1\r\n";
    bytes.windows(LINE.len()).filter(|window| *window == LINE).count()
}
