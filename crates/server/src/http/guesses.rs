//! Wrong one-time codes by where they come from. A whole station can sit behind one address, so nothing but wrong codes
//! counts, and whoever has a token is never held up. Behind a proxy on this machine all come from here: then nothing is
//! counted, because one stranger would keep everybody out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::listen::network;

/// Wrong codes from one address before it has to wait.
const AT_ONCE: i64 = 60;
/// After so long one more is let through, ms.
const ONE_MORE_MS: i64 = 2_000;
/// Most addresses remembered; beyond that those that waited longest are forgotten.
const ADDRESSES: usize = 10_000;

/// How many wrong codes came from where.
#[derive(Default)]
pub(super) struct Guesses {
    /// By address: when all of its wrong codes will have been waited for, ms since 1970 UTC.
    waited_ms: Mutex<HashMap<IpAddr, i64>>,
}

impl Guesses {
    /// Takes one try for an address, before the code is looked at; false when it has to wait. A try that was no wrong
    /// code is given back.
    pub(super) fn take(&self, from: IpAddr, now_ms: i64) -> bool {
        let from = network(from);
        let mut waited_ms = self.waited_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if !waited_ms.contains_key(&from) && waited_ms.len() >= ADDRESSES {
            make_room(&mut waited_ms, now_ms);
        }
        let until_ms = waited_ms.entry(from).or_insert(now_ms);
        // A clock that was put back makes nobody wait longer than a full measure.
        let until = (*until_ms).clamp(now_ms, now_ms.saturating_add(AT_ONCE * ONE_MORE_MS));
        let is_heard = until - now_ms <= (AT_ONCE - 1) * ONE_MORE_MS;
        *until_ms = if is_heard { until + ONE_MORE_MS } else { until };
        is_heard
    }

    /// The try was no guess.
    pub(super) fn give_back(&self, from: IpAddr) {
        let mut waited_ms = self.waited_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until_ms) = waited_ms.get_mut(&network(from)) {
            *until_ms -= ONE_MORE_MS;
        }
    }
}

/// Forgets who has waited, or else who will have first.
fn make_room(waited_ms: &mut HashMap<IpAddr, i64>, now_ms: i64) {
    waited_ms.retain(|_, until_ms| *until_ms > now_ms);
    if waited_ms.len() >= ADDRESSES {
        let first = waited_ms.iter().min_by_key(|(_, until_ms)| **until_ms).map(|(from, _)| *from);
        first.map(|first| waited_ms.remove(&first));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    const NOW: i64 = 1_763_000_000_000;

    fn v4(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 1, last])
    }

    #[test]
    fn sixty_wrong_codes_are_heard_and_then_one_in_two_seconds() {
        let guesses = Guesses::default();
        assert!((0..60).all(|_| guesses.take(v4(1), NOW)));
        assert!(!guesses.take(v4(1), NOW) && guesses.take(v4(2), NOW), "others are heard");
        assert!(!guesses.take(v4(1), NOW + 1_999) && guesses.take(v4(1), NOW + 2_000));
        assert!(!guesses.take(v4(1), NOW + 3_999) && guesses.take(v4(1), NOW + 4_000));
        assert!((0..60).all(|_| guesses.take(v4(1), NOW + 200_000)));
    }

    #[test]
    fn a_try_that_was_no_guess_costs_nothing() {
        let guesses = Guesses::default();
        for _ in 0..500 {
            assert!(guesses.take(v4(1), NOW));
            guesses.give_back(v4(1));
        }
        // As many at once as there are tries, and none more, whatever comes of them.
        assert!((0..60).all(|_| guesses.take(v4(1), NOW)) && !guesses.take(v4(1), NOW));
    }

    #[test]
    fn a_clock_that_was_put_back_locks_nobody_out_for_longer() {
        let guesses = Guesses::default();
        guesses.take(v4(1), NOW + 1_000_000_000);
        assert!(!guesses.take(v4(1), NOW) && guesses.take(v4(1), NOW + 2_000));
    }

    #[test]
    fn one_who_has_a_network_of_ipv6_is_one() {
        let guesses = Guesses::default();
        let of = |bits: u128| IpAddr::from(Ipv6Addr::from_bits(0x2001_0db8 << 96 | bits));
        assert!((0..60).all(|last| guesses.take(of(last), NOW)));
        assert!(!guesses.take(of(77), NOW) && guesses.take(of(1 << 64), NOW));
        let mapped: IpAddr = "::ffff:192.168.1.9".parse().unwrap();
        assert!((0..60).all(|_| guesses.take(mapped, NOW)) && !guesses.take(v4(9), NOW));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let guesses = Guesses::default();
        for n in 0..u32::try_from(ADDRESSES).unwrap() + 500 {
            guesses.take(IpAddr::from(n.to_be_bytes()), NOW + i64::from(n));
        }
        assert!(guesses.waited_ms.lock().unwrap().len() <= ADDRESSES);
    }
}
