//! Sync in the background: on a quiet beat, after every save, when the network returns, by hand.

use std::sync::Arc;

use app::{App, Applied, Context, Round, Unapplied};
use records::Fault;
use records::call::{CourierTaken, Event};
use tokio::sync::{Mutex, Notify};

use crate::news::News;
use crate::{Asker, FAILED_INSIDE, Platform, STOPPED, photos};

/// What goes on in the background, and the handle that wakes it.
#[derive(Clone, Default)]
pub struct Background {
    wake: Arc<Notify>,
    stop: Arc<Notify>,
    photos: Arc<Notify>,
    turn: Turn,
}

/// Held from question to the last step of the answer: of two answers taken in at once, one would set back
/// how far the other has read.
type Turn = Arc<Mutex<()>>;

impl Background {
    /// Round after round, until the core ends. A shell runs this once, beside everything else.
    pub async fn rounds(self, platform: impl Platform) {
        go_on(&platform, &self).await;
    }

    /// Photo after photo, until the core ends. A shell runs this once, beside everything else.
    pub async fn photos(self, platform: impl Platform) {
        photos::go_on(&platform, &self.photos).await;
    }

    /// Something changed: look again when the next round is due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Somebody wants to see a photo.
    pub fn wake_photos(&self) {
        self.photos.notify_one();
    }

    /// Takes in an answer that was brought by hand. A round that is on the road is given up for it.
    ///
    /// # Errors
    /// `courier.*` when it is not such an answer, `sync.*` for what the server said instead of one.
    pub async fn take_in_courier(
        &self,
        platform: &impl Platform,
        upload: u64,
    ) -> Result<CourierTaken, Fault> {
        self.stop_round();
        let _turn = self.turn.lock().await;
        let unapplied =
            platform.ask(Asker::Page, move |app, context| app.read_courier(upload, context)).await?;
        let brought = unapplied.brings();
        let mut news = News::default();
        let taken = take_in(platform, unapplied, &mut news).await;
        tell_all(platform, &mut news).await;
        self.wake();
        taken.map(|_| brought)
    }

    /// Gives up the round that is on the road, if one is; the next says what it wants instead.
    pub fn stop_round(&self) {
        self.stop.notify_waiters();
    }
}

/// Round after round, as long as there is a core. Whatever else goes wrong, a full disk or a defect,
/// passes or is worth another look later.
async fn go_on(platform: &impl Platform, background: &Background) {
    let mut troubles = 0;
    loop {
        let rounds = async {
            wait_until_due(platform, &background.wake).await?;
            run_rounds(platform, background).await
        };
        match rounds.await {
            Ok(()) => troubles = 0,
            Err(fault) if fault.code == STOPPED => return,
            Err(_) => {
                tokio::select! {
                    () = platform.sleep(patience_ms(troubles)) => {}
                    () = background.wake.notified() => {}
                }
                troubles += 1;
            }
        }
    }
}

/// How long to wait after so many troubles in a row, ms: seconds at first, minutes later.
pub(crate) fn patience_ms(troubles: u32) -> u64 {
    2_000 << troubles.min(7)
}

/// Waits for the time of the next round. Every wake asks the core anew, so that nothing here must
/// know why it was woken.
async fn wait_until_due(platform: &impl Platform, woken: &Notify) -> Result<(), Fault> {
    loop {
        let due = platform.ask(Asker::Sync, |app, context| app.next_round_ms(context.now.utc_ms)).await?;
        let Some(due) = due else {
            woken.notified().await;
            continue;
        };
        let wait = u64::try_from(due.saturating_sub(platform.now_ms())).unwrap_or(0);
        if wait == 0 {
            return Ok(());
        }
        tokio::select! {
            () = platform.sleep(wait) => {}
            () = woken.notified() => {}
        }
    }
}

async fn run_rounds(platform: &impl Platform, background: &Background) -> Result<(), Fault> {
    let mut news = News::default();
    loop {
        let again = one_round(platform, background, &mut news).await;
        if matches!(again, Ok(true)) {
            continue;
        }
        match &again {
            // Rows are through: now photos may go.
            Ok(_) => background.photos.notify_one(),
            Err(fault) => back_off(platform, fault.clone()).await,
        }
        tell_all(platform, &mut news).await;
        return again.map(|_| ());
    }
}

/// Tells the pages what they have not heard yet, and how sync stands now.
async fn tell_all(platform: &impl Platform, news: &mut News) {
    news.tell_rest(platform);
    if let Ok(chip) = platform.ask(Asker::Sync, |app, _| app.sync_chip()).await {
        platform.tell(&Event::Sync(chip));
    }
}

/// Without this, a round that cannot begin would be tried again at once, for ever.
async fn back_off(platform: &impl Platform, fault: Fault) {
    let note = move |app: &mut App, context: &mut Context<'_>| {
        app.note_failure(Some(fault), context.now.utc_ms);
        Ok(())
    };
    // A core that has stopped needs no patience.
    let _ = platform.ask(Asker::Sync, note).await;
}

/// Whether more waits on either side.
async fn one_round(
    platform: &impl Platform,
    background: &Background,
    news: &mut News,
) -> Result<bool, Fault> {
    let _turn = background.turn.lock().await;
    let round = platform.ask(Asker::Sync, |app, context| app.begin_round(context)).await?;
    let Some(round) = round.map(Arc::new) else { return Ok(false) };
    let posted = tokio::select! {
        posted = platform.post(&round.server, &round.outgoing) => posted,
        () = background.stop.notified() => {
            platform.ask(Asker::Sync, move |app, _| app.round_given_up(&round)).await?;
            return Ok(true);
        }
    };
    let incoming = match posted {
        Ok(incoming) => incoming,
        Err(no_answer) => {
            fail(platform, round, no_answer.fault()).await?;
            return Ok(false);
        }
    };
    let asked = round.clone();
    let read =
        platform.ask(Asker::Sync, move |app, context| app.read_answer(&asked, &incoming, context)).await;
    match read {
        Ok(unapplied) => apply(platform, round, unapplied, news).await,
        Err(fault) => {
            fail(platform, round, Some(fault)).await?;
            Ok(false)
        }
    }
}

async fn fail(platform: &impl Platform, round: Arc<Round>, fault: Option<Fault>) -> Result<(), Fault> {
    let noted = fault.clone();
    let job =
        move |app: &mut App, context: &mut Context<'_>| app.round_failed(&round, noted, context.now.utc_ms);
    platform.ask(Asker::Sync, job).await?;
    // A core opened anew has forgotten how often it failed before.
    fault.filter(|fault| fault.code == FAILED_INSIDE).map_or(Ok(()), Err)
}

async fn apply(
    platform: &impl Platform,
    round: Arc<Round>,
    unapplied: Unapplied,
    news: &mut News,
) -> Result<bool, Fault> {
    match take_in(platform, unapplied, news).await {
        Ok(again) => Ok(again),
        Err(fault) => {
            fail(platform, round, Some(fault)).await?;
            Ok(false)
        }
    }
}

/// Applies an answer step by step; whether more waits on either side.
async fn take_in(platform: &impl Platform, mut unapplied: Unapplied, news: &mut News) -> Result<bool, Fault> {
    loop {
        let is_told = news.of_progress.is_due(platform.ticks_ms());
        let step = move |app: &mut App, context: &mut Context<'_>| {
            let applied = app.apply_step(&mut unapplied, context.now.utc_ms)?;
            let chip = is_told.then(|| app.sync_chip()).transpose()?;
            Ok((applied, unapplied, chip))
        };
        let (applied, rest, chip) = platform.ask(Asker::Sync, step).await?;
        chip.into_iter().for_each(|chip| platform.tell(&Event::Sync(chip)));
        if let Applied::Done { again } = applied {
            news.tell_changes(platform);
            return Ok(again);
        }
        unapplied = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_looked_at_again_within_minutes() {
        let waits = [0, 1, 7, 8, u32::MAX].map(patience_ms);
        assert_eq!(waits, [2_000, 4_000, 256_000, 256_000, 256_000]);
    }
}
