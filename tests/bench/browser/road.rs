//! A road as slow as a phone's: so many bytes a second each way, so long for the first of them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

/// What browsers' tools call slow 4G: 1.6 Mbit/s down, half of that up, 150 ms there and back.
const DOWN: f64 = 1_600_000.0 / 8.0;
const UP: f64 = 750_000.0 / 8.0;
const ONE_WAY: Duration = Duration::from_millis(75);
/// What goes as one: an Ethernet frame's load.
const PACKET: usize = 1_460;
/// Packets on their way in one connection, above what the road itself holds.
const ON_THE_WAY: usize = 64;

/// A TCP proxy with an address of its own; all connections share its width. A connection costs one journey there
/// and back before its first byte. That TCP begins slowly on a real road is not played.
pub struct SlowRoad {
    address: SocketAddr,
}

impl SlowRoad {
    /// A road to this address, `http://127.0.0.1:10000`.
    pub fn to(address: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let road = Self { address: listener.local_addr()? };
        let (down, up) = (Arc::new(Lane::of(DOWN)), Arc::new(Lane::of(UP)));
        let server: SocketAddr = address.trim_start_matches("http://").parse()?;
        thread::spawn(move || {
            for device in listener.incoming().flatten() {
                let (down, up) = (down.clone(), up.clone());
                thread::spawn(move || {
                    wait(2 * ONE_WAY);
                    // A server that is gone answers nobody.
                    let _ = carry(&device, server, &down, &up);
                });
            }
        });
        Ok(road)
    }

    /// What a device takes for the server's address.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One direction of the road.
struct Lane {
    bytes_a_second: f64,
    is_free_at: Mutex<Instant>,
}

impl Lane {
    fn of(bytes_a_second: f64) -> Self {
        Self { bytes_a_second, is_free_at: Mutex::new(Instant::now()) }
    }

    /// When so many bytes that set out now have arrived.
    fn arrival(&self, bytes: usize) -> Instant {
        let mut is_free_at = self.is_free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let sets_out = (*is_free_at).max(Instant::now());
        *is_free_at = sets_out + Duration::from_secs_f64(bytes as f64 / self.bytes_a_second);
        *is_free_at + ONE_WAY
    }
}

fn carry(device: &TcpStream, server: SocketAddr, down: &Lane, up: &Lane) -> Result<()> {
    let server = TcpStream::connect(server)?;
    for end in [device, &server] {
        end.set_nodelay(true)?;
    }
    thread::scope(|both| {
        both.spawn(|| travel(device, &server, up));
        both.spawn(|| travel(&server, device, down));
    });
    Ok(())
}

fn travel(from: &TcpStream, to: &TcpStream, lane: &Lane) {
    let (sets_out, arrives) = sync_channel(ON_THE_WAY);
    thread::scope(|ends| {
        ends.spawn(|| deliver(to, arrives));
        send(from, sets_out, lane);
    });
    // The other side may have closed it first.
    let _ = to.shutdown(Shutdown::Write);
}

fn send(mut from: &TcpStream, sets_out: SyncSender<(Instant, Vec<u8>)>, lane: &Lane) {
    let mut packet = [0; PACKET];
    while let Ok(read @ 1..) = from.read(&mut packet) {
        if sets_out.send((lane.arrival(read), packet[..read].to_vec())).is_err() {
            return;
        }
    }
}

fn deliver(mut to: &TcpStream, arrives: Receiver<(Instant, Vec<u8>)>) {
    for (at, packet) in arrives {
        wait(at.saturating_duration_since(Instant::now()));
        if to.write_all(&packet).is_err() {
            return;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "to take time is what a road is for")]
fn wait(time: Duration) {
    thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each byte with so many.
    fn answering(bytes: usize) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut asker in listener.incoming().flatten() {
                thread::spawn(move || {
                    while asker.read_exact(&mut [0]).is_ok() {
                        asker.write_all(&vec![7; bytes]).unwrap();
                    }
                });
            }
        });
        format!("http://{address}")
    }

    #[test]
    fn bytes_take_their_time_and_two_connections_share_the_road() {
        let road = SlowRoad::to(&answering(20_000)).unwrap();
        let began = Instant::now();
        let asked = || {
            let mut asker = TcpStream::connect(road.address).unwrap();
            asker.write_all(&[1]).unwrap();
            asker.read_exact(&mut vec![0; 20_000]).unwrap();
            began.elapsed().as_millis()
        };
        let both = thread::scope(|askers| {
            let (one, other) = (askers.spawn(asked), askers.spawn(asked));
            one.join().unwrap().max(other.join().unwrap())
        });
        // 150 ms for the connection, 150 there and back, 40,000 bytes at 200 a millisecond.
        assert!((490..900).contains(&both), "{both} ms");
    }
}
