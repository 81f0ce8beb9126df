//! What the person lets the road carry: a first sync put off for a while, small rounds where bytes cost.

use records::call::{FirstSync, Kept, PauseSync, SyncState, TellLink};
use records::{Moment, Scope};
use rusqlite::Connection;
use store::identity::{self, LastRound};
use store::scope;

use crate::round::Rounds;
use crate::session::settings;
use crate::{Answer, App};

impl App {
    /// Whether bytes are to be spared: then rounds stay small and rare, and attachments stay where they
    /// are. What the person chose goes before what the network says of itself.
    pub fn is_sparing(&self) -> Answer<bool> {
        Ok(self.store.read(|db| self.rounds.is_sparing(db))?)
    }

    /// Puts the first sync off, or goes on with it, also after a restart. What is saved meanwhile still
    /// goes out.
    pub(crate) fn pause_sync(&mut self, request: PauseSync) -> Answer<Kept> {
        self.store.write(|tx| identity::set_first_sync_paused(tx, request.is_paused))?;
        self.rounds.is_paused = request.is_paused;
        self.hurry();
        Ok(Kept {})
    }

    pub(crate) fn tell_link(&mut self, request: TellLink) -> Kept {
        self.rounds.is_metered = request.is_metered;
        Kept {}
    }

    /// How far the first sync has come; `None` once everything was here.
    pub(crate) fn first_sync(&self, db: &Connection) -> store::Result<Option<FirstSync>> {
        if self.rounds.has_all || !self.rounds.is_enrolled {
            return Ok(None);
        }
        let (received, total) = progress(db)?;
        let is_today_here = is_today_here(db)?;
        Ok(Some(FirstSync { received, total, is_paused: self.rounds.is_paused, is_today_here }))
    }
}

impl Rounds {
    pub(crate) fn is_sparing(&self, db: &Connection) -> store::Result<bool> {
        Ok(settings(db)?.spares_data.unwrap_or(self.is_metered))
    }
}

/// What the chip says is going on: until everything was here once, how much of it is.
pub(crate) fn state(rounds: &Rounds, db: &Connection) -> store::Result<SyncState> {
    let is_first = rounds.is_enrolled && !rounds.has_all;
    if !is_first || matches!(rounds.state, SyncState::Offline | SyncState::Failed(_)) {
        return Ok(rounds.state.clone());
    }
    if rounds.rests() {
        return Ok(SyncState::Paused);
    }
    let (received, total) = progress(db)?;
    Ok(SyncState::First { received, total })
}

/// Records held, and records the server has as far as it has said.
fn progress(db: &Connection) -> store::Result<(u64, u64)> {
    let held = scope::held(db)?;
    Ok(held.iter().fold((0, 0), |(held, total), (_, here, all)| (held + here.min(all), total + all)))
}

/// Whether everything of the worker's own area is here, which is what 今日 is made of.
fn is_today_here(db: &Connection) -> store::Result<bool> {
    let Some(identity) = identity::identity(db)? else { return Ok(false) };
    let is_own = |scope: &Scope| identity.area.contains(&scope.area);
    let own: Vec<_> = scope::held(db)?.into_iter().filter(|(scope, ..)| is_own(scope)).collect();
    Ok(!own.is_empty() && own.iter().all(|(_, held, total)| *held > 0 && held >= total))
}

/// Bytes that rounds of the same day, by the clock of Beijing, took up to this one.
pub(crate) fn bytes_of_day(last: Option<&LastRound>, now_ms: i64) -> u64 {
    let day = |ms: i64| Moment::beijing(ms).local_day();
    last.filter(|last| day(last.at_ms) == day(now_ms)).and_then(|last| last.day_bytes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn bytes_are_counted_by_the_day() {
        let eleven_at_night = Moment::beijing_at(chrono::NaiveDate::default(), 23, 0).unwrap().utc_ms;
        let last = LastRound {
            at_ms: eleven_at_night,
            sent: 0,
            received: 0,
            bytes: 5,
            epoch: 1,
            day_bytes: Some(70),
        };
        assert_eq!(bytes_of_day(Some(&last), eleven_at_night + 3_000_000), 70);
        assert_eq!(bytes_of_day(Some(&last), eleven_at_night + 4_000_000), 0, "past midnight");
        assert_eq!(bytes_of_day(None, eleven_at_night), 0);
    }
}
