//! A matter as the department responsible may know it: what is to be done and where, and of nobody whom it
//! concerns or who told of it (domain §9.2, §9.3).

use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::Urgency;
use crate::declaration::{Declaration, Family, Field, Kind, Record, readable};
use crate::ids::RecordId;
use crate::matter::Matter;
use crate::rules::mask;
use crate::scope::{AreaPath, Audience, DepartmentCode, Scope};
use crate::time::Moment;
use crate::views::Source;

/// A matter for its department. Written by the server, and by nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MatterView {
    /// The matter.
    #[n(0)]
    pub matter: RecordId,
    /// Where it stands.
    #[n(1)]
    pub area: AreaPath,
    /// Item code.
    #[n(2)]
    pub item: Option<String>,
    /// Version of the item list of that day.
    #[n(3)]
    pub list_version: u32,
    /// What it is.
    #[n(4)]
    pub subject: String,
    /// Where: of a household only the building.
    #[n(5)]
    pub place: String,
    /// When it was seen.
    #[n(6)]
    pub occurred: Moment,
    /// More words, without numbers of anybody; none where a household is concerned, of whose people they might tell.
    #[n(7)]
    pub content: Option<String>,
    /// How urgent.
    #[n(8)]
    pub urgency: Urgency,
    /// The department, by its name on that day.
    #[n(9)]
    pub department: String,
    /// Limit in workdays.
    #[n(10)]
    pub limit_workdays: Option<u16>,
}

impl Record for MatterView {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(33),
        name: "matter_view",
        family: Family::Editable,
        audience: Audience::Department(DepartmentCode::ANY),
        depth: 1,
        fields: &[
            Field::last_writer(0, "matter"),
            Field::last_writer(1, "area"),
            Field::last_writer(2, "item"),
            Field::last_writer(3, "list_version"),
            Field::last_writer(4, "subject"),
            Field::last_writer(5, "place"),
            Field::last_writer(6, "occurred"),
            Field::last_writer(7, "content"),
            Field::last_writer(8, "urgency"),
            Field::last_writer(9, "department"),
            Field::last_writer(10, "limit_workdays"),
        ],
        commands: &[],
        check: |body| readable::<MatterView>(body).map(|_| ()),
    };
}

/// What the department of a matter may know of it; nothing of one that has no department.
pub(crate) fn for_department(source: &Source<'_>) -> Option<(Scope, Body)> {
    let matter = Matter::from_body(source.body).ok()?;
    let department = matter.department.filter(|name| !name.trim().is_empty())?;
    let county = source.scope.area.at_depth(1)?;
    let scope = Scope::new(county, Audience::Department(DepartmentCode::of(&department)));
    let is_of_household = matter.household.is_some();
    let view = MatterView {
        matter: source.id,
        area: source.scope.area.clone(),
        item: matter.item,
        list_version: matter.list_version,
        subject: mask::numbers(&matter.subject),
        place: if is_of_household { mask::building(&matter.place) } else { matter.place },
        occurred: matter.occurred,
        // Who told of it often stands in the words.
        content: matter.content.filter(|_| !is_of_household).map(|words| mask::numbers(&words)),
        urgency: matter.urgency,
        department,
        limit_workdays: matter.limit_workdays,
    };
    Some((scope, view.to_body()))
}
