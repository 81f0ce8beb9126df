//! A road between device and server that breaks where a story says, or leads to somebody else.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

/// Where the next exchange breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// After so many bytes of the request.
    Request(usize),
    /// After the whole request and so many bytes of the answer.
    Answer(usize),
}

/// A TCP proxy with an address of its own; dropping it closes it.
pub struct WeakLink {
    address: SocketAddr,
    road: Arc<Mutex<Road>>,
}

struct Road {
    leads_to: String,
    breaks: Option<(Cut, Box<dyn FnMut() + Send>)>,
    /// Connections that were made, to close those that stand open for the next exchange.
    made: Vec<TcpStream>,
    last_answer: Vec<u8>,
    is_closed: bool,
}

type Shared = Arc<Mutex<Road>>;

impl WeakLink {
    /// A sound road to this address, `http://127.0.0.1:10000`.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn to(address: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let road = Road {
            leads_to: host(address),
            breaks: None,
            made: vec![],
            last_answer: vec![],
            is_closed: false,
        };
        let link = Self { address: listener.local_addr()?, road: Arc::new(Mutex::new(road)) };
        let road = link.road.clone();
        thread::spawn(move || accept(&listener, &road));
        Ok(link)
    }

    /// What a device takes for the server's address.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on every exchange breaks off there.
    pub fn cut(&self, cut: Cut) {
        self.cut_and(cut, || ());
    }

    /// The same, and at that moment something else happens, too.
    pub fn cut_and(&self, cut: Cut, happens: impl FnMut() + Send + 'static) {
        let mut road = lock(&self.road);
        road.breaks = Some((cut, Box::new(happens)));
        road.made.drain(..).for_each(|device| close(&device));
    }

    /// The road is sound again.
    pub fn mend(&self) {
        lock(&self.road).breaks = None;
    }

    /// From now on it leads to another address.
    pub fn lead_to(&self, address: &str) {
        lock(&self.road).leads_to = host(address);
    }

    /// Every byte of the last answer that came along.
    pub fn last_answer(&self) -> Vec<u8> {
        lock(&self.road).last_answer.clone()
    }
}

impl Drop for WeakLink {
    fn drop(&mut self) {
        lock(&self.road).is_closed = true;
        // Wakes the thread that waits for a connection; gone already is as good.
        drop(TcpStream::connect(self.address));
    }
}

fn host(address: &str) -> String {
    address.trim_start_matches("http://").trim_start_matches("https://").to_owned()
}

fn lock(road: &Mutex<Road>) -> MutexGuard<'_, Road> {
    road.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, road: &Shared) {
    for device in listener.incoming().flatten() {
        if lock(road).is_closed {
            return;
        }
        lock(road).made.extend(device.try_clone());
        let road = road.clone();
        thread::spawn(move || {
            let server = TcpStream::connect(lock(&road).leads_to.clone());
            match server {
                Ok(server) => carry(&device, &server, &road),
                Err(_) => close(&device),
            }
        });
    }
}

/// Carries both directions until one side ends or the road breaks.
fn carry(device: &TcpStream, server: &TcpStream, road: &Shared) {
    let cut = lock(road).breaks.as_ref().map(|(cut, _)| *cut);
    let (of_request, of_answer) = match cut {
        None => (usize::MAX, usize::MAX),
        Some(Cut::Request(bytes)) => (bytes, usize::MAX),
        Some(Cut::Answer(bytes)) => (usize::MAX, bytes),
    };
    lock(road).last_answer.clear();
    let end = |is_broken: bool| {
        if is_broken && let Some((_, happens)) = &mut lock(road).breaks {
            happens();
        }
        close(device);
        close(server);
    };
    thread::scope(|both| {
        both.spawn(|| end(copy(device, server, of_request, |_| ())));
        both.spawn(|| end(copy(server, device, of_answer, |bytes| lock(road).last_answer.extend(bytes))));
    });
}

/// Copies up to so many bytes; true when there was one more.
fn copy(mut from: &TcpStream, mut to: &TcpStream, most: usize, mut seen: impl FnMut(&[u8])) -> bool {
    let mut left = most;
    let mut buffer = [0; 8 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer) else { return false };
        let passes = read.min(left);
        seen(&buffer[..passes]);
        if to.write_all(&buffer[..passes]).is_err() {
            return false;
        }
        left -= passes;
        if passes < read {
            return true;
        }
    }
}

fn close(stream: &TcpStream) {
    // The other side may have closed it first.
    let _ = stream.shutdown(Shutdown::Both);
}
