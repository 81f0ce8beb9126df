//! Erasing: what becomes of which record, and who decides about a request.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use records::codes::{
    Asker, Deed, ErasureCommand as Do, ErasureGround, ErasureState as Is, HouseUse, IdentityCheck,
    MatterSource, Relation, Role, StopGround, Urgency,
};
use records::command::{Clearing, Event, Situation};
use records::erasure_request::{Decision, ErasureArgs, ErasureRequest};
use records::handling::Handling;
use records::house::House;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::matter::Matter;
use records::person::{PHONE, Person};
use records::rules::erasure::{Fate, Plan, Standing, plan};
use records::visit::Visit;
use records::{AccountId, Body, Moment, Record, RecordId};

const GONE: RecordId = RecordId::from_bytes([1; 16]);
const HOME: RecordId = RecordId::from_bytes([2; 16]);
const HOUSE: RecordId = RecordId::from_bytes([3; 16]);
const ELSEWHERE: RecordId = RecordId::from_bytes([4; 16]);
const LEAD: AccountId = AccountId::from_bytes([9; 16]);
const NOW: i64 = 1_795_000_000_000;
const TEL: &str = "13812345678";

fn standing<T: Record>(id: u8, value: &T) -> Standing {
    let kind = T::DECLARATION.kind;
    Standing { id: RecordId::from_bytes([id; 16]), kind, body: value.to_body(), is_deleted: false }
}

fn person(id: u8, household: RecordId, name: &str, phone: Option<&str>) -> Standing {
    let phone = phone.map(str::to_owned);
    standing(id, &Person { phone, ..Person::named(household, name, Relation::Head) })
}

fn visit(id: u8, household: RecordId, note: &str) -> Standing {
    standing(id, &Visit { note: Some(note.to_owned()), ..Visit::met(household, Moment::beijing(NOW)) })
}

/// 张伟民 is to go; behind the same door live 张伟民强 and somebody who shares a phone.
fn area() -> Vec<Standing> {
    let home =
        Household { head: Some(GONE), note: Some("张伟民怕吵".to_owned()), ..Household::blank(HOUSE) };
    vec![person(1, HOME, "张伟民", Some(TEL)), standing(2, &home), person(5, HOME, "张伟民强", None)]
}

fn fate_of(plan: &Plan, id: u8) -> Option<&Fate> {
    let id = RecordId::from_bytes([id; 16]);
    plan.fates.iter().find(|(of, _)| *of == id).map(|(_, fate)| fate)
}

fn note_after(note: &str, household: RecordId) -> String {
    let mut area = area();
    area.push(visit(20, household, note));
    match fate_of(&plan(GONE, &area), 20) {
        None => note.to_owned(),
        Some(Fate::Erase) => "—".to_owned(),
        Some(Fate::Rewrite(body)) => Visit::from_body(body).unwrap().note.unwrap(),
    }
}

#[test]
fn a_name_goes_where_it_means_the_person_and_a_number_everywhere() {
    for (note, household, after) in [
        ("张伟民不在", HOME, "某人不在"),
        ("张伟民，张伟民强和张伟民", HOME, "某人，张伟民强和某人"),
        ("打13812345678找张伟民", HOME, "打某人找某人"),
        ("民张伟", HOME, "民张伟"),
        ("张伟民不在", ELSEWHERE, "张伟民不在"),
        ("打13812345678", ELSEWHERE, "打某人"),
        ("1381234567", HOME, "1381234567"),
    ] {
        assert_eq!(note_after(note, household), after);
    }
    let full = "张伟民".repeat(333);
    assert_eq!(note_after(&full, HOME), "某人".repeat(333), "a text never becomes too long");
}

#[test]
fn what_belongs_to_the_household_is_reworded_and_the_rest_is_left_alone() {
    let mut area = area();
    let house = House {
        building_code: 2,
        building: "2 号楼".to_owned(),
        unit: String::new(),
        room: "201".to_owned(),
        estate: "沙河里".to_owned(),
        usage: HouseUse::Newer(40),
        hint: Some("敲张伟民的门".to_owned()),
    };
    area.push(standing(3, &house));
    area.push(visit(20, HOME, "好"));
    let matter = Matter { household: Some(HOME), ..a_matter("张伟民家漏水") };
    area.push(standing(21, &matter));
    area.push(standing(22, &Handling::shown(GONE, PHONE, None, Moment::beijing(NOW))));
    let plan = plan(GONE, &area);
    let rewritten = |id: u8| match fate_of(&plan, id) {
        Some(Fate::Rewrite(body)) => body.clone(),
        fate => panic!("{id} {fate:?}"),
    };
    assert_eq!(fate_of(&plan, 1), Some(&Fate::Erase));
    let home = Household::from_body(&rewritten(2)).unwrap();
    assert_eq!((home.head, home.note.as_deref(), home.house), (None, Some("某人怕吵"), HOUSE));
    assert_eq!(House::from_body(&rewritten(3)).unwrap().hint.as_deref(), Some("敲某人的门"));
    assert_eq!(Matter::from_body(&rewritten(21)).unwrap().subject, "某人家漏水");
    for left in [5, 20, 22] {
        assert_eq!(fate_of(&plan, left), None, "{left}");
    }
}

#[test]
fn the_history_of_corrections_goes_and_its_words_are_looked_for_as_well() {
    let mut area = area();
    let text = |text: &str| ByteVec::from(minicbor::to_vec(text).unwrap());
    let lost = |record: RecordId, kind, field, lost: &str| LosingEdit {
        record,
        kind,
        field,
        lost: text(lost),
        lost_by: LEAD,
        lost_at: NOW,
        winning: text("别的"),
        won_by: LEAD,
        won_at: NOW,
    };
    let (of_person, of_home) = (Person::DECLARATION.kind, Household::DECLARATION.kind);
    area.push(standing(30, &lost(GONE, of_person, PHONE, "13900001111")));
    area.push(standing(31, &lost(HOME, of_home, 12, "张伟民的女儿")));
    area.push(standing(32, &lost(HOME, of_home, 12, "女儿")));
    area.push(visit(20, ELSEWHERE, "打13900001111"));
    let plan = plan(GONE, &area);
    assert_eq!((fate_of(&plan, 30), fate_of(&plan, 31)), (Some(&Fate::Erase), Some(&Fate::Erase)));
    assert_eq!(fate_of(&plan, 32), None);
    assert!(matches!(fate_of(&plan, 20), Some(Fate::Rewrite(_))), "a number of before is a number of theirs");
}

#[test]
fn what_somebody_else_is_called_by_stays_theirs() {
    let mut area = area();
    area.push(person(6, ELSEWHERE, "女儿", Some(TEL)));
    area.push(visit(20, HOME, "打13812345678"));
    assert_eq!(fate_of(&plan(GONE, &area), 20), None, "a phone that two share is still somebody's");
    area.push(person(7, HOME, "张伟民", None));
    area.push(visit(21, HOME, "张伟民不在"));
    assert_eq!(fate_of(&plan(GONE, &area), 21), None);
    // Whoever was deleted is called nothing any more.
    area.last_mut().unwrap().is_deleted = false;
    area.iter_mut().filter(|it| [6, 7].contains(&it.id.as_bytes()[0])).for_each(|it| it.is_deleted = true);
    let plan = plan(GONE, &area);
    assert!([20, 21].iter().all(|id| matches!(fate_of(&plan, *id), Some(Fate::Rewrite(_)))));
}

#[test]
fn what_was_deleted_before_and_names_them_goes_wholly_and_the_erased_are_not_erased_again() {
    let mut area = area();
    area.push(Standing { is_deleted: true, ..visit(20, HOME, "张伟民不在") });
    area.push(Standing { is_deleted: true, ..visit(21, HOME, "没人") });
    let first = plan(GONE, &area);
    assert_eq!((fate_of(&first, 20), fate_of(&first, 21)), (Some(&Fate::Erase), None));
    area[0].body = Body::tombstone(1);
    assert_eq!(plan(GONE, &area), Plan::default());
    assert_eq!(plan(HOME, &area), Plan::default(), "a household is no person");
}

#[test]
fn bytes_that_wait_are_known_by_the_number_or_by_name_and_household() {
    let plan = plan(GONE, &area());
    let bytes = |parts: &[&[u8]]| parts.concat();
    let name = "张伟民".as_bytes();
    for (bytes, is_about) in [
        (bytes(&[b"x", GONE.as_bytes()]), true),
        (bytes(&[TEL.as_bytes(), b"y"]), true),
        (bytes(&[name, b"--", HOME.as_bytes()]), true),
        (bytes(&[name]), false),
        (bytes(&[HOME.as_bytes()]), false),
        (vec![], false),
    ] {
        assert_eq!(plan.is_about(&bytes), is_about, "{bytes:?}");
    }
    assert!(!Plan::default().is_about(name));
}

fn a_matter(subject: &str) -> Matter {
    Matter {
        item: Some("01001".to_owned()),
        list_version: 1,
        subject: subject.to_owned(),
        place: String::new(),
        occurred: Moment::beijing(NOW),
        content: None,
        source: MatterSource::Visit,
        household: None,
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: None,
        department: None,
        limit_workdays: None,
        progress: None,
        photos: None,
    }
}

fn request(state: Is) -> ErasureRequest {
    let decision = Decision { state, at_ms: NOW, by: LEAD, erased_for: None, stopped_for: None, until: None };
    ErasureRequest {
        subject: GONE,
        asker: Asker::Person,
        checked: IdentityCheck::Known,
        at: Moment::beijing(NOW),
        decision: (state != Is::Open).then_some(decision),
    }
}

fn args() -> ErasureArgs {
    let until = "2027-01-01".parse().ok();
    ErasureArgs {
        subject: GONE,
        erased_for: Some(ErasureGround::PurposeOver),
        stopped_for: Some(StopGround::TermOfLaw),
        until,
    }
}

fn decide(state: Is, command: Do, role: Role, said: &ErasureArgs) -> Result<Vec<Event>, &'static str> {
    let (body, args) = (request(state).to_body(), Body::of(said));
    let declared = ErasureRequest::DECLARATION.command(command.code()).unwrap();
    assert_eq!((declared.needs)(&args), [said.subject]);
    (declared.decide)(&Situation {
        command: command.code(),
        args: &args,
        record: RecordId::from_bytes([50; 16]),
        body: &body,
        author: LEAD,
        by: LEAD,
        role,
        at_ms: NOW,
        others: &BTreeMap::new(),
    })
}

#[test]
fn every_state_command_and_role_of_a_request_is_as_said_here() {
    let steps = [
        (Is::Open, Do::Erase, &[Role::CommunityLead][..]),
        (Is::Open, Do::Stop, &[Role::CommunityLead]),
        (Is::Open, Do::TakeBack, &[Role::GridWorker, Role::CommunityStaff, Role::CommunityLead]),
        (Is::Stopped, Do::Erase, &[Role::CommunityLead]),
        (Is::Stopped, Do::Resume, &[Role::CommunityLead]),
    ];
    for (state, command) in
        Is::ALL.iter().flat_map(|state| Do::ALL.iter().map(move |command| (*state, *command)))
    {
        let step = steps.iter().find(|(from, by, _)| (*from, *by) == (state, command));
        for role in Role::ALL {
            let expected = match step {
                None => Some("erasure.state_wrong"),
                Some((.., roles)) if !roles.contains(role) => Some("erasure.not_yours"),
                Some(_) => None,
            };
            let decided = decide(state, command, *role, &args());
            assert_eq!(decided.err(), expected, "{state:?} {command:?} {role:?}");
        }
    }
}

#[test]
fn a_decision_says_what_it_must_and_leaves_a_record_of_the_deed() {
    let lead = |command, args: &ErasureArgs| decide(Is::Open, command, Role::CommunityLead, args);
    let day = |text: &str| text.parse().ok();
    for (command, args, expected) in [
        (Do::Erase, ErasureArgs { erased_for: None, ..args() }, "erasure.ground_missing"),
        (
            Do::Erase,
            ErasureArgs { erased_for: Some(ErasureGround::Newer(9)), ..args() },
            "erasure.ground_missing",
        ),
        (Do::Erase, ErasureArgs { subject: HOME, ..args() }, "erasure.subject_wrong"),
        (Do::Stop, ErasureArgs { stopped_for: None, ..args() }, "erasure.ground_missing"),
        (Do::Stop, ErasureArgs { until: None, ..args() }, "erasure.until_wrong"),
        (Do::Stop, ErasureArgs { until: day("2026-11-18"), ..args() }, "erasure.until_wrong"),
        (Do::Stop, ErasureArgs { until: day("2056-11-19"), ..args() }, "erasure.until_wrong"),
    ] {
        assert_eq!(lead(command, &args), Err(expected), "{command:?} {args:?}");
    }
    assert_eq!(Moment::beijing(NOW).local_day(), "2026-11-18".parse().unwrap());
    assert_eq!(request(Is::Open).reply_due(), "2026-12-03".parse().unwrap());
    for (command, deed, how) in [
        (Do::Erase, Deed::Deleted, Clearing::Erase(ErasureGround::PurposeOver)),
        (Do::Stop, Deed::Stopped, Clearing::Withhold),
    ] {
        let events = lead(command, &args()).unwrap();
        let [Event::Patch(_), Event::Create { body, .. }, Event::Clear { record, kind, how: cleared }] =
            &events[..]
        else {
            panic!("{events:?}")
        };
        let handling = Handling::from_body(body).unwrap();
        assert_eq!((handling.subject, handling.deed), (Some(GONE), deed));
        assert_eq!((Handling::DECLARATION.check)(body), Ok(()));
        assert_eq!((*record, *kind, *cleared), (GONE, Person::DECLARATION.kind, how));
    }
    assert_eq!(lead(Do::TakeBack, &args()).unwrap().len(), 1, "nothing else happens");
}
