//! How each policy settles values that meet: what it promises holds in every order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;

use minicbor::Encode;
use proptest::prelude::*;
use records::codes::{Admission, CareLevel, KeyCategory, Origin, Role, Urgency};
use records::declaration::Record;
use records::household::Household;
use records::item::Item;
use records::losing_edit::LosingEdit;
use records::policy::patch_between;
use records::wire::{Change, Commit, Op, Outcome};
use records::{AccountId, Incarnation, Patch, RecordId};
use sync::clock::{Clock, Hlc};
use sync::grants::grants_of;
use sync::settle::{Author, Loaded, Stored, settle};
use sync::stamps::{Stamp, Stamps, UNNUMBERED};

const NOW: i64 = 1_763_000_000_000;
const GRID: &str = "230881/001/003/07";
const MADE: u64 = 5;

fn household() -> Household {
    Household {
        residents: 2,
        care: CareLevel::Key,
        care_since: "2026-01-01".parse().ok(),
        categories: vec![KeyCategory::EmptyNest],
        services: vec!["代购".to_owned(), "保洁".to_owned()],
        ..Household::blank(RecordId::from_bytes([40; 16]))
    }
}

fn item() -> Item {
    Item {
        code: "05001".to_owned(),
        name: "燃气软管老化".to_owned(),
        department: "住建局".to_owned(),
        co_departments: vec![],
        admission: Admission::Report,
        limit_workdays: Some(5),
        limit_minutes: None,
        urgency: Urgency::Normal,
        keywords: vec![],
        pinyin: String::new(),
        initials: String::new(),
        valid_from: None,
        valid_to: None,
        list_version: 3,
        origin: Origin::Public,
        source: String::new(),
    }
}

/// A record at the server, edited by databases that are numbered from 1.
struct Server {
    record: Stored,
    losing: Vec<LosingEdit>,
    version: u64,
    ops: u128,
    role: Role,
    area: &'static str,
}

impl Server {
    fn of<T: Record>(value: &T, scope: &str, role: Role, area: &'static str) -> Self {
        let made = Stamp {
            version: MADE,
            hlc: Hlc::of_ms(NOW - 90_000),
            incarnation: Incarnation::from_bytes([99; 16]),
            push_seq: 1,
            author: AccountId::from_bytes([99; 16]),
        };
        let record = Stored {
            id: RecordId::from_bytes([50; 16]),
            kind: T::DECLARATION.kind,
            scope: scope.parse().unwrap(),
            version: MADE,
            body: value.to_body(),
            stamps: Stamps::of_new(made),
            author: made.author,
            received_ms: NOW - 90_000,
            is_deleted: false,
        };
        Self { record, losing: vec![], version: MADE, ops: 0, role, area }
    }

    fn of_household() -> Self {
        Self::of(&household(), &format!("{GRID}#work"), Role::GridWorker, GRID)
    }

    fn of_item() -> Self {
        Self::of(&item(), "230881#public", Role::County, "230881")
    }

    /// An edit made by a database on a version, at a time.
    fn edit(&mut self, database: u8, base: u64, at_ms: i64, patch: Patch) -> Outcome {
        self.ops += 1;
        let op = Op {
            id: RecordId::from_bytes(self.ops.to_be_bytes()),
            record: self.record.id,
            kind: self.record.kind,
            at_ms,
            change: Change::Edit { base, patch },
        };
        let author = Author {
            account: AccountId::from_bytes([database; 16]),
            role: self.role,
            grants: grants_of(self.role, &self.area.parse().unwrap()),
            former: vec![],
            is_vouched_for: false,
            incarnation: Incarnation::from_bytes([database; 16]),
        };
        let loaded = Loaded { records: [(self.record.id, self.record.clone())].into(), ..Loaded::default() };
        let mut clock = Clock::new(NOW, NOW, Hlc::default());
        let settled = settle(&Commit { push_seq: 1, ops: vec![op] }, &author, &mut clock, loaded);
        for mut record in settled.writes {
            if record.kind == LosingEdit::DECLARATION.kind {
                self.losing.push(LosingEdit::from_body(&record.body).unwrap());
                continue;
            }
            if record.version == UNNUMBERED {
                self.version += 1;
                record.version = self.version;
                record.stamps.number(self.version);
            }
            self.record = record;
        }
        settled.outcome
    }

    fn value<T: Record>(&self) -> T {
        T::from_body(&self.record.body).unwrap()
    }
}

fn field<T: Encode<()>>(number: u32, value: T) -> Patch {
    Patch::of_fields(&[(number, minicbor::to_vec(value).unwrap())])
}

fn from_to<T: Record>(old: &T, new: &T) -> Patch {
    patch_between(T::DECLARATION, &old.to_body(), &new.to_body())
}

fn care(care: CareLevel, since: &str) -> Patch {
    from_to(&household(), &Household { care, care_since: since.parse().ok(), ..household() })
}

#[test]
fn two_levels_of_care_that_meet_ask_a_person_whichever_is_later() {
    for (first_ms, second_ms) in [(NOW - 2_000, NOW - 1_000), (NOW - 1_000, NOW - 2_000)] {
        let mut server = Server::of_household();
        assert_eq!(server.edit(1, MADE, first_ms, care(CareLevel::High, "2026-11-20")), Outcome::Applied);
        let met = server.edit(2, MADE, second_ms, care(CareLevel::General, "2026-11-21"));
        assert_eq!(met, Outcome::Merged);
        let now: Household = server.value();
        assert_eq!((now.care, now.care_since), (CareLevel::High, "2026-11-20".parse().ok()), "what is there");
        let [lost] = &server.losing[..] else { panic!("one choice, not one for the day beside it") };
        assert_eq!((lost.field, lost.lost.to_vec()), (4, vec![1]));
        assert_eq!(lost.winning.to_vec(), vec![3]);
    }
}

#[test]
fn a_choice_that_has_seen_both_is_no_conflict() {
    let mut server = Server::of_household();
    server.edit(1, MADE, NOW - 2_000, care(CareLevel::High, "2026-11-20"));
    server.edit(2, MADE, NOW - 1_000, care(CareLevel::General, "2026-11-21"));
    let chosen = server.edit(2, MADE + 1, NOW, field(4, CareLevel::General));
    assert_eq!((chosen, server.value::<Household>().care), (Outcome::Applied, CareLevel::General));
    assert_eq!(server.losing.len(), 1);
}

#[test]
fn the_same_choice_made_twice_is_no_conflict() {
    let mut server = Server::of_household();
    server.edit(1, MADE, NOW - 2_000, field(6, vec![KeyCategory::MinimumLiving]));
    let same = server.edit(2, MADE, NOW - 1_000, field(6, vec![KeyCategory::MinimumLiving]));
    assert_eq!((same, server.losing.len()), (Outcome::Applied, 0));
}

#[test]
fn the_day_goes_with_the_level() {
    let mut server = Server::of_household();
    server.edit(1, MADE, NOW - 2_000, care(CareLevel::High, "2026-11-20"));
    // The same level on another day: the later write counts, and nobody is asked.
    let same = server.edit(2, MADE, NOW - 1_000, care(CareLevel::High, "2026-11-21"));
    assert_eq!((same, server.losing.len()), (Outcome::Applied, 0));
    assert_eq!(server.value::<Household>().care_since, "2026-11-21".parse().ok());
}

#[test]
fn two_people_who_change_one_list_both_have_their_way() {
    let services = |names: &[&str]| Household {
        services: names.iter().map(ToString::to_string).collect(),
        ..household()
    };
    let added = from_to(&household(), &services(&["代购", "保洁", "理发"]));
    let removed = from_to(&household(), &services(&["代购"]));
    for order in [[&added, &removed], [&removed, &added]] {
        let mut server = Server::of_household();
        for (database, patch) in (1..).zip(order) {
            assert_eq!(server.edit(database, MADE, NOW, patch.clone()), Outcome::Applied);
        }
        let now: BTreeSet<String> = server.value::<Household>().services.into_iter().collect();
        assert_eq!(now, ["代购".to_owned(), "理发".to_owned()].into());
        assert!(server.losing.is_empty());
    }
}

#[test]
fn what_was_added_again_unseen_is_not_removed() {
    let mut server = Server::of_household();
    let without = Household { services: vec!["代购".to_owned()], ..household() };
    server.edit(1, MADE, NOW, from_to(&household(), &without));
    server.edit(1, MADE + 1, NOW, from_to(&without, &household()));
    // Removes 保洁 as it was at first; somebody has put it back since.
    server.edit(2, MADE, NOW, from_to(&household(), &without));
    assert_eq!(server.value::<Household>().services.len(), 2, "adding wins over what has not seen it");
    server.edit(2, server.version, NOW, from_to(&household(), &without));
    assert_eq!(server.value::<Household>().services, ["代购"], "who has seen it removes it");
}

#[test]
fn a_whole_list_from_an_older_version_removes_only_what_it_has_seen() {
    let mut server = Server::of_household();
    let more = Household { services: vec!["代购".into(), "保洁".into(), "理发".into()], ..household() };
    server.edit(1, MADE, NOW, from_to(&household(), &more));
    server.edit(2, MADE, NOW, field(11, ["代购"]));
    let now: BTreeSet<String> = server.value::<Household>().services.into_iter().collect();
    assert_eq!(now, ["代购".to_owned(), "理发".to_owned()].into());
}

#[test]
fn a_list_that_is_none_is_refused() {
    let mut server = Server::of_household();
    let refused = Outcome::Refused { code: "record.malformed".to_owned() };
    assert_eq!(server.edit(1, MADE, NOW, field(11, "代购")), refused);
    assert_eq!(server.edit(1, MADE, NOW, Patch::of_fields(&[(11, vec![0xa1, 0, 0x81, 7])])), refused);
    assert_eq!(server.record.version, MADE);
}

#[test]
fn an_older_list_never_takes_back_the_version_of_a_newer_one() {
    let mut server = Server::of_item();
    server.edit(1, MADE, NOW - 2_000, field(13, 7));
    assert_eq!(server.edit(2, MADE, NOW - 1_000, field(13, 4)), Outcome::Applied);
    assert_eq!((server.value::<Item>().list_version, server.losing.len()), (7, 0));
    server.edit(2, server.version, NOW, field(13, 5));
    assert_eq!(server.value::<Item>().list_version, 7, "not even on purpose");
}

#[derive(Debug, Clone)]
enum Write {
    Version(u32),
    Keywords { added: BTreeSet<String>, removed: BTreeSet<String> },
}

impl Write {
    /// In the bytes of the protocol, so that it names what no device of ours would.
    fn patch(&self) -> Patch {
        match self {
            Self::Version(version) => field(13, version),
            Self::Keywords { added, removed } => {
                let parts: std::collections::BTreeMap<u32, Vec<&String>> =
                    [(0, added.iter().collect()), (1, removed.iter().collect())].into();
                field(8, parts)
            }
        }
    }
}

fn words() -> impl Strategy<Value = BTreeSet<String>> {
    proptest::collection::btree_set("[a-d]", 0..3)
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let keywords = (words(), words()).prop_map(|(added, removed)| Write::Keywords { added, removed });
    proptest::collection::vec(prop_oneof![(0u32..9).prop_map(Write::Version), keywords], 1..7)
}

proptest! {
    /// Edits of several databases, none of which has seen another's, in any order of arrival.
    #[test]
    fn numbers_and_sets_end_the_same_in_any_order(
        first in words(),
        (writes, shuffled) in writes().prop_flat_map(|writes| {
            let indices: Vec<usize> = (0..writes.len()).collect();
            (Just(writes), Just(indices).prop_shuffle())
        }),
    ) {
        let begin = || Server::of(
            &Item { keywords: first.iter().cloned().collect(), ..item() },
            "230881#public", Role::County, "230881",
        );
        let (mut one, mut other) = (begin(), begin());
        for (n, write) in writes.iter().enumerate() {
            one.edit(n as u8 + 1, MADE, NOW, write.patch());
        }
        for n in &shuffled {
            other.edit(*n as u8 + 1, MADE, NOW, writes[*n].patch());
        }
        prop_assert_eq!(&one.record.body, &other.record.body);
        let mut expected: BTreeSet<String> = first.clone();
        for write in &writes {
            if let Write::Keywords { removed, .. } = write {
                expected.retain(|word| !removed.contains(word));
            }
        }
        for write in &writes {
            if let Write::Keywords { added, .. } = write {
                expected.extend(added.iter().cloned());
            }
        }
        let now: Item = one.value();
        prop_assert_eq!(now.keywords.into_iter().collect::<BTreeSet<_>>(), expected);
        let versions = writes.iter().filter_map(|write| match write {
            Write::Version(version) => Some(*version),
            Write::Keywords { .. } => None,
        });
        prop_assert_eq!(now.list_version, versions.max().unwrap_or(0).max(3));
        prop_assert!(one.losing.is_empty());
    }

    /// Whatever levels of care meet, the first that came is in force and every other waits for a choice.
    #[test]
    fn no_level_of_care_is_lost_without_a_word(
        levels in proptest::collection::vec((0u16..4, 0i64..9_000), 1..8),
    ) {
        let mut server = Server::of_household();
        let mut written = BTreeSet::new();
        for (n, (level, late_ms)) in levels.iter().enumerate() {
            server.edit(n as u8 + 1, MADE, NOW - late_ms, field(4, level));
            written.insert(CareLevel::from(*level));
        }
        let first = levels.iter().map(|(level, _)| CareLevel::from(*level));
        let first = first.into_iter().find(|level| *level != household().care).unwrap_or(household().care);
        prop_assert_eq!(server.value::<Household>().care, first);
        let waiting = server.losing.iter().map(|edit| minicbor::decode::<CareLevel>(&edit.lost).unwrap());
        let waiting: BTreeSet<CareLevel> = waiting.collect();
        for level in written {
            prop_assert!(level == first || level == household().care || waiting.contains(&level));
        }
    }
}
