//! People who work with the app, as their colleagues see them.

use minicbor::{Decode, Encode};

use crate::body::{Body, Patch};
use crate::codes::Role;
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, readable, texts_fit,
};
use crate::scope::{AreaPath, Audience};

/// A colleague: name, role and area. Its record id is the account's id.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Staff {
    /// Shown name, at most 30 characters.
    #[n(0)]
    pub name: String,
    /// What they do.
    #[n(1)]
    pub role: Role,
    /// Where they do it.
    #[n(2)]
    pub area: AreaPath,
    /// Phone at work.
    #[n(3)]
    pub phone: Option<String>,
}

impl Staff {
    /// What another post changes.
    pub fn moved_to(&self, role: Role, area: &AreaPath) -> Patch {
        let after = Self { role, area: area.clone(), ..self.clone() };
        self.to_body().patch_to(&after.to_body())
    }
}

impl Record for Staff {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(3),
        name: "staff",
        family: Family::Editable,
        audience: Audience::Work,
        depth: 3,
        fields: &[
            Field::last_writer(0, "name"),
            Field::last_writer(1, "role"),
            Field::last_writer(2, "area"),
            Field::last_writer(3, "phone"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let staff: Staff = readable(body)?;
    texts_fit([&staff.name], 30)?;
    texts_fit(&staff.phone, NAME_LENGTH)?;
    if staff.name.trim().is_empty() { Err("staff.name_missing") } else { Ok(()) }
}
