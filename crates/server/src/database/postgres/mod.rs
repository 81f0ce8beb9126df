//! PostgreSQL: a pool of connections, and transactions on one of them.

mod schema;
mod tls;
mod transaction;

use std::sync::Arc;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};

use super::filling::Filling;
use super::sql::{Sql, SqlFault};
use super::{Place, blocking, meta};
use crate::fault::ServerFault;
use transaction::{Mode, Transaction};

/// Connections at most …
const CONNECTIONS: usize = 16;
/// … and those of them that write: however many wait for one counter, somebody can read.
const WRITERS: usize = 12;
/// How often a transaction is done that another one is in the way of.
const TRIES: usize = 8;

/// Where the database acknowledges before the disk has it, ours does not. One that waits for more, a
/// standby for example, still does.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false)
                       WHERE current_setting('synchronous_commit') = 'off'";

/// A PostgreSQL database.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool,
    writing: Arc<Semaphore>,
    runtime: Handle,
}

impl Postgres {
    /// Connects, and makes or upgrades the schema.
    ///
    /// # Errors
    /// [`ServerFault::AddressUnsafe`] for a way that others can read along; [`ServerFault::NewerDatabase`];
    /// whatever PostgreSQL says.
    pub async fn open(config: Config, now_ms: i64) -> Result<Self, ServerFault> {
        let database = Self::connect(config)?;
        let client = database.client().await?;
        let runtime = database.runtime.clone();
        blocking(move || {
            transact(client, &runtime, Mode::Write, |transaction| {
                schema::migrate(transaction)?;
                meta::begin(transaction, now_ms)
            })
        })
        .await?;
        Ok(database)
    }

    /// Connects to an empty database, makes the schema and fills it, in one transaction.
    ///
    /// # Errors
    /// As [`Postgres::open`]; [`BackupFault::NotEmpty`](crate::backup::BackupFault::NotEmpty); what filling it fails
    /// with.
    pub(super) async fn make(config: Config, filling: Filling) -> Result<(), ServerFault> {
        let name = Place::Postgres(Box::new(config.clone())).to_string();
        let database = Self::connect(config)?;
        let client = database.client().await?;
        let runtime = database.runtime.clone();
        blocking(move || {
            transact(client, &runtime, Mode::Write, |transaction| schema::fill(transaction, &filling, &name))
        })
        .await
    }

    /// Connects to a database that a server has made.
    ///
    /// # Errors
    /// As [`Postgres::open`]; [`ServerFault::ForeignDatabase`] when no server has.
    pub async fn open_existing(config: Config) -> Result<Self, ServerFault> {
        let database = Self::connect(config)?;
        let client = database.client().await?;
        let runtime = database.runtime.clone();
        blocking(move || transact(client, &runtime, Mode::Write, schema::upgrade)).await?;
        Ok(database)
    }

    fn connect(mut config: Config) -> Result<Self, ServerFault> {
        closed_to_others(&config)?;
        config.application_name("gridwalk-server");
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match config.get_ssl_mode() {
            SslMode::Require => Manager::from_config(config, tls::connector()?, recycling),
            _ => Manager::from_config(config, NoTls, recycling),
        };
        let pool = Pool::builder(manager).max_size(CONNECTIONS).post_create(durable()).build();
        let pool = pool.map_err(|error| unreachable_database(&error))?;
        Ok(Self { pool, writing: Arc::new(Semaphore::new(WRITERS)), runtime: Handle::current() })
    }

    /// Runs one write transaction, again where another one was in its way.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        let permit = self.writing.clone().acquire_owned().await.map_err(|_| ServerFault::Stopping)?;
        let (client, runtime) = (self.client().await?, self.runtime.clone());
        blocking(move || {
            let _permit = permit;
            transact(client, &runtime, Mode::Write, |transaction| work(transaction))
        })
        .await
    }

    /// Reads from one snapshot.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T, ServerFault> {
        let (client, runtime) = (self.client().await?, self.runtime.clone());
        blocking(move || look(client, &runtime, work)).await
    }

    /// As [`Postgres::write`], on this thread.
    pub(super) fn write_here<T>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        let client = self.runtime.block_on(self.client())?;
        transact(client, &self.runtime, Mode::Write, |transaction| work(transaction))
    }

    /// As [`Postgres::read`], on this thread.
    pub(super) fn read_here<T>(
        &self,
        work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
    ) -> Result<T, ServerFault> {
        look(self.runtime.block_on(self.client())?, &self.runtime, work)
    }

    async fn client(&self) -> Result<Object, ServerFault> {
        self.pool.get().await.map_err(|error| unreachable_database(&error))
    }
}

fn durable() -> Hook {
    Hook::async_fn(|client, _| {
        Box::pin(async { client.batch_execute(DURABLE).await.map_err(HookError::Backend) })
    })
}

/// The server speaks to the database unencrypted only on this machine, or where its keeper said so.
fn closed_to_others(config: &Config) -> Result<(), ServerFault> {
    let is_here = |host: &Host| match host {
        Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    match config.get_ssl_mode() {
        SslMode::Disable | SslMode::Require => Ok(()),
        _ if config.get_hosts().iter().all(is_here) && config.get_hostaddrs().is_empty() => Ok(()),
        _ => Err(ServerFault::AddressUnsafe),
    }
}

fn transact<T>(
    client: Object,
    runtime: &Handle,
    mode: Mode,
    work: impl Fn(&Transaction<'_>) -> Result<T, ServerFault>,
) -> Result<T, ServerFault> {
    for _ in 1..TRIES {
        match once(&client, runtime, mode, &work) {
            Err(ServerFault::Database(fault)) if fault.is_of_the_moment() => {
                tracing::debug!(%fault, "a transaction is done again");
            }
            done => return done,
        }
    }
    once(&client, runtime, mode, work)
}

fn look<T>(
    client: Object,
    runtime: &Handle,
    work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
) -> Result<T, ServerFault> {
    once(&client, runtime, Mode::Read, |transaction| work(transaction))
}

fn once<T>(
    client: &Object,
    runtime: &Handle,
    mode: Mode,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, ServerFault>,
) -> Result<T, ServerFault> {
    let transaction = Transaction::begin(client, runtime, mode);
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

fn unreachable_database(error: &dyn std::error::Error) -> ServerFault {
    SqlFault::Postgres { state: String::new(), said: crate::fault::chain(error) }.into()
}
