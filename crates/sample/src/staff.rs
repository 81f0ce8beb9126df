//! Colleagues: the demo accounts, and those of every other grid and community.

use records::codes::Role;
use records::staff::Staff;
use records::{AccountId, AreaPath, RecordId};

use crate::dice::Dice;
use crate::names;
use crate::phones;
use crate::plan::CommunityShare;

/// Somebody who can sign in to the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// The account; also the id of the staff record where there is one.
    pub account: AccountId,
    /// Shown name.
    pub name: &'static str,
    /// What they do.
    pub role: Role,
    /// Where they do it.
    pub area: AreaPath,
}

const DEMO: &[(&str, Role, &str)] = &[
    ("周燕", Role::GridWorker, "230881/001/003/07"),
    ("马立新", Role::GridWorker, "230881/001/003/06"),
    ("陈静", Role::CommunityStaff, "230881/001/003"),
    ("李红梅", Role::CommunityLead, "230881/001/003"),
    ("赵晓东", Role::Member, "230881/001/003"),
    ("孙志远", Role::Street, "230881/001"),
    ("高明远", Role::County, "230881"),
];

/// The grid worker whose 今日 the demo shows: 周燕, grid `230881/001/003/07`.
pub fn demo_worker() -> DemoAccount {
    demo_account(0)
}

/// Everybody who can sign in to the sample, the demo worker first. The same for every seed.
pub fn demo_staff() -> Vec<DemoAccount> {
    (0..DEMO.len()).map(demo_account).collect()
}

fn demo_account(index: usize) -> DemoAccount {
    let (name, role, area) = DEMO[index];
    let mut bytes = *b"gridwalk\0\0";
    bytes[9] = u8::try_from(index).unwrap_or(0);
    DemoAccount {
        account: AccountId::new(1_735_660_800_000, bytes),
        name,
        role,
        area: AreaPath::try_from(area.to_owned()).unwrap_or_else(|_| unreachable!("{area} is a path")),
    }
}

/// Staff of one community: its office and a worker for every grid.
///
/// Street and county have no staff records: those belong to a community (depth 3).
pub(crate) fn of_community(dice: &mut Dice, share: &CommunityShare, at: i64) -> Vec<(RecordId, Staff)> {
    let demo = demo_staff().into_iter().filter(|person| share.path.contains(&person.area));
    let mut staff: Vec<(RecordId, Staff)> = demo.map(|person| demo_record(dice, &person)).collect();
    let office = [Role::CommunityLead, Role::CommunityStaff].map(|role| (role, share.path.clone()));
    let grids = share.grids.iter().map(|grid| (Role::GridWorker, grid.path.clone()));
    for (role, area) in office.into_iter().chain(grids) {
        if staff.iter().all(|(_, known)| known.role != role || known.area != area) {
            let name = names::colleague(dice);
            staff.push((dice.id(at), Staff { name, role, area, phone: Some(phones::mobile(dice)) }));
        }
    }
    staff
}

fn demo_record(dice: &mut Dice, person: &DemoAccount) -> (RecordId, Staff) {
    let staff = Staff {
        name: person.name.to_owned(),
        role: person.role,
        area: person.area.clone(),
        phone: Some(phones::mobile(dice)),
    };
    (RecordId::from_bytes(*person.account.as_bytes()), staff)
}
