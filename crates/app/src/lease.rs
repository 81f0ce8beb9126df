//! The offline lease: a device that has not heard from its server for long shows nobody any more, and keeps what is
//! recorded on it all the same.
//!
//! The time since the server was heard goes by the device's clock, which anybody can set. So the latest moment it ever
//! showed counts, and one that goes back by more than a day ends the lease until the server is heard again.

use records::Fault;
use records::call::{
    HouseholdFilter, HouseholdWindow, ListHouseholds, Request, Response, SyncPage, Today, VisitSheet,
};
use store::identity::{self, Lease};

use crate::{Answer, App};

/// So long after the server was heard everything is shown, ms: longer than anybody works without a network, shorter
/// than a lost device is forgotten.
pub const LEASE_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600_000;
/// So much later the latest moment is written down again.
const NOTED_MS: i64 = 3_600_000;

/// Whether it has ended by what the clock says now.
fn is_over(lease: Lease, now_ms: i64) -> bool {
    let latest_ms = lease.latest_ms.max(now_ms);
    latest_ms.saturating_sub(lease.heard_ms) > LEASE_MS || lease.latest_ms.saturating_sub(now_ms) > DAY_MS
}

impl App {
    /// Whether this device may only record. Of one that never heard from a server there is nothing to show.
    pub(crate) fn captures_only(&mut self, now_ms: i64) -> Answer<bool> {
        let lease = match self.lease {
            Some(lease) => lease,
            None => match self.store.read(identity::lease)? {
                Some(lease) => lease,
                None => return Ok(false),
            },
        };
        self.lease = Some(lease);
        if now_ms.saturating_sub(lease.latest_ms) > NOTED_MS {
            let later = Lease { latest_ms: now_ms, ..lease };
            self.store.write(|tx| identity::set_lease(tx, later))?;
            self.lease = Some(later);
        }
        Ok(is_over(lease, now_ms))
    }
}

impl App {
    /// # Errors
    /// `lease.over` when this device may only record.
    pub(crate) fn shows_people(&mut self, now_ms: i64) -> Answer<()> {
        if self.captures_only(now_ms)? { Err(Fault::new("lease.over")) } else { Ok(()) }
    }
}

/// What may be asked when only recording is left.
///
/// # Errors
/// `lease.over` for what would show people, or take them along.
pub(crate) fn permitted(request: &Request) -> Result<(), Fault> {
    let is_permitted = match request {
        Request::ListHouseholds(request) => is_by_door(request),
        _ => matches!(
            request,
            Request::GetSession(_)
                | Request::SaveSettings(_)
                | Request::GetToday(_)
                | Request::OpenVisitSheet(_)
                | Request::SaveVisit(_)
                | Request::Undo(_)
                | Request::SaveDraft(_)
                | Request::DropDraft(_)
                | Request::ListItemCategories(_)
                | Request::SearchItems(_)
                | Request::SaveMatter(_)
                | Request::TakePhoto(_)
                | Request::LeaveOutPhoto(_)
                | Request::ListPhotos(_)
                | Request::SendFeedback(_)
                | Request::KeepDutyReport(_)
                | Request::GetSync(_)
                | Request::SyncNow(_)
                | Request::PauseSync(_)
                | Request::TellLink(_)
                | Request::PackCourier(_)
                | Request::OpenCourier(_)
                | Request::CarryCourier(_)
                | Request::ApplyCourier(_)
                | Request::GetRoom(_)
        ),
    };
    if is_permitted { Ok(()) } else { Err(Fault::new("lease.over")) }
}

/// Whoever finds a door by a name, or among those in need, has learned something about a person.
fn is_by_door(request: &ListHouseholds) -> bool {
    let is_number = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | ' ' | '#');
    request.filter == HouseholdFilter::All && request.search.chars().all(is_number)
}

/// The answer without anything of a person: doors are left, so that one can go on recording at them.
pub(crate) fn of_doors(response: Response) -> Response {
    match response {
        Response::Today(today) => of_today(today).into(),
        Response::HouseholdWindow(window) => of_window(window).into(),
        Response::VisitSheet(sheet) => of_sheet(sheet).into(),
        Response::SyncPage(page) => of_sync(page).into(),
        other => other,
    }
}

fn of_today(mut today: Today) -> Today {
    for door in today.staircases.iter_mut().flat_map(|stairs| &mut stairs.doors) {
        (door.name, door.hint, door.last) = (String::new(), None, None);
    }
    Today { drafts: vec![], captures_only: true, ..today }
}

fn of_window(mut window: HouseholdWindow) -> HouseholdWindow {
    for row in &mut window.rows {
        (row.name, row.last) = (String::new(), None);
    }
    window
}

fn of_sheet(mut sheet: VisitSheet) -> VisitSheet {
    (sheet.row.name, sheet.row.last) = (String::new(), None);
    VisitSheet { hint: None, phone: None, ..sheet }
}

/// What waits and what wants an answer is told by its number alone.
fn of_sync(page: SyncPage) -> SyncPage {
    SyncPage { waiting: vec![], cards: vec![], ..page }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    const HEARD: i64 = 1_763_000_000_000;

    #[test]
    fn the_lease_ends_after_thirty_days_and_no_clock_makes_it_longer() {
        const DAY: i64 = DAY_MS;
        for (latest, now, over) in [
            (0, 0, false),
            (0, 30 * DAY, false),
            (0, 30 * DAY + 1, true),
            // It showed more than thirty days once; going back does not help.
            (31 * DAY, 30 * DAY, true),
            (31 * DAY, 0, true),
            // A clock that is mended by a little, and one that is set back.
            (2 * DAY, DAY, false),
            (2 * DAY, DAY - 1, true),
            (0, -DAY, false),
            (0, -DAY - 1, true),
            (0, i64::MIN / 2, true),
        ] {
            let lease = Lease { heard_ms: HEARD, latest_ms: HEARD + latest };
            assert_eq!(is_over(lease, HEARD + now), over, "latest {latest}, now {now}");
        }
    }
}
