//! A record's fields as they are stored and sent: a CBOR map from field number to value.
//!
//! Merge works on whole encoded values and never needs a record's type, so fields that a newer
//! version added travel through an older device untouched.

use std::collections::BTreeMap;

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};
use thiserror::Error;

use crate::rules::text::is_hiding;

/// Deepest nesting accepted in a body.
pub const MAX_DEPTH: usize = 32;
/// Most fields accepted in a body or a patch; no type has a tenth of that.
pub const MAX_FIELDS: usize = 256;

/// Why bytes are no body.
#[derive(Debug, Error)]
pub enum BodyFault {
    /// The bytes are not CBOR of the expected form.
    #[error("not a record body: {0}")]
    Malformed(#[from] minicbor::decode::Error),
    /// Field numbers must ascend strictly, so that equal bodies are equal bytes.
    #[error("field numbers do not ascend")]
    Unordered,
    /// A field under the number [`DELETED`] or [`CLEARED`].
    #[error("a reserved field number")]
    Reserved,
    /// More than [`MAX_FIELDS`] fields.
    #[error("too many fields")]
    TooManyFields,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested too deep")]
    TooDeep,
    /// Bytes after the map.
    #[error("bytes after the end")]
    Trailing,
}

/// A record's fields. Equal records are equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Body(Vec<u8>);

/// A change to a record: the fields that change, null where one is cleared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Patch(Vec<u8>);

type FieldBytes<'a> = (u32, &'a [u8]);

/// CBOR null: in a patch, a field that is cleared.
pub const NULL: &[u8] = &[0xf6];
/// A field number that no type may use: under it the engine notes who deleted or restored a record.
pub const DELETED: u32 = u32::MAX;
/// Another one: under it the engine notes when a record was cleared, and why nothing is left of one that was erased.
pub const CLEARED: u32 = u32::MAX - 1;

impl Body {
    /// The body of a typed record.
    ///
    /// # Panics
    /// Never: writing to a vector cannot fail.
    #[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
    pub fn of<T: Encode<()>>(record: &T) -> Self {
        Self(minicbor::to_vec(record).unwrap())
    }

    /// Checks bytes from outside.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, BodyFault> {
        if field_count(&mut Decoder::new(&bytes))? > MAX_FIELDS as u64 {
            return Err(BodyFault::TooManyFields);
        }
        match fields_of(&bytes)?.last() {
            Some((CLEARED, _)) => Err(BodyFault::Reserved),
            _ => Ok(Self(bytes)),
        }
    }

    /// What stays of a record that was erased: why, as a code, and nothing else.
    #[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
    pub fn tombstone(reason: u16) -> Self {
        Self(write_fields(&[(CLEARED, &minicbor::to_vec(reason).unwrap())]))
    }

    /// Why nothing is left of it; `None` for a body that was not erased.
    pub fn erased_for(&self) -> Option<u16> {
        minicbor::decode(self.field(CLEARED)?).ok()
    }

    /// Takes bytes this program wrote itself, unchecked; reading them stays safe.
    pub fn trusted(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Whether any text in it hides characters; see [`is_hiding`].
    pub fn is_hiding(&self) -> bool {
        hides(&self.0)
    }

    /// This body with every text in it, however deep, as `reword` has it; `None` for one that stays leaves it. Field
    /// numbers, order and everything that is no text stay as they are, those of newer versions too. A body that cannot
    /// be read stays.
    #[must_use]
    pub fn reworded(&self, reword: &dyn Fn(&str) -> Option<String>) -> Body {
        let mut written = Encoder::new(Vec::with_capacity(self.0.len()));
        match copy_reworded(&mut Decoder::new(&self.0), &mut written, reword) {
            Some(()) => Self(written.into_writer()),
            None => self.clone(),
        }
    }

    /// Whether these bytes stand anywhere in it, also within values that are no text.
    pub fn contains(&self, bytes: &[u8]) -> bool {
        !bytes.is_empty() && self.0.windows(bytes.len()).any(|window| window == bytes)
    }

    /// The typed record.
    pub fn read<'b, T: Decode<'b, ()>>(&'b self) -> Result<T, BodyFault> {
        Ok(minicbor::decode(&self.0)?)
    }

    /// The bytes, as stored and sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The fields in ascending order; empty when the body is malformed. Whoever needs several of them
    /// reads them once here and finds each by binary search.
    pub fn fields(&self) -> Vec<FieldBytes<'_>> {
        fields_of(&self.0).unwrap_or_default()
    }

    /// The encoded value of one field. Reads the whole body.
    pub fn field(&self, number: u32) -> Option<&[u8]> {
        self.fields().into_iter().find(|(n, _)| *n == number).map(|(_, value)| value)
    }

    fn by_number(&self) -> BTreeMap<u32, &[u8]> {
        self.fields().into_iter().collect()
    }

    /// The body in its one form: a field set to null is a field left out.
    #[must_use]
    pub fn without_nulls(&self) -> Body {
        let mut fields = self.fields();
        fields.retain(|(_, value)| *value != NULL);
        Body(write_fields(&fields))
    }

    /// This body with a patch laid over it.
    #[must_use]
    pub fn patched(&self, patch: &Patch) -> Body {
        let mut old = self.fields().into_iter().peekable();
        let mut fields = Vec::with_capacity(old.len());
        // Both sides ascend, so one walk lays one over the other.
        for (number, value) in patch.fields() {
            fields.extend(std::iter::from_fn(|| old.next_if(|(before, _)| *before < number)));
            let _replaced = old.next_if(|(before, _)| *before == number);
            fields.extend(Some((number, value)).filter(|_| value != NULL));
        }
        fields.extend(old);
        Body(write_fields(&fields))
    }

    /// The patch that turns this body into `newer`.
    pub fn patch_to(&self, newer: &Body) -> Patch {
        let (old, new) = (self.by_number(), newer.by_number());
        let cleared = old.keys().filter(|number| !new.contains_key(number)).map(|number| (*number, NULL));
        let changed = new.iter().filter(|(number, value)| old.get(number) != Some(value));
        let fields: BTreeMap<u32, &[u8]> = cleared.chain(changed.map(|(n, value)| (*n, *value))).collect();
        Patch(write_fields(&fields.into_iter().collect::<Vec<_>>()))
    }
}

impl Patch {
    /// Checks bytes from outside.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, BodyFault> {
        Body::parse(bytes).map(|body| Self(body.0))
    }

    /// A patch of these fields, each with its encoded value.
    pub fn of_fields(fields: &[(u32, Vec<u8>)]) -> Self {
        let fields: BTreeMap<u32, &[u8]> =
            fields.iter().map(|(number, value)| (*number, value.as_slice())).collect();
        Self(write_fields(&fields.into_iter().collect::<Vec<_>>()))
    }

    /// The bytes, as stored and sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The changed fields in ascending order.
    pub fn fields(&self) -> Vec<FieldBytes<'_>> {
        fields_of(&self.0).unwrap_or_default()
    }

    /// Whether any text in it hides characters; see [`is_hiding`].
    pub fn is_hiding(&self) -> bool {
        hides(&self.0)
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.fields().is_empty()
    }
}

fn fields_of(bytes: &[u8]) -> Result<Vec<FieldBytes<'_>>, BodyFault> {
    let mut decoder = Decoder::new(bytes);
    let count = field_count(&mut decoder)?;
    let mut fields = Vec::with_capacity(usize::try_from(count).unwrap_or(0).min(64));
    for _ in 0..count {
        let number = decoder.u32()?;
        if fields.last().is_some_and(|(last, _)| *last >= number) {
            return Err(BodyFault::Unordered);
        }
        let start = decoder.position();
        skip_value(&mut decoder, MAX_DEPTH)?;
        fields.push((number, &bytes[start..decoder.position()]));
    }
    if fields.last().is_some_and(|(last, _)| *last == DELETED) {
        return Err(BodyFault::Reserved);
    }
    if decoder.position() == bytes.len() { Ok(fields) } else { Err(BodyFault::Trailing) }
}

fn hides(bytes: &[u8]) -> bool {
    let mut decoder = Decoder::new(bytes);
    std::iter::from_fn(|| next_text(&mut decoder)).any(is_hiding)
}

/// The next text, however deep it lies; `None` at the end, or where the bytes are damaged.
fn next_text<'b>(decoder: &mut Decoder<'b>) -> Option<&'b str> {
    loop {
        match decoder.datatype().ok()? {
            Type::String => return decoder.str().ok(),
            // What is inside comes next.
            Type::Array => drop(decoder.array().ok()?),
            Type::Map => drop(decoder.map().ok()?),
            Type::Tag => drop(decoder.tag().ok()?),
            _ => decoder.skip().ok()?,
        }
    }
}

fn copy_reworded(
    from: &mut Decoder<'_>,
    to: &mut Encoder<Vec<u8>>,
    reword: &dyn Fn(&str) -> Option<String>,
) -> Option<()> {
    let inside = match from.datatype().ok()? {
        Type::String => {
            let text = from.str().ok()?;
            return to.str(reword(text).as_deref().unwrap_or(text)).map(drop).ok();
        }
        Type::Array => {
            let inside = from.array().ok()??;
            to.array(inside).ok()?;
            inside
        }
        Type::Map => {
            let pairs = from.map().ok()??;
            to.map(pairs).ok()?;
            pairs.checked_mul(2)?
        }
        Type::Tag => {
            to.tag(from.tag().ok()?).ok()?;
            1
        }
        _ => {
            let start = from.position();
            from.skip().ok()?;
            to.writer_mut().extend_from_slice(&from.input()[start..from.position()]);
            return Some(());
        }
    };
    (0..inside).try_for_each(|_| copy_reworded(from, to, reword))
}

fn field_count(decoder: &mut Decoder<'_>) -> Result<u64, BodyFault> {
    Ok(decoder.map()?.ok_or_else(|| minicbor::decode::Error::message("indefinite map"))?)
}

fn skip_value(decoder: &mut Decoder<'_>, depth: usize) -> Result<(), BodyFault> {
    if depth == 0 {
        return Err(BodyFault::TooDeep);
    }
    let children = match decoder.datatype()? {
        Type::Array => decoder.array()?.unwrap_or(0),
        Type::Map => decoder.map()?.unwrap_or(0).saturating_mul(2),
        Type::Tag => {
            decoder.tag()?;
            1
        }
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef => {
            return Err(minicbor::decode::Error::message("indefinite length").into());
        }
        _ => return Ok(decoder.skip()?),
    };
    (0..children).try_for_each(|_| skip_value(decoder, depth - 1))
}

#[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
fn write_fields(fields: &[FieldBytes<'_>]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::with_capacity(fields.iter().map(|(_, v)| v.len() + 2).sum()));
    encoder.map(fields.len() as u64).unwrap();
    for (number, value) in fields {
        encoder.u32(*number).unwrap();
        encoder.writer_mut().extend_from_slice(value);
    }
    encoder.into_writer()
}

macro_rules! cbor_as_bytes {
    ($name:ident) => {
        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                $name::parse(d.bytes()?.to_vec()).map_err(minicbor::decode::Error::message)
            }
        }
    };
}

cbor_as_bytes!(Body);
cbor_as_bytes!(Patch);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body_of(fields: &std::collections::BTreeMap<u32, u16>) -> Body {
        let encoded: Vec<(u32, Vec<u8>)> =
            fields.iter().map(|(n, v)| (*n, minicbor::to_vec(v).unwrap())).collect();
        Body(Patch::of_fields(&encoded).0)
    }

    proptest! {
        #[test]
        fn a_patch_leads_from_one_body_to_the_other(
            old in proptest::collection::btree_map(0u32..40, 0u16..4, 0..12),
            new in proptest::collection::btree_map(0u32..40, 0u16..4, 0..12),
        ) {
            let (old, new) = (body_of(&old), body_of(&new));
            let patch = old.patch_to(&new);
            prop_assert_eq!(old.patched(&patch), new.clone());
            prop_assert!(new.patch_to(&new).is_empty());
        }

        #[test]
        fn bytes_from_outside_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(body) = Body::parse(bytes) {
                let written = Body(write_fields(&body.fields()));
                prop_assert_eq!(written.fields(), body.fields());
            }
        }
    }

    #[test]
    fn only_texts_are_reworded() {
        let (name, number) =
            (minicbor::to_vec(("张伟民", "住", 7_u8)).unwrap(), minicbor::to_vec(40_000).unwrap());
        let nested = minicbor::to_vec(vec![vec!["没有", "张伟民"]]).unwrap();
        let bytes = minicbor::to_vec(minicbor::bytes::ByteVec::from("张伟民".as_bytes().to_vec())).unwrap();
        let body = |text: &str| {
            let named = minicbor::to_vec((text, "住", 7_u8)).unwrap();
            let nested = minicbor::to_vec(vec![vec!["没有", text]]).unwrap();
            Body(Patch::of_fields(&[(0, named), (3, nested), (4, number.clone()), (900, bytes.clone())]).0)
        };
        let before =
            Body(Patch::of_fields(&[(0, name), (3, nested), (4, number.clone()), (900, bytes.clone())]).0);
        let after = before.reworded(&|text| text.contains("张伟").then(|| text.replace("张伟", "某人")));
        assert_eq!(after, body("某人民"));
        assert!(after.contains("张伟民".as_bytes()), "bytes are no text, and are found all the same");
        assert_eq!(before.reworded(&|_| None), before);
        let damaged = Body(vec![0xa1, 0, 0x63, b'a']);
        assert_eq!(damaged.reworded(&|_| Some(String::new())), damaged);
    }

    #[test]
    fn a_tombstone_says_why_and_comes_from_nobody_outside() {
        let tombstone = Body::tombstone(3);
        assert_eq!((tombstone.erased_for(), tombstone.fields().len()), (Some(3), 1));
        assert!(matches!(Body::parse(tombstone.0), Err(BodyFault::Reserved)));
        assert_eq!(body_of(&[(1, 2)].into()).erased_for(), None);
    }

    #[test]
    fn a_bomb_of_nested_arrays_is_refused() {
        let mut bytes = vec![0xa1, 0x00];
        bytes.extend(std::iter::repeat_n(0x81, 40));
        bytes.push(0x00);
        assert!(matches!(Body::parse(bytes), Err(BodyFault::TooDeep)));
    }

    #[test]
    fn a_body_of_more_fields_than_any_type_has_is_refused() {
        let fields = |count: u32| -> Vec<(u32, Vec<u8>)> { (0..count).map(|n| (n, vec![0])).collect() };
        assert!(Patch::parse(Patch::of_fields(&fields(256)).0).is_ok());
        let many = Patch::of_fields(&fields(257)).0;
        assert!(matches!(Patch::parse(many.clone()), Err(BodyFault::TooManyFields)));
        assert!(matches!(Body::parse(many), Err(BodyFault::TooManyFields)));
        assert!(matches!(
            Body::parse(vec![0xbb, 255, 255, 255, 255, 255, 255, 255, 255]),
            Err(BodyFault::TooManyFields)
        ));
    }

    #[test]
    fn fields_out_of_order_or_twice_are_refused() {
        assert!(matches!(Body::parse(vec![0xa2, 1, 0, 0, 0]), Err(BodyFault::Unordered)));
        assert!(matches!(Body::parse(vec![0xa2, 1, 0, 1, 0]), Err(BodyFault::Unordered)));
        assert!(matches!(Body::parse(vec![0xa0, 0]), Err(BodyFault::Trailing)));
        let reserved = vec![0xa1, 0x1a, 255, 255, 255, 255, 0];
        assert!(matches!(Body::parse(reserved), Err(BodyFault::Reserved)));
    }
}
