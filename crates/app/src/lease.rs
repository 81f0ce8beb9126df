//! The offline lease: a device that has not heard from its server for long shows nobody any more, and keeps what is
//! recorded on it all the same.
//!
//! The time since the server was heard goes by the device's clock, which anybody can set. So whatever it was set back by
//! is added to what it shows: a lease gets no longer by that, and a clock that was wrong and is mended costs nobody a day.

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
/// So often at most it is noted what the clock shows, ms. By so much it can be set back unseen.
const NOTED_MS: i64 = 10 * 60_000;

/// The lease with what the clock shows now.
fn noted(lease: Lease, now_ms: i64) -> Lease {
    let back_ms = lease.back_ms.saturating_add(lease.noted_ms.saturating_sub(now_ms).max(0));
    Lease { noted_ms: now_ms, back_ms, ..lease }
}

/// Whether it has ended.
fn is_over(lease: Lease) -> bool {
    lease.noted_ms.saturating_sub(lease.heard_ms).saturating_add(lease.back_ms) > LEASE_MS
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
        let now = noted(lease, now_ms);
        let is_news = now.back_ms > lease.back_ms || now_ms.saturating_sub(lease.noted_ms) > NOTED_MS;
        if is_news {
            self.store.write(|tx| identity::set_lease(tx, now))?;
        }
        self.lease = Some(if is_news { now } else { lease });
        Ok(is_over(now))
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
    const DAY: i64 = DAY_MS;

    /// Whether it is over after the clock showed these, ms after the server was heard.
    fn is_over_after(shown: &[i64]) -> bool {
        is_over(shown.iter().fold(Lease::since(HEARD), |lease, after| noted(lease, HEARD + after)))
    }

    #[test]
    fn the_lease_ends_after_thirty_days_and_no_clock_makes_it_longer() {
        for (shown, over) in [
            (&[0][..], false),
            (&[30 * DAY], false),
            (&[30 * DAY + 1], true),
            // Going back from beyond its end does not help.
            (&[31 * DAY, 30 * DAY], true),
            (&[31 * DAY, 0], true),
            (&[31 * DAY, -400 * DAY], true),
            // Two days and then a day more, set back in between.
            (&[2 * DAY, DAY, 2 * DAY], false),
            // A clock that lost its battery shows 1970, and thirty days from there.
            (&[2 * DAY, -HEARD], false),
            (&[2 * DAY, -HEARD, -HEARD + 28 * DAY], false),
            (&[2 * DAY, -HEARD, -HEARD + 28 * DAY + 1], true),
            (&[i64::MIN / 2], false),
        ] {
            assert_eq!(is_over_after(shown), over, "{shown:?}");
        }
    }

    /// Thirty times a day's work and the clock set back by it: each is a day all the same.
    #[test]
    fn a_day_that_is_set_back_again_and_again_counts_each_time() {
        let days: Vec<i64> = (0..30).flat_map(|_| [DAY - 1, 0]).collect();
        assert!(!is_over_after(&days));
        assert!(is_over_after(&[&days[..], &[DAY]].concat()));
    }
}
