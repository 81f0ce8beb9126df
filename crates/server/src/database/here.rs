//! One SQLite connection that is handed over and taken back: everything happens on the thread that asks, as
//! whoever plays a server on a disk of their own needs it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::sql::Sql;
use super::sqlite::{read, write};
use crate::fault::ServerFault;

/// The connection; none once it was taken back.
#[derive(Clone)]
pub(super) struct Here(Arc<Mutex<Option<Connection>>>);

impl Here {
    pub(super) fn of(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(Some(connection))))
    }

    pub(super) fn take(&self) -> Option<Connection> {
        self.connection().take()
    }

    pub(super) fn write<T>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        write(self.connection().as_mut().ok_or(ServerFault::Stopping)?, work)
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        read(self.connection().as_mut().ok_or(ServerFault::Stopping)?, work)
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
