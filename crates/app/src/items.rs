//! 事项清单: categories and search.

use chrono::NaiveDate;
use records::call::{ItemCategories, ItemHits, SearchItems};
use store::tables::item;

use crate::catalog::{Catalog, Uses};
use crate::{Answer, App, Context};

impl App {
    /// The item list that applies today, loaded once a day and after every change of the list.
    pub(crate) fn catalog(&mut self, today: NaiveDate) -> Answer<&Catalog> {
        if self.catalog.as_ref().is_none_or(|catalog| catalog.day != today) {
            self.catalog = Some(self.store.read(|db| Catalog::load(db, today))?);
        }
        self.catalog.as_ref().ok_or_else(|| records::Fault::new("store.failed"))
    }

    pub(crate) fn item_categories(&mut self, context: &Context<'_>) -> Answer<ItemCategories> {
        let catalog = self.catalog(context.today())?;
        Ok(ItemCategories { rows: catalog.categories.clone(), total: catalog.total() })
    }

    pub(crate) fn search_items(&mut self, request: &SearchItems, context: &Context<'_>) -> Answer<ItemHits> {
        let uses = self.store.read(item::uses)?;
        let uses: Uses = uses.into_iter().map(|(code, times, last_ms)| (code, (times, last_ms))).collect();
        let catalog = self.catalog(context.today())?;
        let hits = catalog.search(&request.search, request.category.as_deref(), &uses);
        let found = u32::try_from(hits.len()).unwrap_or(u32::MAX);
        let limit = usize::from(request.limit.clamp(1, 100));
        let rows = hits.into_iter().skip(usize::from(request.skip)).take(limit).collect();
        Ok(ItemHits { rows, found, total: catalog.total() })
    }
}
