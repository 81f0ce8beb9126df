//! Import of spreadsheets: preview, then all of it in one transaction.

use std::collections::BTreeMap;

use intake::households::{HouseholdOptions, HouseholdsHere};
use intake::items::ItemOptions;
use intake::{Plan, PlannedChange, Table};
use records::call::{ImportKind, ImportPreview, Imported, PreviewImport};
use records::codes::{Deed, Origin as ItemOrigin, Role};
use records::handling::Handling;
use records::person::Person;
use records::{Body, Fault, Moment, Record, RecordId};
use rusqlite::Connection;
use store::tables::{house, household, item, person};
use store::{Action, Origin, StoreFault, identity, record};

use crate::{Answer, App, Context};

/// Uploads kept at a time; a person looks at one, perhaps two.
const MOST_UPLOADS: usize = 3;
/// Most bytes of a file: a device with the photos of years.
const MOST_BYTES: usize = 512 << 20;

/// Files that were uploaded and not accepted yet. They live in memory only.
#[derive(Default)]
pub(crate) struct Uploads {
    next: u64,
    files: BTreeMap<u64, Upload>,
}

impl Uploads {
    /// Whatever was uploaded has served.
    pub fn forget(&mut self) {
        self.files.clear();
    }
}

struct Upload {
    bytes: Vec<u8>,
    preview: Option<Preview>,
}

/// What a person was shown and may accept.
struct Preview {
    source: Source,
    plan: Plan,
    /// The records it would edit, as they were, in the order of the plan.
    edited: Vec<Option<Body>>,
}

/// What a plan is made from, beside the file and the records that are here.
struct Source {
    file_name: String,
    what: ImportKind,
    now: Moment,
    /// The first id given to a new record; the others follow from it.
    first_id: [u8; 10],
}

impl App {
    /// Takes a file the person chose and answers the number to speak of it by.
    pub fn upload(&mut self, mut bytes: Vec<u8>) -> u64 {
        // What it is for sees that it is too large, or cut; the rest would only fill the memory.
        bytes.truncate(MOST_BYTES);
        bytes.shrink_to_fit();
        let uploads = &mut self.uploads;
        uploads.next += 1;
        uploads.files.insert(uploads.next, Upload { bytes, preview: None });
        while uploads.files.len() > MOST_UPLOADS {
            uploads.files.pop_first();
        }
        uploads.next
    }

    /// Puts a table in the place of the file it was read from, where a shell reads files first.
    ///
    /// # Errors
    /// `import.upload_missing` when the file is gone.
    pub fn replace_upload(&mut self, number: u64, table: Vec<u8>) -> Answer<()> {
        let upload = self.uploads.files.get_mut(&number);
        upload.ok_or_else(|| Fault::new("import.upload_missing"))?.bytes = table;
        Ok(())
    }

    /// The bytes of an upload.
    ///
    /// # Errors
    /// `import.upload_missing` when it is gone.
    pub fn uploaded(&self, number: u64) -> Answer<&[u8]> {
        let upload = self.uploads.files.get(&number);
        upload.map(|upload| &upload.bytes[..]).ok_or_else(|| Fault::new("import.upload_missing"))
    }

    pub(crate) fn preview_import(
        &mut self,
        request: &PreviewImport,
        context: &mut Context<'_>,
    ) -> Answer<ImportPreview> {
        let upload = self.uploads.files.get_mut(&request.upload);
        let upload = upload.ok_or_else(|| Fault::new("import.upload_missing"))?;
        let source = Source {
            file_name: request.file_name.clone(),
            what: request.what,
            now: context.now,
            first_id: context.random(),
        };
        let table = source.table(&upload.bytes)?;
        let (plan, edited) = self.store.read(|db| Ok(source.plan(db, &table)))??;
        let preview = plan.preview(request.upload);
        upload.preview = Some(Preview { source, plan, edited });
        Ok(preview)
    }

    /// Writes what was previewed, all of it or nothing.
    ///
    /// # Errors
    /// `import.changed` when what the preview rests on is not as it was; a new preview shows what is.
    pub(crate) fn accept_import(&mut self, number: u64, context: &mut Context<'_>) -> Answer<Imported> {
        let upload = self.uploads.files.get(&number);
        let previewed = upload.and_then(|upload| Some((upload, upload.preview.as_ref()?)));
        let (upload, preview) = previewed.ok_or_else(|| Fault::new("import.upload_missing"))?;
        let table = preview.source.table(&upload.bytes)?;
        let (new, changed) = preview.plan.record_counts();
        let noted = context.new_id();
        let origin = Origin { now_ms: context.now.utc_ms, hold_ms: 0, new_id: &mut || context.new_id() };
        self.store.act(origin, |action| {
            // Planned again, it must come to the same: what would be new may be here by now.
            let again = preview.source.plan(action.db(), &table);
            if !again.is_ok_and(|(plan, edited)| plan == preview.plan && edited == preview.edited) {
                return Err(StoreFault::Refused("import.changed"));
            }
            preview.plan.changes.iter().cloned().try_for_each(|change| match change {
                PlannedChange::Create { id, kind, scope, body } => action.create_body(id, kind, &scope, body),
                PlannedChange::Edit { id, patch, .. } => action.patch(id, patch),
            })?;
            note(action, noted, &preview.plan, preview.source.now)
        })?;
        self.uploads.files.remove(&number);
        self.catalog = None;
        self.rounds.changed();
        Ok(Imported { new, changed })
    }
}

/// That people's data came by a file stands in the ledger, once for each import.
fn note(action: &mut Action<'_, '_>, id: RecordId, plan: &Plan, at: Moment) -> store::Result<()> {
    let mut people = plan.changes.iter().filter_map(|change| match change {
        PlannedChange::Create { kind, scope, .. } if *kind == Person::DECLARATION.kind => Some(scope),
        _ => None,
    });
    let (count, scope) = (people.clone().count(), people.next());
    let Some(scope) = scope else { return Ok(()) };
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let deed = Handling { people: Some(count), ..Handling::of(None, Deed::Imported, at) };
    action.create(id, scope, &deed)
}

impl Source {
    fn table(&self, bytes: &[u8]) -> Answer<Table> {
        intake::table::read(bytes, &self.file_name).map_err(Fault::from)
    }

    /// The plan for the records as they are, and the records it edits. Where they are as they were, it
    /// is the same, down to the ids.
    fn plan(&self, db: &Connection, table: &Table) -> Answer<(Plan, Vec<Option<Body>>)> {
        let plan = match self.what {
            ImportKind::Items => self.plan_items(db, table)?,
            ImportKind::Households => self.plan_households(db, table)?,
        };
        let mut edited = Vec::new();
        for change in &plan.changes {
            if let PlannedChange::Edit { id, .. } = change {
                edited.push(record::find(db, *id)?.and_then(|row| row.body().cloned()));
            }
        }
        Ok((plan, edited))
    }

    fn plan_items(&self, db: &Connection, table: &Table) -> Answer<Plan> {
        let county = area_for(db, 1, &[Role::County])?;
        let existing = item::all(db)?;
        let newest = existing.iter().map(|(_, item)| item.list_version).max().unwrap_or(0);
        let options = ItemOptions {
            county,
            list_version: newest + 1,
            origin: ItemOrigin::County,
            day: self.now.local_day(),
            categories: item::categories_with_ids(db)?,
        };
        intake::items::plan(table, &existing, &options, &mut self.ids()).map_err(Fault::from)
    }

    fn plan_households(&self, db: &Connection, table: &Table) -> Answer<Plan> {
        let grid = area_for(db, 4, &[Role::GridWorker])?;
        let options = HouseholdOptions { grid, day: self.now.local_day() };
        let (houses, households, persons) = (house::all(db)?, household::all(db)?, person::all(db)?);
        let here = HouseholdsHere { houses: &houses, households: &households, persons: &persons };
        intake::households::plan(table, &here, &options, &mut self.ids()).map_err(Fault::from)
    }

    /// Ids that come again in the same order.
    fn ids(&self) -> impl FnMut() -> RecordId {
        let (utc_ms, mut next) = (self.now.utc_ms, self.first_id);
        move || {
            let id = RecordId::new(utc_ms, next);
            let [.., a, b, c, d] = &mut next;
            [*a, *b, *c, *d] = u32::from_be_bytes([*a, *b, *c, *d]).wrapping_add(1).to_be_bytes();
            id
        }
    }
}

/// The area the person works in, at this depth, if their role may import this.
fn area_for(db: &Connection, depth: usize, roles: &[Role]) -> Answer<records::AreaPath> {
    let identity = identity::identity(db)?.ok_or_else(|| Fault::new("not_enrolled"))?;
    if !roles.contains(&identity.role) {
        return Err(Fault::new("not_permitted"));
    }
    identity.area.at_depth(depth).ok_or_else(|| Fault::new("record.scope_wrong"))
}
