//! What a person does in the pages, in whatever window: the same steps for every story.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a story that cannot go on says so by panicking"
)]

use records::RecordId;
use records::call::*;
use records::codes::Finding;
use serde_json::json;

use crate::networked::Device;
use crate::window::Window;

/// A household and the initials that find it, which a colleague in the same grid knows.
pub fn somebody(colleague: &mut Device) -> (RecordId, String) {
    let rows = colleague.ask(ListHouseholds { limit: 50, ..Default::default() }).unwrap().rows;
    for row in rows {
        let page = colleague.ask(GetHousehold { id: row.id }).unwrap();
        let Some(person) = page.people.first() else { continue };
        let name = colleague.ask(Reveal { person: person.id, what: Masked::Name }).unwrap().value;
        let initials = records::pinyin::spell_name(&name).initials;
        let search = ListHouseholds { search: initials.clone(), limit: 3, ..Default::default() };
        let found = colleague.ask(search).unwrap().rows;
        if found.iter().any(|found| found.id == row.id) {
            return (row.id, initials);
        }
    }
    panic!("nobody is found by initials")
}

/// Pastes an invitation on the welcome page and waits until everything has arrived.
pub fn enrol(window: &Window, invitation: &str) {
    window.wait_for("[data-page=enrol][data-ready=true]").unwrap();
    window.fill("[data-act=enrol-server]", invitation).unwrap();
    window.press("[data-act=enrol]").unwrap();
    window.wait_for("[data-page=today][data-ready=true] [data-row=due]").unwrap();
    window.wait_for("[data-act=sync-chip].ok").unwrap();
}

/// Looks for a household by initials.
pub fn search(window: &Window, initials: &str) {
    window.press("[data-act=tab-households]").unwrap();
    window.fill("[data-page=households] [data-act=search]", initials).unwrap();
}

/// Opens the page of a household that is in the list.
pub fn open_household(window: &Window, household: RecordId) {
    window.press(&format!("[data-page=households] [data-id='{household}'] .row-link")).unwrap();
    window.wait_for("[data-page=household][data-ready=true]").unwrap();
}

/// Begins a visit from the household's page: somebody was met, and what was said.
pub fn begin_visit(window: &Window, words: &str) {
    window.press("[data-page=household] [data-act=visit]").unwrap();
    window.press("[data-page=visit] [data-act=result-1]").unwrap();
    window.fill("[data-page=visit] [data-act=note]", words).unwrap();
}

/// What the chip says of the timeline's entry with these words, once it says it.
pub fn standing(window: &Window, words: &str) -> String {
    let entry = "[...document.querySelectorAll('[data-page=household] [data-row=entry]')]
        .find(entry => entry.innerText.includes(given))?.querySelector('[data-standing]').innerText";
    window.wait_until(entry, &json!(words)).unwrap().as_str().unwrap().trim().to_owned()
}

/// The colleague finds the visit and the matter in the household's timeline.
pub fn assert_seen(colleague: &mut Device, household: RecordId) {
    let timeline = colleague.ask(GetHousehold { id: household }).unwrap().timeline.entries;
    let ours: Vec<TimelineEntry> =
        timeline.into_iter().filter(|entry| entry.by.as_deref() == Some("周燕")).take(2).collect();
    assert!(ours.iter().all(|entry| entry.standing == Standing::Accepted));
    let is_visit = |entry: &TimelineEntry| match &entry.what {
        TimelineWhat::Visit { findings, note, .. } => {
            *findings == [Finding::Hazard] && note.as_deref() == Some("软管老化，约好周三来换")
        }
        TimelineWhat::Matter { .. } => false,
    };
    let is_matter = |entry: &TimelineEntry| match &entry.what {
        TimelineWhat::Matter { subject, .. } => subject == "燃气软管老化",
        TimelineWhat::Visit { .. } => false,
    };
    assert!(ours.iter().any(is_visit) && ours.iter().any(is_matter), "{ours:?}");
}
