//! Photos: taken offline, sent after the rows, seen by whoever may hold the record and nobody else.

use records::RecordId;
use records::attachment::{AttachmentAnswer, AttachmentAsk, AttachmentHash};
use records::call::*;
use records::codes::VisitResult;
use stories::networked::{Device, UNREACHABLE};
use stories::server::{ServerProcess, more};
use stories::weak_link::{Cut, WeakLink};

use crate::common::*;

fn picture(seed: u32, bytes: usize) -> Vec<u8> {
    sample::picture(bytes, seed)
}

/// Takes a photo for what is being filled in.
fn take(device: &mut Device, record: RecordId, bytes: &[u8]) -> AttachmentHash {
    let upload = device.upload(bytes.to_vec());
    let photos = device.ask(TakePhoto { record, upload, media: "image/jpeg".to_owned() }).unwrap();
    photos.rows.last().unwrap().hash
}

/// A visit with photos; its id and their hashes.
fn visit_with(
    device: &mut Device,
    household: RecordId,
    pictures: &[Vec<u8>],
) -> (RecordId, Vec<AttachmentHash>) {
    let mut draft = device.ask(OpenVisitSheet { household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    let hashes = pictures.iter().map(|picture| take(device, draft.id, picture)).collect();
    let id = draft.id;
    device.ask(SaveVisit { draft }).unwrap();
    (id, hashes)
}

fn photos(device: &mut Device, record: RecordId) -> Vec<PhotoRow> {
    device.ask(ListPhotos { record }).unwrap().rows
}

#[test]
fn a_photo_taken_offline_arrives_after_its_visit_and_is_seen_elsewhere() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let door = doors(&mut worker, 1)[0];
    let before = server.count().unwrap();
    let picture = picture(1, 700_000);
    let (visit, hashes) = visit_with(&mut worker, door, std::slice::from_ref(&picture));
    let hash = hashes[0];
    assert_eq!(worker.photo(hash).unwrap().as_ref(), Some(&picture), "it is seen here at once");
    assert_eq!(worker.move_photos().unwrap(), 0, "no photo goes before the rows");

    // The row is there before the photo, and the colleague is told so.
    worker.sync().unwrap();
    colleague.sync().unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
    let row = photos(&mut colleague, visit).remove(0);
    assert_eq!((row.hash, row.is_here, row.size), (hash, false, 700_000));
    colleague.ask(WantPhoto { hash }).unwrap();
    colleague.move_photos().unwrap();
    let row = photos(&mut colleague, visit).remove(0);
    assert_eq!((row.is_here, row.refused.as_deref()), (false, Some("attachment.missing")));

    // 6 parts, and one question before the first.
    assert_eq!(worker.move_photos().unwrap(), 7);
    assert!(photos(&mut worker, visit)[0].is_held);
    assert_eq!(server.attachments().unwrap(), (1, 700_000));
    colleague.ask(WantPhoto { hash }).unwrap();
    assert_eq!(colleague.move_photos().unwrap(), 6);
    assert_eq!(colleague.photo(hash).unwrap(), Some(picture));
    assert_eq!((worker.move_photos().unwrap(), colleague.move_photos().unwrap()), (0, 0));
}

#[test]
fn no_photo_goes_where_bytes_are_to_be_spared_unless_somebody_wants_to_see_it() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let door = doors(&mut worker, 1)[0];
    let (_, hashes) = visit_with(&mut worker, door, &[picture(8, 1_000)]);
    worker.ask(TellLink { is_metered: true }).unwrap();
    worker.sync().unwrap();
    assert_eq!(worker.move_photos().unwrap(), 0);
    worker.ask(TellLink { is_metered: false }).unwrap();
    assert_eq!(worker.move_photos().unwrap(), 2);

    colleague.sync().unwrap();
    colleague.ask(TellLink { is_metered: true }).unwrap();
    colleague.ask(WantPhoto { hash: hashes[0] }).unwrap();
    assert_eq!(colleague.move_photos().unwrap(), 1);
}

#[test]
fn a_photo_goes_on_where_the_road_broke() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let invitation = server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap();
    let mut worker = Device::enrolled(&invitation).unwrap();
    let mut colleague = colleague(&server);
    let door = doors(&mut worker, 1)[0];
    let picture = picture(2, 500_000);
    let (visit, hashes) = visit_with(&mut worker, door, std::slice::from_ref(&picture));
    worker.sync().unwrap();

    for cut in [
        Cut::Request(0),
        Cut::Request(1),
        Cut::Answer(0),
        Cut::Request(60_000),
        Cut::Answer(40),
        Cut::Request(131_200),
    ] {
        // It asks from where to go on; on the way of the next part the road breaks.
        assert!(worker.move_photo().unwrap());
        link.cut(cut);
        assert_eq!(worker.move_photo().unwrap_err().code, UNREACHABLE, "{cut:?}");
        link.mend();
        worker.restart().unwrap();
    }
    // Two of the four parts had arrived, though nobody heard so.
    assert_eq!(worker.move_photos().unwrap(), 3);
    let row = photos(&mut worker, visit).remove(0);
    assert_eq!((row.is_held, row.moved), (true, 500_000));
    assert_eq!(server.attachments().unwrap(), (1, 500_000));

    colleague.sync().unwrap();
    colleague.ask(WantPhoto { hash: hashes[0] }).unwrap();
    colleague.move_photos().unwrap();
    assert_eq!(colleague.photo(hashes[0]).unwrap(), Some(picture));
}

#[test]
fn the_same_photo_is_kept_once_and_a_second_one_beside_it() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let doors = doors(&mut worker, 2);
    let (same, other) = (picture(3, 200_000), picture(4, 1_000));
    let (_, first) = visit_with(&mut worker, doors[0], &[same.clone(), same.clone(), other.clone()]);
    let (second, _) = visit_with(&mut worker, doors[1], std::slice::from_ref(&same));
    assert_eq!(first[0], first[1]);
    worker.sync().unwrap();
    // Two files: 2 parts and 1, and a question before each.
    assert_eq!(worker.move_photos().unwrap(), 5);
    assert_eq!(server.attachments().unwrap(), (2, 201_000));
    assert!(photos(&mut worker, second)[0].is_held);

    // Another device of the same grid need not bring what it may see anyway.
    let mut colleague = colleague(&server);
    visit_with(&mut colleague, doors[1], std::slice::from_ref(&same));
    colleague.sync().unwrap();
    assert_eq!(colleague.move_photos().unwrap(), 1);
    assert_eq!(server.attachments().unwrap(), (2, 201_000));
}

#[test]
fn who_may_not_hold_the_record_hears_the_same_as_of_no_photo_at_all() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let invitation = server.invite("grid-worker", "230881/001/003/08", "隔壁").unwrap();
    let mut neighbour = Device::enrolled(&invitation).unwrap();
    let door = doors(&mut worker, 1)[0];
    let secret = picture(5, 150_000);
    let (visit, hashes) = visit_with(&mut worker, door, std::slice::from_ref(&secret));
    worker.sync().unwrap();
    worker.move_photos().unwrap();
    neighbour.sync().unwrap();
    assert_eq!(photos(&mut neighbour, visit), [], "the row is not there either");

    // An altered app asks for it all the same, and for one that never was.
    for hash in [hashes[0], AttachmentHash::new([9; 32])] {
        let said = neighbour.ask_about_photo(hash, AttachmentAsk::Get { offset: 0 }).unwrap();
        assert_eq!(said, Err((404, "attachment.missing".to_owned())));
    }
    // Who has the bytes gives nothing away by bringing them, and is not spared a single one.
    let offer = AttachmentAsk::Offer { size: 150_000, media: "image/jpeg".to_owned() };
    let said = neighbour.ask_about_photo(hashes[0], offer).unwrap();
    assert_eq!(said, Ok(AttachmentAnswer::From { offset: 0 }), "from the first byte on");
    let half = AttachmentAsk::Put { offset: 0, bytes: secret[..100_000].to_vec().into() };
    let said = neighbour.ask_about_photo(hashes[0], half).unwrap();
    assert_eq!(said, Ok(AttachmentAnswer::From { offset: 100_000 }));
    let wrong = AttachmentAsk::Put { offset: 100_000, bytes: vec![0; 50_000].into() };
    let said = neighbour.ask_about_photo(hashes[0], wrong).unwrap();
    assert_eq!(said, Err((422, "attachment.hash_wrong".to_owned())), "what it has not, it does not get");
    let said = neighbour.ask_about_photo(hashes[0], AttachmentAsk::Get { offset: 0 }).unwrap();
    assert_eq!(said, Err((404, "attachment.missing".to_owned())));
}

#[test]
fn a_server_that_went_back_to_a_backup_gets_the_photo_with_its_visit() {
    let mut server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let door = doors(&mut worker, 1)[0];
    let backup = server.backup().unwrap();
    let picture = picture(9, 200_000);
    let (_, hashes) = visit_with(&mut worker, door, std::slice::from_ref(&picture));
    worker.sync().unwrap();
    worker.move_photos().unwrap();

    server.go_back_to(&backup).unwrap();
    worker.sync().unwrap();
    worker.move_photos().unwrap();
    colleague.sync().unwrap();
    colleague.ask(WantPhoto { hash: hashes[0] }).unwrap();
    colleague.move_photos().unwrap();
    assert!(colleague.photo(hashes[0]).unwrap() == Some(picture));
}

#[test]
fn what_was_taken_and_never_saved_goes_nowhere_and_goes_away() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let household = doors(&mut worker, 1)[0];
    let draft = worker.ask(OpenVisitSheet { household }).unwrap().draft;
    let (kept, left_out) = (picture(6, 10_000), picture(7, 10_000));
    take(&mut worker, draft.id, &kept);
    let hash = take(&mut worker, draft.id, &left_out);
    worker.ask(LeaveOutPhoto { record: draft.id, hash }).unwrap();
    assert_eq!(photos(&mut worker, draft.id).len(), 1);
    worker.sync().unwrap();
    assert_eq!(worker.move_photos().unwrap(), 0);

    worker.with(|app, context| app.tidy_photos(context)).unwrap();
    assert_eq!(worker.photo(hash).unwrap(), None, "left out, it goes at once");
    assert_eq!(photos(&mut worker, draft.id).len(), 1);
    worker.pass(31 * 24 * 3_600_000);
    worker.with(|app, context| app.tidy_photos(context)).unwrap();
    assert_eq!(photos(&mut worker, draft.id), []);
    assert_eq!(server.attachments().unwrap(), (0, 0));
}
