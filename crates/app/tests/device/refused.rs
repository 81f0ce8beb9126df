//! What the server refused goes on, with everything that belongs to it.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::RecordId;
use records::attachment::AttachmentHash;
use records::call::*;
use records::codes::VisitResult;
use records::wire::{CommitResult, Outcome};

use super::{code, device, first_due, visit};

const DOOR: u32 = 1;
const STAIRS: u32 = 2;
const LAMP: u32 = 3;

/// Takes a photo of this number for what is being filled in.
fn take(device: &mut LocalDevice, record: RecordId, number: u32) -> AttachmentHash {
    let upload = device.with(|app, _| app.upload(sample::picture(200, number)));
    let photos = device.ask(TakePhoto { record, upload, media: "image/jpeg".to_owned() }).unwrap();
    photos.rows.last().unwrap().hash
}

fn photos(device: &mut LocalDevice, record: RecordId) -> Vec<AttachmentHash> {
    device.ask(ListPhotos { record }).unwrap().rows.into_iter().map(|row| row.hash).collect()
}

/// The server refuses a save; the card of it.
fn refuse(device: &mut LocalDevice, saved: &Saved) -> CardId {
    let outcome = Outcome::Refused { code: "record.exists".to_owned() };
    let result = CommitResult { push_seq: saved.undo.unwrap(), outcome };
    let now_ms = device.now_ms;
    device.store().settle(&[result], (now_ms, now_ms), None).unwrap();
    cards(device)[0].id
}

fn cards(device: &mut LocalDevice) -> Vec<Card> {
    device.ask(GetSync {}).unwrap().cards
}

#[test]
fn a_refused_visit_goes_on_with_its_photos_and_those_of_its_matters() {
    let mut device = device();
    let household = first_due(&mut device).household;
    let mut draft = device.ask(OpenVisitSheet { household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    let matter = RecordId::from_bytes([6; 16]);
    draft.matters.push(MatterDraft {
        id: Some(matter),
        item: None,
        subject: "楼道灯不亮".to_owned(),
        place: String::new(),
        content: String::new(),
        off_list_reason: "清单外".to_owned(),
    });
    let on_visit = [take(&mut device, draft.id, DOOR), take(&mut device, draft.id, STAIRS)];
    let on_matter = [take(&mut device, matter, LAMP)];
    let saved = device.ask(SaveVisit { draft: draft.clone() }).unwrap();
    let card = refuse(&mut device, &saved);
    // Long after: what is only taken for a sheet is forgotten by then.
    device.now_ms += 40 * 86_400_000;
    device.with(|app, context| app.tidy_photos(context)).unwrap();

    let again = device.ask(Settle { card, how: Settlement::Correct }).unwrap().draft.unwrap();
    let matter_again = again.matters[0].id.unwrap();
    assert!(again.id != draft.id && matter_again != matter, "the server may know others by the old ids");
    device.with(|app, context| app.tidy_photos(context)).unwrap();
    assert_eq!(photos(&mut device, again.id), on_visit);
    assert_eq!(photos(&mut device, matter_again), on_matter);
    device.ask(SaveVisit { draft: again.clone() }).unwrap();
    let mut kept = on_visit;
    kept.sort();
    assert_eq!(photos(&mut device, again.id), kept);
    assert_eq!(photos(&mut device, matter_again), on_matter);
    assert_eq!(device.with(|app, _| app.photo(on_matter[0])).unwrap(), Some(sample::picture(200, LAMP)));
}

/// A matter off the list, seen at a household.
fn report(device: &mut LocalDevice, household: RecordId) -> Saved {
    let draft = MatterDraft {
        id: Some(RecordId::from_bytes([7; 16])),
        item: None,
        subject: "楼道灯不亮".to_owned(),
        place: "三楼".to_owned(),
        content: String::new(),
        off_list_reason: "清单里没有".to_owned(),
    };
    device.ask(SaveMatter { draft, household: Some(household) }).unwrap()
}

fn matters(device: &mut LocalDevice) -> Vec<MatterRow> {
    device.ask(ListMatters { limit: 10, ..Default::default() }).unwrap().rows
}

#[test]
fn a_refused_matter_is_corrected_as_a_form_and_there_is_always_one_of_it() {
    let mut device = device();
    let household = first_due(&mut device).household;
    let lamp = take(&mut device, RecordId::from_bytes([7; 16]), LAMP);
    let seen_ms = device.now_ms;
    let saved = report(&mut device, household);
    let before = matters(&mut device);
    let card = refuse(&mut device, &saved);
    let CardId::Refused(refused) = card else { panic!("{card:?}") };
    device.now_ms += 3_600_000;

    let form = device.ask(Settle { card, how: Settlement::Correct }).unwrap().matter.unwrap();
    assert_eq!((form.subject.as_str(), form.place.as_str()), ("楼道灯不亮", "三楼"));
    assert_eq!(cards(&mut device)[0].id, card, "a form that is put aside leaves the card as it was");
    device.restart().unwrap();

    let draft = MatterDraft { content: "声控的，连续两晚不亮".to_owned(), ..form };
    let corrected = device.ask(CorrectMatter { refused, draft: draft.clone() }).unwrap();
    assert!(cards(&mut device).is_empty());
    let rows = matters(&mut device);
    assert_eq!(rows.len(), before.len());
    assert_eq!(rows[0].id, corrected.id);
    assert!(corrected.id != saved.id, "the server may know another by the old id");
    assert_eq!(rows[0].occurred.utc_ms, seen_ms, "it was not seen again");
    assert_eq!(photos(&mut device, corrected.id), [lamp]);
    let page = device.ask(GetMatter { id: corrected.id }).unwrap();
    assert_eq!(page.content.as_deref(), Some("声控的，连续两晚不亮"));
    assert_eq!(page.household.map(|(id, _)| id), Some(household));
    let twice = device.ask(CorrectMatter { refused, draft }).unwrap_err();
    assert_eq!(code(twice), "record.missing");

    // Taken back, the refused one is there again.
    device.ask(Undo { undo: corrected.undo.unwrap() }).unwrap();
    device.ask(Settle { card, how: Settlement::BringBack }).unwrap();
    assert_eq!(cards(&mut device).len(), 1);
    assert_eq!(matters(&mut device), before_refused(before));
}

/// The list as it is with the refused matter in it.
fn before_refused(mut rows: Vec<MatterRow>) -> Vec<MatterRow> {
    rows[0].standing = Standing::NeedsYou;
    rows
}

#[test]
fn what_was_withdrawn_is_let_go_of_only_once_it_is_kept_again() {
    let mut device = device();
    let household = first_due(&mut device).household;
    let saved = visit(&mut device, household, VisitResult::Met);
    let card = refuse(&mut device, &saved);
    let leave = Settle { card, how: Settlement::LeaveIt };
    let bring_back = Settle { card, how: Settlement::BringBack };
    device.ask(leave).unwrap();
    device.ask(leave).unwrap(); // A second tap.
    assert!(cards(&mut device).is_empty());

    let rename = |device: &mut LocalDevice, from: &str, to: &str| {
        let renamed = format!("ALTER TABLE {from} RENAME TO {to}");
        device.store().write(|tx| Ok(tx.execute_batch(&renamed)?)).unwrap();
    };
    rename(&mut device, "refused", "out_of_reach");
    device.ask(bring_back).unwrap_err();
    rename(&mut device, "out_of_reach", "refused");
    device.ask(bring_back).unwrap();
    assert_eq!(cards(&mut device).len(), 1);
    assert_eq!(code(device.ask(bring_back).unwrap_err()), "undo.not_withdrawn_last");
}
