//! Import of spreadsheets: preview, then all of it in one transaction.

use std::collections::BTreeMap;

use intake::households::{HouseholdOptions, HouseholdsHere};
use intake::items::ItemOptions;
use intake::{Plan, PlannedChange};
use records::call::{ImportKind, ImportPreview, Imported, PreviewImport};
use records::codes::{Origin as ItemOrigin, Role};
use records::{Fault, RecordId};
use store::tables::{house, household, item, person};
use store::{Origin, Store, identity};

use crate::{Answer, App, Context};

/// Uploads kept at a time; a person looks at one, perhaps two.
const MOST_UPLOADS: usize = 3;

/// Files that were uploaded and not accepted yet. They live in memory only.
#[derive(Default)]
pub(crate) struct Uploads {
    next: u64,
    files: BTreeMap<u64, Upload>,
}

struct Upload {
    bytes: Vec<u8>,
    plan: Option<Plan>,
}

impl App {
    /// Takes a file the person chose and answers the number to speak of it by.
    pub fn upload(&mut self, mut bytes: Vec<u8>) -> u64 {
        // Enough for the preview to see that it is too large; the rest would only fill the memory.
        bytes.truncate(intake::table::MAX_BYTES + 1);
        bytes.shrink_to_fit();
        let uploads = &mut self.uploads;
        uploads.next += 1;
        uploads.files.insert(uploads.next, Upload { bytes, plan: None });
        while uploads.files.len() > MOST_UPLOADS {
            uploads.files.pop_first();
        }
        uploads.next
    }

    pub(crate) fn preview_import(
        &mut self,
        request: &PreviewImport,
        context: &mut Context<'_>,
    ) -> Answer<ImportPreview> {
        let upload =
            self.uploads.files.get(&request.upload).ok_or_else(|| Fault::new("import.upload_missing"))?;
        let table = intake::table::read(&upload.bytes, &request.file_name).map_err(|f| Fault::from(&f))?;
        let plan = match request.what {
            ImportKind::Items => plan_items(&self.store, &table, context)?,
            ImportKind::Households => plan_households(&self.store, &table, context)?,
        };
        let preview = plan.preview(request.upload);
        if let Some(upload) = self.uploads.files.get_mut(&request.upload) {
            upload.plan = Some(plan);
        }
        Ok(preview)
    }

    pub(crate) fn accept_import(&mut self, number: u64, context: &mut Context<'_>) -> Answer<Imported> {
        let plan = self.uploads.files.get(&number).and_then(|upload| upload.plan.clone());
        let plan = plan.ok_or_else(|| Fault::new("import.upload_missing"))?;
        let (new, changed) = plan.record_counts();
        let origin = Origin { now_ms: context.now.utc_ms, hold_ms: 0, new_id: &mut || context.new_id() };
        self.store.act(origin, |action| {
            plan.changes.into_iter().try_for_each(|change| match change {
                PlannedChange::Create { id, kind, scope, body } => action.create_body(id, kind, &scope, body),
                PlannedChange::Edit { id, patch, .. } => action.patch(id, patch),
            })
        })?;
        self.uploads.files.remove(&number);
        self.catalog = None;
        self.rounds.changed();
        Ok(Imported { new, changed })
    }
}

/// The area the person works in, at this depth, if their role may import this.
fn area_for(store: &Store, depth: usize, roles: &[Role]) -> Answer<records::AreaPath> {
    let identity = store.read(identity::identity)?.ok_or_else(|| Fault::new("not_enrolled"))?;
    if !roles.contains(&identity.role) {
        return Err(Fault::new("not_permitted"));
    }
    identity.area.at_depth(depth).ok_or_else(|| Fault::new("record.scope_wrong"))
}

fn plan_items(store: &Store, table: &intake::Table, context: &mut Context<'_>) -> Answer<Plan> {
    let county = area_for(store, 1, &[Role::County])?;
    let existing = store.read(item::all)?;
    let newest = existing.iter().map(|(_, item)| item.list_version).max().unwrap_or(0);
    let options = ItemOptions {
        county,
        list_version: newest + 1,
        origin: ItemOrigin::County,
        day: context.today(),
        categories: store.read(item::categories_with_ids)?,
    };
    let mut new_id = || -> RecordId { context.new_id() };
    intake::items::plan(table, &existing, &options, &mut new_id).map_err(|fault| Fault::from(&fault))
}

fn plan_households(store: &Store, table: &intake::Table, context: &mut Context<'_>) -> Answer<Plan> {
    let grid = area_for(store, 4, &[Role::GridWorker])?;
    let options = HouseholdOptions { grid, day: context.today() };
    let (houses, households, persons) =
        store.read(|db| Ok((house::all(db)?, household::all(db)?, person::all(db)?)))?;
    let here = HouseholdsHere { houses: &houses, households: &households, persons: &persons };
    let mut new_id = || -> RecordId { context.new_id() };
    intake::households::plan(table, &here, &options, &mut new_id).map_err(|fault| Fault::from(&fault))
}
