//! SQLite: one connection that writes and some that read, each used on a blocking thread.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, TransactionBehavior, params_from_iter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::queue::Queue;
use super::sql::{Row, Sql, SqlFault, Statement, Value};
use super::{FILE_NAME, blocking, schema};
use crate::fault::ServerFault;

/// Connections that read at the same moment: some for long reads, the others for everybody else.
const READERS: usize = 6;

/// A SQLite file.
#[derive(Clone)]
pub(super) struct Sqlite {
    file: PathBuf,
    writer: Arc<tokio::sync::Mutex<Connection>>,
    queue: Arc<Queue>,
    readers: Arc<Readers>,
}

struct Readers {
    free: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Sqlite {
    /// Opens the file in a folder, making or upgrading it.
    pub(super) fn open(folder: &Path, now_ms: i64) -> Result<Self, ServerFault> {
        let file = folder.join(FILE_NAME);
        let writer = schema::open(&file, now_ms)?;
        Ok(Self::over(file, writer))
    }

    /// Opens the file in a folder that has one, beside a running server or without.
    pub(super) fn open_existing(folder: &Path) -> Result<Self, ServerFault> {
        let writer = schema::open_existing(folder)?;
        Ok(Self::over(folder.join(FILE_NAME), writer))
    }

    fn over(file: PathBuf, writer: Connection) -> Self {
        let readers = Readers { free: Mutex::default(), permits: Arc::new(Semaphore::new(READERS)) };
        let (writer, queue) = (Arc::new(tokio::sync::Mutex::new(writer)), Arc::default());
        Self { file, writer, queue, readers: Arc::new(readers) }
    }

    /// Runs one write transaction. Those that wait while another one is written to disk share the next.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        let mut answer = self.queue.join(work);
        tokio::select! {
            biased;
            answer = &mut answer => return answer.unwrap_or(Err(ServerFault::Stopping)),
            mut connection = self.writer.clone().lock_owned() => {
                let queue = self.queue.clone();
                blocking(move || {
                    queue.settle(&mut connection);
                    Ok(())
                })
                .await?;
            }
        }
        answer.await.unwrap_or(Err(ServerFault::Stopping))
    }

    /// Reads from one snapshot.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        let permit = self.readers.permits.clone().acquire_owned().await.map_err(|_| ServerFault::Stopping)?;
        let database = self.clone();
        blocking(move || database.look(&permit, work)).await
    }

    /// As [`Sqlite::write`], on this thread.
    pub(super) fn write_here<T>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        write(&mut self.writer.blocking_lock(), work)
    }

    /// As [`Sqlite::read`], on this thread.
    pub(super) fn read_here<T>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        read(&mut schema::connect(&self.file)?, work)
    }

    fn look<T>(
        &self,
        _permit: &OwnedSemaphorePermit,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        let free = self.readers.free().pop();
        let mut connection = free.map_or_else(|| schema::connect(&self.file), Ok)?;
        let result = read(&mut connection, work);
        self.readers.free().push(connection);
        result
    }
}

impl Readers {
    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sql for Connection {
    fn run(
        &self,
        statements: &[Statement<'_>],
        each: &mut dyn FnMut(usize, &Row<'_>) -> Result<(), SqlFault>,
    ) -> Result<Vec<u64>, SqlFault> {
        let run = |(place, statement): (usize, &Statement<'_>)| {
            let mut prepared = self.prepare_cached(&statement.sql)?;
            let values = params_from_iter(&statement.values);
            if prepared.column_count() == 0 {
                return Ok(prepared.execute(values)? as u64);
            }
            let mut rows = prepared.query(values)?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                each(place, &Row::Sqlite(row))?;
                count += 1;
            }
            Ok(count)
        };
        statements.iter().enumerate().map(run).collect()
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Null => ValueRef::Null,
        }))
    }
}

/// Runs one write transaction on this thread.
///
/// # Errors
/// The closure's, and whatever SQLite says.
pub fn write<T>(
    connection: &mut Connection,
    work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
) -> Result<T, ServerFault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&*transaction)?;
    transaction.commit()?;
    Ok(result)
}

/// Reads from one snapshot on this thread.
///
/// # Errors
/// The closure's, and whatever SQLite says.
pub fn read<T>(
    connection: &mut Connection,
    work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
) -> Result<T, ServerFault> {
    work(&*connection.transaction()?)
}
