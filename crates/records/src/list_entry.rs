//! Reference lists that say who does what: duties, certificates not issued, posts, rules.

use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::{ListName, Origin};
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, SENTENCE_LENGTH, readable, texts_fit,
};
use crate::scope::Audience;

/// One line of a reference list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ListEntry {
    /// The list.
    #[n(0)]
    pub list: ListName,
    /// Code within the list, `D01`, `ZZ01`, `N20`, `G101`.
    #[n(1)]
    pub code: String,
    /// Class within the list, `依法自治`, `站点值守`.
    #[n(2)]
    pub class: Option<String>,
    /// What the line says.
    #[n(3)]
    pub text: String,
    /// What the app records for it, the route to take instead, or what it enforces.
    #[n(4)]
    pub detail: Option<String>,
    /// Public, from the article, or composed.
    #[n(5)]
    pub origin: Origin,
    /// Where the words come from.
    #[n(6)]
    pub source: String,
    /// Initials of the text.
    #[n(7)]
    pub initials: String,
}

impl Record for ListEntry {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(7),
        name: "list_entry",
        family: Family::Editable,
        audience: Audience::Public,
        depth: 1,
        fields: &[
            Field::fixed(0, "list"),
            Field::fixed(1, "code"),
            Field::last_writer(2, "class"),
            Field::last_writer(3, "text"),
            Field::last_writer(4, "detail"),
            Field::fixed(5, "origin"),
            Field::last_writer(6, "source"),
            Field::last_writer(7, "initials"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let entry: ListEntry = readable(body)?;
    texts_fit(entry.class.iter().chain([&entry.code]), NAME_LENGTH)?;
    texts_fit(entry.detail.iter().chain([&entry.text, &entry.source, &entry.initials]), SENTENCE_LENGTH)?;
    if entry.text.trim().is_empty() { Err("list_entry.text_missing") } else { Ok(()) }
}
