//! A server over either database, and the people who reach it.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use cluster::{Cluster, Commits};
use records::codes::Role;
use records::wire::{Nonce, SyncAnswer, SyncRequest};
use records::{AreaPath, Incarnation};
use server::database::account::{self, Account};
use server::database::device::{self, Device};
use server::database::meta;
use server::database::sql::Sql;
use server::{Database, ServerFault, random};
use stories::post::Post;
use sync::device::{Incoming, Outgoing, read_sync_answer, sync_request};
use sync::signature::{digest, public_key};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use ureq::Agent;

use crate::running::Running;
use crate::sync::now_ms;

/// The sample's first community.
pub const COMMUNITY: &str = "230881/001/003";
/// A device that hears nothing for so long counts as failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a server keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Sqlite,
    Postgres,
}

impl Setting {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// An empty place for data; every commit in it is on disk.
    pub fn ground(self) -> Result<Ground> {
        let cluster = match self {
            Self::Sqlite => None,
            Self::Postgres => Some(Cluster::start(Commits::OnDisk)?),
        };
        Ok(Ground { folder: TempDir::new()?, cluster })
    }
}

/// A place for data.
pub struct Ground {
    folder: TempDir,
    cluster: Option<Cluster>,
}

impl Ground {
    /// Address of the database, where it has one.
    pub fn address(&self) -> Option<String> {
        self.cluster.as_ref().map(Cluster::address)
    }

    /// Opens its database in this process, making it where there is none.
    pub fn database(&self, runtime: &Runtime) -> Result<Database> {
        let place = match self.address() {
            Some(address) => address.parse()?,
            None => self.folder.path().into(),
        };
        Ok(runtime.block_on(Database::open_at(&place, now_ms()))?)
    }

    /// Writes into it before a server runs.
    pub fn fill<T: Send + 'static>(
        &self,
        runtime: &Runtime,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> Result<T> {
        let database = self.database(runtime)?;
        Ok(runtime.block_on(database.write(work))?)
    }

    /// Starts a server over it.
    pub fn serve(&self, runtime: &Runtime) -> Result<Served> {
        let listen = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let binary = std::env::var_os("GRIDWALK_SERVER").context("GRIDWALK_SERVER names nothing")?;
        let mut command = Command::new(binary);
        command.args(["run", "--listen", &listen.to_string()]);
        match self.address() {
            Some(address) => command.args(["--database", &address]),
            None => command.arg("--data").arg(self.folder.path()),
        };
        let key = runtime.block_on(self.database(runtime)?.read(|snapshot| meta::secret_key(snapshot)))?;
        let running = Running::start(&mut command, &self.folder.path().join("bench.log"))?;
        Ok(Served { running, url: format!("http://{listen}"), key: public_key(&key) })
    }
}

/// A running server.
pub struct Served {
    running: Running,
    url: String,
    key: [u8; 32],
}

impl Served {
    pub fn process(&self) -> u32 {
        self.running.process()
    }

    /// Posts what a device says.
    pub fn post(&self, agent: &Agent, said: &Outgoing) -> Result<Incoming> {
        Ok(Post::over(agent, &self.url, said)?)
    }

    /// Reads an answer as a device does, its signature included.
    pub fn read(&self, answer: &Incoming, nonce: &Nonce) -> Result<SyncAnswer> {
        Ok(read_sync_answer(answer, nonce, &self.key)?)
    }

    /// What keeps a device's connection.
    pub fn agent() -> Agent {
        Post { patience: PATIENCE }.keeping_connections()
    }
}

/// An enrolled device of a person of their own.
#[derive(Debug, Clone)]
pub struct Enrolled {
    pub incarnation: Incarnation,
    pub area: AreaPath,
    role: Role,
    token: [u8; 32],
}

impl Enrolled {
    /// So many devices of people with this role, one after the other in these areas.
    pub fn many(count: usize, role: Role, areas: &[AreaPath]) -> Vec<Self> {
        areas.iter().cycle().take(count).map(|area| Self::one(role, area)).collect()
    }

    fn one(role: Role, area: &AreaPath) -> Self {
        let incarnation = Incarnation(random::record_id(now_ms()).0);
        Self { incarnation, area: area.clone(), role, token: random::bytes() }
    }

    /// Adds the devices and their people, as enrolments would.
    pub fn add_all(devices: &[Self], transaction: &dyn Sql) -> Result<(), ServerFault> {
        devices.iter().try_for_each(|device| device.add(transaction))
    }

    fn add(&self, transaction: &dyn Sql) -> Result<(), ServerFault> {
        let now_ms = now_ms();
        let (account, device) = (random::account_id(now_ms), random::device_id(now_ms));
        let (name, area) = (account.to_string(), self.area.clone());
        let person = Account { id: account, name, role: self.role, area, own: None, moved_ms: None };
        account::add(transaction, &person, now_ms)?;
        let new = Device { id: device, account, last_seen_ms: None, revoked_ms: None };
        device::add(transaction, &new, "机", &digest(&self.token), now_ms)
    }

    /// Its token, as sent.
    pub fn token(&self) -> Vec<u8> {
        self.token.to_vec()
    }

    /// What it posts.
    pub fn says(&self, request: &SyncRequest) -> Outgoing {
        sync_request(request, &self.token)
    }
}

/// The grids of a community.
pub fn grids(count: usize) -> Result<Vec<AreaPath>> {
    (1..=count).map(|grid| Ok(format!("{COMMUNITY}/{grid:02}").parse()?)).collect()
}
