//! The sweep: what may not be kept any longer goes, through the same way as what somebody asked to be deleted.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use records::codes::ErasureGround;
use records::command::Clearing;
use records::permissions::GRID;
use records::rules::retention::{Due, Keeps, Periods, RULES, due};
use records::time::Moment;
use records::{AreaPath, RecordId};

use crate::audit::{self, Entry, deed};
use crate::database::sql::Sql;
use crate::database::{Database, attachment, record};
use crate::fault::ServerFault;
use crate::files::Files;
use crate::writing::Writing;

/// Records that change in one transaction: whoever pushes meanwhile does not wait long.
const AT_ONCE: usize = 250;

/// How much was due by which rule, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Swept(pub BTreeMap<&'static str, u64>);

impl Swept {
    fn count(&mut self, keeps: Keeps, how_many: u64) {
        let rule = RULES.iter().find(|rule| rule.keeps == keeps);
        if how_many > 0 {
            *self.0.entry(rule.map_or("other", |rule| rule.name)).or_default() += how_many;
        }
    }

    /// Whether nothing was due.
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }
}

/// What is due now, without doing anything about it.
///
/// # Errors
/// A failure of the database.
pub async fn look(database: &Database, periods: &Periods, now_ms: i64) -> Result<Swept, ServerFault> {
    let (periods, today) = (periods.clone(), Moment::beijing(now_ms).local_day());
    let old = start_of(periods.over_before(Keeps::Audit, today));
    let look = move |snapshot: &dyn Sql| {
        let mut found = Swept::default();
        for area in record::areas_at(snapshot, GRID)? {
            for (due, _) in due_in(snapshot, &area, &periods, today)? {
                found.count(due.keeps, 1);
            }
        }
        found.count(Keeps::Audit, audit::old(snapshot, old)?.1);
        Ok(found)
    };
    database.read(look).await
}

/// Sweeps: record by record, then photos nothing refers to any more, then the beginning of the audit. What fails in the
/// middle is done the next time. Notes how much, and never whose.
///
/// # Errors
/// A failure of the database, or of where photos lie.
pub async fn sweep(
    database: &Database,
    files: Option<&Files>,
    periods: &Periods,
    now_ms: i64,
) -> Result<Swept, ServerFault> {
    let today = Moment::beijing(now_ms).local_day();
    let mut swept = Swept::default();
    for area in database.read(|snapshot| record::areas_at(snapshot, GRID)).await? {
        loop {
            let (area, periods) = (area.clone(), periods.clone());
            let some = move |transaction: &dyn Sql| sweep_some(transaction, &area, &periods, (today, now_ms));
            let (gone, has_more) = database.write(some).await?;
            gone.into_iter().for_each(|keeps| swept.count(keeps, 1));
            if !has_more {
                break;
            }
        }
    }
    if let Some(files) = files {
        drop_photos(database, files, start_of(periods.over_before(Keeps::Photos, today))).await?;
    }
    let (old, noted) = (start_of(periods.over_before(Keeps::Audit, today)), swept.clone());
    let gone = database.write(move |transaction| {
        let gone = audit::cut(transaction, old, now_ms)?;
        note(transaction, &noted, now_ms)?;
        Ok(gone)
    });
    swept.count(Keeps::Audit, gone.await?);
    Ok(swept)
}

/// Nothing that was looked at is due twice: what has changed since waits for the next time.
fn sweep_some(
    transaction: &dyn Sql,
    area: &AreaPath,
    periods: &Periods,
    (today, now_ms): (NaiveDate, i64),
) -> Result<(Vec<Keeps>, bool), ServerFault> {
    let mut all = due_in(transaction, area, periods, today)?;
    let has_more = all.len() > AT_ONCE;
    all.truncate(AT_ONCE);
    let mut writing = Writing::default();
    let mut gone = vec![];
    for (due, version) in all {
        let is_done = match &due.fate {
            Some(fate) => writing.decide_fate(transaction, (due.id, version), fate, now_ms)?,
            None => erase(&mut writing, transaction, due.id, now_ms)?,
        };
        gone.extend(is_done.then_some(due.keeps));
    }
    // Where nothing could be done, nothing more can be now.
    let has_more = has_more && !gone.is_empty();
    writing.write(transaction, vec![])?;
    Ok((gone, has_more))
}

fn erase(
    writing: &mut Writing,
    transaction: &dyn Sql,
    person: RecordId,
    now_ms: i64,
) -> Result<bool, ServerFault> {
    let how = Clearing::Erase(ErasureGround::TimeOver);
    Ok(writing.clear(transaction, person, how, now_ms)? > 0)
}

fn due_in(
    snapshot: &dyn Sql,
    area: &AreaPath,
    periods: &Periods,
    today: NaiveDate,
) -> Result<Vec<(Due, u64)>, ServerFault> {
    let (grid, versions): (Vec<_>, Vec<_>) = record::aged_in_area(snapshot, area)?
        .into_iter()
        .map(|(aged, version)| {
            let of = (aged.record.id, version);
            (aged, of)
        })
        .unzip();
    let versions: BTreeMap<RecordId, u64> = versions.into_iter().collect();
    let due = due(&grid, periods, today).into_iter();
    Ok(due
        .map(|due| {
            let version = versions.get(&due.id).copied().unwrap_or_default();
            (due, version)
        })
        .collect())
}

/// The bytes go first: what is left half done is found again.
async fn drop_photos(database: &Database, files: &Files, before_ms: i64) -> Result<(), ServerFault> {
    for hash in database.read(move |snapshot| attachment::orphans(snapshot, before_ms)).await? {
        files.drop_whole(hash).await?;
        database.write(move |transaction| attachment::forget(transaction, hash)).await?;
    }
    Ok(())
}

fn note(transaction: &dyn Sql, swept: &Swept, now_ms: i64) -> Result<(), ServerFault> {
    if swept.is_nothing() {
        return Ok(());
    }
    let words: Vec<String> = swept.0.iter().map(|(name, count)| format!("{name} {count}")).collect();
    audit::note(transaction, &Entry::new(deed::SWEPT, now_ms).about(words.join(", ")))
}

/// The beginning of a day, ms since 1970 UTC; of none, before everything.
fn start_of(day: Option<NaiveDate>) -> i64 {
    day.and_then(|day| Moment::beijing_at(day, 0, 0)).map_or(i64::MIN, |moment| moment.utc_ms)
}
