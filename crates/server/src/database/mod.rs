//! The server's database: a SQLite file, or PostgreSQL. SQL stands in this folder and nowhere else, one
//! file per concept, one text for both.

pub mod account;
pub mod attachment;
pub mod audit;
pub mod column;
pub mod departure;
pub mod device;
pub mod enrolment;
pub(crate) mod filling;
mod here;
pub mod incarnation;
pub mod meta;
pub mod people;
mod place;
mod postgres;
pub(crate) mod private;
pub mod proof;
pub mod quarantine;
mod queue;
pub mod receipt;
pub mod record;
pub mod schema;
pub mod scope;
pub mod sql;
mod sqlite;
pub mod standing;
pub mod tables;

use std::path::Path;

use rusqlite::Connection;

pub use place::Place;
pub use sqlite::{read, write};

use crate::fault::ServerFault;
use filling::Filling;
use here::Here;
use postgres::Postgres;
use sql::Sql;
use sqlite::Sqlite;

/// Name of the SQLite file inside the data folder.
pub const FILE_NAME: &str = "server.db";

/// The database of a server.
#[derive(Clone)]
pub struct Database(Backend);

#[derive(Clone)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
    Here(Here),
}

impl Database {
    /// Opens the database in a data folder, making or upgrading it.
    ///
    /// # Errors
    /// [`ServerFault::NewerDatabase`] for one of a newer version, and whatever SQLite says.
    pub fn open(folder: &Path, now_ms: i64) -> Result<Self, ServerFault> {
        Ok(Self(Backend::Sqlite(Sqlite::open(folder, now_ms)?)))
    }

    /// Opens the database at a place, making or upgrading it.
    ///
    /// # Errors
    /// As [`Database::open`]; [`ServerFault::AddressUnsafe`].
    pub async fn open_at(place: &Place, now_ms: i64) -> Result<Self, ServerFault> {
        match place {
            Place::Folder(folder) => Self::open(folder, now_ms),
            Place::Postgres(config) => {
                Ok(Self(Backend::Postgres(Postgres::open(config.as_ref().clone(), now_ms).await?)))
            }
        }
    }

    /// Opens a database that a server has made, beside that server or without.
    ///
    /// # Errors
    /// [`ServerFault::NoDatabase`] or [`ServerFault::ForeignDatabase`] when there is none; as of
    /// [`Database::open_at`].
    pub async fn open_existing(place: &Place) -> Result<Self, ServerFault> {
        Ok(Self(match place {
            Place::Folder(folder) => Backend::Sqlite(Sqlite::open_existing(folder)?),
            Place::Postgres(config) => {
                Backend::Postgres(Postgres::open_existing(config.as_ref().clone()).await?)
            }
        }))
    }

    /// Makes a database at an empty place and fills it, in one transaction.
    ///
    /// # Errors
    /// [`BackupFault::NotEmpty`](crate::backup::BackupFault::NotEmpty); as of [`Database::open_at`]; what filling it
    /// fails with.
    pub(crate) async fn make_filled(place: &Place, filling: Filling) -> Result<(), ServerFault> {
        match place {
            Place::Folder(folder) => {
                let folder = folder.clone();
                blocking(move || filling::make_in(&folder, &filling)).await
            }
            Place::Postgres(config) => Postgres::make(config.as_ref().clone(), filling).await,
        }
    }

    /// A database over a SQLite connection that somebody has made, until they take it back. Everything is
    /// done on the thread that asks.
    pub fn over(connection: Connection) -> Self {
        Self(Backend::Here(Here::of(connection)))
    }

    /// Takes back the connection of [`Database::over`]. From then on whatever is asked fails.
    pub fn take_back(&self) -> Option<Connection> {
        match &self.0 {
            Backend::Here(database) => database.take(),
            Backend::Sqlite(_) | Backend::Postgres(_) => None,
        }
    }

    /// Runs one write transaction: all of it is on disk when this returns, or none. It may be done more
    /// than once, where others are in its way.
    ///
    /// # Errors
    /// The closure's, and whatever the database says.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        match &self.0 {
            Backend::Sqlite(database) => database.write(work).await,
            Backend::Postgres(database) => database.write(work).await,
            Backend::Here(database) => database.write(work),
        }
    }

    /// Reads from one snapshot.
    ///
    /// # Errors
    /// The closure's, and whatever the database says.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        match &self.0 {
            Backend::Sqlite(database) => database.read(work).await,
            Backend::Postgres(database) => database.read(work).await,
            Backend::Here(database) => database.read(work),
        }
    }

    /// As [`Database::write`], on this thread, which is none of the runtime's own.
    ///
    /// # Errors
    /// The closure's, and whatever the database says.
    pub fn write_here<T>(&self, work: impl Fn(&dyn Sql) -> Result<T, ServerFault>) -> Result<T, ServerFault> {
        match &self.0 {
            Backend::Sqlite(database) => database.write_here(work),
            Backend::Postgres(database) => database.write_here(work),
            Backend::Here(database) => database.write(work),
        }
    }

    /// As [`Database::read`], on this thread, which is none of the runtime's own.
    ///
    /// # Errors
    /// The closure's, and whatever the database says.
    pub fn read_here<T>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        match &self.0 {
            Backend::Sqlite(database) => database.read_here(work),
            Backend::Postgres(database) => database.read_here(work),
            Backend::Here(database) => database.read(work),
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServerFault> + Send + 'static,
) -> Result<T, ServerFault> {
    tokio::task::spawn_blocking(work).await.map_err(ServerFault::Panicked)?
}
