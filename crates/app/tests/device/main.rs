//! One device without network: everything a grid worker does at the door, and what must survive it.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on says so by panicking")]

#[cfg(target_family = "wasm")]
use contract::test;
use device::{LocalDevice, sunday};
use records::Fault;
use records::call::*;
use records::codes::{CareLevel, VisitResult};
use serde_json::Value;

mod conflicts;
mod consents;
mod copies;
mod deletions;
mod device_file;
mod handling;
mod imports;
mod lease;
mod matters;
mod moving_away;
mod photos;
mod refused;
mod reminders;
mod undo;
mod waiting;

fn device() -> LocalDevice {
    LocalDevice::with_demo_grid().unwrap()
}

fn first_due(device: &mut LocalDevice) -> DueDoor {
    device.ask(GetToday {}).unwrap().staircases[0].doors[0].clone()
}

fn code(fault: Fault) -> String {
    fault.code
}

/// Opens the sheet, says what came of it, and saves.
fn visit(device: &mut LocalDevice, household: records::RecordId, result: VisitResult) -> Saved {
    let mut draft = device.ask(OpenVisitSheet { household }).unwrap().draft;
    draft.result = Some(result);
    device.ask(SaveVisit { draft }).unwrap()
}

#[test]
fn today_names_a_few_doors_in_walking_order() {
    let mut device = device();
    let today = device.ask(GetToday {}).unwrap();
    assert_eq!(today.on, sunday());
    assert!((1..=40).contains(&today.due), "{} due", today.due);
    let doors: usize = today.staircases.iter().map(|stairs| stairs.doors.len()).sum();
    assert_eq!(doors, today.due as usize);
    for door in today.staircases.iter().flat_map(|stairs| &stairs.doors) {
        assert!(door.due_on <= sunday());
        assert!(door.name.contains('*'), "{} is masked", door.name);
    }
}

#[test]
fn a_saved_visit_leaves_today_and_stands_in_the_timeline() {
    let mut device = device();
    let before = device.ask(GetToday {}).unwrap();
    let door = first_due(&mut device);
    let saved = visit(&mut device, door.household, VisitResult::Met);
    assert_eq!(saved.standing, Standing::OnDevice);

    let after = device.ask(GetToday {}).unwrap();
    assert_eq!(after.due, before.due - 1);
    assert_eq!(after.done_today, before.done_today + 1);
    let page = device.ask(GetHousehold { id: door.household }).unwrap();
    assert_eq!(page.timeline.entries[0].id, saved.id);
    assert_eq!(page.timeline.entries[0].standing, Standing::OnDevice);
    assert_eq!(page.row.last, Some((sunday(), VisitResult::Met)));
}

#[test]
fn what_was_saved_is_there_after_a_crash_and_saving_again_saves_once() {
    let mut device = device();
    let door = first_due(&mut device);
    let mut draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
    draft.result = Some(VisitResult::Phone);
    device.ask(SaveVisit { draft: draft.clone() }).unwrap();
    device.restart().unwrap();
    device.ask(SaveVisit { draft: draft.clone() }).unwrap();
    let page = device.ask(GetHousehold { id: door.household }).unwrap();
    let same = page.timeline.entries.iter().filter(|entry| entry.id == draft.id).count();
    assert_eq!(same, 1);
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 1);
}

#[test]
fn a_draft_survives_a_crash_and_goes_with_the_save() {
    let mut device = device();
    let door = first_due(&mut device);
    let mut draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
    assert_eq!(draft.result, None, "nothing is chosen beforehand");
    draft.note = "敲了两遍".to_owned();
    device.ask(SaveDraft { draft: draft.clone() }).unwrap();
    device.restart().unwrap();
    let sheet = device.ask(OpenVisitSheet { household: door.household }).unwrap();
    assert!(sheet.is_resumed);
    assert_eq!(sheet.draft, draft);
    assert_eq!(device.ask(GetToday {}).unwrap().drafts.len(), 1);
    draft.result = Some(VisitResult::NobodyHome);
    device.ask(SaveVisit { draft: draft.clone() }).unwrap();
    // A keystroke that was still on its way must not bring the draft back.
    device.ask(SaveDraft { draft }).unwrap();
    assert!(device.ask(GetToday {}).unwrap().drafts.is_empty());
}

#[test]
fn a_draft_kept_when_days_were_text_goes_on() {
    let mut device = device();
    let household = first_due(&mut device).household;
    let mut draft = device.ask(OpenVisitSheet { household }).unwrap().draft;
    draft.next_on = sunday().succ_opt();
    let text = serde_json::to_string(&draft).unwrap();
    let day = records::time::day_number(draft.next_on.unwrap());
    let text = text.replace(&format!("\"next_on\":{day}"), "\"next_on\":\"2026-11-23\"");
    assert!(text.contains("2026-11-23"), "{text}");
    device
        .with(|app, _| app.store().write(|tx| store::tables::draft::keep(tx, household, &text, 0)))
        .unwrap();
    let sheet = device.ask(OpenVisitSheet { household }).unwrap();
    assert!(sheet.is_resumed);
    assert_eq!(sheet.draft.next_on, draft.next_on);
}

#[test]
fn a_draft_begun_by_a_fast_clock_can_be_saved_once_the_clock_is_right() {
    let mut device = device();
    let door = first_due(&mut device);
    device.now_ms += 86_400_000;
    let mut draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    device.ask(SaveDraft { draft }).unwrap();
    device.now_ms -= 86_400_000;
    let draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
    device.ask(SaveVisit { draft }).unwrap();
}

#[test]
fn a_sheet_that_cannot_be_saved_says_why_and_writes_nothing() {
    let mut device = device();
    let door = first_due(&mut device);
    let draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
    let mut in_future = draft.clone();
    in_future.result = Some(VisitResult::Met);
    in_future.started.utc_ms += 3_600_000;
    let mut next_in_past = draft.clone();
    next_in_past.result = Some(VisitResult::Met);
    next_in_past.next_on = sunday().pred_opt();
    let mut unknown_item = draft.clone();
    unknown_item.result = Some(VisitResult::Met);
    let mut item = device.ask(SearchItems { limit: 1, ..Default::default() }).unwrap().rows[0].clone();
    item.code = "99999".to_owned();
    let matter = MatterDraft {
        id: None,
        item: Some(item),
        subject: "x".into(),
        place: String::new(),
        content: String::new(),
        off_list_reason: String::new(),
    };
    unknown_item.matters = vec![matter.clone()];
    let mut no_reason = unknown_item.clone();
    no_reason.matters = vec![MatterDraft { item: None, ..matter }];
    for (draft, expected) in [
        (draft, "visit.result_missing"),
        (in_future, "visit.future"),
        (next_in_past, "visit.next_in_past"),
        (unknown_item, "matter.item_unknown"),
        (no_reason, "matter.item_or_reason"),
    ] {
        assert_eq!(code(device.ask(SaveVisit { draft }).unwrap_err()), expected);
    }
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 0);
}

#[test]
fn an_amendment_corrects_without_touching_the_visit() {
    let mut device = device();
    let door = first_due(&mut device);
    let saved = visit(&mut device, door.household, VisitResult::Met);
    let amend = AmendVisit {
        visit: saved.id,
        reason: String::new(),
        result: Some(VisitResult::NobodyHome),
        note: None,
        withdrawn: false,
    };
    assert_eq!(code(device.ask(amend.clone()).unwrap_err()), "amendment.reason_missing");
    device.ask(AmendVisit { reason: "按错了".into(), ..amend }).unwrap();
    let page = device.ask(GetHousehold { id: door.household }).unwrap();
    let TimelineWhat::Visit { result, amended, .. } = &page.timeline.entries[0].what else {
        panic!("a visit")
    };
    assert_eq!((*result, *amended), (VisitResult::NobodyHome, 1));
    assert_eq!(page.row.due_on, Some(door.due_on), "nobody home moves no due date");
}

#[test]
fn households_are_found_the_way_people_type() {
    let mut device = device();
    let all = device.ask(ListHouseholds { limit: 200, ..Default::default() }).unwrap();
    assert!(all.next.is_some());
    let target = &all.rows[7];
    let page = device.ask(GetHousehold { id: target.id }).unwrap();
    let name = device.ask(Reveal::of(page.people[0].id, Masked::Name)).unwrap().value;
    let spelling = records::pinyin::spell_name(&name);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let door = format!("{}-{}-{}", digits(&target.building), digits(&target.unit), target.room);
    for query in [
        name.clone(),
        spelling.initials.clone(),
        spelling.full,
        format!("{} {}", door, spelling.initials),
        door,
    ] {
        let found =
            device.ask(ListHouseholds { search: query.clone(), limit: 200, ..Default::default() }).unwrap();
        assert!(found.rows.iter().any(|row| row.id == target.id), "{query} finds {name} at {target:?}");
    }
    for odd in [
        "\"",
        "'; drop table household; --",
        "*",
        "％",
        "🙂",
        "a AND b OR",
        "   ",
        "张·伟",
        "张、王。",
        "A_B.C+",
    ] {
        device.ask(ListHouseholds { search: odd.into(), limit: 10, ..Default::default() }).unwrap();
    }
}

#[test]
fn a_name_with_a_dot_is_found_by_either_half() {
    let mut device = device();
    let household = first_due(&mut device).household;
    let person = device.ask(GetHousehold { id: household }).unwrap().people[0].id;
    let name = Some("阿依努尔·艾山江".to_owned());
    device.ask(EditPerson { id: person, name, phone: None, id_number: None }).unwrap();
    for search in ["阿依努尔·艾山江", "阿依努尔艾山江", "阿依努尔•艾", "艾山江", "aynes", "ayneasj"]
    {
        let list = ListHouseholds { search: search.into(), limit: 10, ..Default::default() };
        let rows = device.ask(list).unwrap().rows;
        assert_eq!(rows.iter().any(|row| row.id == household), search != "aynes", "{search}");
    }
}

#[test]
fn a_search_within_a_filter_leaves_nobody_out() {
    let mut device = device();
    let due = ListHouseholds { filter: HouseholdFilter::Due, limit: 200, ..Default::default() };
    let due_rows = device.ask(due.clone()).unwrap().rows;
    let estate = due_rows.last().unwrap().estate.clone();
    let all = ListHouseholds { search: estate.clone(), limit: 200, ..Default::default() };
    assert!(device.ask(all).unwrap().rows.len() >= 100, "more fit than are looked at");
    let found = device.ask(ListHouseholds { search: estate.clone(), ..due }).unwrap().rows;
    let expected = due_rows.iter().filter(|row| row.estate == estate).count();
    assert_eq!(found.len(), expected);
}

#[test]
fn windows_of_the_list_cover_every_household_once() {
    let mut device = device();
    let mut seen = std::collections::BTreeSet::new();
    let mut after = None;
    loop {
        let window = device.ask(ListHouseholds { after, limit: 37, ..Default::default() }).unwrap();
        for row in &window.rows {
            assert!(seen.insert(row.id), "listed twice");
        }
        after = window.next;
        if after.is_none() {
            assert_eq!(seen.len(), window.total.unwrap() as usize);
            break;
        }
    }
}

#[test]
fn facts_are_corrected_in_place_and_checked() {
    let mut device = device();
    let door = first_due(&mut device);
    let page = device.ask(GetHousehold { id: door.household }).unwrap();
    let edit = EditHousehold {
        residents: Some(3),
        care: Some(CareLevel::Ordinary),
        note: Some("　晚上七点后在家　".into()),
        hint: Some(String::new()),
        ..EditHousehold::nothing(door.household)
    };
    device.ask(edit).unwrap();
    let after = device.ask(GetHousehold { id: door.household }).unwrap();
    assert_eq!((after.residents, after.note.as_deref()), (3, Some("晚上七点后在家")));
    assert_eq!((after.hint, after.row.standing), (None, Standing::OnDevice));

    let person = page.people[0].id;
    let nothing = EditPerson { id: person, name: None, phone: None, id_number: None };
    for (edit, expected) in [
        (EditPerson { phone: Some("12345".into()), ..nothing.clone() }, "phone.wrong"),
        (
            EditPerson { id_number: Some("110105194912310021".into()), ..nothing.clone() },
            "id_number.check_digit",
        ),
        (EditPerson { name: Some("  ".into()), ..nothing.clone() }, "person.name_missing"),
    ] {
        assert_eq!(code(device.ask(edit).unwrap_err()), expected);
    }
    device.ask(EditPerson { phone: Some("１３８ 1234 5678".into()), ..nothing }).unwrap();
    let phone = device.ask(Reveal::of(person, Masked::Phone)).unwrap().value;
    assert_eq!(phone, "13812345678");
}

#[test]
fn items_are_found_in_three_letters_and_used_ones_come_first() {
    let mut device = device();
    let find = |device: &mut LocalDevice, search: &str| {
        device.ask(SearchItems { search: search.into(), limit: 20, ..Default::default() }).unwrap()
    };
    for search in ["rqrg", "燃气软管", "ranqiruan", "软管老化"] {
        let hits = find(&mut device, search);
        assert!(hits.rows.iter().any(|row| row.name == "燃气软管老化"), "{search}: {:?}", hits.rows);
    }
    let marked = find(&mut device, "rqrg").rows.into_iter().find(|row| row.name == "燃气软管老化").unwrap();
    assert_eq!(marked.marks, vec![(0, 4)]);
    let fire = find(&mut device, "火灾");
    assert_eq!(fire.rows[0].call.as_deref(), Some("119"));

    let used = find(&mut device, "路灯").rows.last().unwrap().clone();
    let draft = MatterDraft {
        id: None,
        item: Some(used.clone()),
        subject: String::new(),
        place: "2 号楼前".into(),
        content: String::new(),
        off_list_reason: String::new(),
    };
    device.ask(SaveMatter { draft, household: None }).unwrap();
    assert_eq!(find(&mut device, "").rows[0].code, used.code);
}

/// A browser's first page is drawn from what its shell says meanwhile.
#[test]
fn a_browser_says_of_an_unused_device_what_its_door_would_say() {
    let shell = include_str!("../../../browser/web/bridge.js");
    let (_, rest) = shell.split_once("const NEW = ").unwrap();
    let said: Value = serde_json::from_str(rest.split_once(";\n").unwrap().0).unwrap();
    let lock = Lock { is_passphrase: true, ..Lock::of(LockState::Unset) };
    assert_eq!(said, serde_json::to_value(Response::from(lock)).unwrap());
}

#[test]
fn settings_stay() {
    let mut device = LocalDevice::empty().unwrap();
    assert!(device.ask(GetSession {}).unwrap().worker.is_none());
    let settings = Settings {
        language: Language::English,
        theme: Theme::Dark,
        text_percent: 900,
        ..Settings::default()
    };
    device.ask(SaveSettings { settings }).unwrap();
    device.restart().unwrap();
    let kept = device.ask(GetSession {}).unwrap().settings;
    assert_eq!(kept, Settings { text_percent: 200, ..settings });
}

#[test]
fn settings_of_earlier_and_later_versions_are_read() {
    let mut device = LocalDevice::empty().unwrap();
    let large = Settings { text_percent: 150, ..Settings::default() };
    for (more, expected) in [
        ("", large),
        (r#","spares_data":true"#, Settings { spares_data: Some(true), ..large }),
        (r#","reminds_at":480,"reminds_of":["visits"]"#, Settings { reminds_at: Some(480), ..large }),
    ] {
        let json = format!(r#"{{"language":"Chinese","theme":"Device","text_percent":150{more}}}"#);
        device.store().write(|tx| store::identity::set_settings(tx, &json)).unwrap();
        assert_eq!(device.ask(GetSession {}).unwrap().settings, expected, "{json}");
    }
}

#[test]
fn a_round_that_comes_to_nothing_is_tried_again_later_each_time() {
    let mut device = device();
    let now = device.now_ms;
    let waits: Vec<i64> = (0..12)
        .map(|_| {
            device.with(|app, _| {
                app.note_failure(Some(Fault::new("store.full")), now);
                app.next_round_ms(now).unwrap().unwrap() - now
            })
        })
        .collect();
    assert!(waits[0] >= 1_000, "not at once");
    assert!(waits.is_sorted() && waits[11] == 5 * 60_000, "{waits:?}");
    // The person asks, or the network returns: now.
    device.with(|app, _| app.hurry());
    assert!(device.with(|app, _| app.next_round_ms(now)).unwrap().unwrap() <= now);
}

#[test]
fn a_clock_that_is_put_back_does_not_hold_sync_up() {
    let mut device = device();
    let (now, year) = (device.now_ms, 365 * 86_400_000);
    device.with(|app, _| app.note_failure(None, now + year));
    assert!(device.with(|app, _| app.next_round_ms(now)).unwrap().unwrap() <= now);
}

mod bad_files {
    use contract::File;
    #[cfg(target_family = "wasm")]
    use contract::test;
    use device::LocalDevice;
    use records::RecordId;
    use records::call::*;
    use records::codes::VisitResult;
    use rusqlite::{Connection, OpenFlags};

    fn fault_of(connection: Connection) -> String {
        app::App::open(connection, String::new()).err().unwrap().code
    }

    #[test]
    fn a_database_of_a_newer_version_is_left_alone() {
        let file = LocalDevice::empty().unwrap().close();
        let raw = file.open();
        // Without which a browser cannot read a database with a log.
        raw.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(())).unwrap();
        raw.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).unwrap();
        raw.pragma_update(None, "user_version", 9_999).unwrap();
        drop(raw);
        let before = file.bytes();
        assert_eq!(fault_of(file.open()), "store.newer");
        assert!(file.bytes() == before);
    }

    #[test]
    fn a_database_of_another_program_is_left_alone() {
        let file = File::new();
        let raw = file.open();
        raw.execute_batch("CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('饺子')").unwrap();
        raw.pragma_update(None, "application_id", -7).unwrap();
        drop(raw);
        let before = file.bytes();
        assert_eq!(fault_of(file.open()), "store.foreign");
        assert!(file.bytes() == before);
    }

    #[test]
    fn what_is_no_database_is_left_alone() {
        let file = File::new();
        file.put(&[b'x'; 8_192]);
        assert_eq!(fault_of(file.open()), "store.damaged");
        assert_eq!(file.bytes(), [b'x'; 8_192]);
    }

    #[test]
    fn a_read_only_database_says_so() {
        let file = LocalDevice::with_demo_grid().unwrap().close();
        match app::App::open(file.open_with(OpenFlags::SQLITE_OPEN_READ_ONLY), String::new()) {
            Err(fault) => assert_eq!(fault.code, "store.read_only"),
            Ok(mut app) => {
                let request = SaveSettings { settings: Settings::default() }.into();
                let now = records::Moment::beijing(0);
                let mut context = app::Context { now, random: &mut |_| {} };
                assert_eq!(app.call(request, &mut context).unwrap_err().code, "store.read_only");
            }
        }
    }

    #[test]
    fn a_full_disk_keeps_what_was_saved() {
        let mut device = LocalDevice::with_demo_grid().unwrap();
        let door = super::first_due(&mut device);
        let draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
        // SQLite answers SQLITE_FULL at the page limit just as it does when the disk is full.
        let limit = |db: &Connection| {
            let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            Ok(db.pragma_update(None, "max_page_count", pages)?)
        };
        device.store().read(limit).unwrap();
        let draft = VisitDraft { note: "字".repeat(900), result: Some(VisitResult::Met), ..draft };
        let saves = (0..200u8).map(|round| {
            let id = RecordId::new(device.now_ms, [round; 10]);
            (round, device.ask(SaveVisit { draft: VisitDraft { id, ..draft.clone() } }))
        });
        let full = saves.into_iter().find_map(|(round, saved)| Some((round, saved.err()?)));
        let (saved, fault) = full.expect("the disk fills up");
        assert_eq!(fault.code, "store.full");
        device.restart().unwrap();
        assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, u32::from(saved));
    }
}
