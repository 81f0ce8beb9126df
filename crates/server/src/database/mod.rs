//! The server's SQLite file. SQL stands in this folder and nowhere else, one file per concept.

pub mod account;
pub mod column;
pub mod device;
pub mod enrolment;
pub mod incarnation;
pub mod meta;
mod private;
pub mod proof;
pub mod record;
pub mod schema;
pub mod scope;
pub mod sql;
mod sqlite;

pub use sqlite::{read, write};

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::fault::ServerFault;
use sql::Sql;

/// Name of the file inside the data folder.
pub const FILE_NAME: &str = "server.db";
/// Connections that read at the same moment.
const READERS: usize = 4;

/// One connection that writes and some that read, each used on a blocking thread.
#[derive(Clone)]
pub struct Database {
    file: PathBuf,
    writer: Arc<tokio::sync::Mutex<Connection>>,
    readers: Arc<Readers>,
}

struct Readers {
    free: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Database {
    /// Opens the database in a data folder, making or upgrading it.
    ///
    /// # Errors
    /// [`ServerFault::NewerDatabase`] for a file of a newer version, and whatever SQLite says.
    pub fn open(folder: &Path, now_ms: i64) -> Result<Self, ServerFault> {
        let file = folder.join(FILE_NAME);
        let writer = schema::open(&file, now_ms)?;
        let readers = Readers { free: Mutex::default(), permits: Arc::new(Semaphore::new(READERS)) };
        Ok(Self { file, writer: Arc::new(tokio::sync::Mutex::new(writer)), readers: Arc::new(readers) })
    }

    /// Runs one write transaction: all of it is on disk when this returns, or none.
    ///
    /// # Errors
    /// The closure's, and whatever SQLite says.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        let mut connection = self.writer.clone().lock_owned().await;
        blocking(move || write(&mut connection, work)).await
    }

    /// Reads from one snapshot.
    ///
    /// # Errors
    /// The closure's, and whatever SQLite says.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        let (file, readers) = (self.file.clone(), self.readers.clone());
        let permit = readers.permits.clone().acquire_owned().await.map_err(|_| ServerFault::Stopping)?;
        blocking(move || {
            let _permit = permit;
            let free = readers.free().pop();
            let mut connection = free.map_or_else(|| schema::connect(&file), Ok)?;
            let result = read(&mut connection, work);
            readers.free().push(connection);
            result
        })
        .await
    }
}

impl Readers {
    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServerFault> + Send + 'static,
) -> Result<T, ServerFault> {
    tokio::task::spawn_blocking(work).await.map_err(ServerFault::Panicked)?
}
