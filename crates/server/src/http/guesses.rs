//! Wrong one-time codes by where they come from. A whole station can sit behind one address, so nothing but wrong codes
//! counts: whoever has a token or the right code is never held up by how many there are.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

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
    /// Whether a code from there is looked at now.
    pub(super) fn is_heard(&self, from: IpAddr, now_ms: i64) -> bool {
        let waited_ms = self.waited_ms.lock().unwrap_or_else(PoisonError::into_inner);
        let until_ms = waited_ms.get(&network(from)).copied().unwrap_or(now_ms);
        until_ms.saturating_sub(now_ms) <= (AT_ONCE - 1) * ONE_MORE_MS
    }

    /// A wrong code came from there.
    pub(super) fn count(&self, from: IpAddr, now_ms: i64) {
        let mut waited_ms = self.waited_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if waited_ms.len() >= ADDRESSES {
            waited_ms.retain(|_, until_ms| *until_ms > now_ms);
        }
        if waited_ms.len() >= ADDRESSES {
            let oldest = waited_ms.iter().min_by_key(|(_, until_ms)| **until_ms).map(|(from, _)| *from);
            oldest.map(|oldest| waited_ms.remove(&oldest));
        }
        let until_ms = waited_ms.entry(network(from)).or_insert(now_ms);
        // A clock that was put back makes nobody wait longer than a full measure.
        let full_ms = now_ms.saturating_add(AT_ONCE * ONE_MORE_MS);
        *until_ms = (*until_ms).max(now_ms).saturating_add(ONE_MORE_MS).min(full_ms);
    }
}

/// Whoever has one address of IPv6 has the 64 bits behind it as well.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_763_000_000_000;

    fn v4(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 1, last])
    }

    #[test]
    fn sixty_wrong_codes_are_heard_and_then_one_in_two_seconds() {
        let guesses = Guesses::default();
        for _ in 0..60 {
            assert!(guesses.is_heard(v4(1), NOW));
            guesses.count(v4(1), NOW);
        }
        assert!(!guesses.is_heard(v4(1), NOW) && guesses.is_heard(v4(2), NOW), "others are heard");
        assert!(!guesses.is_heard(v4(1), NOW + 1_999) && guesses.is_heard(v4(1), NOW + 2_000));
        guesses.count(v4(1), NOW + 2_000);
        assert!(!guesses.is_heard(v4(1), NOW + 3_999) && guesses.is_heard(v4(1), NOW + 4_000));
        assert!(guesses.is_heard(v4(1), NOW + 200_000));
    }

    #[test]
    fn a_clock_that_was_put_back_locks_nobody_out_for_longer() {
        let guesses = Guesses::default();
        guesses.count(v4(1), NOW + 1_000_000_000);
        guesses.count(v4(1), NOW);
        assert!(!guesses.is_heard(v4(1), NOW) && guesses.is_heard(v4(1), NOW + 2_000));
    }

    #[test]
    fn one_who_has_a_network_of_ipv6_is_one() {
        let guesses = Guesses::default();
        for last in 0..60_u128 {
            guesses.count(Ipv6Addr::from_bits(0x2001_0db8 << 96 | last << 1).into(), NOW);
        }
        let of = |bits: u128| IpAddr::from(Ipv6Addr::from_bits(bits));
        assert!(!guesses.is_heard(of(0x2001_0db8 << 96 | 77), NOW));
        assert!(guesses.is_heard(of(0x2001_0db8 << 96 | 1 << 64), NOW));
        let mapped: IpAddr = "::ffff:192.168.1.9".parse().unwrap();
        (0..60).for_each(|_| guesses.count(mapped, NOW));
        assert!(!guesses.is_heard(v4(9), NOW));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let guesses = Guesses::default();
        for n in 0..u32::try_from(ADDRESSES).unwrap() + 500 {
            guesses.count(IpAddr::from(n.to_be_bytes()), NOW + i64::from(n));
        }
        assert!(guesses.waited_ms.lock().unwrap().len() <= ADDRESSES);
    }
}
