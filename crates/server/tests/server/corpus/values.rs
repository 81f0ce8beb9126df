//! Values that no working app sends, and texts that are not what they look like.

use records::attachment::{Attachment, AttachmentHash};
use records::codes::{ConsentForm, Deed, Finding, MatterCommand as Do, ReportReceiver};
use records::consent::Consent;
use records::duty_report::DutyReport;
use records::feedback::Feedback;
use records::handling::Handling;
use records::household::Household;
use records::matter::Matter;
use records::person::Person;
use records::visit::Visit;
use records::wire::Change;
use records::wish::Wish;
use records::{Body, Moment, Patch, Record};

use super::records::{a_wish, of_kind, patch, step};
use super::{Case, Stage, a_house, a_matter, a_person, case, made, made_in, place_of, pushed};
use crate::common::*;

pub fn cases() -> Vec<Case> {
    [values(), texts()].into_iter().flatten().collect()
}

fn values() -> Vec<Case> {
    let photo =
        || Attachment { hash: AttachmentHash::new([7; 32]), size: 9, media: "image/jpeg".into(), name: None };
    let visit = |s: &Stage| Visit::met(s.household, Moment::beijing(NOW));
    let new_person = |s: &mut Stage, person: Person| pushed(&mut s.worker, vec![made(new_id(), &person)]);
    let new_visit = |s: &mut Stage, visit: Visit| pushed(&mut s.worker, vec![made(new_id(), &visit)]);
    let new_matter = |s: &mut Stage, matter: Matter| pushed(&mut s.worker, vec![made(new_id(), &matter)]);
    let new_house =
        |s: &mut Stage, house: records::house::House| pushed(&mut s.worker, vec![made(new_id(), &house)]);
    let new_wish = |s: &mut Stage, wish: Wish| pushed(&mut s.worker, vec![made(new_id(), &wish)]);
    vec![
        case("a person without a name", "person.name_missing", move |s| {
            new_person(s, a_person(s.household, ""))
        }),
        case("a name of 31 characters", "person.name_too_long", move |s| {
            new_person(s, a_person(s.household, &"王".repeat(31)))
        }),
        case("a phone that is none", "phone.wrong", move |s| {
            new_person(s, Person { phone: Some("12345".into()), ..a_person(s.household, "王芳") })
        }),
        case("an ID number with a wrong check digit", "id_number.check_digit", move |s| {
            new_person(
                s,
                Person { id_number: Some("110105194912310021".into()), ..a_person(s.household, "王芳") },
            )
        }),
        case("an ID number of 17 digits", "id_number.form", move |s| {
            new_person(
                s,
                Person { id_number: Some("11010519491231002".into()), ..a_person(s.household, "王芳") },
            )
        }),
        case("an ID number looked at for nothing", "handling.purpose_missing", |s| {
            let shown = Handling::shown(s.person, 6, None, Moment::beijing(NOW));
            pushed(&mut s.worker, vec![made(new_id(), &shown)])
        }),
        case("a phone of nobody looked at", "handling.subject_missing", |s| {
            let shown =
                Handling { subject: None, ..Handling::shown(s.person, 5, None, Moment::beijing(NOW)) };
            pushed(&mut s.worker, vec![made(new_id(), &shown)])
        }),
        case("data taken out for no reason", "handling.reason_missing", |s| {
            let out = Handling::of(Some(s.person), Deed::TakenOut, Moment::beijing(NOW));
            pushed(&mut s.worker, vec![made(new_id(), &out)])
        }),
        case("a report that names somebody", "duty_report.more_than_when_and_whom", |s| {
            let report = DutyReport { at: Moment::beijing(NOW), receiver: ReportReceiver::Police };
            let more = Patch::of_fields(&[(2, minicbor::to_vec("张家的孩子").unwrap())]);
            let (kind, body) = (DutyReport::DECLARATION.kind, report.to_body().patched(&more));
            pushed(&mut s.worker, vec![made_in(&place_of::<DutyReport>(), new_id(), kind, body)])
        }),
        case("consent to what rests on a duty", "consent.not_needed", |s| {
            let at = Moment::beijing(NOW);
            let consent =
                Consent { person: s.person, field: 5, is_given: false, at, form: ConsentForm::Spoken };
            pushed(&mut s.worker, vec![made(new_id(), &consent)])
        }),
        case("a complaint without words", "feedback.text_missing", |s| {
            let feedback = Feedback { at: Moment::beijing(NOW), text: " ".into(), contact: None };
            pushed(&mut s.worker, vec![made(new_id(), &feedback)])
        }),
        case("31 residents", "household.too_many_residents", |s| {
            pushed(&mut s.worker, vec![made(new_id(), &Household { residents: 31, ..a_household("挤") })])
        }),
        case("a note of 501 characters", "household.note_too_long", |s| {
            pushed(&mut s.worker, vec![create(new_id(), &"长".repeat(501))])
        }),
        case("a house without a door", "house.room_missing", move |s| {
            new_house(s, records::house::House { room: String::new(), ..a_house() })
        }),
        case("a building of number 0", "house.building_code_wrong", move |s| {
            new_house(s, records::house::House { building_code: 0, ..a_house() })
        }),
        case("a building of number 100000", "house.building_code_wrong", move |s| {
            new_house(s, records::house::House { building_code: 100_000, ..a_house() })
        }),
        case("a door of 21 characters", "house.room_too_long", move |s| {
            new_house(s, records::house::House { room: "1".repeat(21), ..a_house() })
        }),
        case("a visit of 601 minutes", "visit.too_long", move |s| {
            new_visit(s, Visit { minutes: Some(601), ..visit(s) })
        }),
        case(
            "a visit that finds violence and tells colleagues",
            "visit.finding_belongs_to_report",
            move |s| new_visit(s, Visit { findings: vec![Finding::Newer(4)], ..visit(s) }),
        ),
        case("a visit with 51 findings", "record.list_too_long", move |s| {
            new_visit(s, Visit { findings: vec![Finding::Other; 51], ..visit(s) })
        }),
        case("a visit with ten photos", "record.list_too_long", move |s| {
            new_visit(s, Visit { photos: Some(vec![photo(); 10]), ..visit(s) })
        }),
        case("a photo that is a page", "attachment.media_wrong", move |s| {
            new_visit(
                s,
                Visit { photos: Some(vec![Attachment { media: "text/html".into(), ..photo() }]), ..visit(s) },
            )
        }),
        case("a photo that is a drawing with scripts", "attachment.media_wrong", move |s| {
            new_visit(
                s,
                Visit {
                    photos: Some(vec![Attachment { media: "image/svg+xml".into(), ..photo() }]),
                    ..visit(s)
                },
            )
        }),
        case("a photo of nothing", "attachment.too_large", move |s| {
            new_visit(s, Visit { photos: Some(vec![Attachment { size: 0, ..photo() }]), ..visit(s) })
        }),
        case("a photo larger than anything", "attachment.too_large", move |s| {
            new_visit(s, Visit { photos: Some(vec![Attachment { size: u64::MAX, ..photo() }]), ..visit(s) })
        }),
        case("a visit before there were clocks", "moment.implausible", move |s| {
            new_visit(s, Visit { started: Moment::beijing(i64::MIN / 4), ..visit(s) })
        }),
        case("a visit in the far future", "moment.implausible", move |s| {
            new_visit(s, Visit { started: Moment::beijing(i64::MAX / 4), ..visit(s) })
        }),
        case("a matter without a word", "matter.subject_missing", move |s| new_matter(s, a_matter(""))),
        case("a matter of 151 characters", "matter.subject_too_long", move |s| {
            new_matter(s, a_matter(&"长".repeat(151)))
        }),
        case("a matter outside the list without a reason", "matter.item_or_reason", move |s| {
            new_matter(s, Matter { off_list_reason: None, ..a_matter("没说") })
        }),
        case("a matter of an item that is a path", "item.code_wrong", move |s| {
            new_matter(s, Matter { item: Some("../../etc".into()), ..a_matter("路径") })
        }),
        case("a wish without a word", "wish.text_missing", move |s| new_wish(s, a_wish(s, ""))),
        case("a wish for nobody", "wish.quota_wrong", move |s| {
            new_wish(s, Wish { quota: 0, ..a_wish(s, "轮椅") })
        }),
        case("a wish for 255", "wish.quota_wrong", move |s| {
            new_wish(s, Wish { quota: 255, ..a_wish(s, "轮椅") })
        }),
        case("a record of nothing", "record.malformed", |s| {
            let change =
                Change::Create { scope: place_of::<Person>(), body: Body::parse(vec![0xa0]).unwrap() };
            pushed(&mut s.worker, vec![of_kind::<Person>(op(new_id(), change))])
        }),
        case("a record whose name is a number", "record.malformed", |s| {
            pushed(&mut s.worker, vec![patch::<Person>(s.person, 1, 7_u32)])
        }),
        case("a record larger than any", "commit.op_too_large", |s| {
            let mut large = a_household("大");
            large.services = vec!["很长".repeat(12_000)];
            pushed(&mut s.worker, vec![made(new_id(), &large)])
        }),
        case("501 changes in one commit", "commit.too_many_ops", |s| {
            pushed(&mut s.worker, (0..501).map(|_| create(new_id(), "多")).collect())
        }),
    ]
}

/// Names that are not what they look like.
const HIDING: [(&str, &str); 7] = [
    ("that is read backwards", "\u{202e}芳王"),
    ("with a direction inside", "王\u{2067}芳\u{2069}"),
    ("with a space nobody sees", "王\u{200b}芳"),
    ("with a joiner nobody sees", "王\u{2060}芳"),
    ("with a mark of byte order", "\u{feff}王芳"),
    ("with a zero", "王\u{0}芳"),
    ("that rings a bell", "王\u{7}芳"),
];

fn texts() -> Vec<Case> {
    let mut cases = vec![];
    for (why, text) in HIDING {
        cases.push(case(format!("a person's name {why}"), "record.text_hidden", move |s| {
            pushed(&mut s.worker, vec![made(new_id(), &a_person(s.household, text))])
        }));
        cases.push(case(format!("a person renamed to one {why}"), "record.text_hidden", move |s| {
            pushed(&mut s.worker, vec![patch::<Person>(s.person, 1, text)])
        }));
        cases.push(case(format!("a matter's subject {why}"), "record.text_hidden", move |s| {
            pushed(&mut s.worker, vec![made(new_id(), &a_matter(text))])
        }));
        cases.push(case(format!("the reason of a step {why}"), "record.text_hidden", move |s| {
            pushed(&mut s.desk, vec![step(s.matter, Do::Decline, Some(text))])
        }));
        cases.push(case(format!("a field of a newer version {why}"), "record.text_hidden", move |s| {
            pushed(&mut s.worker, vec![edit(s.household, 1, 200, text)])
        }));
    }
    cases
}
