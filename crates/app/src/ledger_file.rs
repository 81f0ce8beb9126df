//! The 个人信息处理台账 as a table that leaves the app: without those whose data it was, and itself on record.

use std::collections::BTreeSet;

use records::call::{ExportHandling, HandlingRow, TableFile};
use records::codes::Deed;
use records::handling::Handling;
use records::rules::{cell, mask, text::prose};
use records::{AreaPath, Audience, Moment, Record, Scope};
use rusqlite::Connection;
use store::{StoreFault, identity, scope};

use crate::handling::window;
use crate::{Answer, App, Context};

/// Rows of one file: some years of a community.
const MOST_ROWS: u32 = 20_000;

impl App {
    /// # Errors
    /// `handling.reason_missing`; nothing is written then.
    pub(crate) fn export_handling(
        &mut self,
        request: &ExportHandling,
        context: &mut Context<'_>,
    ) -> Answer<TableFile> {
        let (at, reason) = (context.now, Some(prose(&request.reason)));
        let rows = self.store.read(|db| Ok(window(db, (i64::MAX, i64::MAX), MOST_ROWS)?.rows))?;
        let ids: Vec<_> = (0..MOST_GRIDS).map(|_| context.new_id()).collect();
        self.note_handling(context, |action| {
            for (id, grid) in ids.into_iter().zip(grids(action.db())?) {
                let deed = Handling { reason: reason.clone(), ..Handling::of(None, Deed::TakenOut, at) };
                action.create(id, &Scope::new(grid, Audience::Sensitive), &deed)?;
            }
            Ok(())
        })?;
        let name = format!("个人信息处理台账-{}.csv", context.today());
        let download = self.offer_file(name.clone(), table(request, &rows).into_bytes());
        Ok(TableFile { download, name, rows: u32::try_from(rows.len()).unwrap_or(u32::MAX) })
    }
}

/// Grids a community has at most, by far.
const MOST_GRIDS: usize = 99;

/// The grids whose ledger is here.
fn grids(db: &Connection) -> store::Result<BTreeSet<AreaPath>> {
    let me = identity::identity(db)?.ok_or(StoreFault::Refused("not_enrolled"))?;
    let held = scope::held(db)?.into_iter().map(|(scope, ..)| scope);
    let grids = held.filter(|scope| scope.audience == Audience::Sensitive && me.area.contains(&scope.area));
    Ok(grids.map(|scope| scope.area).filter(|area| area.depth() == Handling::DECLARATION.depth).collect())
}

fn table(request: &ExportHandling, rows: &[HandlingRow]) -> String {
    let heads: Vec<&str> = request.heads.iter().map(String::as_str).collect();
    let lines = rows.iter().map(|row| line(request, row));
    std::iter::once(cell::line(&heads))
        .chain(lines)
        .fold(cell::BYTE_ORDER_MARK.to_owned(), |all, line| all + &line)
}

fn line(request: &ExportHandling, row: &HandlingRow) -> String {
    let by_code = |names: &[(u16, String)], code: u16| {
        names
            .iter()
            .find(|(known, _)| *known == code)
            .map_or_else(|| code.to_string(), |(_, name)| name.clone())
    };
    let field = row.field.as_ref().map(|field| {
        request
            .fields
            .iter()
            .find(|(known, _)| known == field)
            .map_or(field.clone(), |(_, name)| name.clone())
    });
    // One person where it was one of theirs; of a ledger nobody counts heads.
    let one = row.field.is_some().then(|| "1".to_owned());
    let people = row.people.map(|count| count.to_string()).or(one).unwrap_or_default();
    cell::line(&[
        &minute(row.at),
        row.by.as_deref().unwrap_or_default(),
        &by_code(&request.deeds, row.deed.code()),
        field.as_deref().unwrap_or_default(),
        &row.purpose.map_or_else(String::new, |purpose| by_code(&request.purposes, purpose.code())),
        &mask::numbers(row.reason.as_deref().unwrap_or_default()),
        &people,
    ])
}

/// Day and time on the wall clock of where it was done.
fn minute(at: Moment) -> String {
    let minutes = at.utc_ms.div_euclid(60_000) + i64::from(at.offset_min);
    let of_day = minutes.rem_euclid(24 * 60);
    format!("{} {:02}:{:02}", at.local_day(), of_day / 60, of_day % 60)
}
