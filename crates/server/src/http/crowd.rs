//! Connections by where they come from: one address cannot take every place there is. A whole station sits behind one,
//! and so many devices of it are let in as a station has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::listen::network;

/// How many connections stand from where.
#[derive(Clone, Default)]
pub(super) struct Crowd {
    standing: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Crowd {
    /// Takes a place for one more connection from this address; `None` where as many stand already. Of IPv6 the 64 bits
    /// behind an address are one.
    pub(super) fn join(&self, from: IpAddr, most: usize) -> Option<Place> {
        let from = network(from);
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let here = standing.get(&from).copied().unwrap_or_default();
        (here < most).then(|| {
            standing.insert(from, here + 1);
            Place { from, crowd: self.clone() }
        })
    }

    fn leave(&self, from: IpAddr) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        match standing.get_mut(&from) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(standing.remove(&from)),
        }
    }
}

/// One place, free again when it is dropped.
pub(super) struct Place {
    from: IpAddr,
    crowd: Crowd,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.leave(self.from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_places_and_others_have_theirs() {
        let crowd = Crowd::default();
        let station: Vec<Place> =
            (0..3).map(|_| crowd.join(address("10.0.0.1"), 3)).collect::<Option<_>>().unwrap();
        assert!(crowd.join(address("10.0.0.1"), 3).is_none());
        assert!(crowd.join(address("::ffff:10.0.0.1"), 3).is_none(), "written otherwise, the same");
        assert!(crowd.join(address("10.0.0.2"), 3).is_some());
        drop(station.into_iter().next());
        assert!(crowd.join(address("10.0.0.1"), 3).is_some());
    }

    #[test]
    fn of_ipv6_a_network_is_one_address() {
        let crowd = Crowd::default();
        let place = crowd.join(address("2001:db8:0:7::1"), 1);
        assert!(crowd.join(address("2001:db8:0:7:ffff::9"), 1).is_none());
        assert!(crowd.join(address("2001:db8:0:8::1"), 1).is_some());
        drop(place);
        assert!(crowd.join(address("2001:db8:0:7:ffff::9"), 1).is_some());
    }

    #[test]
    fn who_left_is_not_remembered() {
        let crowd = Crowd::default();
        let places: Vec<_> = (0..9).map(|last| crowd.join(IpAddr::from([10, 0, 0, last]), 9)).collect();
        assert_eq!(crowd.standing.lock().unwrap().len(), 9);
        drop(places);
        assert!(crowd.standing.lock().unwrap().is_empty());
    }
}
