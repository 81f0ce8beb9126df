//! Lists that are sets: elements are added and removed one by one, so that two people who add two
//! things to one list keep both.
//!
//! A set is a CBOR array of its elements, in the order in which they were typed until they are merged,
//! and ascending by their encoded bytes from then on. What an edit says of it is a map, `0` with the
//! array of elements added and `1` with those removed. An array in the place of that map is the whole
//! set as an older version writes it: it removes what it does not name.

use std::borrow::Cow;
use std::collections::BTreeSet;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::body::NULL;

/// Elements, each in its encoded form.
pub type Elements = BTreeSet<Vec<u8>>;

const ADDED: u32 = 0;
const REMOVED: u32 = 1;

/// What an edit says of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetWrite {
    added: Elements,
    removed: Removed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Removed {
    These(Elements),
    AllButAdded,
}

impl SetWrite {
    /// Reads the value of a set in an edit; `None` when it is neither a set nor a change of one.
    pub fn parse(value: &[u8]) -> Option<Self> {
        if Decoder::new(value).datatype().ok()? != Type::Map {
            return Some(Self { added: elements(value)?, removed: Removed::AllButAdded });
        }
        let mut decoder = Decoder::new(value);
        let mut write = Self { added: Elements::new(), removed: Removed::These(Elements::new()) };
        for _ in 0..decoder.map().ok()?? {
            match decoder.u32().ok()? {
                ADDED => write.added = read_elements(&mut decoder)?,
                REMOVED => write.removed = Removed::These(read_elements(&mut decoder)?),
                _ => decoder.skip().ok()?,
            }
        }
        Some(write)
    }

    /// Which elements it adds to these. One that is there already is added again where the edit says so,
    /// and only kept by a whole set.
    pub fn added(&self, now: &Elements) -> Elements {
        match self.removed {
            Removed::These(_) => self.added.clone(),
            Removed::AllButAdded => &self.added - now,
        }
    }

    /// Which of the elements that are there it removes.
    pub fn removed(&self, now: &Elements) -> Elements {
        let removed: Elements = match &self.removed {
            Removed::These(removed) => now.intersection(removed).cloned().collect(),
            Removed::AllButAdded => now.clone(),
        };
        removed.difference(&self.added).cloned().collect()
    }

    /// The encoded set once this is written over another.
    pub(crate) fn over<'v>(&self, now: &'v [u8]) -> Cow<'v, [u8]> {
        let before = elements(now).unwrap_or_default();
        let mut after = &before - &self.removed(&before);
        after.extend(self.added.iter().cloned());
        if after == before { Cow::Borrowed(now) } else { Cow::Owned(encode(&after)) }
    }
}

/// The elements of an encoded set, none of a field left out; `None` when it is no array.
pub fn elements(value: &[u8]) -> Option<Elements> {
    if value == NULL { Some(Elements::new()) } else { read_elements(&mut Decoder::new(value)) }
}

/// The one form of a set.
#[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
pub fn encode(elements: &Elements) -> Vec<u8> {
    let mut encoder = Encoder::new(vec![]);
    encoder.array(elements.len() as u64).unwrap();
    for element in elements {
        encoder.writer_mut().extend_from_slice(element);
    }
    encoder.into_writer()
}

/// What turns one encoded set into another; `None` when they have the same elements.
#[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
pub(crate) fn change(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let (old, new) = (elements(old)?, elements(new)?);
    let parts = [(ADDED, &new - &old), (REMOVED, &old - &new)];
    let parts: Vec<_> = parts.iter().filter(|(_, elements)| !elements.is_empty()).collect();
    let mut encoder = Encoder::new(vec![]);
    encoder.map(parts.len() as u64).unwrap();
    for (part, elements) in &parts {
        encoder.u32(*part).unwrap();
        encoder.writer_mut().extend(encode(elements));
    }
    if parts.is_empty() { None } else { Some(encoder.into_writer()) }
}

fn read_elements(decoder: &mut Decoder<'_>) -> Option<Elements> {
    let count = decoder.array().ok()??;
    let mut elements = Elements::new();
    for _ in 0..count {
        let start = decoder.position();
        decoder.skip().ok()?;
        elements.insert(decoder.input()[start..decoder.position()].to_vec());
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(texts: &[&str]) -> Vec<u8> {
        minicbor::to_vec(texts).unwrap()
    }

    fn texts(value: &[u8]) -> Vec<String> {
        minicbor::decode(value).unwrap()
    }

    /// The byte form is part of the protocol.
    #[test]
    fn a_change_names_what_was_added_and_removed() {
        let change = change(&list(&["b", "a"]), &list(&["a", "c"])).unwrap();
        assert_eq!(change, [0xa2, 0, 0x81, 0x61, b'c', 1, 0x81, 0x61, b'b']);
        let over = |now: &[u8]| SetWrite::parse(&change).unwrap().over(now).into_owned();
        assert_eq!(texts(&over(&list(&["x", "b"]))), ["c", "x"]);
        assert_eq!(texts(&over(NULL)), ["c"]);
    }

    #[test]
    fn the_same_elements_in_another_order_are_no_change() {
        assert_eq!(change(&list(&["b", "a"]), &list(&["a", "b"])), None);
        let now = list(&["b", "a"]);
        let again = SetWrite::parse(&[0xa1, 0, 0x81, 0x61, b'a']).unwrap();
        assert_eq!(*again.over(&now), *now, "as it was typed");
    }

    #[test]
    fn a_whole_list_of_an_older_version_removes_what_it_does_not_name() {
        let whole = SetWrite::parse(&list(&["c"])).unwrap();
        assert_eq!(texts(&whole.over(&list(&["a", "b"]))), ["c"]);
        assert_eq!(texts(&SetWrite::parse(NULL).unwrap().over(&list(&["a"]))), [""; 0]);
    }

    proptest! {
        #[test]
        fn what_is_no_set_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let read = SetWrite::parse(&bytes);
            prop_assert!(read.is_none_or(|write| write.removed(&Elements::new()).is_empty()));
        }

        #[test]
        fn a_change_leads_from_one_set_to_the_other(
            old in proptest::collection::btree_set("[a-d]{1,2}", 0..6),
            new in proptest::collection::btree_set("[a-d]{1,2}", 0..6),
        ) {
            let encoded = |texts: &BTreeSet<String>| minicbor::to_vec(texts.iter().collect::<Vec<_>>()).unwrap();
            let (old, new) = (encoded(&old), encoded(&new));
            let after = match change(&old, &new) {
                Some(change) => SetWrite::parse(&change).unwrap().over(&old).into_owned(),
                None => old,
            };
            prop_assert_eq!(elements(&after), elements(&new));
        }
    }
}
