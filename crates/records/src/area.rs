//! The area tree: county, street, community, grid (domain §2.1, CJ/T 349).

use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::AreaKind;
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, readable, texts_fit,
};
use crate::scope::{AreaPath, Audience};

/// One area. Its place in the tree is its path.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Area {
    /// Its path, which holds the 20-digit code without the object part.
    #[n(0)]
    pub path: AreaPath,
    /// Its level.
    #[n(1)]
    pub kind: AreaKind,
    /// Its name, `沙河桥社区`, `07 网格`.
    #[n(2)]
    pub name: String,
    /// Households known when the area was drawn; the norm is 200–400 a grid.
    #[n(3)]
    pub households: Option<u32>,
    /// Supervision phone, which must be public (滨州条例 art 6).
    #[n(4)]
    pub supervision_phone: Option<String>,
    /// 主办单位: who is answerable for the app, of a county (国办函〔2026〕12号).
    #[n(5)]
    pub host_unit: Option<String>,
    /// 备案号: the number under which that is filed, of a county.
    #[n(6)]
    pub filing: Option<String>,
}

impl Record for Area {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(1),
        name: "area",
        family: Family::Editable,
        audience: Audience::Public,
        depth: 1,
        fields: &[
            Field::fixed(0, "path"),
            Field::fixed(1, "kind"),
            Field::last_writer(2, "name"),
            Field::last_writer(3, "households"),
            Field::last_writer(4, "supervision_phone"),
            Field::last_writer(5, "host_unit"),
            Field::last_writer(6, "filing"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let area: Area = readable(body)?;
    let optional = [&area.supervision_phone, &area.host_unit, &area.filing];
    texts_fit(optional.into_iter().flatten().chain([&area.name]), NAME_LENGTH)?;
    if area.name.trim().is_empty() { Err("area.name_missing") } else { Ok(()) }
}
