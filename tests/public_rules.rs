//! What 国办函〔2026〕12号 forbids such an app to be (domain §0), as tests: nobody is ranked, nobody's time in the app is
//! kept, nothing is asked for that is not needed, and complaints have a place inside.
//!
//! Names stand here with the reason why each may be. A new column, field or answer whose name speaks of time, use, score
//! or place fails until somebody gives such a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use device::LocalDevice;
use records::call::*;
use records::codes::{CareLevel, VisitResult};
use records::declaration::DECLARATIONS;
use rusqlite::Connection;
use server::database::tables::TABLES;
use store::Store;

/// Parts of names that could keep when, how long or how much somebody used the app, how they did beside others, or
/// where they were. A name is looked at word by word.
const TELLING: [&str; 45] = [
    "ms",
    "at",
    "on",
    "since",
    "until",
    "minute",
    "minutes",
    "hour",
    "hours",
    "second",
    "seconds",
    "duration",
    "elapsed",
    "idle",
    "seen",
    "used",
    "use",
    "usage",
    "online",
    "offline",
    "session",
    "sessions",
    "login",
    "logins",
    "times",
    "often",
    "streak",
    "score",
    "scores",
    "rank",
    "ranks",
    "ranking",
    "point",
    "points",
    "badge",
    "level",
    "lat",
    "lon",
    "latitude",
    "longitude",
    "accuracy",
    "location",
    "position",
    "track",
    "speed",
];

fn tells(name: &str) -> bool {
    // Of a field on the wire the file is only where to find it.
    let name = name.rsplit('/').next().unwrap_or(name);
    name.split(['_', '.']).any(|word| TELLING.contains(&word))
}

/// Every telling name of `found` has its reason, and no reason stands without its name.
fn all_have_reasons(found: &BTreeSet<String>, reasons: &[(&str, &str)]) {
    let telling: BTreeSet<&str> = found.iter().map(String::as_str).filter(|name| tells(name)).collect();
    let allowed: BTreeMap<&str, &str> = reasons.iter().copied().collect();
    assert_eq!(allowed.len(), reasons.len(), "each once");
    assert!(reasons.iter().all(|(_, reason)| !reason.is_empty()));
    let allowed: BTreeSet<&str> = allowed.into_keys().collect();
    let (new, gone): (Vec<_>, Vec<_>) =
        (telling.difference(&allowed).collect(), allowed.difference(&telling).collect());
    assert!(new.is_empty() && gone.is_empty(), "without a reason: {new:?}; no longer there: {gone:?}");
}

#[test]
fn no_column_of_a_server_keeps_how_long_or_how_often_somebody_used_the_app() {
    let columns = TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| format!("{}.{}", table.name, column.name)));
    all_have_reasons(&columns.collect(), SERVER);
}

#[test]
fn no_column_of_a_device_does_either() {
    let file = tempfile::NamedTempFile::new().unwrap();
    drop(Store::open(Connection::open(file.path()).unwrap()).unwrap());
    let db = Connection::open(file.path()).unwrap();
    let sql = "SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
               WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    let mut find = db.prepare(sql).unwrap();
    let columns = find.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    all_have_reasons(&columns, DEVICE);
}

#[test]
fn no_field_of_a_record_does_either() {
    let fields = DECLARATIONS.iter().flat_map(|declared| {
        declared.fields.iter().map(move |field| format!("{}.{}", declared.name, field.name))
    });
    all_have_reasons(&fields.collect(), RECORDS);
}

#[test]
fn no_field_on_the_wire_or_in_an_answer_does_either() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates/records/src");
    let mut sources = vec![root.join("wire.rs")];
    sources.extend(fs::read_dir(root.join("call")).unwrap().map(|entry| entry.unwrap().path()));
    let mut fields = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(&source).unwrap();
        let file = source.file_stem().unwrap().to_string_lossy().into_owned();
        fields.extend(text.lines().filter_map(field_of).map(|field| format!("{file}/{field}")));
    }
    assert!(fields.len() > 150, "{} fields were read", fields.len());
    all_have_reasons(&fields, WIRE);
}

/// The name of a field that a line declares, in a struct or in a variant.
fn field_of(line: &str) -> Option<&str> {
    let line = line.trim();
    let (name, _) = line.strip_prefix("pub ").unwrap_or(line).split_once(": ")?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (is_name && line.ends_with(',')).then_some(name)
}

/// Answers that list people say nothing by which they could stand in an order of merit, and are asked for without one.
#[test]
fn no_request_orders_people() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates/records/src/call");
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let words = line.to_lowercase();
            for merit in ["score", "rank", "best", "worst", "leader", "compare", "order_by", "sort"] {
                assert!(!words.contains(merit), "{}: {line}", path.display());
            }
        }
    }
}

/// With a photo or a place, no more than without: there is no field for a place at all.
#[test]
fn a_visit_without_photo_and_place_saves_and_counts_fully() {
    let mut device = LocalDevice::with_demo_grid().unwrap();
    let today = device.ask(GetToday {}).unwrap();
    let door = today.staircases[0].doors[0].clone();
    let mut draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    let record = draft.id;
    device.ask(SaveVisit { draft }).unwrap();
    let after = device.ask(GetToday {}).unwrap();
    assert_eq!((after.due, after.done_today), (today.due - 1, today.done_today + 1));
    assert!(device.ask(ListPhotos { record }).unwrap().rows.is_empty());
    let page = device.ask(GetHousehold { id: door.household }).unwrap();
    assert_eq!(page.row.last, Some((after.on, VisitResult::Met)));
    assert!(page.care == CareLevel::Ordinary || page.row.due_on > Some(after.on), "the rhythm counts it");
    assert_eq!(device.ask(Undo { undo: 1 }).map(|undone| undone.draft.is_some()), Ok(true));
}

/// 投诉建议 is one press from 我的, and no page is without a way there.
#[test]
fn complaints_have_a_place_inside_the_app() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("ui/src");
    let me = fs::read_to_string(pages.join("pages/me.rs")).unwrap();
    assert!(me.contains("Route::Feedback"));
    let mut device = LocalDevice::with_demo_grid().unwrap();
    let nobody = SendFeedback { text: "字太小".to_owned(), contact: String::new() };
    assert!(device.ask(nobody).is_ok(), "without a network, without a name");
}

/// Of a server.
const SERVER: &[(&str, &str)] = &[
    ("account.made_ms", "when somebody was invited, as the audit says"),
    ("account.moved_ms", "since when a post is theirs: decides what late work may do"),
    ("attachment.made_ms", "when a photo was whole, to clear away what nobody names"),
    ("attachment_brought.touched_ms", "when a photo last grew, to give up on half a photo"),
    ("departure.left_ms", "when a record left its area: late changes are judged by it"),
    (
        "device.last_seen_ms",
        "the day of the last round, no hour: by it a lost device is told from one in use",
    ),
    ("device.token_ms", "when its token was made: it is renewed by age"),
    ("device.made_ms", "when it was enrolled"),
    ("device.revoked_ms", "when it was shut out"),
    ("enrolment.expires_ms", "a code is good for ten minutes"),
    ("former_grant.until_ms", "until when something might be held: decides what late work may do"),
    ("meta.made_ms", "when the database was made"),
    ("purge_receipt.at_ms", "when a device gave back what it held"),
    ("purge_receipt.received_ms", "when it said so"),
    ("purge_receipt.revoked_ms", "what it was answering to"),
    ("quarantine.clock_ms", "to set the clock of late work right"),
    ("quarantine.decided_ms", "when somebody decided about late work"),
    ("quarantine.received_ms", "when late work came"),
    ("record.received_ms", "when a record came: the order of work, not of presence"),
    ("signing_key.made_ms", "when the key was made"),
];

/// Of a device.
const DEVICE: &[(&str, &str)] = &[
    ("acknowledged.taken_ms", "what the server took is kept 35 days"),
    ("attachment.used_ms", "photos longest out of sight leave a full device first"),
    ("attachment_taken.taken_ms", "the order of photos on a sheet"),
    ("draft.touched_ms", "which sheet was put aside last"),
    ("duty_report.at_ms", "when harm was reported, for the county"),
    ("feedback.at_ms", "when a complaint was written"),
    ("handling.at_ms", "when data was shown or taken out: the law asks for it"),
    ("erasure_request.at_ms", "the same on the device, for the order of the list"),
    ("household.care_since", "since when a household has its level of care"),
    ("household.due_on", "when a household is visited next"),
    ("household.last_on", "when it was visited last"),
    ("household.next_on", "what was agreed at its door"),
    ("item_use.code", "an item somebody chose, to offer it first; on this device alone"),
    ("item_use.last_ms", "when, for the same"),
    ("item_use.times", "how often, for the same"),
    ("matter.occurred_ms", "when a matter was seen"),
    ("outbox.hold_until_ms", "until when a save can be taken back"),
    ("outbox.saved_ms", "how long a change waits, shown to the person"),
    ("purge_receipt.at_ms", "as on the server"),
    ("purge_receipt.revoked_ms", "as on the server"),
    ("quarantined.sent_ms", "when late work went out"),
    ("record.received_ms", "as on the server"),
    ("refused.refused_ms", "when a change was refused, shown to the person"),
    ("reveal.at_ms", "of earlier versions; nothing is added to it"),
    ("scope.reread_from_ms", "not to read a place anew again and again"),
    ("scope.revoked_ms", "which taking away is being carried out"),
    ("visit.next_on", "what was agreed at the door"),
    ("visit.started_ms", "when somebody was visited: the visit's own time"),
    ("visit_amendment.at_ms", "when a visit was corrected"),
];

/// Of records.
const RECORDS: &[(&str, &str)] = &[
    ("consent.at", "when somebody agreed: the law asks for it"),
    (
        "erasure_request.at",
        "when somebody asked that what is kept of them be deleted: the reply is due from then",
    ),
    ("duty_report.at", "all that is kept of a report, with whom it went to"),
    ("feedback.at", "when a complaint was written"),
    ("handling.at", "when data was shown or taken out: the law asks for it"),
    ("house.usage", "what a house is used for: lived in, let, empty"),
    ("household.care_since", "since when a household has its level of care"),
    ("household.left_on", "when a household moved away"),
    ("household.review_on", "when its level of care is looked at again"),
    ("item.limit_minutes", "how soon a department must come"),
    ("losing_edit.lost_at", "which of two changes came first"),
    ("losing_edit.won_at", "the same"),
    ("matter_step.at_ms", "when a matter went on"),
    ("person.born_on", "a person's birthday, where given"),
    ("visit.minutes", "how long a visit was, where its worker says so; nothing measures it"),
    ("visit.next_on", "what was agreed at the door"),
    ("visit_amendment.at", "when a visit was corrected"),
];

/// On the wire and in answers.
const WIRE: &[(&str, &str)] = &[
    ("erasure/at", "when somebody asked for deletion"),
    ("erasure/decided_at", "when that was decided, for whoever asked"),
    ("erasure/until", "the last day on which the law keeps what is put aside"),
    ("access/until_ms", "until when a one-time code can be used"),
    ("courier/made_ms", "when a file was written, to know it by"),
    ("handling/at", "when data was shown or taken out"),
    ("households/at", "when something happened at a household"),
    ("households/due_on", "when it is visited next"),
    ("households/review_on", "when its level of care is looked at again"),
    ("items/limit_minutes", "how soon a department must come"),
    ("letters/at", "when something was handed in"),
    ("lock/wait_ms", "how long to wait after wrong PINs; kept nowhere"),
    ("matters/received_ms", "when the server heard of a matter"),
    ("room/used", "bytes on this device"),
    ("session/reminds_at", "when the phone reminds, by its person's own choice, on this device alone"),
    ("sync/at_ms", "when the last round was, shown to the person"),
    ("sync/last_ms", "the same"),
    ("sync/lost_ms", "which of two changes came first"),
    ("sync/saved_ms", "how long a change waits, shown to the person"),
    ("sync/undo_until_ms", "until when a save can be taken back"),
    ("sync/won_ms", "which of two changes came first"),
    ("today/due_on", "when a household is visited next"),
    ("today/on", "which day it is"),
    ("today/touched_ms", "which sheet was put aside last"),
    ("visits/next_on", "what was agreed at the door"),
    ("visits/undo_until_ms", "until when a save can be taken back"),
    ("wire/at_ms", "when a change was made, to put changes in order"),
    ("wire/clock_ms", "to set a wrong clock right"),
    ("wire/received_ms", "when a record came"),
    ("wire/revoked_ms", "when something was taken away"),
];
