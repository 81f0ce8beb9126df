//! Who is using the app, and how they like it.

use records::call::{SaveSettings, Session, Settings, Worker};
use rusqlite::Connection;
use store::identity::{self, Identity};
use store::tables::area;

use crate::{Answer, App, Context};

impl App {
    pub(crate) fn session(&self, context: &Context<'_>) -> Answer<Session> {
        let (worker, settings) = self.store.read(|db| {
            let worker = identity::identity(db)?.map(|identity| worker(db, identity)).transpose()?;
            Ok((worker, settings(db)?))
        })?;
        Ok(Session {
            worker,
            settings,
            today: context.today(),
            sync: self.sync_chip()?,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_place: self.place.clone(),
        })
    }

    pub(crate) fn save_settings(&mut self, request: SaveSettings, context: &Context<'_>) -> Answer<Session> {
        let text_percent = request.settings.text_percent.clamp(100, 200);
        let settings = Settings { text_percent, ..request.settings };
        let json = serde_json::to_string(&settings).unwrap_or_default();
        self.store.write(|tx| identity::set_settings(tx, &json))?;
        self.session(context)
    }
}

pub(crate) fn settings(db: &Connection) -> store::Result<Settings> {
    // Settings of an unknown form are as good as none: they hold nothing that could be lost.
    let json = identity::settings(db)?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

fn worker(db: &Connection, identity: Identity) -> store::Result<Worker> {
    let community = identity.area.at_depth(3).map(|path| area::name(db, &path)).transpose()?.flatten();
    let grid = identity.area.at_depth(4).map(|path| area::name(db, &path)).transpose()?.flatten();
    let county = identity.area.at_depth(1).map(|path| area::of(db, &path)).transpose()?.flatten();
    let (host_unit, filing) = county.map(|county| (county.host_unit, county.filing)).unwrap_or_default();
    Ok(Worker {
        name: identity.name,
        role: identity.role,
        area: identity.area,
        community,
        grid,
        host_unit,
        filing,
        server: identity.server,
    })
}
