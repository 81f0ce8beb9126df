//! Views are always what their sources want, whatever happened to those.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use records::codes::{MatterSource, Urgency};
use records::matter::Matter;
use records::matter_view::MatterView;
use records::scope::DepartmentCode;
use records::{AccountId, Audience, Incarnation, Moment, Record, RecordId, Scope};
use sync::clock::Hlc;
use sync::settle::Stored;
use sync::stamps::{Stamp, Stamps};
use sync::views::wanted;

fn matter(department: Option<&str>, household: bool) -> Matter {
    Matter {
        item: Some("08001".to_owned()),
        list_version: 3,
        subject: "楼道灯不亮".to_owned(),
        place: "江畔小区3号楼2单元201".to_owned(),
        occurred: Moment::beijing(1_763_000_000_000),
        content: Some("张伟家门口".to_owned()),
        source: MatterSource::Resident,
        household: household.then(|| RecordId::from_bytes([7; 16])),
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: None,
        department: department.map(str::to_owned),
        limit_workdays: Some(5),
        progress: None,
        photos: None,
    }
}

fn source(n: u8, grid: u8, matter: &Matter, is_deleted: bool) -> Stored {
    let made = Stamp {
        version: 1,
        hlc: Hlc::of_ms(1),
        incarnation: Incarnation::from_bytes([1; 16]),
        push_seq: 1,
        author: AccountId::from_bytes([1; 16]),
    };
    Stored {
        id: RecordId::from_bytes([n; 16]),
        kind: Matter::DECLARATION.kind,
        scope: format!("230881/001/003/{grid:02}#work").parse().unwrap(),
        version: 1,
        body: matter.to_body(),
        stamps: Stamps::of_new(made),
        author: made.author,
        received_ms: 5,
        is_deleted,
    }
}

/// What a server that keeps views has after this change of a source.
fn keep(views: &mut BTreeMap<RecordId, Stored>, source: &Stored) {
    for view in wanted(source) {
        if let Some(record) = view.over(views.get(&view.id)) {
            views.insert(view.id, record);
        }
    }
}

fn shown(views: &BTreeMap<RecordId, Stored>) -> Vec<(Scope, MatterView)> {
    let shown = views.values().filter(|view| !view.is_deleted);
    let mut shown: Vec<_> =
        shown.map(|view| (view.scope.clone(), MatterView::from_body(&view.body).unwrap())).collect();
    shown.sort_by_key(|(_, view)| view.matter);
    shown
}

/// Departments, grids and deletions of a few matters, one change after the other.
fn changes() -> impl Strategy<Value = Vec<(u8, Option<&'static str>, u8, bool)>> {
    let department = prop_oneof![Just(None), Just(Some("民政局")), Just(Some("住建局")), Just(Some(" "))];
    proptest::collection::vec((1_u8..4, department, 1_u8..3, any::<bool>()), 0..40)
}

proptest! {
    #[test]
    fn views_equal_what_their_sources_want(changes in changes()) {
        let (mut sources, mut views) = (BTreeMap::new(), BTreeMap::new());
        for (n, department, grid, is_deleted) in changes {
            let source = source(n, grid, &matter(department, grid == 1), is_deleted);
            keep(&mut views, &source);
            sources.insert(n, (department, grid, is_deleted));
        }
        let expected: Vec<_> = sources
            .into_iter()
            .filter_map(|(n, (department, grid, is_deleted))| {
                let name = department.filter(|name| !name.trim().is_empty() && !is_deleted)?;
                let audience = Audience::Department(DepartmentCode::of(name));
                Some((Scope::new("230881".parse().unwrap(), audience), n, grid))
            })
            .collect();
        let shown: Vec<_> = shown(&views)
            .into_iter()
            .map(|(scope, view)| {
                let grid: u8 = view.area.as_str()[15..].parse().unwrap();
                (scope, view.matter.as_bytes()[0], grid)
            })
            .collect();
        prop_assert_eq!(shown, expected);
    }
}

#[test]
fn a_department_knows_nobody_whom_a_matter_concerns() {
    let mut views = BTreeMap::new();
    keep(&mut views, &source(1, 7, &matter(Some("住建局"), true), false));
    let [(_, of_household)] = &shown(&views)[..] else { panic!() };
    assert_eq!((of_household.place.as_str(), &of_household.content), ("江畔小区3号楼", &None));
    let author = views.values().next().unwrap().author;
    assert_eq!(author, AccountId::from_bytes([0; 16]), "nor who told of it");
    keep(&mut views, &source(2, 7, &matter(Some("住建局"), false), false));
    let of_nobody = &shown(&views)[1].1;
    assert_eq!(of_nobody.place, "江畔小区3号楼2单元201", "a place is no person's");
    assert_eq!(of_nobody.content.as_deref(), Some("张伟家门口"));
    let told = Matter {
        subject: "井盖坏了 13812341234".to_owned(),
        content: Some("李大爷反映，138 1234 1234，2号楼前".to_owned()),
        ..matter(Some("住建局"), false)
    };
    keep(&mut views, &source(3, 7, &told, false));
    let told_of = &shown(&views)[2].1;
    assert_eq!(told_of.subject, "井盖坏了 ****");
    assert_eq!(
        told_of.content.as_deref(),
        Some("李大爷反映，****，2号楼前"),
        "nobody is called back by the department"
    );
}

#[test]
fn what_is_as_it_should_be_is_not_written_again() {
    let mut views = BTreeMap::new();
    let source = source(1, 7, &matter(Some("住建局"), true), false);
    keep(&mut views, &source);
    for view in wanted(&source) {
        assert_eq!(view.over(views.get(&view.id)), None);
        let other = Stored { id: view.id, ..source.clone() };
        assert_eq!(view.over(Some(&other)), None, "and a record that is no view is left alone");
    }
}
