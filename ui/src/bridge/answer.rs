//! What the core answered, as JavaScript holds it, read into its type.
//!
//! Both sides are built from one source, so an answer that cannot be read is a mistake of ours and needs
//! few words; serde's own, and the code that would write them, are most of what reading weighs. For the
//! same reason a field or variant is told to serde by its place among its like and not by its name.

use std::fmt::{self, Display};
use std::{mem, slice};

use js_sys::{Array, Object, Reflect};
use serde::de::value::U64Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use wasm_bindgen::{JsCast, JsValue};

/// An answer that is not of its type: which field was missing, or what should have stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbled(pub &'static str);

/// Reads a value of any type that crosses the bridge.
///
/// # Errors
/// When it is not of that type.
pub fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, Garbled> {
    T::deserialize(Value(value))
}

/// A property of an object; undefined where there is none.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

impl Display for Garbled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Garbled {}

impl Error for Garbled {
    fn custom<T: Display>(_: T) -> Self {
        Self("value")
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self("type")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self("value")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self("length")
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self("variant")
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self("field")
    }

    fn missing_field(field: &'static str) -> Self {
        Self(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(field)
    }
}

struct Value(JsValue);

impl Value {
    fn text(self) -> Result<String, Garbled> {
        self.0.as_string().ok_or(Garbled("text"))
    }

    /// Numbers of the bridge are whole and below 2^53.
    fn number(self) -> Result<i64, Garbled> {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        self.0.as_f64().map(|number| number as i64).ok_or(Garbled("number"))
    }

    fn list(self) -> Result<List, Garbled> {
        let array = self.0.dyn_into::<Array>().map_err(|_| Garbled("list"))?;
        Ok(List { array, at: 0 })
    }

    /// Names and values of an object, as a list of pairs.
    fn entries(self) -> Result<List, Garbled> {
        let object = self.0.dyn_into::<Object>().map_err(|_| Garbled("object"))?;
        Ok(List { array: Object::entries(&object), at: 0 })
    }

    /// `"Name"`, or `{ "Name": content }`.
    fn variant(self, names: &[&str]) -> Result<Variant, Garbled> {
        let (name, content) = match self.0.as_string() {
            Some(name) => (Some(name), JsValue::UNDEFINED),
            None => match self.entries()?.next() {
                Some(entry) => (property(&entry, "0").as_string(), property(&entry, "1")),
                None => (None, JsValue::UNDEFINED),
            },
        };
        let place = names.iter().position(|known| name.as_deref() == Some(known));
        Ok(Variant { place: place.ok_or(Garbled("variant"))?, content: Self(content) })
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = Garbled;

    /// Nothing that crosses the bridge is without a type.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Garbled> {
        Err(Garbled("type"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        visitor.visit_bool(self.0.is_truthy())
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        match self.0.is_null() || self.0.is_undefined() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Garbled> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        visitor.visit_seq(self.list()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        visitor.visit_map(Entries { list: self.entries()?, value: JsValue::UNDEFINED })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Garbled> {
        visitor.visit_map(Fields { object: self.0, names: names.iter(), value: JsValue::UNDEFINED, place: 0 })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Garbled> {
        visitor.visit_enum(self.variant(names)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Garbled> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple_struct identifier }
}

/// The fields of an object that are there, in the order of their type.
struct Fields {
    object: JsValue,
    names: slice::Iter<'static, &'static str>,
    value: JsValue,
    place: u64,
}

impl Fields {
    /// The place of the next field that is there; its value is then at hand.
    fn advance(&mut self) -> Option<u64> {
        loop {
            let name = self.names.next()?;
            self.place += 1;
            self.value = property(&self.object, name);
            if !self.value.is_undefined() {
                return Some(self.place - 1);
            }
        }
    }

    fn take(&mut self) -> Value {
        Value(mem::replace(&mut self.value, JsValue::UNDEFINED))
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Garbled;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Garbled> {
        match self.advance() {
            Some(place) => seed.deserialize(at(place)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Garbled> {
        seed.deserialize(self.take())
    }
}

fn at(place: u64) -> U64Deserializer<Garbled> {
    place.into_deserializer()
}

/// The entries of an object whose names are data.
struct Entries {
    list: List,
    value: JsValue,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Garbled;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Garbled> {
        let Some(entry) = self.list.next() else { return Ok(None) };
        self.value = property(&entry, "1");
        seed.deserialize(Value(property(&entry, "0"))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Garbled> {
        seed.deserialize(Value(mem::replace(&mut self.value, JsValue::UNDEFINED)))
    }
}

struct List {
    array: Array,
    at: u32,
}

impl Iterator for List {
    type Item = JsValue;

    fn next(&mut self) -> Option<JsValue> {
        self.at += 1;
        (self.at <= self.array.length()).then(|| self.array.get(self.at - 1))
    }
}

impl<'de> SeqAccess<'de> for List {
    type Error = Garbled;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Garbled> {
        match self.next() {
            Some(value) => seed.deserialize(Value(value)).map(Some),
            None => Ok(None),
        }
    }
}

struct Variant {
    place: usize,
    content: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Garbled;
    type Variant = Value;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Value), Garbled> {
        Ok((seed.deserialize(at(self.place as u64))?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Value {
    type Error = Garbled;

    fn unit_variant(self) -> Result<(), Garbled> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Garbled> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Garbled> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Garbled> {
        self.deserialize_struct("", names, visitor)
    }
}
