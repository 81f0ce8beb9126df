//! Whoever asks gets everything that is kept of them, nothing of others, and that it was handed over is on record.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::call::*;
use records::codes::*;
use records::matter::Matter;
use records::wish::Wish;
use records::{Moment, RecordId, Scope};
use store::Origin;

use crate::{code, device, first_due};

const NAME: &str = "甄谧笙";
const PHONE: &str = "13812341234";
const ID_NUMBER: &str = "11010519491231002X";

struct Known {
    device: LocalDevice,
    household: RecordId,
    person: RecordId,
}

fn known() -> Known {
    let mut device = device();
    let household = first_due(&mut device).household;
    let person = device.ask(GetHousehold { id: household }).unwrap().people[0].id;
    let [name, phone, id_number] = [NAME, PHONE, ID_NUMBER].map(|value| Some(value.to_owned()));
    device.ask(EditPerson { id: person, name, phone, id_number }).unwrap();
    for note in ["甄谧笙说好", "楼上李四吵", "打13812341234"] {
        let mut draft = device.ask(OpenVisitSheet { household }).unwrap().draft;
        (draft.result, draft.note) = (Some(VisitResult::Met), note.to_owned());
        device.ask(SaveVisit { draft }).unwrap();
    }
    let (what, form) = (Masked::IdNumber, ConsentForm::Written);
    device.ask(NoteConsent { person, what, is_given: true, form }).unwrap();
    device.ask(Reveal::of(person, Masked::Phone)).unwrap();
    let (asker, checked) = (Asker::Person, IdentityCheck::Known);
    device.ask(AskErasure { person, asker, checked }).unwrap();
    Known { device, household, person }
}

fn asked(person: RecordId) -> GetCopy {
    GetCopy { person, receiver: Asker::Guardian, checked: IdentityCheck::Document }
}

/// A matter of the household from this source, and a wish of it.
fn reported(device: &mut LocalDevice, household: RecordId, source: MatterSource, subject: &str) {
    let (now_ms, mut next) = (device.now_ms, 0_u8);
    let matter = Matter {
        item: Some("01001".to_owned()),
        list_version: 1,
        subject: subject.to_owned(),
        place: String::new(),
        occurred: Moment::beijing(now_ms),
        content: Some(format!("{subject}，细说")),
        source,
        household: Some(household),
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: None,
        department: None,
        limit_workdays: None,
        progress: None,
        photos: None,
    };
    let wish =
        Wish {
            household, text: "想要一副老花镜".to_owned(), budget_fen: None, quota: 1, progress: None
        };
    let code = u8::try_from(source.code()).unwrap();
    let mut new_id = move || {
        next += 1;
        RecordId::from_bytes([code, next, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7])
    };
    let (id, other) = (new_id(), new_id());
    let origin = Origin { now_ms, hold_ms: 0, new_id: &mut new_id };
    let scope = |text: &str| text.parse::<Scope>().unwrap();
    let made = device.store().act(origin, |action| {
        action.create(id, &scope("230881/001/003/07#work"), &matter)?;
        action.create(other, &scope("230881/001/003#work"), &wish)
    });
    made.unwrap();
}

#[test]
fn everything_that_is_kept_is_in_it_with_why() {
    let Known { mut device, person, .. } = known();
    let copy = device.ask(asked(person)).unwrap();
    let value = |field: &str| copy.facts.iter().find(|fact| fact.field == field);
    for (field, expected, basis) in [
        ("person.name", NAME, Basis::Duty),
        ("person.phone", PHONE, Basis::Duty),
        ("person.id_number", ID_NUMBER, Basis::Consent),
    ] {
        let fact = value(field).unwrap();
        assert_eq!((fact.value.as_str(), fact.basis), (expected, basis));
        assert!(fact.law.contains("个人信息保护法"), "{}", fact.law);
    }
    assert!(value("household.care").is_some());
    assert_eq!((copy.consents.len(), copy.consents[0].field.as_str()), (1, "person.id_number"));
    assert_eq!((copy.requests.len(), copy.requests[0].state), (1, ErasureState::Open));
    assert!(!copy.door.is_empty() && copy.by.is_some());
    assert!(copy.waiting > 0, "nothing went out yet, and it says so");
}

#[test]
fn that_it_was_handed_over_is_on_record_and_in_it() {
    let Known { mut device, person, .. } = known();
    let copy = device.ask(asked(person)).unwrap();
    let deeds: Vec<_> = copy.handlings.iter().map(|deed| (deed.deed, deed.receiver)).collect();
    assert_eq!(deeds, [(Deed::TakenOut, Some(Asker::Guardian)), (Deed::Shown, None)]);
    let [newest, ..] = &device.ask(ListHandling { after: None, limit: 50 }).unwrap().rows[..] else {
        panic!("on record")
    };
    assert_eq!((newest.deed, newest.purpose), (Deed::TakenOut, Some(Purpose::OwnRequest)));
    assert!(newest.whose.contains('*'));
    // Each time anew.
    assert_eq!(device.ask(asked(person)).unwrap().handlings.len(), 3);
}

#[test]
fn visits_that_do_not_name_them_and_words_of_whoever_told_are_not_in_it() {
    let Known { mut device, household, person } = known();
    reported(&mut device, household, MatterSource::Resident, "灯坏了");
    reported(&mut device, household, MatterSource::Hotline, "邻居投诉吵闹");
    let copy = device.ask(asked(person)).unwrap();
    let notes: Vec<_> = copy.visits.iter().map(|visit| visit.note.as_str()).collect();
    assert_eq!(notes, ["打13812341234", "甄谧笙说好"]);
    let json = serde_json::to_string(&copy).unwrap();
    for (words, is_in) in [("灯坏了，细说", true), ("投诉", false), ("李四", false), ("老花镜", true)]
    {
        assert_eq!(json.contains(words), is_in, "{words}");
    }
    let own = copy.matters.iter().filter(|matter| !matter.subject.is_empty()).count();
    assert!(own < copy.matters.len(), "that there is a matter is not kept from them");
}

#[test]
fn the_file_is_the_copy_and_nobodys_name_is_in_its_name() {
    let Known { mut device, person, .. } = known();
    let image = device.with(|app, context| app.copy_image(PackCopy { copy: asked(person) }, context));
    let image = image.unwrap();
    let copy = app::read_copy(&image.bytes).unwrap();
    assert_eq!(code(app::read_copy(b"Gridwalk").unwrap_err()), "copy.other");
    assert_eq!(copy.facts[0].value, NAME);
    assert!(image.name.ends_with(".gwcopy") && !image.name.contains(NAME));
    assert_eq!(image.code.len(), 19);
}

#[test]
fn of_whom_nothing_is_here_nothing_is_copied_and_nothing_noted() {
    let Known { mut device, household, .. } = known();
    let before = device.ask(ListHandling { after: None, limit: 50 }).unwrap().rows.len();
    for id in [household, RecordId::from_bytes([9; 16])] {
        assert!(!code(device.ask(asked(id)).unwrap_err()).is_empty());
    }
    assert_eq!(device.ask(ListHandling { after: None, limit: 50 }).unwrap().rows.len(), before);
}
