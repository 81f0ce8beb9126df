//! Who wrote each field of a record last, and when: what the field merge decides by.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use records::{AccountId, Incarnation};
use thiserror::Error;

use crate::clock::Hlc;

/// Version of a write whose number is not drawn yet: counters are locked last. Above every number,
/// so that nobody has seen it, and small enough for a signed column.
pub const UNNUMBERED: u64 = i64::MAX as u64;

/// One write of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The record's version when the field took this value.
    pub version: u64,
    /// When, by the effective clock.
    pub hlc: Hlc,
    /// The database it was written in.
    pub incarnation: Incarnation,
    /// The commit it came in.
    pub push_seq: u64,
    /// Who wrote it.
    pub author: AccountId,
}

impl Stamp {
    /// What decides between two writes that did not see each other: the larger one wins.
    pub fn rank(&self) -> (Hlc, Incarnation, u64) {
        (self.hlc, self.incarnation, self.push_seq)
    }
}

/// The stamps of a record: one for its making, one per field written since, and one per element added
/// since to a field that is a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamps {
    made: Stamp,
    fields: BTreeMap<u32, Stamp>,
    elements: BTreeMap<(u32, Vec<u8>), Stamp>,
}

/// Why bytes are no stamps.
#[derive(Debug, Error)]
pub enum StampsFault {
    /// Not CBOR of the expected form.
    #[error("not stamps: {0}")]
    Malformed(#[from] minicbor::decode::Error),
    /// A write by a writer that is not listed.
    #[error("a stamp without its writer")]
    NoWriter,
}

impl Stamps {
    /// Of a record made by this write.
    pub fn of_new(made: Stamp) -> Self {
        Self { made, fields: BTreeMap::new(), elements: BTreeMap::new() }
    }

    /// The last write of a field; its making where it was never written since.
    pub fn of(&self, field: u32) -> &Stamp {
        self.fields.get(&field).unwrap_or(&self.made)
    }

    /// The last write of a field since its making.
    pub fn written(&self, field: u32) -> Option<&Stamp> {
        self.fields.get(&field)
    }

    /// The last writes since the making, by field.
    pub fn writes(&self) -> impl Iterator<Item = (u32, &Stamp)> {
        self.fields.iter().map(|(field, stamp)| (*field, stamp))
    }

    /// When an element of a set was added; the record's making where it was there from the beginning.
    pub fn of_element(&self, field: u32, element: &[u8]) -> &Stamp {
        self.elements.get(&(field, element.to_vec())).unwrap_or(&self.made)
    }

    /// Notes that an element was added to a set.
    pub fn set_element(&mut self, field: u32, element: &[u8], stamp: Stamp) {
        self.elements.insert((field, element.to_vec()), stamp);
    }

    /// Forgets an element that was removed.
    pub fn forget_element(&mut self, field: u32, element: &[u8]) {
        self.elements.remove(&(field, element.to_vec()));
    }

    /// Forgets all elements of sets: their bytes are words that somebody wrote.
    pub fn forget_elements(&mut self) {
        self.elements.clear();
    }

    /// Notes a write of a field.
    pub fn set(&mut self, field: u32, stamp: Stamp) {
        self.fields.insert(field, stamp);
    }

    /// Gives the writes that wait for it their version.
    pub fn number(&mut self, version: u64) {
        let waiting = std::iter::once(&mut self.made).chain(self.fields.values_mut());
        let waiting = waiting.chain(self.elements.values_mut());
        waiting.filter(|stamp| stamp.version == UNNUMBERED).for_each(|stamp| stamp.version = version);
    }

    /// The bytes as stored; each writer is named once.
    #[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writers = vec![];
        let made = packed(&self.made, &mut writers);
        let fields = self.fields.iter().map(|(field, stamp)| (*field, packed(stamp, &mut writers))).collect();
        let elements = self.elements.iter().map(|((field, element), stamp)| {
            (*field, ByteVec::from(element.clone()), packed(stamp, &mut writers))
        });
        let elements = elements.collect::<Vec<_>>();
        let elements = Some(elements).filter(|elements| !elements.is_empty());
        minicbor::to_vec(PackedStamps { writers, made, fields, elements }).unwrap()
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`StampsFault`] when they are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StampsFault> {
        let packed: PackedStamps = minicbor::decode(bytes)?;
        let whole = |stamp: &PackedStamp| unpacked(stamp, &packed.writers);
        let fields = packed.fields.iter().map(|(field, stamp)| Ok((*field, whole(stamp)?)));
        let elements = packed.elements.iter().flatten();
        let elements =
            elements.map(|(field, element, stamp)| Ok(((*field, element.to_vec()), whole(stamp)?)));
        Ok(Self {
            made: whole(&packed.made)?,
            fields: fields.collect::<Result<_, StampsFault>>()?,
            elements: elements.collect::<Result<_, StampsFault>>()?,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct PackedStamps {
    #[n(0)]
    writers: Vec<(Incarnation, AccountId)>,
    #[n(1)]
    made: PackedStamp,
    #[n(2)]
    fields: BTreeMap<u32, PackedStamp>,
    /// Field, element, when it was added; left out where there is none.
    #[n(3)]
    elements: Option<Vec<(u32, ByteVec, PackedStamp)>>,
}

/// Index of the writer, version, effective time, commit.
type PackedStamp = (u64, u64, Hlc, u64);

fn packed(stamp: &Stamp, writers: &mut Vec<(Incarnation, AccountId)>) -> PackedStamp {
    let writer = (stamp.incarnation, stamp.author);
    let index = writers.iter().position(|known| *known == writer).unwrap_or_else(|| {
        writers.push(writer);
        writers.len() - 1
    });
    (index as u64, stamp.version, stamp.hlc, stamp.push_seq)
}

fn unpacked(stamp: &PackedStamp, writers: &[(Incarnation, AccountId)]) -> Result<Stamp, StampsFault> {
    let (index, version, hlc, push_seq) = *stamp;
    let writer = usize::try_from(index).ok().and_then(|index| writers.get(index));
    let (incarnation, author) = *writer.ok_or(StampsFault::NoWriter)?;
    Ok(Stamp { version, hlc, incarnation, push_seq, author })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(writer: u8, version: u64) -> Stamp {
        Stamp {
            version,
            hlc: Hlc::of_ms(1_763_000_000_000),
            incarnation: Incarnation::from_bytes([writer; 16]),
            push_seq: 40 + version % 7,
            author: AccountId::from_bytes([writer + 100; 16]),
        }
    }

    #[test]
    fn stamps_read_what_they_write() {
        let mut stamps = Stamps::of_new(stamp(1, 12));
        stamps.set(3, stamp(2, 15));
        stamps.set(40, stamp(1, 16));
        let before = stamps.to_bytes().len();
        stamps.set_element(11, b"x", stamp(2, 17));
        assert_eq!(Stamps::from_bytes(&stamps.to_bytes()).unwrap(), stamps);
        stamps.forget_element(11, b"x");
        assert_eq!(stamps.to_bytes().len(), before, "sets cost nothing where there are none");
        let bytes = stamps.to_bytes();
        assert_eq!(Stamps::from_bytes(&bytes).unwrap(), stamps);
        assert_eq!(stamps.of(7), &stamp(1, 12));
        assert!(bytes.len() < 140, "{}", bytes.len());
        assert!(Stamps::of_new(stamp(1, 12)).to_bytes().len() < 60);
    }

    #[test]
    fn only_waiting_writes_take_a_version() {
        let mut stamps = Stamps::of_new(stamp(1, 12));
        stamps.set(3, stamp(2, UNNUMBERED));
        stamps.number(20);
        assert_eq!((stamps.of(3).version, stamps.of(4).version), (20, 12));
    }

    #[test]
    fn damage_is_an_error() {
        let bytes = Stamps::of_new(stamp(1, 12)).to_bytes();
        for end in 0..bytes.len() {
            assert!(Stamps::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
    }
}
